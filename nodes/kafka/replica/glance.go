package replica

import (
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica/isr"
)

// Glance is a replica as whoever looks after every event sees it: nothing is copied. It is valid until the next call of the [Manager],
// and not to be changed.
type Glance struct {
	Partition log.TopicPartition
	Log       *log.Log // nil if it could not be made
	Leading   bool
	Leader    int32 // -1 if nobody is known to lead
	Epoch     int32 // leader epoch; -1 before the first LeaderAndISR
	Told      int64 // high watermark that whoever fetches is told

	// While leading:
	ISR     []int32 // as committed
	Pending []int32 // as proposed, while a change is in flight
	Awaited bool    // that what became of the change in flight will be known
	Version int32   // zkVersion
	Lead    *isr.Leader
	Rules   isr.Rules // that its decisions are to keep to
	Sends   Sending
}

// Sending is that a consumer was sent to a follower (KIP-392).
type Sending struct {
	N      uint64 // counts them; 0 before the first
	Broker int32  // to whom
}

// Glances shows each replica, by topic and partition; see [Manager.View] for all of it.
func (m *Manager) Glances(see func(Glance)) {
	for _, p := range m.parts {
		g := Glance{Partition: p.tp, Log: p.log, Leading: p.role == leading, Leader: p.leader, Epoch: p.epoch, Told: p.kept}
		if p.log != nil && p.kept < 0 {
			g.Told = p.log.HighWatermark()
		}
		if g.Leading {
			g.ISR, g.Pending, g.Awaited, g.Version = p.lead.ISR, p.lead.Pending, p.alter.awaited(), p.lead.Version
			g.Lead, g.Rules, g.Sends = &p.lead, m.rules(p), p.sends
			g.Rules.Quirks = isr.Quirks{}
		}
		see(g)
	}
}

// Order is what the last request of a controller that was carried out said of the time that it was meant for, and what this broker knew then.
type Order struct {
	N           uint64 // counts them; 0 before the first
	BrokerEpoch int64  // that it was meant for, -1 if it did not tell
	Own         int64  // broker epoch of this broker
	Stops       []Stop // that a StopReplica has stopped
}

// TopicDeleted stands for the leader epoch where a replica is stopped because its topic is deleted.
const TopicDeleted = epochDeletion

// Stop is a replica that was stopped.
type Stop struct {
	Partition log.TopicPartition
	Epoch     int32 // leader epoch that the controller told: -1 if it did not, or TopicDeleted
	Own       int32 // of the replica
}

// Order is the last one. It is valid until the next call.
func (m *Manager) Order() *Order { return &m.order }
