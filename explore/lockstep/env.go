package lockstep

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"orrery/nodes"
)

// machine is a machine of one execution, and what its node sees of it.
type machine struct {
	id     nodes.ID
	node   nodes.Node
	run    *Run
	codec  nodes.Codec
	stops  int // the round from which on it does nothing; 0 for never
	rand   *rand.Rand
	disk   disk
	timers []timer
	halted bool
}

type timer struct {
	tag nodes.Tag
	due int // the round
}

func (m *machine) up() bool { return !m.halted && (m.stops == 0 || m.run.round < m.stops) }

// Self implements nodes.Env.
func (m *machine) Self() nodes.ID { return m.id }

// Now implements nodes.Env: a round is a second.
func (m *machine) Now() time.Time { return time.Unix(int64(m.run.round), 0) }

// Monotonic implements nodes.Env.
func (m *machine) Monotonic() time.Duration { return time.Duration(m.run.round) * Round }

// Rand implements nodes.Env.
func (m *machine) Rand() *rand.Rand { return m.rand }

// Send implements nodes.Env.
func (m *machine) Send(to nodes.ID, msg nodes.Message) { m.run.send(m, to, msg) }

// SetTimer implements nodes.Env: it fires in the first round that is late enough.
func (m *machine) SetTimer(tag nodes.Tag, d time.Duration) {
	m.StopTimer(tag)
	m.timers = append(m.timers, timer{tag, m.run.round + max(1, int((d+Round-1)/Round))})
}

// StopTimer implements nodes.Env.
func (m *machine) StopTimer(tag nodes.Tag) {
	m.timers = slices.DeleteFunc(m.timers, func(t timer) bool { return t.tag == tag })
}

// Disk implements nodes.Env.
func (m *machine) Disk() nodes.Disk { return &m.disk }

// halt is what ends a handler that does not return.
type halt struct{ err error }

// Halt implements nodes.Env.
func (m *machine) Halt(err error) { panic(halt{err}) }

var errNoConnections = errors.New("lockstep: there are datagrams alone")

// Post implements nodes.Env.
func (m *machine) Post(nodes.Tag, nodes.Message) { panic("lockstep: there are no stages") }

// Listen implements nodes.Env.
func (m *machine) Listen(int, nodes.Framing) error { return errNoConnections }

// Dial implements nodes.Env.
func (m *machine) Dial(nodes.Addr, nodes.Framing) nodes.Conn { panic(errNoConnections) }

// Write implements nodes.Env.
func (m *machine) Write(nodes.Conn, []byte) error { return errNoConnections }

// Unsent implements nodes.Env.
func (m *machine) Unsent(nodes.Conn) int { return 0 }

// Close implements nodes.Env.
func (m *machine) Close(nodes.Conn) {}

// Reset implements nodes.Env.
func (m *machine) Reset(nodes.Conn) {}

// handle runs a handler, and after it the ends of the syncs that it has begun.
func (m *machine) handle(f func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(halt); !ok {
				panic(r)
			}
			m.halted = true
		}
	}()
	f()
	for len(m.disk.syncs) > 0 {
		tag := m.disk.syncs[0]
		m.disk.syncs = m.disk.syncs[1:]
		m.node.Synced(m, tag, nil)
	}
}

// fire fires the timers that are due, in the order in which they were set.
func (m *machine) fire() {
	for m.up() {
		i := slices.IndexFunc(m.timers, func(t timer) bool { return t.due <= m.run.round })
		if i < 0 {
			return
		}
		tag := m.timers[i].tag
		m.timers = slices.Delete(m.timers, i, i+1)
		m.handle(func() { m.node.Fire(m, tag) })
	}
}
