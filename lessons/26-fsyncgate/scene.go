// Package fsyncgate is lesson 26: a sync that fails, and is tried again.
package fsyncgate

import (
	"fmt"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// Policy is what the learner writes: what does a server do whose disk did not sync?
type Policy interface {
	// SyncFailed is called when the sync of File has failed that was to make records up to n durable; its tag is
	// RecordTag(n). If a sync of that tag succeeds, the server acknowledges records up to n. If the process ends (env.Halt),
	// it is started again soon: it then reads the file, writes what it has read once more, and syncs.
	SyncFailed(env nodes.Env, n uint64, err error)
}

// Append asks for a record to be kept. Clients number theirs from 1.
type Append struct{ N uint64 }

// Ack promises that all records up to N survive a loss of power.
type Ack struct{ N uint64 }

// Kind is the message's name.
func (Append) Kind() string { return "Append" }

// Kind is the message's name.
func (Ack) Kind() string { return "Ack" }

// String says what the message says.
func (m Append) String() string { return fmt.Sprintf("Append %d", m.N) }

// String says what the message says.
func (m Ack) String() string { return fmt.Sprintf("Ack %d", m.N) }

func codec() nodes.Codec { return nodes.JSONCodec(Append{}, Ack{}) }

const recordsEach = 25

// Variant is two servers with this Policy, each with a client of its own. Who ends is started again after 40 ms.
func Variant(name, about string, make func() Policy) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		ms := time.Millisecond
		w.U.Tune(func(c *sim.Config) {
			c.Net.Delay = sim.Dist{Min: ms, Mean: 3 * ms}
			c.Disk.Sync = sim.Dist{Min: 2 * ms, Mean: 4 * ms}
		})
		w.Tolerates = 1
		var clients []*client
		for _, n := range []string{"1", "2"} {
			w.AddServer(nodes.ID("s"+n), func() nodes.Node { return &server{policy: make()} })
			c := &client{server: nodes.ID("s" + n)}
			clients = append(clients, c)
			w.AddClient(nodes.ID("c"+n), func() nodes.Node { return c })
		}
		w.U.Observe(sim.Observer{
			Sent: func(from *sim.Machine, _ nodes.ID, m nodes.Message) {
				if ack, ok := m.(Ack); ok {
					durable(w, from, ack.N)
				}
			},
			Ended: func(m *sim.Machine, _ nodes.Node) { m.Start(40 * ms) },
		})
		w.Done = func() bool { return clients[0].done() && clients[1].done() }
	}}
}

// durable: what is acknowledged would be there if the power failed at this moment. It is tried, on a copy of the disk.
func durable(w *stage.World, m *sim.Machine, n uint64) {
	disk := m.Disk().Clone()
	disk.Crash(vdisk.LoseUnsynced, func(uint64) uint64 { return 0 })
	file, err := disk.ReadFile(File)
	if found := last(records(file)); err != nil || found < n {
		w.U.Violate("acknowledged is durable", fmt.Sprintf("%s acknowledges record %d; if its power failed now, its disk would hold records up to %d", m.ID(), n, found))
	}
}

// Scene is two servers with a disk each.
func Scene(broken, fixed func() Policy) *stage.Scene {
	return &stage.Scene{
		Number: 26, Seed: 1, Codec: codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "who could not sync tries again", broken),
			Variant(stage.Fixed, "who could not sync stops", fixed),
		},
	}
}

// demo: one sync fails, the next one does not.
const demo = `
until 35ms
take timer next of c1
take Append 1 by s1 from c1
fail-sync s1
take end of sync record of s1     // input/output error
take end of sync record of s1     // no error
`
