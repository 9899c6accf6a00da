package partition

import (
	"cmp"
	"fmt"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Setup says what cluster a lesson has. The zero value but Rules is three brokers that flush before they speak, and one producer.
type Setup struct {
	Rules func() Rules // made for each life of a broker, and for the controller
	// Records is how many records a producer sends; 0 means 40.
	Records int
	// FlushesLate has brokers go on before their log is on the disk, as Kafka does: a loss of power takes what was not flushed.
	FlushesLate bool
	// Moves has the controller move the lead between brokers that are in sync, now and then twice in quick succession.
	Moves bool
	// Zombie adds a second instance of the producer, which begins later; producers may be paused then.
	Zombie bool
}

func (s Setup) records() int { return cmp.Or(s.Records, 40) }

// zombieAfter is when the second instance begins.
const zombieAfter = 300 * time.Millisecond

// Build adds the cluster to a world, and watches it.
func (s Setup) Build(w *stage.World) {
	w.U.Tune(func(c *sim.Config) {
		c.Net.Delay = sim.Dist{Min: 500 * time.Microsecond, Mean: 2 * time.Millisecond}
		c.Disk.Sync = sim.Dist{Min: 300 * time.Microsecond, Mean: time.Millisecond}
		if s.FlushesLate {
			c.Disk.Sync = sim.Dist{Min: 5 * time.Millisecond, Mean: 20 * time.Millisecond}
		}
		if c.Recorder != nil {
			c.Recorder = &quiet{c.Recorder}
		}
	})
	c := &cluster{w: w, setup: s, done: map[nodes.ID]bool{}, told: map[string]bool{}}
	w.Tolerates, w.Timescale, w.Leader = 1, sessionTime, c.leader
	for _, id := range brokers {
		w.AddServer(id, func() nodes.Node {
			life := w.U.Machine(id).Incarnation()
			return &broker{self: id, n: number(id), cluster: c, rules: s.Rules(), life: life}
		})
	}
	w.AddClient(controllerID, func() nodes.Node { return newController(s.Rules(), s.Moves) })
	producers := []nodes.ID{"p"}
	if s.Zombie {
		producers = []nodes.ID{"p1", "p2"}
	}
	for i, id := range producers {
		add := w.AddClient
		if s.Zombie {
			add = w.AddServer
		}
		add(id, func() nodes.Node {
			return &producer{self: id, name: "p", cluster: c, delay: 100*time.Millisecond + time.Duration(i)*zombieAfter}
		})
	}
	w.Done = func() bool {
		for _, id := range producers {
			if !c.done[id] {
				return false
			}
		}
		return true
	}
}

// cluster is what can be seen of it from outside.
type cluster struct {
	w      *stage.World
	setup  Setup
	done   map[nodes.ID]bool
	acked  []string // values whose producer was told that they are safe
	told   map[string]bool
	newest int32 // the latest epoch that somebody has begun to lead
}

// broker is what runs on a machine; nil while it is down, or reads its disk.
func (c *cluster) broker(id nodes.ID) *broker {
	if b, up := c.w.U.Machine(id).Node().(*broker); up && b.ready() {
		return b
	}
	return nil
}

// leader is who leads the highest epoch.
func (c *cluster) leader() (leader nodes.ID, ok bool) {
	epoch := int32(0)
	for _, id := range brokers {
		if b := c.broker(id); b != nil && b.lead != nil && b.epoch > epoch {
			leader, epoch, ok = id, b.epoch, true
		}
	}
	return leader, ok
}

func (c *cluster) violate(property, format string, args ...any) {
	c.w.U.Violate(property, fmt.Sprintf(format, args...))
}
