package nemesis

import (
	"slices"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/sim/vdisk"
	"orrery/trace"
)

var powerNames = []string{"lose-nothing", "lose-unsynced", "lose-suffix", "lose-subset", "torn"}

func power(p *vdisk.CrashMode) field { return opt("power", wordValue[vdisk.CrashMode]{p, powerNames}) }

// Crash ends processes, and starts them again when it ends; a crash without an end
// is followed by a restart after [Cluster.Restart]. Power says what becomes of what was
// written and not synced: nothing is lost if only the process dies, for the operating
// system still has it; the other modes are losses of the machine's power.
type Crash struct {
	Who   Target
	Power vdisk.CrashMode
}

func (f *Crash) fields() []field { return []field{arg(targetValue{&f.Who}), power(&f.Power)} }

// String implements [Fault].
func (f Crash) String() string { return write("crash", &f) }

// Kind implements [Fault].
func (Crash) Kind() *Kind { return kindNamed("crash") }

func (f Crash) begin(r *run) error {
	return r.first(f.Who, func(ids []nodes.ID) error {
		if _, err := r.keepDown(ids); err != nil {
			return err
		}
		r.strike(r.n.kill(r, ids, f.Power))
		r.endByRestart()
		return nil
	})
}

// keepDown keeps machines down until the part is taken back.
func (r *run) keepDown(ids []nodes.ID) (*part, error) {
	return r.put(disturbance{ids: ids, down: true})
}

// endByRestart ends a fault that does not say when by the cluster's restart policy.
func (r *run) endByRestart() {
	if r.entry.Until == 0 {
		r.after(r.n.restartDelay(r.id), "restart", r.end)
	}
}

// KillAtEffect ends a process just before the effect of this number from now: before
// a message is sent, a file written, a sync asked for, a timer set. Effects happen inside
// handlers, so this is how a process dies between persisting and telling. It starts
// again when the fault ends.
type KillAtEffect struct {
	Who    Target
	Effect int
	Power  vdisk.CrashMode
}

func (f *KillAtEffect) fields() []field {
	return []field{arg(targetValue{&f.Who}), arg(countValue{&f.Effect, maxEffect}), power(&f.Power)}
}

const maxEffect = 1_000_000

// String implements [Fault].
func (f KillAtEffect) String() string { return write("kill-at-effect", &f) }

// Kind implements [Fault].
func (KillAtEffect) Kind() *Kind { return kindNamed("kill-at-effect") }

func (f KillAtEffect) begin(r *run) error {
	return r.first(f.Who, func(ids []nodes.ID) error {
		if err := r.n.admit(r, &disturbance{ids: ids, down: true}); err != nil {
			return err
		}
		r.mark()
		r.touch(ids...)
		for _, id := range ids {
			r.n.order(r, id, f.Effect, f.Power)
			r.atEnd = append(r.atEnd, func() { r.n.countermand(r, id) })
		}
		r.onKill = func(m *sim.Machine) {
			down := []nodes.ID{m.ID()}
			p, err := r.keepDown(down)
			if err != nil { // by now others are down: do not stay down with them
				m.Start(0)
				return
			}
			if r.entry.Until == 0 {
				wait := r.n.restartDelay(trace.Mix(r.id, trace.String(string(m.ID()))))
				r.after(wait, "restart", func() {
					r.take(p)
					r.endIfDone()
				})
			}
		}
		return nil
	})
}

// endIfDone ends a fault that has given orders to kill, if all of them have been carried
// out and all processes are started again.
func (r *run) endIfDone() {
	for _, id := range r.hit {
		if r.n.orders[id] == r {
			return
		}
	}
	if len(r.parts) == 0 {
		r.end()
	}
}

// CrashInRecovery kills processes, starts them again, and kills them at the effect of
// this number from their start, Times times over: recovery itself must survive crashes.
type CrashInRecovery struct {
	Who    Target
	Effect int
	Times  int // 0 means once
	Power  vdisk.CrashMode
}

func (f *CrashInRecovery) fields() []field {
	return []field{arg(targetValue{&f.Who}), arg(countValue{&f.Effect, maxEffect}),
		opt("times", countValue{&f.Times, 1000}), power(&f.Power)}
}

// String implements [Fault].
func (f CrashInRecovery) String() string { return write("crash-in-recovery", &f) }

// Kind implements [Fault].
func (CrashInRecovery) Kind() *Kind { return kindNamed("crash-in-recovery") }

func (f CrashInRecovery) begin(r *run) error {
	return r.first(f.Who, func(ids []nodes.ID) error {
		if err := r.n.admit(r, &disturbance{ids: ids, down: true}); err != nil {
			return err
		}
		r.mark()
		left := map[nodes.ID]int{}
		for _, id := range ids {
			left[id] = max(f.Times, 1)
			r.atEnd = append(r.atEnd, func() { r.n.countermand(r, id) })
		}
		r.onKill = func(m *sim.Machine) {
			id := m.ID()
			p, err := r.keepDown([]nodes.ID{id})
			if err != nil {
				m.Start(0)
				return
			}
			number := uint64(left[id])
			left[id]--
			r.after(r.around(r.n.c.Timescale/4, "restart "+string(id), number), "recover", func() {
				if number > 0 {
					r.n.order(r, id, f.Effect, f.Power)
				}
				r.take(p)
				r.endIfDone()
			})
		}
		for _, id := range ids {
			r.touch(id)
			r.strike(r.n.kill(r, []nodes.ID{id}, f.Power))
			r.onKill(r.n.u.Machine(id))
		}
		return nil
	})
}

// RollingRestart restarts all nodes, one after another, in their order. The next one is
// stopped a while after the one before has been started.
type RollingRestart struct {
	Down    time.Duration // for how long each is down; 0 means T/2
	Gap     time.Duration // between one that is started and the next that is stopped; 0 means 2 T
	Reverse bool          // from the last node to the first
	Power   vdisk.CrashMode
}

func (f *RollingRestart) fields() []field {
	return []field{opt("down", durationValue{&f.Down, false}), opt("gap", durationValue{&f.Gap, false}),
		opt("reverse", flagValue{&f.Reverse}), power(&f.Power)}
}

// String implements [Fault].
func (f RollingRestart) String() string { return write("rolling-restart", &f) }

// Kind implements [Fault].
func (RollingRestart) Kind() *Kind { return kindNamed("rolling-restart") }

func (f RollingRestart) begin(r *run) error {
	down, gap := f.Down, f.Gap
	if down == 0 {
		down = r.n.c.Timescale / 2
	}
	if gap == 0 {
		gap = 2 * r.n.c.Timescale
	}
	order := slices.Clone(r.n.c.Nodes)
	if f.Reverse {
		slices.Reverse(order)
	}
	r.mark()
	var next func()
	next = func() {
		if len(order) == 0 {
			r.end()
			return
		}
		id := order[0]
		order = order[1:]
		p, err := r.keepDown([]nodes.ID{id})
		if err != nil { // not this one: the budget needs it
			r.after(gap, "roll", next)
			return
		}
		r.strike(r.n.kill(r, []nodes.ID{id}, f.Power))
		r.after(down, "roll", func() {
			r.take(p)
			r.after(gap, "roll", next)
		})
	}
	next()
	return nil
}
