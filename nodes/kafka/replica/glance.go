package replica

import (
	"orrery/nodes/kafka/log"
)

// Glance is a replica as whoever looks after every event sees it: nothing is copied. It is valid until the next call of the [Manager],
// and not to be changed.
type Glance struct {
	Partition log.TopicPartition
	Log       *log.Log // nil if it could not be made
	Leading   bool
	Leader    int32 // -1 if nobody is known to lead
	Epoch     int32 // leader epoch; -1 before the first LeaderAndISR

	// While leading:
	ISR     []int32 // as committed
	Pending []int32 // as proposed, while a change is in flight
	Version int32   // zkVersion
}

// Glances shows each replica, by topic and partition; see [Manager.View] for all of it.
func (m *Manager) Glances(see func(Glance)) {
	for _, p := range m.parts {
		g := Glance{Partition: p.tp, Log: p.log, Leading: p.role == leading, Leader: p.leader, Epoch: p.epoch}
		if g.Leading {
			g.ISR, g.Pending, g.Version = p.lead.ISR, p.lead.Pending, p.lead.Version
		}
		see(g)
	}
}
