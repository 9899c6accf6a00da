package scenarios

import (
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/txn"
)

// The rules of a transaction that has its verdict, and of which not all partitions know that yet (S15).
const (
	kafkaCarried = "verdicts-are-carried-out" // the coordinator of a transaction that is in Prepare has its completion under way (KAFKA-16352)
)

// carries holds the coordinator that the cluster has for a partition of the journal against the transactions that it has decided. One that has been deposed,
// and has not heard of that, stops as soon as a leader refuses its markers.
func (g *kafkaWatch) carries(p *kafkaPart, r *kafkaReplica, now replica.Glance) {
	if p.tp.Topic != txn.StateTopic || !now.Leading || now.Epoch != p.state.LeaderEpoch {
		return
	}
	b, ok := g.glancing.m.Node().(*broker.Broker)
	if !ok {
		return
	}
	ids, epoch := b.Txns().Unattended(p.tp.Partition)
	if epoch != p.state.LeaderEpoch {
		return
	}
	g.k.w.Asked(kafkaCarried)
	if len(ids) > 0 {
		g.violate(kafkaCarried, "%s coordinates %s in leader epoch %d, and nobody there writes the markers of %v, of which it knows the verdict", r.id, p.tp, epoch, ids)
	}
}
