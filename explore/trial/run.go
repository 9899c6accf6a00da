package trial

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"orrery/checker"
	"orrery/nemesis"
	"orrery/nodes"
	"orrery/sim"
)

// Run runs one trial. build makes the world in the universe that it is given; its error,
// or a plan or family that there is not, is returned, and nothing is run then.
func Run(o Options, build func(*World) error) (*Result, error) {
	order := &fair{picks: o.Scheduler}
	u := sim.New(sim.Config{
		Seed: o.Seed, Window: o.Window, Scheduler: order, Omit: o.Omit, Only: o.Only, Overrides: o.Overrides, Fork: o.Fork, Source: o.Source, RecordDraws: o.RecordDraws,
		Recorder: o.Recorder, States: o.States, EventsMax: orDefault(o.EventsMax, defaultEventsMax), IdleMax: defaultIdleMax,
	})
	t := &trial{w: &World{U: u, Options: o}, u: u}
	if err := build(t.w); err != nil {
		return nil, err
	}
	t.w.setDefaults()
	if err := t.install(); err != nil {
		return nil, err
	}
	t.safety()
	order.over = true
	if t.plan.Mode != nemesis.Unrestricted {
		t.liveness()
	}
	r := t.judge()
	t.release()
	return r, nil
}

// release lets go what the processes hold of the runtime's own. Without it a coroutine that waits would keep its universe in memory for
// as long as the program runs.
func (t *trial) release() {
	for _, m := range t.u.Machines() {
		if h, ok := m.Node().(nodes.Halter); ok {
			h.Halted()
		}
	}
}

// trial is a run under way.
type trial struct {
	w       *World
	u       *sim.Universe
	plan    nemesis.Plan
	nemesis *nemesis.Nemesis
	outcome sim.Outcome
	core    []nodes.ID // that was healed
	waived  bool       // and can serve no more, by a change that the nodes have agreed to since
}

func orDefault(n, def uint64) uint64 {
	if n == 0 {
		return def
	}
	return n
}

// safety lets the clients work and the nemesis break things, until the horizon, or until
// both have done what they had to.
func (t *trial) safety() {
	end := endOf(t.plan)
	t.outcome = t.runUntil(func() bool { return t.idle() && t.u.Now() > end }, t.w.Horizon)
	if t.w.Workload != nil {
		t.w.Workload.Stop()
	}
}

func (t *trial) idle() bool { return t.w.Workload == nil || t.w.Workload.Done() }

// checkEvery is how much virtual time passes between two looks at whether a phase is over.
// Looking after each event would cost more than the events.
const checkEvery = 10 * time.Millisecond

// runUntil runs until done, or until the universe ends, or until the time is up.
func (t *trial) runUntil(done func() bool, until time.Duration) sim.Outcome {
	for {
		if done() {
			return sim.TimeUp
		}
		next := min(t.u.Now()+checkEvery, until)
		if out := t.u.Run(next); out != sim.TimeUp || next == until {
			return out
		}
	}
}

// livenessLimit is the virtual time that each step of the liveness phase may take. It is
// long: a candidate that was outbid often waits for seconds.
const livenessLimit = 60 * time.Second

// liveness heals a core and demands that it works again. What is outside of the core stays
// as broken as it is.
func (t *trial) liveness() {
	if t.over() {
		return
	}
	w := t.w
	core, ok := t.nemesis.Core()
	if !ok {
		return // more is lost for good than the protocol claims to survive
	}
	t.core = core
	healed := t.heal(core)
	t.demand("liveness: open operations end", func() (bool, string) {
		return t.idle(), "operations that were begun before the heal have no answer"
	})
	if w.Converged != nil {
		t.demand("liveness: the core converges", func() (bool, string) { return w.Converged(core) })
	}
	if w.Workload == nil || t.over() {
		return
	}
	w.Workload.Probe(healed)
	t.demand("liveness: the core serves", w.Workload.Probed)
	if w.Converged != nil {
		t.demand("liveness: the core converges again", func() (bool, string) { return w.Converged(core) })
	}
}

// heal heals everything, or only the core, by a draw. The rest is then cut off from the core
// for good, both ways: what is half broken (that can send, and cannot hear) may keep a
// protocol without a pre-vote from ever settling, and is no part of what protocols promise.
// It returns the servers that clients can count on.
func (t *trial) heal(core []nodes.ID) []nodes.ID {
	if t.w.Draw("heal the core only", 2) == 0 || t.w.HealsWhole {
		t.nemesis.HealAll()
		return t.w.Servers
	}
	t.nemesis.HealCore(core)
	var cuts [][2]nodes.ID
	for _, id := range t.w.Servers {
		if slices.Contains(core, id) {
			continue
		}
		for _, other := range slices.Concat(core, t.w.Clients) {
			cuts = append(cuts, [2]nodes.ID{id, other}, [2]nodes.ID{other, id})
		}
	}
	if len(cuts) > 0 {
		t.u.DisturbLinks("the rest is cut off for good", cuts, sim.LinkFault{Cut: true})
	}
	return core
}

