package storm

import (
	"slices"
)

// MessageID is what a spout knows a tuple by, when it is acked or failed. 0 is none: such a tuple is not tracked.
type MessageID uint64

// Spout brings tuples into a topology. Its methods run one at a time.
type Spout interface {
	// Open is called once, before all others.
	Open(c *Context)
	// Next emits the next tuple, or some, or none.
	Next(out *SpoutCollector)
	// Ack tells that the tree of a tuple is complete, Fail that it is not and may never be: then a reliable spout emits it again.
	Ack(id MessageID)
	// Fail is the opposite of Ack. It comes after at most two message time-outs.
	Fail(id MessageID)
}

// Bolt handles tuples, one at a time. It acks or fails each; until then the trees that the tuple belongs to are not complete.
type Bolt interface {
	// Prepare is called once, before Execute.
	Prepare(c *Context)
	// Execute handles a tuple.
	Execute(out *Collector, in *Tuple)
}

// TickStream is the stream of tick tuples, which belong to no tree.
const TickStream = "__tick"

// Tuple is what a bolt receives.
type Tuple struct {
	Component string // that emitted it
	Task      int32  // of that component
	Stream    string
	Values    Values

	id      TupleID
	anchors []Anchor
	ackVal  uint64 // the XOR of the edges that were made from it
}

// TupleID names a transfer for good, unlike ids, which may be equal by chance.
type TupleID struct {
	From, To     int32
	Session, Seq uint64
}

// Basic makes a bolt of a function that emits what it makes of its input: everything is anchored to the input, which is acked behind it.
func Basic(f func(in *Tuple, emit func(Values))) func() Bolt {
	return func() Bolt { return &basic{f} }
}

type basic struct {
	f func(in *Tuple, emit func(Values))
}

func (*basic) Prepare(*Context) {}

func (b *basic) Execute(out *Collector, in *Tuple) {
	q := &out.e.w.cfg.Quirks
	if q.AckBeforeEmit {
		out.Ack(in)
	}
	b.f(in, func(v Values) { out.Emit(v, in) })
	if !q.AckBeforeEmit {
		out.Ack(in)
	}
}

// Collector is where a bolt emits, acks and fails.
type Collector struct{ e *executor }

// Emit emits to the default stream, anchored to the given inputs.
func (c *Collector) Emit(v Values, anchors ...*Tuple) { c.EmitTo(DefaultStream, v, anchors...) }

// EmitTo emits to a stream.
func (c *Collector) EmitTo(stream string, v Values, anchors ...*Tuple) {
	for _, task := range c.e.targets(stream, v) {
		c.e.emit(task, stream, v, anchors)
	}
}

// EmitDirect emits to one task of a component that subscribes to the stream by the direct grouping.
func (c *Collector) EmitDirect(task int32, stream string, v Values, anchors ...*Tuple) {
	c.e.emit(task, stream, v, anchors)
}

// Ack says that the bolt has done with a tuple all that it wants to, and has emitted all that comes of it.
func (c *Collector) Ack(in *Tuple) {
	c.e.probe(Event{Kind: Executed, Tuple: in.id})
	for _, a := range in.anchors {
		c.e.toAcker(Ack, a.Root, a.Edge^in.ackVal)
	}
}

// Fail fails the trees that a tuple belongs to.
func (c *Collector) Fail(in *Tuple) {
	for _, a := range in.anchors {
		c.e.toAcker(Fail, a.Root, 0)
	}
}

// ResetTimeout begins the time of the trees that a tuple belongs to anew.
func (c *Collector) ResetTimeout(in *Tuple) {
	for _, a := range in.anchors {
		c.e.toAcker(Reset, a.Root, 0)
	}
}

// emit sends a tuple of a bolt to one task. For each anchor an edge is drawn, which goes into every root of that anchor.
func (e *executor) emit(task int32, stream string, v Values, anchors []*Tuple) {
	var parents []TupleID
	if e.w.cfg.Probe != nil {
		for _, a := range anchors {
			parents = append(parents, a.id)
		}
	}
	if q := e.w.cfg.Quirks.Unanchored; q > 0 && e.ids.Uint64N(1_000_000) < q {
		anchors = nil
	}
	var own []Anchor
	for _, a := range anchors {
		if len(a.anchors) == 0 {
			continue
		}
		edge := e.newID()
		a.ackVal ^= edge
		for _, root := range a.anchors {
			own = xorInto(own, root.Root, edge)
		}
	}
	m := &Transfer{Type: Data, From: e.task, To: task, Stream: stream, Anchors: own, Values: v}
	e.number(m)
	e.probe(Event{Kind: Emitted, Tuple: m.id(), Parents: parents})
	e.w.send(m)
}

// xorInto XORs an edge into the anchor of a root.
func xorInto(list []Anchor, root, edge uint64) []Anchor {
	i := slices.IndexFunc(list, func(a Anchor) bool { return a.Root == root })
	if i < 0 {
		return append(list, Anchor{root, edge})
	}
	list[i].Edge ^= edge
	return list
}

func (m *Transfer) id() TupleID { return TupleID{m.From, m.To, m.Session, m.Seq} }

// SpoutCollector is where a spout emits.
type SpoutCollector struct{ e *executor }

// Emit emits to the default stream. id is what Ack or Fail will be called with; 0 if the tuple need not be tracked.
func (c *SpoutCollector) Emit(v Values, id MessageID) { c.EmitTo(DefaultStream, v, id) }

// EmitTo emits to a stream.
func (c *SpoutCollector) EmitTo(stream string, v Values, id MessageID) {
	e := c.e
	s := e.spout
	targets := e.targets(stream, v)
	s.emitted++
	track := id != 0 && e.w.topo.ackers > 0
	root, sum := uint64(0), uint64(0)
	if track {
		root = e.newID()
	}
	var tuples []TupleID
	batch := make([]*Transfer, 0, len(targets))
	for _, task := range targets {
		m := &Transfer{Type: Data, From: e.task, To: task, Stream: stream, Values: v}
		if track {
			edge := e.newID()
			sum ^= edge
			m.Anchors = []Anchor{{root, edge}}
		}
		e.number(m)
		tuples = append(tuples, m.id())
		batch = append(batch, m)
	}
	e.probe(Event{Kind: SpoutEmitted, Message: id, Emission: s.emitted, Root: root, Tuples: tuples})
	for _, m := range batch {
		e.w.send(m)
	}
	switch {
	case track:
		s.pending.put(root, emission{id, s.emitted})
		e.toAcker(Init, root, sum)
	case id != 0: // nobody tracks it: at most once
		s.acks = append(s.acks, id)
	}
}
