package group

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// Coordinator is the group coordinator of one broker, for the groups whose partition of [OffsetsTopic] it leads. It belongs
// to one node and lives as long as one incarnation.
type Coordinator struct {
	cfg     Config
	journal Journal
	events  []Event
}

// New makes a coordinator that leads nothing yet.
func New(cfg Config, j Journal) *Coordinator {
	return &Coordinator{cfg: cfg.withDefaults(), journal: j}
}

// Start sets the timer of the expiry of offsets.
func (c *Coordinator) Start(env nodes.Env) {}

// Handle takes a request: JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit, OffsetFetch, OffsetDelete,
// TxnOffsetCommit, DescribeGroups, ListGroups or DeleteGroups. It is answered by a [Done] of that call, now or later. It returns
// false for any other request. The request may share memory with its frame: nothing of it is kept.
func (c *Coordinator) Handle(env nodes.Env, call uint64, from Peer, r kmsg.Request) bool {
	return false
}

// Take returns the next thing to do, in order; ok is false if there is none. It is asked after every call of another method.
func (c *Coordinator) Take() (e Event, ok bool) { return c.take() }

// Elected tells that this broker leads a partition of [OffsetsTopic] in that epoch: it begins to load it. Until it has,
// COORDINATOR_LOAD_IN_PROGRESS is answered.
func (c *Coordinator) Elected(env nodes.Env, partition, leaderEpoch int32) {}

// Resigned tells that this broker no longer leads a partition, as of that epoch: what it knew is dropped, and who waits is told
// NOT_COORDINATOR. An epoch below the one of Elected is late and ignored; -1 stands for any.
func (c *Coordinator) Resigned(env nodes.Env, partition, leaderEpoch int32) {}

// Appended tells what became of an append to the journal: the offset of the batch, or why not. It ignores a call that is not this package's.
func (c *Coordinator) Appended(env nodes.Env, call uint64, offset int64, code proto.Code) {}

// MarkerWritten tells that the marker which ends a producer's transaction lies below the high watermark of a partition
// of [OffsetsTopic]: the offsets that were staged in it count from now on, or never will. Markers of a producer are told in
// their order.
func (c *Coordinator) MarkerWritten(env nodes.Env, partition int32, producerID int64, epoch int16, commit bool) {
}

// Verified answers a [Verify].
func (c *Coordinator) Verified(env nodes.Env, call uint64, code proto.Code) {}

// PartitionsDeleted tells that partitions are gone with their topic: no group has read from them.
func (c *Coordinator) PartitionsDeleted(env nodes.Env, gone []log.TopicPartition) {}

// Fire takes a timer; it returns false for one that is not this package's.
func (c *Coordinator) Fire(env nodes.Env, tag nodes.Tag) bool { return false }

// Inspect returns a [View].
func (c *Coordinator) Inspect() any { return View{} }
