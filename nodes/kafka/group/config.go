package group

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
)

// OffsetsTopic is the compacted topic whose partitions are the coordinators' logs.
const OffsetsTopic = "__consumer_offsets"

// TagPrefix begins the name of every timer of this package.
const TagPrefix = "group/"

// Journal is the log of the partitions of [OffsetsTopic] that this broker leads.
type Journal interface {
	// Append begins to append a batch to a partition with acks=all, and returns the call that [Coordinator.Appended]
	// is told the end of; not before Append has returned. Refusals, also of what this broker does not lead, are told that way.
	Append(env nodes.Env, partition int32, batch []byte, timeout time.Duration) (call uint64)
	// Read returns whole batches below the high watermark, at least one if there is one, and where the log ends.
	Read(env nodes.Env, partition int32, offset int64, maxBytes int) (log.Fetched, error)
	// LeaderEpoch is the epoch in which this broker leads the partition; ok is false if it does not.
	LeaderEpoch(partition int32) (epoch int32, ok bool)
}

// Config is the configuration of a coordinator. A zero field has Kafka's default.
type Config struct {
	Partitions       int32         // of __consumer_offsets, as it was created: offsets.topic.num.partitions; 0 is 50
	MinSession       time.Duration // group.min.session.timeout.ms; 0 is 6 s
	MaxSession       time.Duration // group.max.session.timeout.ms; 0 is 30 min
	InitialDelay     time.Duration // group.initial.rebalance.delay.ms; 0 is 3 s, negative is none
	NewMemberTimeout time.Duration // how long the join of a member without an id may wait; 0 is 5 min
	MaxSize          int           // group.max.size, in members; 0 is no limit
	MaxMetadata      int           // offset.metadata.max.bytes; 0 is 4096
	OffsetRetention  time.Duration // offsets.retention.minutes; 0 is 7 days
	ExpireEvery      time.Duration // offsets.retention.check.interval.ms; 0 is 10 min
	CommitTimeout    time.Duration // offsets.commit.timeout.ms; 0 is 5 s
	LoadBytes        int           // offsets.load.buffer.size; 0 is 5 MiB
	LoadBackoff      time.Duration // until a load that waits for the high watermark looks again; 0 is 20 ms
	Codec            record.Codec  // offsets.topic.compression.codec
	// OldValues writes offsets in version 1 of their format, as a broker does whose inter.broker.protocol.version is below 2.1.
	OldValues bool
	// Verify asks the transaction coordinator whether a transaction is open before offsets are staged in it
	// (transaction.partition.verification.enable, KIP-890).
	Verify bool
	// MemoryLimit bounds the bytes of members, offsets and waiting requests: 256 MiB. Above it new ones are refused with
	// COORDINATOR_NOT_AVAILABLE.
	MemoryLimit int64
	Quirks      Quirks
}

func (c Config) withDefaults() Config {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&c.MinSession, 6*time.Second)
	def(&c.MaxSession, 30*time.Minute)
	def(&c.InitialDelay, 3*time.Second)
	def(&c.NewMemberTimeout, 5*time.Minute)
	def(&c.OffsetRetention, 7*24*time.Hour)
	def(&c.ExpireEvery, 10*time.Minute)
	def(&c.CommitTimeout, 5*time.Second)
	def(&c.LoadBackoff, 20*time.Millisecond)
	if c.Partitions == 0 {
		c.Partitions = 50
	}
	if c.MaxMetadata == 0 {
		c.MaxMetadata = 4096
	}
	if c.LoadBytes == 0 {
		c.LoadBytes = 5 << 20
	}
	if c.MemoryLimit == 0 {
		c.MemoryLimit = 256 << 20
	}
	return c
}
