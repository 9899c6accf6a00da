package task

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"

	"orrery/nodes"
)

// DefaultInbox is how many messages wait in a machine's inbox where Config names
// no number.
const DefaultInbox = 1024

// The names of the tags that a task's machine uses.
const (
	timerName = "task"
	syncName  = "task.sync"
)

// Config says what [NewNode] makes. Codec is needed; the rest has defaults.
type Config struct {
	// Codec makes and reads the bytes of the node's datagrams. Decode must make
	// a new message each time; it may share the bytes that it was given.
	Codec nodes.Codec
	// Inbox is how many messages may wait for a Recv, and how many frames of one
	// connection for a Read. 0 means DefaultInbox.
	Inbox int
	// Inspect, where it is set, adds a state of the body's own to what the node
	// shows of itself (see [nodes.Inspector]).
	Inspect func() any
}

// New returns a node that runs body as its main task, from Boot on. It is a fresh
// node each time, as a restart needs it; what body closes over is not.
func New(codec nodes.Codec, body func(t *T)) nodes.Node {
	return NewNode(Config{Codec: codec}, body)
}

// NewNode is New for those who want to say more. It panics if c has no Codec.
func NewNode(c Config, body func(t *T)) nodes.Node {
	if c.Codec == nil {
		panic("task: a node needs a codec")
	}
	if c.Inbox == 0 {
		c.Inbox = DefaultInbox
	}
	return &machine{
		config: c,
		body:   body,
		syncs:  map[uint64]*T{},
		conns:  map[uint64]*stream{},
		ports:  map[int]*port{},
	}
}

// machine is the node below the tasks: its handlers wake them.
type machine struct {
	config Config
	body   func(*T)

	env     nodes.Env // nil between two calls of the runtime
	running *T
	tasks   []*T // all that have not returned, in the order of their starts
	ready   []*T // those of them that can run, in the order in which they became so
	started uint64

	inbox   inbox
	waiting []*T // those in Recv or Request, in the order in which they began to wait
	syncs   map[uint64]*T
	synced  uint64 // the number of the last sync that was begun

	conns map[uint64]*stream
	ports map[int]*port

	released bool
	panicked []uintptr
}

// Codec is the given codec, but reads from a copy of its own.
func (m *machine) Codec() nodes.Codec { return copying{m.config.Codec} }

// copying is a codec whose messages share no bytes with the runtime, so that a task may
// keep one while other handlers run.
type copying struct{ nodes.Codec }

func (c copying) Decode(p []byte) (nodes.Message, error) {
	return c.Codec.Decode(slices.Clone(p))
}

// Boot runs the body up to its first blocking call.
func (m *machine) Boot(env nodes.Env) error {
	m.env = env
	main := newT(m, "main", m.body)
	m.tasks = append(m.tasks, main)
	m.ready = append(m.ready, main)
	m.run()
	return nil
}

// Deliver hands a message to the first task that waits for it, or to the inbox.
func (m *machine) Deliver(env nodes.Env, from nodes.ID, msg nodes.Message) {
	m.env = env
	if t := m.taker(msg); t != nil {
		t.from, t.msg = from, msg
		m.wake(t)
	} else {
		m.inbox.push(letter{from, msg}, m.config.Inbox)
	}
	m.run()
}

// Fire tells the task whose timer it is that its time is over.
func (m *machine) Fire(env nodes.Env, tag nodes.Tag) {
	m.env = env
	i, found := slices.BinarySearchFunc(m.tasks, tag.N, func(t *T, n uint64) int {
		return cmp.Compare(t.n, n)
	})
	if found && m.tasks[i].timed {
		m.tasks[i].timed, m.tasks[i].timedOut = false, true
		m.wake(m.tasks[i])
	}
	m.run()
}

// Synced tells the task that began the sync how it ended.
func (m *machine) Synced(env nodes.Env, tag nodes.Tag, err error) {
	m.env = env
	t := m.syncs[tag.N]
	if t == nil || tag.Name != syncName {
		panic(fmt.Sprintf("task: a sync %v has ended that no task began with T.Sync", tag))
	}
	delete(m.syncs, tag.N)
	t.err = err
	m.wake(t)
	m.run()
}

// Halted lets the coroutines go. It is the runtime that calls it.
func (m *machine) Halted() {
	m.released, m.env, m.running = true, nil, nil
	for _, t := range m.tasks {
		t.stop()
	}
	m.tasks, m.ready = nil, nil
}

// wake makes a blocked task ready to run.
func (m *machine) wake(t *T) {
	if t.timed {
		t.timed = false
		m.env.StopTimer(nodes.Tag{Name: timerName, N: t.n})
	}
	if i := slices.Index(m.waiting, t); i >= 0 {
		m.waiting = slices.Delete(m.waiting, i, i+1)
	}
	t.waits = ""
	m.ready = append(m.ready, t)
}

// run lets every task that is ready run until it blocks, and ends the handler.
func (m *machine) run() {
	for len(m.ready) > 0 {
		t := m.ready[0]
		m.ready = slices.Delete(m.ready, 0, 1)
		m.running = t
		_, blocked := t.next()
		m.running = nil
		if !blocked {
			m.end(t)
		}
	}
	m.env = nil
}

// end takes a task that has returned out of the machine.
func (m *machine) end(t *T) {
	m.tasks = slices.DeleteFunc(m.tasks, func(o *T) bool { return o == t })
	if p := t.parent; p != nil && !p.returned {
		p.children--
		if p.children == 0 && p.waits == "sub-tasks" {
			m.wake(p)
		}
	}
}

// PanicStack is the stack of the body at the panic that ended it, or "". The
// runtime sees that panic only from the handler on, so it may ask here for the rest.
func (m *machine) PanicStack() string {
	if m.panicked == nil {
		return ""
	}
	var text []byte
	frames := runtime.CallersFrames(m.panicked)
	for {
		f, more := frames.Next()
		text = fmt.Appendf(text, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		if !more {
			return string(text)
		}
	}
}

// state is what a machine of tasks shows of itself.
type state struct {
	Tasks []string // "main waits for a message"
	Inbox int      // messages that wait for a Recv
	State any      `json:",omitempty"` // what Config.Inspect returned
}

// Inspect tells what each task waits for.
func (m *machine) Inspect() any {
	s := state{Inbox: m.inbox.len()}
	for _, t := range m.tasks {
		if t.waits == "" {
			s.Tasks = append(s.Tasks, t.name+" runs")
		} else {
			s.Tasks = append(s.Tasks, t.name+" waits for "+t.waits)
		}
	}
	if m.config.Inspect != nil {
		s.State = m.config.Inspect()
	}
	return s
}
