package storm

import (
	"math/rand/v2"
	"time"

	"orrery/nodes"
)

// executor runs one task: a spout, a bolt, or an acker.
type executor struct {
	w       *Worker
	c       *Component
	task    int32
	session uint64 // of this launch
	ids     *rand.Rand
	seqs    map[int32]uint64 // by receiver: the transfers so far
	turns   map[*Component]uint64
	queued  int           // transfers in its queue
	strand  *strand       // nil if the component never waits
	began   time.Duration // when the strand began what it is at

	spout *spoutTask
	bolt  Bolt
	acker *acker

	done   nodes.Message // the answer that it waited for; nil if none came
	zkDone zkAnswer
	frame  []byte
}

// The timers of a task, numbered by it.
const (
	tagSpout  = "spout"  // the next tuple
	tagRotate = "rotate" // of pending maps
	tagTick   = "tick"
	tagWait   = "wait" // the end of its patience
)

func newExecutor(w *Worker, c *Component, task int32) *executor {
	e := &executor{w: w, c: c, task: task, session: w.env.Rand().Uint64() | 1, seqs: map[int32]uint64{}, turns: map[*Component]uint64{}}
	// A task's ids are a stream of its own, whatever else runs on the machine, in this launch and in no other.
	e.ids = rand.New(rand.NewPCG(w.env.Rand().Uint64(), uint64(task)))
	if w.cfg.Quirks.SharedSeed {
		e.ids = rand.New(rand.NewPCG(1, 1))
	}
	if c.blocks {
		e.strand = newStrand()
	}
	switch {
	case c.acker:
		e.acker = &acker{e: e, pending: newRotating[*tree](ackerBuckets)}
	case c.spout != nil:
		e.spout = &spoutTask{e: e, spout: c.spout(), pending: newRotating[emission](spoutBuckets)}
	default:
		e.bolt = c.bolt()
	}
	return e
}

// start begins the task.
func (e *executor) start() {
	e.probe(Event{Kind: Launched})
	env := e.w.env
	switch {
	case e.acker != nil:
		env.SetTimer(e.tag(tagRotate), e.w.cfg.MessageTimeout)
	case e.spout != nil:
		env.SetTimer(e.tag(tagRotate), e.w.cfg.MessageTimeout)
		env.SetTimer(e.tag(tagSpout), e.w.cfg.SpoutWait)
		e.run(func() { e.spout.spout.Open(&Context{e}) })
	default:
		if e.c.tick > 0 {
			env.SetTimer(e.tag(tagTick), e.c.tick)
		}
		e.run(func() { e.bolt.Prepare(&Context{e}) })
	}
}

// stop ends it.
func (e *executor) stop() {
	for _, name := range []string{tagRotate, tagSpout, tagTick, tagWait} {
		e.w.env.StopTimer(e.tag(name))
	}
	if e.strand != nil {
		e.strand.end()
	}
}

func (e *executor) tag(name string) nodes.Tag { return nodes.Tag{Name: name, N: uint64(e.task)} }

// run runs something on the task's own thread.
func (e *executor) run(item func()) {
	if e.strand == nil {
		item()
		return
	}
	e.strand.do(func() {
		e.began = e.w.env.Monotonic()
		item()
	})
}

// newID draws an id of a root or an edge.
func (e *executor) newID() uint64 {
	id := e.ids.Uint64()
	if bits := e.w.cfg.Quirks.IDBits; bits > 0 {
		id &= 1<<bits - 1
	}
	return id
}

// number makes a transfer the next one to its receiver.
func (e *executor) number(m *Transfer) {
	e.seqs[m.To]++
	m.Session, m.Seq = e.session, e.seqs[m.To]
}

// toAcker tells the acker of a root something.
func (e *executor) toAcker(t Type, root, val uint64) {
	to := e.w.topo.ackerOf(root)
	if to == 0 {
		return
	}
	m := &Transfer{Type: t, From: e.task, To: to, Root: root, Val: val}
	e.number(m)
	e.w.send(m)
}

// system tells a spout what has become of a root.
func (e *executor) system(t Type, to int32, root uint64) {
	m := &Transfer{Type: t, From: e.task, To: to, Root: root}
	e.number(m)
	e.w.send(m)
}

