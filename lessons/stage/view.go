package stage

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/trace"
)

// View is a session as a page shows it. Times are virtual, in nanoseconds.
type View struct {
	Now      int64     `json:"now"`
	Hash     string    `json:"hash"`
	Verdict  string    `json:"verdict"` // "ok so far" or "violated"
	Property string    `json:"property,omitempty"`
	Detail   string    `json:"detail,omitempty"`
	Seq      uint64    `json:"seq,omitempty"` // the event during which the violation was seen
	Machines []Seen    `json:"machines"`
	Pending  []Waiting `json:"pending"`
	Events   []Told    `json:"events"`
	Cuts     []string  `json:"cuts,omitempty"` // "n1 n2"
	Error    string    `json:"error,omitempty"`
}

// Seen is a machine as it is now.
type Seen struct {
	ID     nodes.ID `json:"id"`
	Server bool     `json:"server"` // it may be broken
	Up     bool     `json:"up"`
	Paused bool     `json:"paused,omitempty"`
	Life   uint32   `json:"life"`            // how often its process was started
	Clock  int64    `json:"clock,omitempty"` // how far its wall clock is off
	State  string   `json:"state,omitempty"` // of the process, as JSON
}

// Waiting is an event under way.
type Waiting struct {
	ID      string   `json:"id"` // 16 hexadecimal digits
	Kind    string   `json:"kind"`
	Node    nodes.ID `json:"node"`
	From    nodes.ID `json:"from,omitempty"`
	What    string   `json:"what"`  // in words
	Cause   uint64   `json:"cause"` // the event that it follows from
	Due     int64    `json:"due"`
	Message bool     `json:"message,omitempty"` // a datagram between two machines: it can be lost and doubled
	Frame   bool     `json:"frame,omitempty"`   // of a connection between two machines: it comes once and in order, or the connection breaks
}

// Told is something that has happened.
type Told struct {
	Seq   uint64 `json:"seq"`
	At    int64  `json:"at"`
	Kind  string `json:"kind"`
	Node  string `json:"node,omitempty"`
	Peer  string `json:"peer,omitempty"`
	What  string `json:"what"`
	Cause uint64 `json:"cause,omitempty"`
}

// View is the session as it is now.
func (s *Session) View() *View {
	u := s.world.U
	v := &View{Now: int64(s.now), Hash: u.Hash().String(), Verdict: "ok so far", Machines: []Seen{}, Pending: []Waiting{}, Events: []Told{}}
	if x := u.Violation(); x != nil {
		v.Verdict, v.Property, v.Detail, v.Seq = "violated", x.Property, x.Detail, x.Seq
	}
	for _, m := range u.Machines() {
		v.Machines = append(v.Machines, s.machineView(m))
	}
	for _, p := range u.Pending() {
		v.Pending = append(v.Pending, s.waiting(p))
	}
	slices.SortStableFunc(v.Pending, func(a, b Waiting) int { return int(a.Due - b.Due) })
	for e := range s.rec.Events() {
		if shown(e) {
			v.Events = append(v.Events, Told{e.Seq, int64(e.At), e.Kind.String(), e.Node, e.Peer, s.told(e), e.CauseSeq})
		}
	}
	for pair := range s.cuts {
		v.Cuts = append(v.Cuts, string(pair[0]+" "+pair[1]))
	}
	slices.Sort(v.Cuts)
	return v
}

// shown tells of the events that a picture is made of.
func shown(e *trace.Event) bool {
	switch e.Kind {
	case trace.Send, trace.Sync, trace.Posted, trace.Script:
		return false
	}
	return true
}

// told is what happened, without the name of the machine that it happened to.
func (s *Session) told(e *trace.Event) string {
	if e.Kind == trace.Received {
		return fmt.Sprintf("gets %s from %s", s.scene.frame(nodes.ID(e.Peer), nodes.ID(e.Node), e.Payload), e.Peer)
	}
	w := trace.Words(e, s.scene.Describe)
	w = strings.TrimPrefix(strings.TrimPrefix(w, "somebody: "), e.Node+": ")
	w = strings.Replace(w, sim.DropOmitted.String(), "dropped by hand", 1)
	return strings.TrimPrefix(w, e.Node+" ")
}

func (s *Session) machineView(m *sim.Machine) Seen {
	v := Seen{ID: m.ID(), Server: slices.Contains(s.world.Servers, m.ID()), Up: m.Up(), Paused: m.Paused(), Life: m.Incarnation(), Clock: int64(m.Clock())}
	if i, ok := m.Node().(nodes.Inspector); ok && m.Up() {
		if state, err := json.Marshal(i.Inspect()); err == nil {
			v.State = string(state)
		}
	}
	return v
}

func (s *Session) waiting(p sim.Pending) Waiting {
	between := p.From != "" && p.From != p.Node
	w := Waiting{ID: fmt.Sprintf("%016x", p.ID), Kind: p.Kind.String(), Node: p.Node, From: p.From, Cause: p.Cause,
		Due: int64(p.Due + s.delayed[p.ID]), Message: between && p.Kind == trace.Deliver, Frame: between && p.Kind == trace.Received}
	switch p.Kind {
	case trace.Deliver:
		w.What = s.scene.words(s.world.U.AppendPayload(nil, p))
		if w.What == "" {
			w.What = s.world.U.MessageKind(p)
		}
	case trace.Received:
		w.What = s.scene.frame(p.From, p.Node, s.world.U.AppendPayload(nil, p))
	case trace.Opened:
		w.What = "a connection"
	case trace.Closed:
		w.What = "the end of a connection"
	case trace.Fire:
		w.What = "timer " + p.Tag.Name
	case trace.Synced:
		w.What = "end of sync " + p.Tag.Name
	default:
		w.What = strings.TrimSpace(p.Kind.String() + " " + p.Tag.Name)
	}
	return w
}

// frame is what bytes on a connection say, or how many they are.
func (s *Scene) frame(from, to nodes.ID, bytes []byte) string {
	if s.Frame != nil {
		if words := s.Frame(from, to, bytes); words != "" {
			return words
		}
	}
	return fmt.Sprintf("%d bytes", len(bytes))
}

// Step is the line of a step about this event: verb is "take", "lose", "double", "break" or "delay 80ms".
func (w *Waiting) Step(verb string) string { return fmt.Sprintf("%s %s #%s", verb, w.words(), w.ID) }

// words are what the event is listed with: "P2a 1.p1 x by a1 from p1".
func (w Waiting) words() string {
	if w.From != "" && w.From != w.Node {
		return fmt.Sprintf("%s by %s from %s", w.What, w.Node, w.From)
	}
	return fmt.Sprintf("%s of %s", w.What, w.Node)
}

// String is the view in lines, for a terminal.
func (v *View) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s after %v", v.Verdict, time.Duration(v.Now))
	if v.Property != "" {
		fmt.Fprintf(&b, ": %s: %s", v.Property, v.Detail)
	}
	b.WriteByte('\n')
	return b.String()
}
