package replica

import (
	"time"

	"orrery/nodes/kafka/log"
)

// Config says how a [Manager] behaves. The zero value of each field is Kafka's default.
type Config struct {
	Broker  int32                          // broker.id
	Rack    string                         // broker.rack
	Dir     string                         // the log directory's name, for DescribeLogDirs; "" is "/kafka"
	Topic   func(topic string) TopicConfig // asked whenever a topic is first met or its configuration changes; nil is all defaults
	Cluster Cluster                        // what the broker's metadata says; nil knows nothing against anyone

	ReplicaLagTime     time.Duration // replica.lag.time.max.ms: 30 s; the ISR is looked at every half of it
	FetchWaitMax       time.Duration // replica.fetch.wait.max.ms: 500 ms
	FetchMinBytes      int32         // replica.fetch.min.bytes: 1
	ReplicaFetchBytes  int32         // replica.fetch.max.bytes, of one partition: 1 MiB
	FetchResponseBytes int32         // replica.fetch.response.max.bytes: 10 MiB
	FetchBackoff       time.Duration // replica.fetch.backoff.ms: 1 s
	RequestTimeout     time.Duration // request.timeout.ms, of appends that name none: 30 s
	AlterBackoff       time.Duration // before a change of the ISR of unknown outcome is looked up once more: 100 ms

	FetchMaxBytes int32         // fetch.max.bytes: what one fetch is answered with at most, 55 MiB
	FetchSessions int           // max.incremental.fetch.session.cache.slots: 1000; negative is none
	SessionAge    time.Duration // min.incremental.fetch.session.eviction.ms: 120 s
	RackAware     bool          // replica.selector.class=RackAwareReplicaSelector (KIP-392)

	CheckpointInterval time.Duration // replica.high.watermark.checkpoint.interval.ms: 5 s
	TickInterval       time.Duration // log.flush.scheduler.interval.ms and log.retention.check.interval.ms in one: 30 s
	CleanerBackoff     time.Duration // log.cleaner.backoff.ms: 15 s

	// MemoryLimit bounds the bytes of requests that wait (queued.max.request.bytes): 64 MiB. Above it nothing waits any longer: a
	// fetch is answered with what there is, a produce is refused before it is appended, and [Manager.Full] tells the
	// broker to leave connections unread.
	MemoryLimit int64
	// EpochRequests lets followers find where to truncate with OffsetForLeaderEpoch, as Kafka 0.11 to 2.7 did, and not by
	// fetching (KAFKA-10554).
	EpochRequests bool

	Quirks Quirks
}

// TopicConfig is what a topic's configuration says that concerns its replicas.
type TopicConfig struct {
	MinISR  int  // min.insync.replicas: 1
	Unclean bool // unclean.leader.election.enable
	Log     log.Config
}

// Cluster is what the broker's metadata says of other brokers. If it also has a method Known(log.TopicPartition) bool, a partition that is known
// and has no replica here is answered for with NOT_LEADER_FOR_PARTITION, else with UNKNOWN_TOPIC_OR_PARTITION.
type Cluster interface {
	// Alive tells whether a broker is registered and not shutting down (KAFKA-14140, KIP-841).
	Alive(broker int32) bool
	// Rack is a broker's rack, "" if it has none.
	Rack(broker int32) string
	// Epoch is a broker's epoch, -1 if it is not known (KIP-380, KIP-903).
	Epoch(broker int32) int64
}

// unknown is a Cluster that knows nothing against anyone.
type unknown struct{}

func (unknown) Alive(int32) bool  { return true }
func (unknown) Rack(int32) string { return "" }
func (unknown) Epoch(int32) int64 { return -1 }

// or is v, or def where v is its zero value.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	c.Dir = or(c.Dir, "/kafka")
	if c.Topic == nil {
		c.Topic = func(string) TopicConfig { return TopicConfig{} }
	}
	if c.Cluster == nil {
		c.Cluster = unknown{}
	}
	c.ReplicaLagTime = or(c.ReplicaLagTime, 30*time.Second)
	c.FetchWaitMax = or(c.FetchWaitMax, 500*time.Millisecond)
	c.FetchMinBytes = or(c.FetchMinBytes, 1)
	c.ReplicaFetchBytes = or(c.ReplicaFetchBytes, 1<<20)
	c.FetchResponseBytes = or(c.FetchResponseBytes, 10<<20)
	c.FetchBackoff = or(c.FetchBackoff, time.Second)
	c.RequestTimeout = or(c.RequestTimeout, 30*time.Second)
	c.AlterBackoff = or(c.AlterBackoff, 100*time.Millisecond)
	c.FetchMaxBytes = or(c.FetchMaxBytes, 55<<20)
	c.FetchSessions = or(c.FetchSessions, 1000)
	c.SessionAge = or(c.SessionAge, 120*time.Second)
	c.CheckpointInterval = or(c.CheckpointInterval, 5*time.Second)
	c.TickInterval = or(c.TickInterval, 30*time.Second)
	c.CleanerBackoff = or(c.CleanerBackoff, 15*time.Second)
	c.MemoryLimit = or(c.MemoryLimit, 64<<20)
	return c
}
