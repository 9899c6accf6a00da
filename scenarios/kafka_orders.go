package scenarios

import (
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/txn"
	"orrery/sim"
)

// The rules that brokers keep to with what controllers tell them.
const (
	kafkaOrders     = "orders-of-the-past-are-refused"       // of an earlier life of the broker (KIP-380), or of an earlier leader epoch (KIP-570)
	kafkaBelieves   = "brokers-follow-the-latest-controller" // what a deposed one says of the cluster is not believed
	kafkaCoordinate = "who-coordinates-leads"                // a coordinator is the leader of its partition
	kafkaFailed     = "a-failed-log-takes-no-more"           // KAFKA-10778
)

// kafkaHeard is what a broker was last told by controllers.
type kafkaHeard struct {
	incarnation uint32
	orders      uint64
	metadata    int32
}

// heard looks at what a broker was told.
func (g *kafkaWatch) heard(m *sim.Machine, b *broker.Broker) {
	was := g.orders[m.ID()]
	if was == nil || was.incarnation != m.Incarnation() {
		was = &kafkaHeard{incarnation: m.Incarnation(), metadata: -1}
		g.orders[m.ID()] = was
	}
	if epoch := b.MetadataEpoch(); epoch != was.metadata {
		g.k.w.Asked(kafkaBelieves)
		if epoch < was.metadata {
			g.violate(kafkaBelieves, "%s has believed controller epoch %d and now believes %d", m.ID(), was.metadata, epoch)
		}
		was.metadata = epoch
	}
	o := b.Replicas().Order()
	if o.N == was.orders {
		return
	}
	was.orders = o.N
	g.k.w.Asked(kafkaOrders)
	if o.BrokerEpoch >= 0 && o.BrokerEpoch < o.Own {
		g.violate(kafkaOrders, "%s, whose broker epoch is %d, carries out what was meant for its epoch %d", m.ID(), o.Own, o.BrokerEpoch)
	}
	for _, s := range o.Stops {
		if s.Epoch != replica.TopicDeleted && s.Epoch < s.Own {
			g.violate(kafkaOrders, "%s stops its replica of %s, which is in leader epoch %d, by an order of epoch %d", m.ID(), s.Partition, s.Own, s.Epoch)
		}
	}
}

// coordinates holds a coordinator against the replica of its partition.
func (g *kafkaWatch) coordinates(p *kafkaPart, r *kafkaReplica, now replica.Glance) {
	b, ok := g.glancing.m.Node().(*broker.Broker)
	if !ok || now.Leading {
		return
	}
	switch {
	case p.tp.Topic == group.OffsetsTopic && b.Groups().Coordinates(p.tp.Partition), p.tp.Topic == txn.StateTopic && b.Txns().Coordinates(p.tp.Partition):
		g.violate(kafkaCoordinate, "%s coordinates by %s, and does not lead it", r.id, p.tp)
	case p.tp.Topic == group.OffsetsTopic || p.tp.Topic == txn.StateTopic:
		g.k.w.Asked(kafkaCoordinate)
	}
}
