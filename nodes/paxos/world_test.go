package paxos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"orrery/nodes"
	"orrery/nodes/internal/wal/waltest"
)

// world is a network of machines in memory, for the tests of this package: each message,
// sync and timer waits until the test says that it happens.
type world struct {
	now      time.Duration
	machines []*testMachine
	flying   []packet
	story    []string
	cut      map[nodes.ID]bool // what they and other replicas send each other is lost
	marks    map[string]int
	always   func(name string, holds bool)
	told     func(m *testMachine, msg nodes.Message) // before a message is sent
}

type packet struct {
	from, to nodes.ID
	kind     string
	p        []byte
}

// testMachine is one machine: a node and what outlives it.
type testMachine struct {
	w      *world
	id     nodes.ID
	build  func() nodes.Node
	node   nodes.Node
	codec  nodes.Codec // reads what the machine sends, for the test
	disk   *waltest.Disk
	timers map[nodes.Tag]time.Duration
	rng    *rand.Rand
	booted time.Duration
	halted error
	step   time.Duration // of its wall clock
}

type haltSignal struct{ err error }

func newWorld() *world { return &world{marks: map[string]int{}} }

func (w *world) add(id nodes.ID, build func() nodes.Node) *testMachine {
	m := &testMachine{w: w, id: id, build: build, disk: &waltest.Disk{}, codec: NewCodec(),
		rng: rand.New(rand.NewPCG(uint64(len(w.machines)), 7))}
	w.machines = append(w.machines, m)
	return m
}

func (w *world) machine(id nodes.ID) *testMachine {
	for _, m := range w.machines {
		if m.id == id {
			return m
		}
	}
	return nil
}

func (m *testMachine) replica() *Replica {
	r, _ := m.node.(*Replica)
	return r
}

func (m *testMachine) up() bool { return m.node != nil }

// start begins a new incarnation, and returns why it was refused, if it was.
func (m *testMachine) start() (err error) {
	m.node, m.timers, m.halted, m.booted = m.build(), map[nodes.Tag]time.Duration{}, nil, m.w.now
	m.guard(func() { err = m.node.Boot(m) })
	if err != nil {
		m.node = nil
	}
	return err
}

// crash ends the process and loses what was not synced, as choose says.
func (m *testMachine) crash(choose func(int) int) {
	m.node = nil
	m.disk.Crash(choose)
}

func (m *testMachine) guard(f func()) {
	defer func() {
		if p := recover(); p != nil {
			h, ok := p.(haltSignal)
			if !ok {
				panic(p)
			}
			m.halted, m.node = h.err, nil
			m.w.story = append(m.w.story, fmt.Sprintf("%s halts: %v", m.id, h.err))
		}
	}()
	f()
}

func (m *testMachine) Self() nodes.ID                            { return m.id }
func (m *testMachine) Now() time.Time                            { return time.Unix(0, int64(m.w.now+m.step)) }
func (m *testMachine) Monotonic() time.Duration                  { return m.w.now - m.booted }
func (m *testMachine) Rand() *rand.Rand                          { return m.rng }
func (m *testMachine) Disk() nodes.Disk                          { return m.disk }
func (m *testMachine) Halt(err error)                            { panic(haltSignal{err}) }
func (m *testMachine) Post(nodes.Tag, nodes.Message)             { panic("not here") }
func (m *testMachine) Listen(int, nodes.Framing) error           { panic("not here") }
func (m *testMachine) Dial(nodes.Addr, nodes.Framing) nodes.Conn { panic("not here") }
func (m *testMachine) Write(nodes.Conn, []byte) error            { panic("not here") }
func (m *testMachine) Unsent(nodes.Conn) int                     { panic("not here") }
func (m *testMachine) Close(nodes.Conn)                          { panic("not here") }
func (m *testMachine) Reset(nodes.Conn)                          { panic("not here") }

func (m *testMachine) Send(to nodes.ID, msg nodes.Message) {
	if m.w.told != nil {
		m.w.told(m, msg)
	}
	m.w.flying = append(m.w.flying, packet{m.id, to, msg.Kind(), m.node.Codec().Append(nil, msg)})
}

func (m *testMachine) SetTimer(tag nodes.Tag, d time.Duration) { m.timers[tag] = m.w.now + d }
func (m *testMachine) StopTimer(tag nodes.Tag)                 { delete(m.timers, tag) }

func (m *testMachine) Mark(kind nodes.MarkKind, name string, holds bool) {
	if kind == nodes.MarkAlways && m.w.always != nil {
		m.w.always(name, holds)
	}
	if holds {
		m.w.marks[name]++
	}
}

func (m *testMachine) Noting() bool     { return true }
func (m *testMachine) Note(text string) { m.w.story = append(m.w.story, string(m.id)+" "+text) }

// deliver hands over the i-th message under way. It is lost if its receiver is down.
func (w *world) deliver(i int) {
	p := w.flying[i]
	w.drop(i)
	w.receive(p)
}

func (w *world) receive(p packet) {
	m := w.machine(p.to)
	if m == nil || !m.up() || w.lost(p) {
		return
	}
	buf := slices.Clone(p.p)
	msg, err := m.node.Codec().Decode(buf)
	if err != nil {
		return
	}
	m.guard(func() { m.node.Deliver(m, p.from, msg) })
	for i := range buf {
		buf[i] = 0xDB
	}
}

