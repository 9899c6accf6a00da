package stage

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// Session is a variant that is played by hand.
type Session struct {
	scene   *Scene
	world   *World
	rec     trace.Recorder
	now     time.Duration // the session's clock
	delayed map[uint64]time.Duration
	cuts    map[[2]nodes.ID]*sim.Active
	failing map[nodes.ID]*sim.Active // disks whose next sync fails
	paused  map[nodes.ID]*sim.Active
}

// eventsMax bounds a session: a cluster that talks to itself for ever must not hang a page.
const eventsMax = 20_000

// whole is the seed's answers, but that a stream is cut nowhere: what was written at once comes at once, and says something
// to who looks on.
type whole struct{}

// Choose implements sim.Source.
func (whole) Choose(p sim.Point, seeded uint64) uint64 {
	if strings.HasPrefix(p.Stream, "conn/") {
		return 0
	}
	return seeded
}

// ErrNoStep tells of a step that cannot be taken where it stands.
var ErrNoStep = errors.New("this step is not possible here")

// Play plays a variant from the start. The error names the step that could not be taken; the session is as it
// was before that step.
func Play(scene *Scene, variant *Variant, seed uint64, steps []string) (*Session, error) {
	s := &Session{scene: scene, delayed: map[uint64]time.Duration{},
		cuts: map[[2]nodes.ID]*sim.Active{}, failing: map[nodes.ID]*sim.Active{}, paused: map[nodes.ID]*sim.Active{}}
	s.world = &World{Frames: true, U: sim.New(sim.Config{Seed: seed, Window: math.MaxInt64, Recorder: &s.rec, EventsMax: eventsMax, Source: whole{}})}
	s.world.U.Observe(sim.Observer{After: s.watch})
	variant.Build(s.world)
	for _, m := range s.world.U.Machines() {
		s.boot(m.ID())
	}
	s.settle()
	for i, line := range steps {
		if err := s.Do(line); err != nil {
			return s, fmt.Errorf("step %d, %q: %w", i+1, line, err)
		}
	}
	return s, nil
}

// Universe is what the session plays in.
func (s *Session) Universe() *sim.Universe { return s.world.U }

// Events are what has happened, without what connections carried: that is for who plays, and too much for a story.
func (s *Session) Events() []trace.Event {
	return slices.DeleteFunc(s.rec.Collect(), func(e trace.Event) bool { return s.world.Frames && carried(&e) })
}

// carried tells of the events of connections that stand.
func carried(e *trace.Event) bool { return e.Kind == trace.Received || e.Kind == trace.Closed }

// Do takes a step. The error is ErrNoStep, or says what is wrong with the line; nothing has happened then.
func (s *Session) Do(line string) error {
	p, err := parse(line)
	if err != nil {
		return err
	}
	if s.world.U.Violation() != nil {
		return fmt.Errorf("%w: a property is violated, and the session is over", ErrNoStep)
	}
	for _, id := range p.machines {
		if s.world.U.Machine(id) == nil {
			return fmt.Errorf("%w: there is no machine %s", ErrNoStep, id)
		}
	}
	defer s.settle()
	switch {
	case forms[p.verb].id:
		return s.event(p)
	case len(p.machines) > 0:
		return s.machine(p)
	case p.verb == "next":
		return s.next()
	}
	return s.until(p.time)
}

// settle lets happen what nobody can choose: what keeps its time and comes first (a machine wakes up), and what has come to nothing.
// To ask what is under way does that, so it is asked after each step: then looking changes nothing.
// Its clock stands where the last thing happened, or where it was told to stand; not where something would have, had it not
// come to nothing.
func (s *Session) settle() {
	u := s.world.U
	now, seq := u.Now(), u.Seq()
	if u.Pending(); u.Seq() != seq {
		now = u.Now()
	}
	s.now = now
}

// event takes a step that is about an event under way.
func (s *Session) event(p step) error {
	for _, e := range s.world.U.Pending() {
		if e.ID != p.id && (p.words == "" || s.waiting(e).words() != p.words) {
			continue
		}
		w := s.waiting(e)
		switch {
		case (p.verb == "lose" || p.verb == "double") && w.Frame:
			return fmt.Errorf("%w: what a connection carries comes once and in order, or the connection breaks: want break", ErrNoStep)
		case (p.verb == "lose" || p.verb == "double") && !w.Message:
			return fmt.Errorf("%w: only a message between two machines can be lost or doubled", ErrNoStep)
		case p.verb == "break" && !w.Frame:
			return fmt.Errorf("%w: only what comes on a connection can break it", ErrNoStep)
		case (p.verb == "take" || p.verb == "break") && s.world.U.Machine(e.Node).Paused():
			return fmt.Errorf("%w: %s is paused", ErrNoStep, e.Node)
		}
		switch p.verb {
		case "take":
			s.world.U.Happen(e)
		case "break":
			f := s.world.U.DisturbLinks(fmt.Sprintf("reset(%s, %s)", e.From, e.Node), [][2]nodes.ID{{e.From, e.Node}}, sim.LinkFault{ResetPPM: 1_000_000})
			s.world.U.Happen(e)
			f.End()
		case "lose":
			s.world.U.Lose(e)
			s.world.U.Happen(e)
		case "double":
			s.world.U.Double(e)
		case "delay":
			s.delayed[e.ID] += p.time
		}
		return nil
	}
	return fmt.Errorf("%w: no such event is under way", ErrNoStep)
}

