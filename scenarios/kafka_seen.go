package scenarios

import (
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica"
	"orrery/sim"
)

// glancing is what the closure that looks at replicas needs.
type glancing struct {
	m    *sim.Machine
	see  func(replica.Glance)
	of   *[]kafkaSeen
	next int
}

// kafkaSeen is the ghost of a replica, in the place in which its broker has shown it last.
type kafkaSeen struct {
	tp log.TopicPartition
	p  *kafkaPart // nil: nobody watches this partition
	r  *kafkaReplica
}

// begin begins to look at a broker's replicas.
func (v *glancing) begin(m *sim.Machine, of *[]kafkaSeen) { v.m, v.of, v.next = m, of, 0 }

// ghost finds the ghost of the replica that a broker shows next. Brokers show theirs in one order, after each event: only where a partition
// came or went is another one in a place than the time before. Which partitions are watched is settled before the first event.
func (g *kafkaWatch) ghost(tp log.TopicPartition) (*kafkaPart, *kafkaReplica) {
	v := &g.glancing
	at := v.next
	v.next++
	if at == len(*v.of) {
		*v.of = append(*v.of, kafkaSeen{})
	}
	s := &(*v.of)[at]
	if s.tp != tp {
		*s = kafkaSeen{tp: tp, p: g.byTP[tp]}
		if s.p != nil {
			s.r = s.p.copies[v.m.ID()]
		}
	}
	return s.p, s.r
}
