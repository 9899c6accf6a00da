package nemesis

import (
	"errors"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// disturbance is what a fault does to the world until it is taken back, in one of the
// forms that a universe knows: links, processes, clocks, disks, or processes that
// are kept down.
type disturbance struct {
	whom  []nodes.ID    // what the target was resolved to, if that is not simply ids
	lasts time.Duration // at most, if it ends before its fault does; 0 if nobody knows

	pairs [][2]nodes.ID
	link  sim.LinkFault

	ids   []nodes.ID
	proc  sim.ProcessFault
	clock sim.ClockFault
	disk  sim.DiskFault
	down  bool
}

// part is a disturbance in force.
type part struct {
	disturbance
	token *sim.Active
}

// run is an entry of a plan while a universe runs.
type run struct {
	n     *Nemesis
	entry Entry
	id    uint64 // identity of its draws
	key   string // unique among the entries, and stable when others go away
	name  string // the fault as it is written

	state  State
	reason string
	marker *sim.Active // of a fault that has steps
	parts  []*part
	hit    []nodes.ID
	began  time.Duration
	ended  time.Duration
	struck uint64 // effects that no token has counted
	loss   vdisk.Loss
	spent  uint64 // effects of what has ended
	tries  int
	onKill func(m *sim.Machine) // what follows when an order to kill has been carried out
	atEnd  []func()
}

// start lets the fault begin, or notes why it does not.
func (r *run) start() {
	n := r.n
	if n.over {
		r.skip("the run had been healed before")
		return
	}
	if n.mode == Calm {
		r.skip("the mode is calm")
		return
	}
	r.began, r.ended = n.u.Now(), 0
	r.state, r.reason = Installed, ""
	r.marker, r.parts, r.atEnd = nil, nil, nil
	err := r.entry.Fault.begin(r)
	if err == nil {
		if r.entry.Until > 0 {
			r.after(r.entry.Until-n.u.Now(), "end", r.end)
		}
		return
	}
	r.end()
	r.skip(err.Error())
	if again := new(retry); errors.As(err, &again) && r.mayRetry() {
		r.tries++
		n.u.After(n.c.Timescale/4, "nemesis: try again "+r.key, r.start)
	}
}

// mayRetry tells whether there is time left for the fault to begin later.
func (r *run) mayRetry() bool {
	next := r.n.u.Now() + r.n.c.Timescale/4
	if r.entry.Until > 0 {
		return next < r.entry.Until
	}
	return next < r.entry.At+20*r.n.c.Timescale
}

func (r *run) skip(reason string) { r.state, r.reason = Skipped, reason }

// inForce tells whether the fault has begun and has not ended.
func (r *run) inForce() bool {
	return r.state == Installed && r.ended == 0 && (r.marker == nil || r.marker.InForce())
}

// mark marks the fault as one that has steps of its own, so that it is in force between
// them too.
func (r *run) mark() {
	r.marker = r.n.u.Begin(r.name, r.end)
}

// end takes everything back. Ending it again does nothing.
func (r *run) end() {
	if r.ended != 0 || r.state != Installed {
		return
	}
	r.ended = max(r.n.u.Now(), 1)
	for _, f := range r.atEnd {
		f()
	}
	for _, p := range r.parts {
		p.token.End()
	}
	if r.marker != nil {
		r.marker.Bite(r.effects())
		r.marker.End()
	}
}

// after has fn called after d, if the fault is still in force by then. what says what for.
func (r *run) after(d time.Duration, what string, fn func()) {
	r.n.u.After(d, "nemesis: "+what+" "+r.key, func() {
		if r.inForce() {
			fn()
		}
	})
}

// put puts a disturbance in force, if the budget allows it.
func (r *run) put(d disturbance) (*part, error) {
	if err := r.n.admit(r, &d); err != nil {
		return nil, err
	}
	p := &part{d, r.n.disturb(r.name, &d)}
	r.parts = append(r.parts, p)
	r.touch(d.victims()...)
	return p, nil
}

// victims are the machines that a disturbance is about.
func (d *disturbance) victims() []nodes.ID {
	if len(d.whom) > 0 {
		return d.whom
	}
	ids := d.ids
	for _, pair := range d.pairs {
		ids = append(ids, pair[0], pair[1])
	}
	return sorted(ids)
}

// touch notes which machines the fault has to do with, and tells the story of the run, if
// that does not go without saying.
func (r *run) touch(ids ...nodes.ID) {
	r.hit = sorted(append(r.hit, ids...))
	if u := r.n.u; u.Recording() && len(ids) < len(r.n.c.Nodes) {
		for _, id := range ids {
			if !strings.Contains(r.name, string(id)) {
				u.Note(id, "is hit by "+r.name)
			}
		}
	}
}

// take takes one part back before the fault ends.
func (r *run) take(p *part) {
	p.token.End()
	r.spent += p.token.Effects()
	r.parts = slices.DeleteFunc(r.parts, func(q *part) bool { return q == p })
}

// strike counts effects that no token can see by itself.
func (r *run) strike(n uint64) {
	if last := len(r.parts) - 1; last >= 0 {
		r.parts[last].token.Bite(n)
		return
	}
	r.struck += n
}

// effects counts what the fault has done.
func (r *run) effects() uint64 {
	sum := r.spent + r.struck
	for _, p := range r.parts {
		sum += p.token.Effects()
	}
	return sum
}

// keep puts in force the first of some disturbances that the budget allows. If the
// targets follow, it asks again and again, and exchanges one for the other.
func (r *run) keep(follow bool, ask func(number uint64) ([]disturbance, error)) error {
	now, err := r.putFirst(ask, 0)
	if err != nil || !follow {
		return err
	}
	r.mark()
	var again func()
	number := uint64(0)
	again = func() {
		number++
		if choices, err := ask(number); err == nil && len(choices) > 0 && (now == nil || !now.same(&choices[0])) {
			if now != nil {
				r.take(now)
			}
			now, _ = r.putFirst(func(uint64) ([]disturbance, error) { return choices, nil }, number)
		}
		r.after(r.n.c.Timescale/2, "follow", again)
	}
	r.after(r.n.c.Timescale/2, "follow", again)
	return nil
}

func (r *run) putFirst(ask func(number uint64) ([]disturbance, error), number uint64) (*part, error) {
	choices, err := ask(number)
	if err != nil {
		return nil, err
	}
	if len(choices) == 0 {
		return nil, errors.New("nobody to choose from")
	}
	for _, d := range choices {
		var p *part
		if p, err = r.put(d); err == nil {
			return p, nil
		}
	}
	return nil, err
}

// same tells whether two disturbances concern the same machines and links.
func (d *disturbance) same(e *disturbance) bool {
	return slices.Equal(d.ids, e.ids) && slices.Equal(d.pairs, e.pairs)
}

// keepLinks keeps a fault of links in force.
func (r *run) keepLinks(l Links, clients bool, f sim.LinkFault) error {
	a, b, _ := l.split()
	return r.keep(a.follows() || b.follows(), func(number uint64) ([]disturbance, error) {
		return r.resolveLinks(l, number, clients, f)
	})
}

// keepMachines keeps a fault of machines in force; d says which, without the machines.
func (r *run) keepMachines(t Target, d disturbance) error {
	return r.keep(t.follows(), func(number uint64) ([]disturbance, error) {
		sets, err := r.resolve(t, number)
		var ds []disturbance
		for _, ids := range sets {
			e := d
			e.ids = ids
			ds = append(ds, e)
		}
		return ds, err
	})
}

// first resolves a target once, and does something with the first set of machines that
// is not refused by the budget.
func (r *run) first(t Target, do func(ids []nodes.ID) error) error {
	sets, err := r.resolve(t, 0)
	for _, ids := range sets {
		err = do(ids)
		if refused := new(overBudget); !errors.As(err, &refused) {
			return err
		}
	}
	return err
}

// around draws a duration from a half of d to twice d, log-uniformly.
func (r *run) around(d time.Duration, what string, number uint64) time.Duration {
	return logUniform(d/2, 2*d, r.draw(what, number, 1<<32))
}

// logUniform maps a draw below 2^32 to a duration between lo and hi, as likely between
// 1 and 10 ms as between 10 and 100 ms. It does so in integers: which power of two, and
// where between it and the next. The draw of 0 gives lo.
func logUniform(lo, hi time.Duration, draw uint64) time.Duration {
	lo, hi = max(lo, 1), max(lo, hi, 1)
	octaves := uint64(1)
	for lo<<octaves < hi && octaves < 40 {
		octaves++
	}
	octave := draw * octaves >> 32
	from := lo << octave
	to := min(from*2, hi)
	if from >= to {
		return hi
	}
	within := trace.Mix(draw, octave) & (1<<16 - 1)
	if draw == 0 {
		within = 0
	}
	return from + (to-from)*time.Duration(within)>>16
}