// demand runs until something holds; that it does not within the limit is a violation, if the core can serve still: a change of the
// ensemble that was under way at the heal may need others to be agreed on, and nothing more can be demanded then.
func (t *trial) demand(property string, holds func() (bool, string)) {
	if t.over() {
		return
	}
	t.w.Asked(property)
	t.outcome = t.runUntil(func() bool { ok, _ := holds(); return ok }, t.u.Now()+livenessLimit)
	if ok, why := holds(); !ok && !t.over() {
		if !t.nemesis.Suffices(t.core) {
			t.waived = true
			return
		}
		t.u.Violate(property, fmt.Sprintf("not within %v of virtual time after the heal: %s", livenessLimit, why))
		t.outcome = sim.Violated
	}
}

func (t *trial) over() bool {
	return t.u.Violation() != nil || t.outcome == sim.Exhausted || t.outcome == sim.Stopped || t.waived
}

// judge says what came of it.
func (t *trial) judge() *Result {
	w, u := t.w, t.u
	r := &Result{Seed: w.Options.Seed, Bug: w.Options.Bug, Profile: t.plan.Mode.String(), Verdict: checker.Holds,
		Plan: t.plan, Faults: t.faults(), Marks: u.Marks(), Stats: u.Stats()}
	if v := u.Violation(); v != nil {
		r.Verdict, r.Property, r.Detail, r.Seq, r.Stack = checker.Violated, v.Property, v.Detail, v.Seq, v.Stack
	}
	if w.History != nil {
		r.History, r.Model = w.History.History(), w.Model
		t.judgeHistory(r)
	}
	if r.Verdict != checker.Violated && w.Finally != nil {
		if err := w.Finally(); err != nil {
			r.Verdict, r.Property, r.Detail = checker.Violated, "at the end", err.Error()
			if v := (*sim.Violation)(nil); errors.As(err, &v) { // it names its property
				r.Property, r.Detail = v.Property, v.Detail
			}
			var broken *checker.InvariantError
			if errors.As(err, &broken) {
				r.Property, r.Detail = broken.Property, broken.Detail
			}
		}
	}
	c, counts := w.Workload.(Counter)
	if counts {
		r.Ops, r.Invoked = c.Counted()
	}
	t.doubt(r)
	r.Ground = t.w.ground()
	r.Nodes, r.Clients = len(w.Servers), len(w.Clients)
	r.Asked = make(map[string]uint64, len(w.asked))
	for property, n := range w.asked {
		r.Asked[property] = *n
	}
	r.Events, r.VirtualNS, r.Hash = r.Stats.Events, int64(u.Now()), u.Hash().String()
	return r
}

// judgeHistory checks what the clients saw. A violation that was seen inside the run
// stands: the history is then only counted.
func (t *trial) judgeHistory(r *Result) {
	for i := range r.History {
		if s := r.History[i].Status; s == checker.OK || s == checker.Mismatch {
			r.Ops++
		}
	}
	r.Invoked = len(r.History)
	if r.Verdict == checker.Violated {
		return
	}
	res := checker.Linearizable(r.History, r.Model, checker.Options{})
	r.Coverage = res.Coverage
	if res.Verdict == checker.Holds {
		return
	}
	r.Verdict, r.Property, r.Detail = res.Verdict, "linearizability", res.Reason
	if res.Verdict == checker.Violated {
		if x := checker.Explain(r.History, r.Model, res, checker.Options{}); x.Sentence != "" {
			r.Detail = x.Sentence
		}
	}
}

// doubt takes an ok back that says nothing.
func (t *trial) doubt(r *Result) {
	if r.Verdict > checker.Vacuous {
		return
	}
	switch {
	case t.outcome == sim.Exhausted:
		r.Verdict, r.Property = checker.Unknown, "events"
		r.Detail = fmt.Sprintf("the run was cut off after %d events", r.Stats.Events)
	case r.Verdict == checker.Vacuous:
	case (t.w.History != nil || r.Invoked > 0) && r.Ops < t.w.MinOps:
		r.Verdict, r.Property = checker.Vacuous, "operations"
		r.Detail = fmt.Sprintf("only %d operations succeeded, of %d", r.Ops, r.Invoked)
	case len(t.w.Options.Nemesis) > 0 && len(r.Faults) == 0:
		r.Verdict, r.Property = checker.Vacuous, "faults"
		r.Detail = "none of the families of faults that were asked for makes sense here"
	case t.asked() && !bit(r.Faults):
		r.Verdict, r.Property = checker.Vacuous, "faults"
		r.Detail = "faults were asked for, and none of them bit"
	}
}

// asked tells whether the user named the faults, and did not leave them to the seed.
func (t *trial) asked() bool { return t.w.Options.Plan != nil || len(t.w.Options.Nemesis) > 0 }

func bit(faults []FaultReport) bool {
	for _, f := range faults {
		if f.Effects > 0 {
			return true
		}
	}
	return len(faults) == 0
}
