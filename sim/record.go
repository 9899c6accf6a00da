package sim

import (
	"encoding/json"
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// record tells the recorder of the event that has just begun. msg is what was decoded of
// it, if it carries a message.
func (u *Universe) record(e *event, msg nodes.Message) {
	if u.cfg.Recorder == nil {
		return
	}
	t := &u.scratch
	*t = trace.Event{Seq: u.seq, At: u.Now(), ID: e.id, CauseSeq: e.cause, Kind: e.kind}
	if e.to >= 0 {
		m := u.machines[e.to]
		t.Node, t.Incarnation, t.Local = string(m.id), m.incarnation, m.localTime()
	}
	if e.from >= 0 {
		t.Peer = string(u.machines[e.from].id)
	}
	switch {
	case msg != nil:
		t.Name, t.Payload, t.Len = msg.Kind(), e.buf, int64(len(e.buf))
	case e.pipe != nil:
		t.Payload, t.Len = e.buf, int64(len(e.buf))
	}
	if e.tag.Name != "" {
		switch e.kind {
		case trace.Posted:
			t.Text = e.tag.String()
		case trace.Synced:
			t.Name, t.File = e.tag.String(), e.file
		default:
			t.Name = e.tag.String()
		}
	}
	if e.err != nil {
		t.Text = e.err.Error()
	}
	u.cfg.Recorder.Record(t)
}

// recordEffect tells the recorder of something that happens inside the present event.
func (u *Universe) recordEffect(t trace.Event) {
	if u.cfg.Recorder == nil {
		return
	}
	u.sub++
	t.Seq, t.Sub, t.At = u.seq, u.sub, u.Now()
	if t.CauseSeq == 0 {
		t.CauseSeq = u.seq
	}
	if m := u.byID[nodes.ID(t.Node)]; m != nil {
		t.Local = m.localTime()
		if t.Incarnation == 0 {
			t.Incarnation = m.incarnation
		}
	}
	u.scratch = t
	u.cfg.Recorder.Record(&u.scratch)
}

func (u *Universe) recordViolation(v *Violation) {
	u.recordEffect(trace.Event{Kind: trace.Violation, Node: v.Node, Name: v.Property, Text: v.Detail})
}

// recordState records what the last event has changed in a node's state.
func (u *Universe) recordState(m *Machine) {
	i, ok := m.node.(nodes.Inspector)
	if !ok {
		return
	}
	state, err := json.Marshal(i.Inspect())
	if err != nil {
		state = fmt.Appendf(nil, "cannot be shown: %v", err)
	}
	if string(state) == m.lastState {
		return
	}
	diff := stateDiff(m.lastState, string(state))
	m.lastState = string(state)
	u.recordEffect(trace.Event{Kind: trace.Note, Node: string(m.id), State: diff})
}

// recordTimer records that a timer is set, to be due after wait, or stopped.
func (u *Universe) recordTimer(m *Machine, kind trace.Kind, tag nodes.Tag, wait time.Duration) {
	if u.cfg.States && u.cfg.Recorder != nil {
		u.recordEffect(trace.Event{Kind: kind, Node: string(m.id), Name: tag.String(), Len: int64(wait)})
	}
}

// recordDamage records what a crash did to a file.
func (u *Universe) recordDamage(m *Machine, d vdisk.Damage) {
	if d.Bytes > 0 {
		u.recordEffect(trace.Event{Kind: trace.Lost, Node: string(m.id), File: d.File, Off: d.Off, Len: d.Bytes})
	}
	if d.Torn > 0 {
		u.recordEffect(trace.Event{Kind: trace.Torn, Node: string(m.id), File: d.File, Len: d.Torn})
	}
}

// Note puts a sentence into the trace, on behalf of a machine ("" for none).
func (u *Universe) Note(id nodes.ID, text string) {
	u.recordEffect(trace.Event{Kind: trace.Note, Node: string(id), Text: text})
}

// NoteInvoke and NoteReturn put a client's operation into the trace.
func (u *Universe) NoteInvoke(client nodes.ID, op string) {
	u.recordEffect(trace.Event{Kind: trace.Invoke, Node: string(client), Text: op})
}

// NoteReturn is the end of an operation: see NoteInvoke.
func (u *Universe) NoteReturn(client nodes.ID, op string) {
	u.recordEffect(trace.Event{Kind: trace.Return, Node: string(client), Text: op})
}

// Recording tells whether anybody will read a note, so that it need not be made for nothing.
func (u *Universe) Recording() bool { return u.cfg.Recorder != nil }
