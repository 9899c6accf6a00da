package group

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// Coordinator is the group coordinator of one broker, for the groups whose partition of [OffsetsTopic] it leads. It belongs
// to one node and lives as long as one incarnation.
type Coordinator struct {
	cfg      Config
	journal  Journal
	events   []Event
	parts    map[int32]*partition
	due      deadlines
	armed    bool              // the timer runs
	armedAt  time.Duration     // monotonic
	memory   int64             // in bytes, of all groups
	writes   uint64            // counts appends
	asked    uint64            // counts verifications
	calls    map[uint64]*write // of the journal
	verifies map[uint64]*txnCommit
}

// New makes a coordinator that leads nothing yet.
func New(cfg Config, j Journal) *Coordinator {
	return &Coordinator{cfg: cfg.withDefaults(), journal: j, parts: map[int32]*partition{}, calls: map[uint64]*write{}, verifies: map[uint64]*txnCommit{}}
}

// Start sets the timer of the expiry of offsets.
func (c *Coordinator) Start(env nodes.Env) { env.SetTimer(expireTag, c.cfg.ExpireEvery) }

// Handle takes a request: JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit, OffsetFetch, OffsetDelete,
// TxnOffsetCommit, DescribeGroups, ListGroups or DeleteGroups. It is answered by a [Done] of that call, now or later. It returns
// false for any other request. The request may share memory with its frame: nothing of it is kept.
func (c *Coordinator) Handle(env nodes.Env, call uint64, from Peer, r kmsg.Request) bool {
	switch r := r.(type) {
	case *kmsg.JoinGroupRequest:
		c.joinGroup(env, call, from, r)
	case *kmsg.SyncGroupRequest:
		c.syncGroup(env, call, r)
	case *kmsg.HeartbeatRequest:
		c.heartbeat(env, call, r)
	case *kmsg.LeaveGroupRequest:
		c.leaveGroup(env, call, r)
	case *kmsg.OffsetCommitRequest:
		c.offsetCommit(env, call, r)
	case *kmsg.OffsetFetchRequest:
		c.offsetFetch(env, call, r)
	case *kmsg.OffsetDeleteRequest:
		c.offsetDelete(env, call, r)
	case *kmsg.TxnOffsetCommitRequest:
		c.txnOffsetCommit(env, call, r)
	case *kmsg.DescribeGroupsRequest:
		c.describeGroups(call, r)
	case *kmsg.ListGroupsRequest:
		c.listGroups(call, r)
	case *kmsg.DeleteGroupsRequest:
		c.deleteGroups(env, call, r)
	default:
		return false
	}
	c.arm(env)
	return true
}

// Take returns the next thing to do, in order; ok is false if there is none. It is asked after every call of another method.
func (c *Coordinator) Take() (e Event, ok bool) { return c.take() }

// Elected tells that this broker leads a partition of [OffsetsTopic] in that epoch: it begins to load it. Until it has,
// COORDINATOR_LOAD_IN_PROGRESS is answered.
func (c *Coordinator) Elected(env nodes.Env, partition, leaderEpoch int32) {
	c.elected(env, partition, leaderEpoch)
	c.arm(env)
}

// Resigned tells that this broker no longer leads a partition, as of that epoch: what it knew is dropped, and who waits is told
// NOT_COORDINATOR. An epoch below the one of Elected is late and ignored; -1 stands for any.
func (c *Coordinator) Resigned(env nodes.Env, partition, leaderEpoch int32) {
	if p := c.parts[partition]; p != nil && (leaderEpoch < 0 || leaderEpoch >= p.epoch) {
		c.unload(env, p)
		c.arm(env)
	}
}

// Appended tells what became of an append to the journal: the offset of the batch, or why not. It ignores a call that is not this
// package's. After REQUEST_TIMED_OUT the partition is loaded anew, for only the log knows what became of it.
func (c *Coordinator) Appended(env nodes.Env, call uint64, offset int64, code proto.Code) {
	c.appended(env, call, offset, code)
	c.arm(env)
}

// MarkerWritten tells that the marker which ends a producer's transaction lies below the high watermark of a partition
// of [OffsetsTopic]: the offsets that were staged in it count from now on, or never will. Markers of a producer are told in
// their order, each before an append behind it has ended.
func (c *Coordinator) MarkerWritten(env nodes.Env, partition int32, producerID int64, epoch int16, commit bool) {
	c.markerWritten(env, c.parts[partition], producerID, commit)
	c.arm(env)
}

// Verified answers a [Verify].
func (c *Coordinator) Verified(env nodes.Env, call uint64, code proto.Code) {
	c.verified(env, call, code)
	c.arm(env)
}

// PartitionsDeleted tells that partitions are gone with their topic: no group has read from them.
func (c *Coordinator) PartitionsDeleted(env nodes.Env, gone []log.TopicPartition) {
	c.partitionsDeleted(env, gone)
	c.arm(env)
}

// Fire takes a timer; it returns false for one that is not this package's.
func (c *Coordinator) Fire(env nodes.Env, tag nodes.Tag) bool {
	switch {
	case tag == deadlineTag:
		c.expireDue(env)
	case tag == expireTag:
		c.expireAll(env)
	case tag.Name == loadTag(0).Name:
		if p := c.parts[int32(tag.N)]; p != nil && p.load != nil {
			c.stepLoad(env, p)
		}
	default:
		return false
	}
	c.arm(env)
	return true
}
