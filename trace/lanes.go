package trace

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

const (
	defaultWidth = 100
	wordsMin     = 36 // columns that the words keep, however many machines there are
	pitchMin     = 2  // columns of a lane: its line and a space
	headerEvery  = 50 // rows after which the names of the machines are repeated
	foldMin      = 3  // boring events in a row that become one line
)

// Lanes draws events as text: time runs downwards, every machine has a lane, every
// event a line that says in words what happened. A message is an arrow from its
// sender's lane on the line where it arrives; if it was lost, it ends in a cross. A
// lane is dotted while its machine is down or paused, heavy while its client waits
// for an answer, and drawn double or dashed on the second and third side of a
// partition. A bar beside the lanes shows how long faults are in force.
//
// The zero value draws all that matters at 100 columns.
type Lanes struct {
	Width int  // columns of a line; 0 is 100, and no fewer than 60 are used
	ASCII bool // plain ASCII, also in the words
	Color bool // ANSI colours

	From, To time.Duration // draw only what happened at these virtual times; To 0 is the end
	Nodes    []string      // only these machines, in this order, and what happens to none; nil is all
	Kinds    []Kind        // only these; nil is all but Send, Sync, Posted, Script and those that come with the states

	Only     func(*Event) bool   // draw only these; nil is all. The lanes still show what the others did
	Boring   func(*Event) bool   // three of these or more in a row are one line; nil is IsHeartbeat
	Describe func(*Event) string // what the protocol calls a message; nil or "" is its Name
	Legend   bool                // explain the marks at the end
}

// IsHeartbeat tells whether an event is one of those that happen all the time and
// say nothing: by its name, a heartbeat, a keep-alive or a tick.
func IsHeartbeat(e *Event) bool {
	name := strings.ToLower(e.Name)
	for _, boring := range []string{"heartbeat", "keepalive", "keep-alive", "tick"} {
		if strings.Contains(name, boring) {
			return true
		}
	}
	return false
}

// Write draws the events, which are in the order of the run.
func (l Lanes) Write(w io.Writer, events []Event) error {
	_, err := io.WriteString(w, l.String(events))
	return err
}

// String is the picture of the events.
func (l Lanes) String(events []Event) string {
	p := newPainter(l, events)
	for i := range events {
		p.event(&events[i])
	}
	p.flush()
	if l.Legend {
		p.legend()
	}
	return p.out.String()
}

// painter draws one picture.
type painter struct {
	Lanes
	look   *look
	cast   *cast
	out    strings.Builder
	rows   int
	clockW int    // columns of the time
	pitch  int    // columns from lane to lane
	lanes  int    // how many are drawn; the last may stand for several machines
	last   string // the time on the line before
	boring []*Event
	used   [Violation + 1]bool
	strike map[*Event]bool // faults that end as soon as they begin, and their ends
}

func newPainter(l Lanes, events []Event) *painter {
	p := &painter{Lanes: l, look: &unicodeLook, cast: newCast(events, l.Nodes), strike: strikes(events)}
	if l.ASCII {
		p.look = &asciiLook
	}
	if p.Width == 0 {
		p.Width = defaultWidth
	}
	p.Width = max(p.Width, 60)
	if p.Boring == nil {
		p.Boring = IsHeartbeat
	}
	p.clockW = len("seconds")
	if n := len(events); n > 0 {
		p.clockW = max(p.clockW, len(clock(events[n-1].At, 6)))
	}
	longest := 0
	for _, a := range p.cast.actors {
		longest = max(longest, textWidth(a.name))
	}
	room := max(pitchMin, p.Width-p.lane(0)-wordsMin)
	p.lanes = min(len(p.cast.actors), room/pitchMin)
	p.pitch = min(max(longest+1, 5), room/max(1, p.lanes))
	return p
}

// strikes finds the faults that are over at once: their end needs no line.
func strikes(events []Event) map[*Event]bool {
	found := map[*Event]bool{}
	var now []*Event
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case FaultOn:
			now = append(slices.DeleteFunc(now, func(on *Event) bool { return on.At != e.At }), e)
		case FaultOff:
			same := func(on *Event) bool { return on.At == e.At && on.Name == e.Name && on.Node == e.Node }
			if j := slices.IndexFunc(now, same); j >= 0 {
				found[now[j]], found[e] = true, true
				now = slices.Delete(now, j, j+1)
			}
		}
	}
	return found
}

// lane is the column of a machine's line. Machines without a lane of their own
// share the last.
func (p *painter) lane(i int) int { return p.clockW + 3 + max(0, min(i, p.lanes-1))*p.pitch }

// event draws e, or keeps it to be folded with others, or passes over it.
func (p *painter) event(e *Event) {
	if !p.shown(e) {
		p.cast.apply(e)
		return
	}
	if p.folds(e) {
		p.boring = append(p.boring, e)
		return
	}
	// What made something happen is worth a line of its own.
	var cause *Event
	if n := len(p.boring); n > 0 && e.Sub > 0 && p.boring[n-1].Seq == e.Seq {
		cause, p.boring = p.boring[n-1], p.boring[:n-1]
	}
	p.flush()
	if cause != nil {
		p.draw(cause)
	}
	p.cast.apply(e)
	p.draw(e)
}

func (p *painter) shown(e *Event) bool {
	if e.At < p.From || p.To > 0 && e.At > p.To || p.strike[e] && e.Kind == FaultOff {
		return false
	}
	if p.Kinds != nil {
		if !slices.Contains(p.Kinds, e.Kind) {
			return false
		}
	} else if e.Kind.isAside() {
		return false
	}
	if len(p.Nodes) > 0 && e.Node != "" && !slices.Contains(p.Nodes, e.Node) {
		return false
	}
	return p.Only == nil || p.Only(e)
}

// folds tells whether e may become part of a line for several.
func (p *painter) folds(e *Event) bool {
	switch e.Kind {
	case Boot, Crash, FaultOn, FaultOff, Note, Invoke, Return, Violation:
		return false // these change lanes, or were said on purpose
	}
	return p.Boring(e)
}

// flush draws the boring events that were kept.
func (p *painter) flush() {
	if len(p.boring) >= foldMin {
		p.fold(p.boring)
	} else {
		for _, e := range p.boring {
			p.draw(e)
		}
	}
	p.boring = p.boring[:0]
}

// fold draws one line for several boring events.
func (p *painter) fold(events []*Event) {
	r := p.begin(events[0].At)
	var names []string
	counts := map[string]int{}
	for _, e := range events {
		if i, ok := p.cast.index[e.Node]; ok {
			r.put(p.lane(i), p.look.touch, faint)
		}
		name := message(e, nil)
		switch e.Kind {
		case Fire:
			name = "timer " + name
		case Drop:
			name += " lost"
		}
		if counts[name]++; counts[name] == 1 {
			names = append(names, name)
		}
	}
	for i, n := range names {
		names[i] = fmt.Sprintf("%d × %s", counts[n], n)
	}
	text := strings.Join(names, ", ")
	if last := events[len(events)-1].At; last != events[0].At {
		text += ", until " + clock(last, 6)
	}
	p.end(r, text, faint)
}
