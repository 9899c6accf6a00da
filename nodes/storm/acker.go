package storm

import (
	"errors"

	"orrery/nodes"
)

// ackerBuckets is how many buckets the pending map of an acker has.
const ackerBuckets = 3

// tree is what an acker knows of a root. The spout's task is 0 until the INIT has come.
type tree struct {
	val    uint64
	spout  int32
	failed bool
}

// acker tells spouts when their trees are complete: when the XOR of all edges is 0. It answers nobody else, and what is never
// completed it drops in silence: the spout's own time-out will do.
type acker struct {
	e       *executor
	pending rotating[*tree]
}

var errResetUnknown = errors.New("storm: RESET_TIMEOUT for a root that the acker does not know")

// take handles one transfer. Any type may be the first of its root, for links overtake each other.
func (a *acker) take(m *Transfer) {
	t, known := a.pending.get(m.Root)
	env := a.e.w.env
	if !known {
		if m.Type == Reset && a.e.w.cfg.Quirks.ResetBeforeInit {
			env.Halt(errResetUnknown)
		}
		t = &tree{}
		a.pending.put(m.Root, t)
		nodes.Sometimes(env, m.Type == Ack, "an ack overtakes the init of its root")
	}
	switch m.Type {
	case Init:
		t.val ^= m.Val
		t.spout = m.From
	case Ack:
		t.val ^= m.Val
	case Fail:
		t.failed = true
	case Reset:
		a.pending.put(m.Root, t)
		if t.spout != 0 {
			a.e.system(Reset, t.spout, m.Root)
		}
	}
	done := t.spout != 0 && (t.val == 0 || t.failed)
	if done {
		a.pending.remove(m.Root)
	}
	a.e.probe(Event{Kind: AckerTook, Type: m.Type, Root: m.Root, Val: m.Val, Sum: t.val, Held: a.pending.size, Done: done, Tuple: m.id()})
	if !done {
		return
	}
	answer := Failed
	if t.val == 0 {
		answer = Acked
	}
	a.e.system(answer, t.spout, m.Root)
}

// rotate drops what has waited for too long.
func (a *acker) rotate() {
	if a.e.w.cfg.Quirks.NoAckerTicks {
		return
	}
	keys, _ := a.pending.rotate()
	for _, root := range keys {
		a.e.probe(Event{Kind: AckerDropped, Root: root, Held: a.pending.size})
	}
	nodes.Sometimes(a.e.w.env, len(keys) > 0, "an acker drops a root")
}
