package smallscope

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"orrery/sim"
	"orrery/trace"
)

// Schedule is an execution, a step a line: "n1 receives P1a from n2 #3f2a…". It is what a repro
// of a search is, and can be run again with [World.Replay].
type Schedule []string

// String is the schedule, a step a line.
func (s Schedule) String() string { return strings.Join(s, "\n") }

// schedule writes the path of an execution down, by running it again.
func (r *run) schedule(w *World) Schedule {
	var list Schedule
	again := w.start(r.b)
	for _, c := range r.path {
		list = append(list, again.describe(c))
		again.step(c)
	}
	return list
}

// describe is a step as a line: words, and the step's key, by which it is found again.
func (r *run) describe(c choice) string {
	words := fmt.Sprintf("%s crashes", c.node)
	if c.op != crash {
		p := r.find(c.id)
		words = r.words(p)
		switch c.op {
		case takeCrash:
			words += ", and crashes"
		case takeTwice:
			words += ", and a copy stays under way"
		}
	}
	return fmt.Sprintf("%s #%016x", words, c.key)
}

func (r *run) words(p sim.Pending) string {
	switch p.Kind {
	case trace.Deliver:
		return fmt.Sprintf("%s receives %s from %s", p.Node, r.u.MessageKind(p), p.From)
	case trace.Fire:
		return fmt.Sprintf("%s: timer %s", p.Node, p.Tag.Name)
	}
	return fmt.Sprintf("%s: %s %s", p.Node, p.Kind, p.Tag.Name)
}

// ErrNoStep tells that a schedule has a step that cannot be taken: the code has changed since.
var ErrNoStep = errors.New("this step is not among those that are possible here")

// Replay runs a schedule. It returns what does not hold at the end, or nil; the error names the
// step that could not be taken.
func (w *World) Replay(b Bounds, s Schedule) (*Violation, error) {
	r := w.start(&b)
	for i, line := range s {
		if _, err := keyOf(line); err != nil {
			return nil, fmt.Errorf("step %d, %q: %w", i+1, line, err)
		}
		c, ok := r.choiceOf(line)
		if !ok {
			return nil, fmt.Errorf("step %d, %q: %w", i+1, line, ErrNoStep)
		}
		r.step(c)
	}
	if r.err == nil {
		return nil, nil
	}
	return &Violation{Property: r.property, Detail: r.err.Error(), Schedule: s}, nil
}

// Shorten leaves out what is not needed: steps without which the same property is still violated at the
// end. Steps that are no longer possible then are left out as well. Executions are few: about as many as
// the square of the number of steps.
func (w *World) Shorten(b Bounds, v *Violation) *Violation {
	best := v
	for again := true; again; {
		again = false
		for i := len(best.Schedule) - 1; i >= 0; i-- {
			if shorter := w.without(b, best, i); shorter != nil {
				best, again = shorter, true
				i = min(i, len(best.Schedule))
			}
		}
	}
	return best
}

// without runs a schedule without step i, and without those that cannot be taken then, up to where the
// property is violated.
func (w *World) without(b Bounds, v *Violation, i int) *Violation {
	r := w.start(&b)
	var taken Schedule
	for k, line := range v.Schedule {
		if c, ok := r.choiceOf(line); k != i && ok {
			taken = append(taken, line)
			r.step(c)
		}
		if r.err != nil {
			break
		}
	}
	if r.err == nil || r.property != v.Property || len(taken) >= len(v.Schedule) {
		return nil
	}
	return &Violation{Property: r.property, Detail: r.err.Error(), Schedule: taken}
}

// choiceOf is the choice that a line of a schedule names, if it is possible now.
func (r *run) choiceOf(line string) (choice, bool) {
	key, err := keyOf(line)
	if err != nil {
		return choice{}, false
	}
	for _, c := range r.choices(nil) {
		if c.key == key {
			return c, true
		}
	}
	return choice{}, false
}

// keyOf reads the key at the end of a line.
func keyOf(line string) (key uint64, err error) {
	_, hex, found := strings.Cut(line, "#")
	if found {
		key, err = strconv.ParseUint(hex, 16, 64)
	}
	if !found || err != nil {
		return 0, errors.New("want a key after #")
	}
	return key, nil
}