// targets are the tasks that a tuple goes to.
func (e *executor) targets(stream string, v Values) []int32 {
	var list []int32
	for _, in := range e.w.topo.subscriptions(e.c.name, stream) {
		to := in.to
		switch in.how {
		case ByShuffle:
			turn, begun := e.turns[to]
			if !begun {
				turn = e.ids.Uint64()
			}
			e.turns[to] = turn + 1
			list = append(list, to.first+int32(turn%uint64(to.tasks)))
		case ByFields:
			var key Values
			for _, f := range in.fields {
				for i, name := range e.c.streams[stream] {
					if name == f && i < len(v) {
						key = append(key, v[i])
					}
				}
			}
			list = append(list, to.first+int32(hash(key)%uint64(to.tasks)))
		case ToAll:
			for i := range to.tasks {
				list = append(list, to.first+int32(i))
			}
		case ToFirst:
			list = append(list, to.first)
		case Directed: // whoever emits says to whom
		}
	}
	return list
}

// take handles a transfer from the task's queue.
func (e *executor) take(m *Transfer) {
	switch {
	case e.acker != nil:
		if m.Type >= Init && m.Type <= Reset {
			e.acker.take(m)
		}
	case e.spout != nil:
		e.run(func() { e.spout.take(m) })
	case m.Type == Data:
		t := &Tuple{Component: e.w.topo.ComponentOf(m.From), Task: m.From, Stream: m.Stream, Values: m.Values, id: m.id(), anchors: m.Anchors}
		e.run(func() { e.bolt.Execute(&Collector{e}, t) })
	}
}

// fire takes a timer of the task.
func (e *executor) fire(name string) {
	env := e.w.env
	switch name {
	case tagSpout:
		e.run(e.spout.next)
	case tagRotate:
		env.SetTimer(e.tag(tagRotate), e.w.cfg.MessageTimeout)
		if e.acker != nil {
			e.acker.rotate()
		} else {
			e.run(e.spout.rotate)
		}
	case tagTick:
		env.SetTimer(e.tag(tagTick), e.c.tick)
		e.run(func() { e.bolt.Execute(&Collector{e}, &Tuple{Component: "__system", Stream: TickStream}) })
	case tagWait:
		e.strand.resume()
	}
}

// spoutBuckets is how many buckets the pending map of a spout has: what was emitted fails after one to two time-outs.
const spoutBuckets = 2

// spoutTask is a spout and what it waits for.
type spoutTask struct {
	e       *executor
	spout   Spout
	pending rotating[emission] // by root
	emitted uint64
	acks    []MessageID // of tuples that nobody tracks
}

// emission is a tuple of a spout that has not been acked or failed.
type emission struct {
	message MessageID
	n       uint64
}

// spoutBurst is how many times a spout is asked in a row.
const spoutBurst = 8

// next has the spout emit, as long as it may: once the workers are ready, while nobody is congested, and up to the bound.
func (s *spoutTask) next() {
	e := s.e
	pause := e.w.cfg.SpoutWait
	for i := 0; i < spoutBurst && e.w.mayEmit() && !s.full(); i++ {
		before := s.emitted
		s.spout.Next(&SpoutCollector{e})
		for _, id := range s.acks {
			s.end(SpoutAcked, emission{id, s.emitted})
		}
		s.acks = s.acks[:0]
		if s.emitted == before {
			break
		}
	}
	e.w.env.SetTimer(e.tag(tagSpout), max(pause, time.Nanosecond))
}

func (s *spoutTask) full() bool {
	most := s.e.w.cfg.MaxPending
	full := most > 0 && s.pending.size >= most
	nodes.Sometimes(s.e.w.env, full, "a spout is at max.spout.pending")
	return full
}

// take handles what an acker says. Of a root that has failed meanwhile nothing is wanted any more.
func (s *spoutTask) take(m *Transfer) {
	switch m.Type {
	case Acked:
		if em, ok := s.pending.remove(m.Root); ok {
			s.end(SpoutAcked, em)
		} else {
			nodes.Reachable(s.e.w.env, "a tree is complete after its spout has failed it")
		}
	case Failed:
		if em, ok := s.pending.remove(m.Root); ok {
			s.end(SpoutFailed, em)
		}
	case Reset:
		if em, ok := s.pending.get(m.Root); ok {
			s.pending.put(m.Root, em)
			s.e.probe(Event{Kind: SpoutReset, Message: em.message, Emission: em.n})
		}
	}
}

// rotate fails what was emitted too long ago.
func (s *spoutTask) rotate() {
	keys, dropped := s.pending.rotate()
	for _, root := range keys {
		nodes.Reachable(s.e.w.env, "a tuple times out")
		s.end(SpoutFailed, dropped[root])
	}
}

func (s *spoutTask) end(kind EventKind, em emission) {
	s.e.probe(Event{Kind: kind, Message: em.message, Emission: em.n})
	if kind == SpoutAcked {
		s.spout.Ack(em.message)
	} else {
		s.spout.Fail(em.message)
	}
}
