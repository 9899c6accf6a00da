package replica

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
)

// TagPrefix is what the names of this package's timers begin with.
const TagPrefix = "replica/"

// Peer is who sent a request.
type Peer struct {
	ClientID string
	Host     string
}

// Manager is Kafka's ReplicaManager for one broker: the replicas of partitions that it has, those it leads and those it
// fetches. It belongs to one node and lives as long as one incarnation. After each call, take its events with
// [Manager.Take].
type Manager struct {
	cfg    Config
	logs   *log.Manager
	events []Event
}

// New makes a Manager; [Manager.Boot] starts it.
func New(cfg Config) *Manager {
	return &Manager{cfg: cfg.withDefaults()}
}

// Boot opens the logs and starts the timers. Until a controller says who leads, no partition is served. The error is that of the disk,
// or names the logs that must not be used.
func (m *Manager) Boot(env nodes.Env) error { return nil }

// Take returns the next event; ok is false if there is none.
func (m *Manager) Take() (e Event, ok bool) {
	if len(m.events) == 0 {
		return nil, false
	}
	e = m.events[0]
	m.events = m.events[1:]
	return e, true
}

// Handle takes a request: Produce, Fetch, ListOffsets, OffsetForLeaderEpoch, DeleteRecords, LeaderAndISR, StopReplica, WriteTxnMarkers,
// DescribeLogDirs, DescribeProducers. It returns false for any other. The answer is a [Done] with the call, at once or later. The bytes
// of r may be changed (a leader gives batches their offsets in place), and are not kept.
func (m *Manager) Handle(env nodes.Env, call uint64, from Peer, r kmsg.Request) bool { return false }

// Answered takes the answer to a [Send], or the error that it got none.
func (m *Manager) Answered(env nodes.Env, call uint64, resp kmsg.Response, err error) {}

// ISRAltered takes the outcome of an [AlterISR]: the new version, or one of ErrBadVersion, ErrUncertain, ErrIneligible, ErrNoState.
func (m *Manager) ISRAltered(env nodes.Env, call uint64, version int32, err error) {}

// ISRRead takes the answer to a [ReadISR].
func (m *Manager) ISRRead(env nodes.Env, call uint64, s State, err error) {}

// Verified takes the answer to a [Verify], a code for each partition. Of a partition that has none the coordinator could not be
// asked.
func (m *Manager) Verified(env nodes.Env, call uint64, codes []PartitionCode) {}

// Append appends a batch of this broker's own (a coordinator's), with acks=all; [Appended] with the call that is returned
// tells what came of it. The bytes are changed. A timeout of 0 is request.timeout.ms.
func (m *Manager) Append(env nodes.Env, tp log.TopicPartition, batch []byte, timeout time.Duration) (call uint64) {
	return 0
}

// Read reads up to the high watermark of a partition that this broker leads, as a coordinator does that loads. The error is a
// *record.Error (NOT_LEADER_OR_FOLLOWER, OFFSET_OUT_OF_RANGE), or the log's.
func (m *Manager) Read(env nodes.Env, tp log.TopicPartition, offset int64, maxBytes int) (log.Fetched, error) {
	return log.Fetched{}, nil
}

// LeaderEpoch is the epoch in which this broker leads a partition; ok is false if it does not.
func (m *Manager) LeaderEpoch(tp log.TopicPartition) (epoch int32, ok bool) { return -1, false }

// Log is a replica's log, nil if there is none here.
func (m *Manager) Log(tp log.TopicPartition) *log.Log { return m.logs.Log(tp) }

// Fire takes a timer; false if it is not one of this package.
func (m *Manager) Fire(env nodes.Env, tag nodes.Tag) bool { return false }

// Synced takes the end of a sync; false if it is not one of the logs'. It halts the node after a failed one.
func (m *Manager) Synced(env nodes.Env, tag nodes.Tag, err error) bool { return false }

// Shutdown stops fetching, answers everything that waits, and closes the logs in order; [Stopped] tells that they are. A broker
// moves its leaderships away before (ControlledShutdown).
func (m *Manager) Shutdown(env nodes.Env) {}

// BrokerEpoch tells this broker's own epoch, after each registration (KIP-380): LeaderAndISR and StopReplica with an older one are refused
// with STALE_BROKER_EPOCH, with a newer one accepted (KAFKA-9839).
func (m *Manager) BrokerEpoch(epoch int64) {}

// TopicConfigChanged tells that Config.Topic has another answer for a topic.
func (m *Manager) TopicConfigChanged(env nodes.Env, topic string) {}

// Full tells that requests that wait hold as much memory as they may: leave what comes unread until it is false.
func (m *Manager) Full() bool { return false }

// PartitionCode's codes that this package gives are constants of record.Code.
var _ = record.None
