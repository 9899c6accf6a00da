package trace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// The threads that a machine has in a Perfetto trace.
const (
	threadHandler = 1
	threadDisk    = 2
	threadTimers  = 3
)

// worldPid is the process of what happens to no machine.
const worldPid = 1

// slice1 is how long an event is drawn, in microseconds: a flow binds only to what takes time.
const slice1 = 1

// perfettoEvent is one event of Chrome's JSON trace format, which Perfetto reads.
type perfettoEvent struct {
	Name  string            `json:"name,omitempty"`
	Cat   string            `json:"cat,omitempty"`
	Phase string            `json:"ph"`
	TS    json.Number       `json:"ts"` // µs
	Dur   int               `json:"dur,omitempty"`
	PID   int               `json:"pid"`
	TID   int               `json:"tid"`
	ID    string            `json:"id,omitempty"`
	BP    string            `json:"bp,omitempty"`
	Scope string            `json:"s,omitempty"`
	Args  map[string]string `json:"args,omitempty"`
}

// WritePerfetto writes the events in Chrome's JSON trace format, which ui.perfetto.dev and chrome://tracing
// open. Every machine is a process with a thread each for its handler, its disk and its timers; a message is
// a flow from the event that sent it to the one that got it; operations and faults are asynchronous slices; what
// is lost, what crashes and what is violated are instants. describe is as in Words.
func WritePerfetto(w io.Writer, events []Event, describe func(*Event) string) error {
	p := &perfetto{out: bufio.NewWriter(w), pids: map[string]int{}, sent: map[uint64]string{}, open: map[string]int{}}
	p.out.WriteString(`{"displayTimeUnit":"ms","traceEvents":[`)
	p.process("", "world", worldPid)
	for _, a := range newCast(events, nil).actors {
		p.process(a.name, a.name, len(p.pids)+1)
	}
	for i := range events { // a flow must begin where something is drawn
		if e := &events[i]; e.CauseSeq != 0 && e.CauseSeq != e.Seq && (e.Kind == Deliver || e.Kind == Received) {
			p.sent[e.CauseSeq] = e.Peer
		}
	}
	for i := range events {
		p.event(&events[i], describe)
	}
	p.out.WriteString("\n]}\n")
	if p.err != nil {
		return p.err
	}
	return p.out.Flush()
}

type perfetto struct {
	out   *bufio.Writer
	pids  map[string]int
	sent  map[uint64]string // events that messages came of, and the machine that sent them
	open  map[string]int    // operations by client and faults by name: how many have begun
	begun bool
	err   error
}

func (p *perfetto) put(e perfettoEvent) {
	line, err := json.Marshal(&e)
	if err != nil {
		p.err = err
		return
	}
	if p.begun {
		p.out.WriteByte(',')
	}
	p.begun = true
	p.out.WriteByte('\n')
	p.out.Write(line)
}

func (p *perfetto) process(node, name string, pid int) {
	p.pids[node] = pid
	meta := func(what string, tid int, value string) {
		p.put(perfettoEvent{Name: what, Phase: "M", TS: "0", PID: pid, TID: tid, Args: map[string]string{"name": value}})
	}
	meta("process_name", 0, name)
	meta("thread_name", threadHandler, "handler")
	if node != "" {
		meta("thread_name", threadDisk, "disk")
		meta("thread_name", threadTimers, "timers")
	}
}

func (p *perfetto) event(e *Event, describe func(*Event) string) {
	x := perfettoEvent{
		Name: message(e, describe), Cat: e.Kind.String(), Phase: "X", TS: micros(e.At), Dur: slice1,
		PID: p.pids[e.Node], TID: threadHandler, Args: map[string]string{"event": strconv.FormatUint(e.Seq, 10), "what": Words(e, describe)},
	}
	if e.State != "" {
		x.Args["state"] = e.State
	}
	switch e.Kind {
	case Send, Sync, Posted, Script, TimerSet, TimerStop:
		return
	case Fire:
		x.Name, x.TID = e.Name, threadTimers
	case Write, Synced, Lost, Torn:
		x.Name, x.TID = e.Kind.String()+" "+e.File, threadDisk
	case Invoke, Return:
		p.lasting(e, "operation", e.Node, e.Kind == Invoke, named(join(e.Name, e.Text), "operation"))
		return
	case FaultOn, FaultOff:
		p.lasting(e, "fault", e.Name, e.Kind == FaultOn, e.Name)
		return
	case Drop, Crash, Violation, Note, Closed:
		x.Phase, x.Scope, x.Dur, x.Name = "i", "t", 0, Words(e, describe)
		if e.Kind == Violation {
			x.Scope = "g"
		}
	case Boot, Opened:
		x.Name = Words(e, describe)
	}
	p.put(x)
	if p.sent[e.Seq] == e.Node && e.Sub == 0 && x.Phase == "X" {
		p.put(perfettoEvent{Name: "message", Cat: "flow", Phase: "s", TS: x.TS, PID: x.PID, TID: x.TID, ID: flowID(e.Seq)})
	}
	if _, sent := p.sent[e.CauseSeq]; sent && (e.Kind == Deliver || e.Kind == Received) && e.CauseSeq != e.Seq {
		p.put(perfettoEvent{Name: "message", Cat: "flow", Phase: "f", BP: "e", TS: x.TS, PID: x.PID, TID: x.TID, ID: flowID(e.CauseSeq)})
	}
}

// lasting writes the beginning or the end of what takes time: the n-th of its owner.
func (p *perfetto) lasting(e *Event, cat, owner string, begins bool, name string) {
	phase := "e"
	if begins {
		phase = "b"
		p.open[cat+owner]++
	}
	if p.open[cat+owner] == 0 {
		return // it began before the trace did
	}
	p.put(perfettoEvent{
		Name: name, Cat: cat, Phase: phase, TS: micros(e.At), PID: p.pids[e.Node], TID: threadHandler,
		ID: fmt.Sprintf("%s %s %d", cat, owner, p.open[cat+owner]), Args: map[string]string{"what": Words(e, nil)},
	})
}

func flowID(seq uint64) string { return "m" + strconv.FormatUint(seq, 10) }

// micros is a time in microseconds, to the nanosecond.
func micros(at time.Duration) json.Number {
	return json.Number(fmt.Sprintf("%d.%03d", at/time.Microsecond, at%time.Microsecond))
}
