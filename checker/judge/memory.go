package judge

import (
	"errors"

	"orrery/checker"
	"orrery/checker/files"
	"orrery/checker/guarantee"
	"orrery/checker/guarantee/memory"
)

func memoryChecks() []Check {
	const wants = "reads and writes of keys, with sessions (or clients)"
	const same = "n times sessions"
	judged := func(name, about, how, cost, limits string, run func(checker.History, memory.Options) guarantee.Report) Check {
		return Check{Name: name, Family: Memory, About: about, Wants: wants, How: how, Cost: cost, Limits: limits,
			With: []With{{"initial", "what every key holds at first, unset if not said"}},
			run: func(f *files.File, o *Options) (*Result, error) {
				return runMemory(f, o, run)
			}}
	}
	session := func(a guarantee.Anomaly, about string) Check {
		return judged(string(a), about, "versions that would precede themselves", "n log n", "every value written to its key once",
			func(h checker.History, o memory.Options) guarantee.Report { return memory.Sessions(h, o, a) })
	}
	const unique = "every value written to its key once"
	return []Check{
		judged("sequential", "one order that keeps the order of each session (Lamport 1979)",
			"orders that must hold (CAV 2019), then a search", "polynomial where that refutes; else exponential", "budget; repeated values are searched at once", memory.Sequential),
		judged("causal", "each session reads along causes (CC, POPL 2017)", "bad patterns", same, unique, memory.Causal),
		judged("causal-convergence", "and all agree on one order of writes (CCv)", "bad patterns", same, unique, memory.CausalConvergence),
		judged("causal-memory", "or each session keeps one view (CM)", "bad patterns", "n² times sessions at worst", unique, memory.CausalMemory),
		judged("pram", "each session sees every other's writes in order (FIFO)", "bad patterns of each session's view", "n² times sessions at worst", unique, memory.PRAM),
		session(memory.ReadYourWrites, "a session reads what it wrote, or later"),
		session(memory.MonotonicReads, "a session never reads older than before"),
		session(memory.MonotonicWrites, "a session's writes take effect in its order"),
		session(memory.WritesFollowReads, "a session's writes come after what it had read"),
		judged("session-guarantees", "all four (Terry et al. 1994)", "versions that would precede themselves", "n log n", unique,
			func(h checker.History, o memory.Options) guarantee.Report { return memory.Sessions(h, o) }),
	}
}

func runMemory(f *files.File, o *Options, run func(checker.History, memory.Options) guarantee.Report) (*Result, error) {
	h, err := f.History(checker.KV)
	if err != nil {
		return nil, err
	}
	var opt memory.Options
	if v, ok := o.With["initial"]; ok {
		opt.Initial = checker.Val(v)
	}
	rep := run(h, opt)
	r, err := fromReport(rep, len(h), func(i int) Op {
		who := h[i].Session
		if who == "" {
			who = h[i].Client
		}
		op := span(who, int(h[i].Line), h[i].Call, h[i].Ret)
		op.Text = h[i].String()
		return op
	})
	if err != nil {
		return nil, malformed(f, err.Error())
	}
	r.History = h
	return r, nil
}

// malformed is the error of a file whose operations read well and are none of the check's.
func malformed(f *files.File, why string) error { return errors.New(f.Name + ": " + why) }
