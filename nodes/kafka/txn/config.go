package txn

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
)

// The names of the topics that a coordinator has to do with.
const (
	StateTopic   = "__transaction_state"
	OffsetsTopic = "__consumer_offsets"
)

// TagPrefix begins the name of every timer of this package.
const TagPrefix = "txn/"

// Journal is the log of the partitions of __transaction_state that this broker leads.
type Journal interface {
	// Append begins to append a batch to a partition with acks=all, and returns the call that Coordinator.Appended
	// is told the end of; not before Append has returned. Refusals, also of what this broker does not lead, are told that way.
	Append(env nodes.Env, partition int32, batch []byte, timeout time.Duration) (call uint64)
	// Read returns whole batches below the high watermark, at least one if there is one, and where the log ends.
	Read(env nodes.Env, partition int32, offset int64, maxBytes int) (log.Fetched, error)
	// LeaderEpoch is the epoch in which this broker leads the partition; ok is false if it does not.
	LeaderEpoch(partition int32) (epoch int32, ok bool)
}

// Cluster is what the broker has been told of the cluster by UpdateMetadata.
type Cluster interface {
	// Leader is the leader of a partition. ok is false if there is no such partition; the broker is -1 if it has no leader.
	Leader(topic string, partition int32) (broker int32, ok bool)
}

// Config is the configuration of a coordinator. A zero field has Kafka's default.
type Config struct {
	Cluster           Cluster       // must be set
	Partitions        int32         // of __transaction_state, as it was created: transaction.state.log.num.partitions; 0 is 50
	OffsetsPartitions int32         // of __consumer_offsets, as it was created: offsets.topic.num.partitions; 0 is 50
	MaxTimeout        time.Duration // transaction.max.timeout.ms; 0 is 15 min
	IDExpiry          time.Duration // transactional.id.expiration.ms; 0 is 7 days
	AbortEvery        time.Duration // transaction.abort.timed.out.transaction.cleanup.interval.ms; 0 is 10 s
	RemoveEvery       time.Duration // transaction.remove.expired.transaction.cleanup.interval.ms; 0 is 1 h
	LoadBytes         int           // transaction.state.log.load.buffer.size, in bytes; 0 is 5 MiB
	AppendTimeout     time.Duration // of an append of tombstones: request.timeout.ms; 0 is 30 s. Others have the transaction's own time-out
	RetryBackoff      time.Duration // until markers are sent anew, loading goes on, or producer ids are asked for again; 0 is 100 ms
	Quirks            Quirks
}

func (c Config) withDefaults() Config {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&c.MaxTimeout, 15*time.Minute)
	def(&c.IDExpiry, 7*24*time.Hour)
	def(&c.AbortEvery, 10*time.Second)
	def(&c.RemoveEvery, time.Hour)
	def(&c.AppendTimeout, 30*time.Second)
	def(&c.RetryBackoff, 100*time.Millisecond)
	if c.Partitions == 0 {
		c.Partitions = 50
	}
	if c.OffsetsPartitions == 0 {
		c.OffsetsPartitions = 50
	}
	if c.LoadBytes == 0 {
		c.LoadBytes = 5 << 20
	}
	return c
}
