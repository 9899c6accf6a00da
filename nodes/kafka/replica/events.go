package replica

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
)

// Event is what a [Manager] asks of the broker, or tells it. [Manager.Take] returns them in order.
type Event interface{ event() }

// Done answers a request that [Manager.Handle] has taken. Response is nil where acks=0 asks for none.
type Done struct {
	Call     uint64
	Response kmsg.Response
	// Failed tells of a produce with acks=0 that not all of it was appended. A broker closes the connection then: nothing else can tell the
	// producer to look for the leader anew.
	Failed bool
}

// Send asks to send a request to another broker; its answer goes to [Manager.Answered]. What is sent to one broker with the same
// Purpose goes over one connection, in order. It may fail at will.
type Send struct {
	To      int32
	Call    uint64
	Purpose Purpose
	Request kmsg.Request
}

// Purpose tells apart the connections to one broker, so that a fetch that waits does not hold up what is asked beside it.
type Purpose uint8

// The purposes.
const (
	Fetching Purpose = iota // Fetch, by the fetcher
	Asking                  // OffsetForLeaderEpoch and ListOffsets, by the fetcher
)

// AlterISR asks to write the partition's state, on condition that it still has the version that this broker knows
// (zkVersion). The outcome goes to [Manager.ISRAltered].
type AlterISR struct {
	Call            uint64
	Partition       log.TopicPartition
	Leader          int32
	LeaderEpoch     int32
	ControllerEpoch int32
	ISR             []int32
	// Epochs are the broker epochs that the members of the ISR fetched with, -1 where that is not known. A store that
	// can, refuses a member that has restarted since (KIP-903).
	Epochs  []int64
	Joins   []int32 // those of the ISR that are not in the one that this broker knows
	Version int32   // that the state must have; the new one is one more
}

// ReadISR asks to read the partition's state, for the outcome of a change is not known or the version was another. The
// answer goes to [Manager.ISRRead].
type ReadISR struct {
	Call      uint64
	Partition log.TopicPartition
}

// State is a partition's state as the controller's storage has it.
type State struct {
	Leader          int32
	LeaderEpoch     int32
	ControllerEpoch int32
	ISR             []int32
	Version         int32 // zkVersion
}

// What [Manager.ISRAltered] and [Manager.ISRRead] are told. Any other error is taken for ErrUncertain.
var (
	ErrBadVersion = errors.New("replica: the partition's state has another version")
	ErrUncertain  = errors.New("replica: the outcome is not known")
	ErrIneligible = errors.New("replica: a new member of the ISR is not eligible") // KIP-903
	ErrNoState    = errors.New("replica: the partition has no state")              // it is deleted
)

// Verify asks the transaction's coordinator whether it knows that the partitions are in the transaction (KIP-890): AddPartitionsToTxn
// v4 with verifyOnly. The answer goes to [Manager.Verified].
type Verify struct {
	Call            uint64
	TransactionalID string
	ProducerID      int64
	Epoch           int16
	Partitions      []log.TopicPartition
}

// PartitionCode is a code for one partition.
type PartitionCode struct {
	Partition log.TopicPartition
	Code      record.Code
}

// Appended ends a [Manager.Append]. The code is None if the batch is below the high watermark, at Offset and behind.
type Appended struct {
	Call      uint64
	Partition log.TopicPartition
	Offset    int64 // of the first record
	Code      record.Code
}

// Elected tells that this broker begins to lead a partition, in each leader epoch anew.
type Elected struct {
	Partition   log.TopicPartition
	LeaderEpoch int32
}

// Resigned tells that this broker does not lead a partition any more, in the epoch of the new leader (-1 if the replica is
// removed).
type Resigned struct {
	Partition   log.TopicPartition
	LeaderEpoch int32
}

// MarkerWritten tells that a transaction's end, in a partition of the offsets topic that this broker leads, is below the high
// watermark.
type MarkerWritten struct {
	Partition     log.TopicPartition
	ProducerID    int64
	ProducerEpoch int16
	Commit        bool
}

// Stopped tells that the clean shutdown is complete.
type Stopped struct{}

func (Done) event()          {}
func (Send) event()          {}
func (AlterISR) event()      {}
func (ReadISR) event()       {}
func (Verify) event()        {}
func (Appended) event()      {}
func (Elected) event()       {}
func (Resigned) event()      {}
func (MarkerWritten) event() {}
func (Stopped) event()       {}
