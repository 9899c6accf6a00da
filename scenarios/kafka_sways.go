package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// Partitions that go to another broker and back, while what stops their replicas is late.

const (
	kafkaStopsLate = 2 * time.Second        // so late at most is a StopReplica
	kafkaSwayed    = 600 * time.Millisecond // so long at most a partition stays where it was moved to
)

// sways has partitions go to and fro, while what stops a replica may come when it is wanted again (KIP-570).
func (k *kafkaWorld) sways() {
	k.works = append(k.works, (*kafkaClient).sway, (*kafkaClient).sway)
	k.copies(2)
	k.storage("clog", "connection", "delay", "pause")
	k.text += "controller.socket.timeout.ms=400\n"
	k.slowStops = kafkaStopsLate
}

// sway moves a partition to another broker, and back: before that one is in sync, or when the move is over.
func (c *kafkaClient) sway(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	for c.working() {
		c.rest(t)
		all := c.load.partitions()
		tp := all[c.draw(kafkaWhere, uint64(len(all)))]
		p := c.load.k.watch.named(tpName(tp))
		from, other := slices.Clone(p.replicas), p.others()
		if p.moving || len(from) == 0 || len(other) == 0 {
			c.begun++
			continue
		}
		to := slices.Clone(from)
		to[c.draw(kafkaMany, uint64(len(to)))] = other[c.draw(kafkaHow, uint64(len(other)))]
		for _, to := range [][]int32{to, from} {
			c.operation(fmt.Sprintf("move %s to %v", tpName(tp), to), func() error { return cluster.Reassign(t, tp, to) })
			t.Sleep(time.Duration(c.draw(kafkaStays, uint64(kafkaSwayed))))
		}
	}
}

// others are the brokers that have no replica of a partition.
func (p *kafkaPart) others() (all []int32) {
	for _, r := range p.order {
		if !slices.Contains(p.replicas, r.broker) {
			all = append(all, r.broker)
		}
	}
	return all
}
