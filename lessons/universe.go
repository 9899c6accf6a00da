package lessons

import (
	"time"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// horizon is the virtual time in which the clients of a lesson must have got what they wanted.
const horizon = 10 * time.Second

// Universe runs a variant in the universe of a seed, with random faults of the lesson's families.
func (l *Lesson) Universe(v *stage.Variant, seed uint64, recorder sim.Recorder) (*trial.Result, error) {
	o := trial.Options{Seed: seed, Recorder: recorder, EventsMax: 200_000}
	if len(l.Faults) == 0 {
		o.Profile = "calm"
	} else {
		o.Profile, o.Nemesis = "budgeted", l.Faults
	}
	return trial.Run(o, func(w *trial.World) error {
		s := &stage.World{U: w.U}
		v.Build(s)
		w.Servers, w.Clients, w.Horizon = s.Servers, s.Clients, horizon
		w.Tolerates, w.Leader = s.Tolerates, s.Leader
		w.HealsWhole, w.Timescale = true, s.Timescale
		if w.Timescale == 0 {
			w.Timescale = 50 * time.Millisecond
		}
		if s.Done != nil {
			w.Workload = &workload{s}
		}
		return nil
	})
}

// workload tells a trial when the clients of a stage are content.
type workload struct{ w *stage.World }

// Done implements trial.Workload.
func (w *workload) Done() bool { return w.w.Done() }

// Stop implements trial.Workload: clients of a lesson want a fixed number of things.
func (w *workload) Stop() {}

// Probe implements trial.Workload: the rest of what the clients wanted is the probe.
func (w *workload) Probe([]nodes.ID) {}

// Probed implements trial.Workload.
func (w *workload) Probed() (bool, string) {
	return w.w.Done(), "the clients have not got what they wanted"
}

// Outcome is what came of a number of universes.
type Outcome struct {
	Seeds    uint64        // that were run, from 1
	Failed   uint64        // the first seed that violates a property; 0 if none does
	Vacuous  uint64        // seeds in which no fault bit
	Result   *trial.Result // of the seed that failed, else nil
	Property string        // that is violated
	Detail   string
}

// Prove runs a variant in the universes of seeds 1 to n, until one fails or more says stop; more may be nil.
func (l *Lesson) Prove(v *stage.Variant, n uint64, more func(done uint64) bool) (*Outcome, error) {
	out := &Outcome{}
	for seed := uint64(1); seed <= n; seed++ {
		r, err := l.Universe(v, seed, nil)
		if err != nil {
			return nil, err
		}
		out.Seeds = seed
		switch r.Verdict {
		case checker.Violated:
			out.Failed, out.Result, out.Property, out.Detail = seed, r, r.Property, r.Detail
			return out, nil
		case checker.Holds:
		default:
			out.Vacuous++
		}
		if more != nil && !more(seed) {
			break
		}
	}
	return out, nil
}