// machine takes a step that is about one or two machines.
func (s *Session) machine(p step) error {
	u := s.world.U
	m := u.Machine(p.machines[0])
	switch p.verb {
	case "crash", "kill":
		if !m.Up() {
			return fmt.Errorf("%w: %s is down", ErrNoStep, m.ID())
		}
		how := vdisk.LoseUnsynced
		if p.verb == "kill" {
			how = vdisk.LoseNothing
		}
		m.Kill(how)
	case "start":
		if m.Up() {
			return fmt.Errorf("%w: %s is up", ErrNoStep, m.ID())
		}
		m.Start(0)
		s.boot(m.ID())
	case "pause":
		if m.Paused() {
			return fmt.Errorf("%w: %s is paused", ErrNoStep, m.ID())
		}
		s.paused[m.ID()] = u.DisturbProcesses(fmt.Sprintf("pause(%s)", m.ID()), p.machines, sim.ProcessFault{Pause: true})
	case "resume":
		if !m.Paused() {
			return fmt.Errorf("%w: %s is not paused", ErrNoStep, m.ID())
		}
		s.paused[m.ID()].End()
	case "skew":
		m.StepClock(p.time)
		u.Strike(fmt.Sprintf("clock-bump(%s, %v)", m.ID(), p.time), 1)
	case "fail-sync":
		if s.failing[m.ID()] == nil {
			s.failing[m.ID()] = u.DisturbDisks("the next sync fails", p.machines, sim.DiskFault{SyncErrorPPM: 1_000_000})
		}
	case "cut", "heal":
		return s.link(p)
	}
	return nil
}

func (s *Session) link(p step) error {
	pair := [2]nodes.ID{min(p.machines[0], p.machines[1]), max(p.machines[0], p.machines[1])}
	cut := s.cuts[pair]
	switch {
	case p.verb == "heal" && cut == nil:
		return fmt.Errorf("%w: nothing is cut between %s and %s", ErrNoStep, pair[0], pair[1])
	case p.verb == "heal":
		cut.End()
		delete(s.cuts, pair)
	case pair[0] == pair[1] || cut != nil:
		return fmt.Errorf("%w: want two machines that can reach each other", ErrNoStep)
	default:
		both := [][2]nodes.ID{pair, {pair[1], pair[0]}}
		s.cuts[pair] = s.world.U.DisturbLinks(fmt.Sprintf("cut(%s, %s)", pair[0], pair[1]), both, sim.LinkFault{Cut: true})
	}
	return nil
}

// watch ends the fault of a disk as soon as one sync has failed.
func (s *Session) watch(m *sim.Machine, _ trace.Kind) {
	if f := s.failing[m.ID()]; f != nil && f.Effects() > 0 {
		f.End()
		delete(s.failing, m.ID())
	}
}

// boot lets the start of a process happen at once.
func (s *Session) boot(id nodes.ID) {
	for _, e := range s.world.U.Pending() {
		if e.Kind == trace.Boot && e.Node == id {
			s.world.U.Happen(e)
			return
		}
	}
}

// first is what comes next by itself, and when.
func (s *Session) first() (first sim.Pending, at time.Duration, ok bool) {
	for _, e := range s.world.U.Pending() {
		if due := e.Due + s.delayed[e.ID]; !ok || due < at {
			first, at, ok = e, due, true
		}
	}
	return first, at, ok
}

func (s *Session) next() error {
	e, _, ok := s.first()
	if !ok {
		return fmt.Errorf("%w: nothing is left that could happen", ErrNoStep)
	}
	s.world.U.Happen(e)
	return nil
}

// until lets happen what is due by then. If something is delayed beyond, the clock stands at what happened last.
func (s *Session) until(limit time.Duration) error {
	u := s.world.U
	if limit < s.now {
		return fmt.Errorf("%w: it is %v already", ErrNoStep, s.now)
	}
	for len(s.delayed) > 0 {
		e, at, ok := s.first()
		if !ok || at > limit {
			break
		}
		delete(s.delayed, e.ID)
		u.Happen(e)
	}
	if len(s.delayed) == 0 {
		u.Run(limit)
	}
	return nil
}
