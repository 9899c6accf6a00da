package task

import (
	"iter"
	"math/rand/v2"
	"runtime"
	"time"

	"orrery/nodes"
)

// Forever is the timeout of a call that waits without one.
const Forever = time.Duration(1<<63 - 1)

// T is a task's view of its machine. A method that is called by anyone but the
// task itself, while it runs, panics: a T is neither for other tasks nor for later.
type T struct {
	m    *machine
	n    uint64 // unique in the machine, in the order of the starts; names its timer
	name string

	next     func() (struct{}, bool)
	stop     func()
	yield    func(struct{}) bool
	returned bool

	waits    string // what it waits for, for people; "" while it does not
	timed    bool   // its timer runs
	timedOut bool

	match func(nodes.Message) bool // which messages it waits for; nil for any
	from  nodes.ID                 // what it was given: a message,
	msg   nodes.Message
	conn  nodes.Conn // a connection,
	err   error      // or the end of its sync

	parent   *T
	children int // sub-tasks of its own that have not returned
}

// released unwinds a body whose process has ended.
type released struct{}

func newT(m *machine, name string, body func(*T)) *T {
	m.started++
	t := &T{m: m, n: m.started, name: name}
	t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		defer t.unwind()
		body(t)
		t.returned = true
	})
	return t
}

// unwind is the last thing that a coroutine does. It ends the release of a body, and
// remembers where any other panic came from, because iter.Pull raises it anew
// on the stack of the handler.
func (t *T) unwind() {
	if t.returned {
		return
	}
	if t.m.released {
		if r := recover(); r != nil && r != any(released{}) {
			panic(r)
		}
		return
	}
	pcs := make([]uintptr, 64)
	t.m.panicked = pcs[:runtime.Callers(3, pcs)]
}

// env is the machine's Env during this call of the runtime.
func (t *T) env() nodes.Env {
	if t.m.released {
		panic(released{})
	}
	if t.m.running != t || t.m.env == nil {
		panic("task: T of task " + t.name + " used outside of that task")
	}
	return t.m.env
}

// block gives the machine back until the task is woken. The timer of a task is its
// time limit, since it waits for one thing at a time.
func (t *T) block(waits string, timeout time.Duration) {
	t.waits, t.timedOut = waits, false
	if timeout != Forever {
		t.timed = true
		t.env().SetTimer(nodes.Tag{Name: timerName, N: t.n}, max(timeout, 0))
	}
	if !t.yield(struct{}{}) {
		panic(released{})
	}
}

// Env is the machine's Env, for marks, notes, and what T does not offer. It is
// valid until the next blocking call.
func (t *T) Env() nodes.Env { return t.env() }

// Name is the task's name: "main" for the body, else what Go was given.
func (t *T) Name() string { return t.name }

// Self is this machine's name.
func (t *T) Self() nodes.ID { return t.env().Self() }

// Now is this machine's own wall clock, see [nodes.Env].
func (t *T) Now() time.Time { return t.env().Now() }

// Monotonic is the time since this process started, see [nodes.Env].
func (t *T) Monotonic() time.Duration { return t.env().Monotonic() }

// Rand is this machine's own stream of randomness.
func (t *T) Rand() *rand.Rand { return t.env().Rand() }

// Send sends a datagram, and forgets it.
func (t *T) Send(to nodes.ID, m nodes.Message) { t.env().Send(to, m) }

// Halt ends this process and does not return. err says why.
func (t *T) Halt(err error) { t.env().Halt(err) }

// Sleep lets d of this machine's monotonic time pass, and other tasks run. A d of 0
// or less only lets the others run.
func (t *T) Sleep(d time.Duration) {
	t.env()
	t.block("time", d)
}

// Go starts a sub-task. It runs when the present task blocks or returns, after
// those that are ready already.
func (t *T) Go(name string, body func(*T)) {
	t.env()
	sub := newT(t.m, name, body)
	sub.parent = t
	t.children++
	t.m.tasks = append(t.m.tasks, sub)
	t.m.ready = append(t.m.ready, sub)
}

// Wait blocks until all sub-tasks that this task started have returned.
func (t *T) Wait() {
	t.env()
	for t.children > 0 {
		t.block("sub-tasks", Forever)
	}
}