// lost tells whether a cut takes a message. Clients reach every replica.
func (w *world) lost(p packet) bool {
	return p.from[0] == 'n' && p.to[0] == 'n' && (w.cut[p.from] || w.cut[p.to])
}

func (w *world) drop(i int) { w.flying = slices.Delete(w.flying, i, i+1) }

// sync ends the i-th sync of a machine.
func (m *testMachine) sync(i int, err error) {
	tag := m.disk.End(i)
	m.guard(func() { m.node.Synced(m, tag, err) })
}

// nextTimer is the timer that is due first, and its machine.
func (w *world) nextTimer() (m *testMachine, tag nodes.Tag, at time.Duration) {
	for _, n := range w.machines {
		if !n.up() {
			continue
		}
		for _, t := range n.sortedTimers() {
			if due := n.timers[t]; m == nil || due < at {
				m, tag, at = n, t, due
			}
		}
	}
	return m, tag, at
}

func (m *testMachine) sortedTimers() []nodes.Tag {
	var tags []nodes.Tag
	for t := range m.timers {
		tags = append(tags, t)
	}
	sort.Slice(tags, func(i, j int) bool {
		if tags[i].Name != tags[j].Name {
			return tags[i].Name < tags[j].Name
		}
		return tags[i].N < tags[j].N
	})
	return tags
}

// fire lets the timer that is due next expire.
func (w *world) fire() {
	m, tag, at := w.nextTimer()
	if m == nil {
		return
	}
	w.now = max(w.now, at)
	delete(m.timers, tag)
	m.guard(func() { m.node.Fire(m, tag) })
}

// quiet delivers and syncs everything until nothing is under way, at this moment.
func (w *world) quiet() {
	for w.work() {
	}
}

// work does the oldest thing that is under way.
func (w *world) work() bool {
	for _, m := range w.machines {
		if m.up() && m.disk.Pending() > 0 {
			m.sync(0, nil)
			return true
		}
	}
	if len(w.flying) > 0 {
		w.deliver(0)
		return true
	}
	return false
}

// runFor lets everything go its way for a while.
func (w *world) runFor(d time.Duration) {
	end := w.now + d
	for {
		w.quiet()
		_, _, at := w.nextTimer()
		if m, _, _ := w.nextTimer(); m == nil || at > end {
			w.now = end
			return
		}
		w.fire()
	}
}

// election is the tag of a machine's election timer, whose patience it ends.
func (w *world) election(m *testMachine) nodes.Tag {
	m.replica().heardAt = m.Monotonic() - m.replica().patience
	return nodes.Tag{Name: tagElection}
}

// leader is the replica that leads the highest ballot.
func (w *world) leader() *testMachine {
	var best *testMachine
	var top Ballot
	for _, m := range w.machines {
		if r := m.replica(); r != nil {
			if b, ok := r.Leading(); ok && top.Less(b) {
				best, top = m, b
			}
		}
	}
	return best
}

// testClient is a node that runs operations one after another.
type testClient struct {
	*Client
	todo    []Op
	results []Result
	codec   nodes.Codec
}

func (c *testClient) Codec() nodes.Codec                 { return c.codec }
func (c *testClient) Boot(nodes.Env) error               { return nil }
func (c *testClient) Synced(nodes.Env, nodes.Tag, error) {}
func (c *testClient) Fire(env nodes.Env, tag nodes.Tag)  { c.ended(env)(c.Client.Fire(env, tag)) }
func (c *testClient) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	c.ended(env)(c.Client.Deliver(env, from, m))
}

func (c *testClient) ended(env nodes.Env) func(Result, bool) {
	return func(res Result, done bool) {
		if done {
			c.results = append(c.results, res)
			c.next(env)
		}
	}
}

func (c *testClient) next(env nodes.Env) {
	if c.Idle() && len(c.todo) > 0 {
		op := c.todo[0]
		c.todo = c.todo[1:]
		c.Start(env, op)
	}
}

func (m *testMachine) client() *testClient { return m.node.(*testClient) }

// do queues operations at a client.
func (m *testMachine) do(ops ...Op) {
	c := m.client()
	c.todo = append(c.todo, ops...)
	m.guard(func() { c.next(m) })
}

// cluster adds n replicas and starts them.
func (w *world) cluster(n int, change func(*Config)) {
	var members []nodes.ID
	for i := range n {
		members = append(members, nodes.ID(fmt.Sprint("n", i+1)))
	}
	for _, id := range members {
		w.replica(id, members, change)
	}
	w.quiet()
}

func (w *world) replica(id nodes.ID, members []nodes.ID, change func(*Config)) *testMachine {
	var last *Replica
	m := w.add(id, nil)
	m.build = func() nodes.Node {
		cfg := Config{Self: id, Members: members, Cluster: "test", Rejoin: last != nil && last.Initialised()}
		if change != nil {
			change(&cfg)
		}
		last = New(cfg)
		return last
	}
	if err := m.start(); err != nil {
		panic(err)
	}
	return m
}

func (w *world) client(id nodes.ID, servers ...nodes.ID) *testMachine {
	m := w.add(id, func() nodes.Node {
		return &testClient{Client: NewClient(ClientConfig{Servers: servers}), codec: NewCodec()}
	})
	_ = m.start()
	return m
}
