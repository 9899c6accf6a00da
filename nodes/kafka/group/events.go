package group

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
)

// Peer is who sends a request.
type Peer struct {
	ClientID string // from the request's header
	Host     string // as DescribeGroups shows it: "/10.0.0.7"
}

// Event is what a [Coordinator] asks of the broker. [Coordinator.Take] returns them in order.
type Event interface{ event() }

// Done answers the request that [Coordinator.Handle] was given with that call.
type Done struct {
	Call     uint64
	Response kmsg.Response
}

// Verify asks the coordinator of a transaction whether it is open and the partition of [OffsetsTopic] is part of it
// (AddPartitionsToTxn with verifyOnly, KIP-890). The answer goes to [Coordinator.Verified]. Only with Config.Verify.
type Verify struct {
	Call            uint64 // of this package's own
	TransactionalID string
	ProducerID      int64
	Epoch           int16
	Partition       int32 // of OffsetsTopic
}

func (Done) event()   {}
func (Verify) event() {}

// take returns the oldest event.
func (c *Coordinator) take() (e Event, ok bool) {
	if len(c.events) == 0 {
		return nil, false
	}
	e, c.events = c.events[0], c.events[1:]
	return e, true
}

// PartitionFor is the partition of [OffsetsTopic] whose leader coordinates a group.
func (c *Coordinator) PartitionFor(group string) int32 {
	return proto.HashOf(group, c.cfg.Partitions)
}
