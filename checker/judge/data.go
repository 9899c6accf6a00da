package judge

import (
	"fmt"
	"maps"
	"slices"

	"orrery/checker"
	"orrery/checker/files"
	"orrery/checker/guarantee"
)

const onePass = "one pass"

func dataChecks() []Check {
	return []Check{
		{Name: "set-full", Family: Data, About: "no acknowledged element of a growing set is lost (Jepsen's set and set-full)", Wants: "add, read of the whole",
			How: "when each element was known, and last seen", Cost: "n log n", Limits: "each element added once",
			With: []With{{"linearizable", "every acknowledged element is in every later read"}}, run: runSets},
		{Name: "total-queue", Family: Data, About: "what went in comes out, once, in any order (Jepsen's total-queue)", Wants: "enqueue, dequeue, drain",
			How: "counting", Cost: "n", Limits: "each value enqueued once",
			With: []With{{"drained", "the history ends with dequeues until nothing was left"}, {"at-least-once", "a value may come out more than once"}}, run: runQueues},
		{Name: "unique-ids", Family: Data, About: "no identifier is given twice", Wants: "requests and what they got", How: "counting", Cost: "n",
			run: func(f *files.File, _ *Options) (*Result, error) {
				h, err := f.IDs()
				return small(f, h, err, func() guarantee.Report { return guarantee.UniqueIDs(h) }, func(o *guarantee.IDOp) (Op, fmt.Stringer) {
					return span(o.Client, 0, o.Call, o.Ret), o
				})
			}},
		{Name: "counter-bounds", Family: Data, About: "every read is a sum that some of the adds can have made (Jepsen's counter)", Wants: "add, read",
			How: "bounds", Cost: "n log n", Limits: "necessary, not enough: the model counter decides",
			run: func(f *files.File, _ *Options) (*Result, error) {
				h, err := f.Counters()
				return small(f, h, err, func() guarantee.Report { return guarantee.Counter(h) }, func(o *guarantee.CounterOp) (Op, fmt.Stringer) {
					return span(o.Client, 0, o.Call, o.Ret), o
				})
			}},
		{Name: "bank", Family: Data, About: "every read sums up to the same", Wants: "read of all balances; transfers are passed over", How: onePass, Cost: "n",
			Limits: "the first successful read says accounts and total, unless they are told",
			With:   []With{{"accounts", "all accounts, as a,b,c"}, {"total", "what they hold together"}, {"overdraft", "balances may be negative"}}, run: runBank},
		{Name: "long-fork", Family: Data, About: "no two reads each see a write that the other does not", Wants: "writes of single keys, reads of several",
			How: "reads of the same keys are a chain", Cost: "n log n", Limits: "each key written once",
			run: snapshots(guarantee.LongFork)},
		{Name: "causal-reverse", Family: Data, About: "who sees a write sees all that had ended before it began", Wants: "writes of single keys, reads of several",
			How: onePass, Cost: "n log n", Limits: "each key written once",
			run: snapshots(guarantee.CausalReverse)},
	}
}

// small makes a result of one of the small checks.
func small[T any](f *files.File, h []T, err error, check func() guarantee.Report, show func(*T) (Op, fmt.Stringer)) (*Result, error) {
	if err != nil {
		return nil, err
	}
	r, err := fromReport(check(), len(h), func(i int) Op {
		op, text := show(&h[i])
		op.Text = text.String()
		return op
	})
	if err != nil {
		return nil, malformed(f, err.Error())
	}
	return r, nil
}

func snapshots(check func([]guarantee.SnapshotOp) guarantee.Report) func(f *files.File, _ *Options) (*Result, error) {
	return func(f *files.File, _ *Options) (*Result, error) {
		h, err := f.Snapshots()
		return small(f, h, err, func() guarantee.Report { return check(h) }, func(o *guarantee.SnapshotOp) (Op, fmt.Stringer) {
			return span(o.Client, 0, o.Call, o.Ret), o
		})
	}
}

// runSets judges each set of an independent history by itself, and answers with the worst.
func runSets(f *files.File, o *Options) (*Result, error) {
	sets, err := f.Sets()
	if err != nil {
		return nil, err
	}
	var worst *Result
	total := 0
	for _, key := range slices.Sorted(maps.Keys(sets)) {
		h := sets[key]
		r, err := small(f, h, nil, func() guarantee.Report {
			return guarantee.Set(h, guarantee.SetOptions{Linearizable: o.claimed("linearizable")})
		}, func(o *guarantee.SetOp) (Op, fmt.Stringer) { return span(o.Client, 0, o.Call, o.Ret), o })
		if err != nil {
			return nil, err
		}
		if key != "" {
			r.Note = "of the keys of the history, this is what is said of " + key
		}
		if total += len(h); worst == nil || checker.Worst(worst.Verdict, r.Verdict) != worst.Verdict {
			worst = r
		}
	}
	worst.Ops = total
	return worst, nil
}

func runQueues(f *files.File, o *Options) (*Result, error) {
	h, drained, err := f.Queues()
	return small(f, h, err, func() guarantee.Report {
		return guarantee.Queue(h, guarantee.QueueOptions{Drained: drained || o.claimed("drained"), AtLeastOnce: o.claimed("at-least-once")})
	}, func(o *guarantee.QueueOp) (Op, fmt.Stringer) { return span(o.Client, 0, o.Call, o.Ret), o })
}

func runBank(f *files.File, o *Options) (*Result, error) {
	h, err := f.Banks()
	if err != nil {
		return nil, err
	}
	bank := guarantee.BankOptions{Accounts: o.names("accounts"), Overdraft: o.claimed("overdraft")}
	total, told, err := o.integer("total")
	if err != nil {
		return nil, err
	}
	bank.Total = total
	if i := slices.IndexFunc(h, func(r guarantee.BankRead) bool { return r.Status == checker.OK }); i >= 0 {
		for _, b := range h[i].Balances {
			if !told {
				bank.Total += b.Amount
			}
			if o.With["accounts"] == "" {
				bank.Accounts = append(bank.Accounts, b.Account)
			}
		}
	}
	return small(f, h, nil, func() guarantee.Report { return guarantee.Bank(h, bank) }, func(o *guarantee.BankRead) (Op, fmt.Stringer) {
		return span(o.Client, 0, o.Call, o.Ret), o
	})
}
