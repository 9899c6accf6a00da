package log

import "time"

// Config is what Kafka calls a topic's configuration, as far as it concerns the log. A zero field has Kafka's default.
type Config struct {
	SegmentBytes  int64         // segment.bytes; 0 is 1 GiB
	SegmentAge    time.Duration // segment.ms; 0 is 7 days
	IndexInterval int           // index.interval.bytes; 0 is 4096
	IndexEntries  int           // segment.index.bytes / 8: a full index rolls the segment; 0 is 1,310,720
	MaxMessage    int           // max.message.bytes, of a batch; 0 is 1,048,588
	AppendTime    bool          // message.timestamp.type=LogAppendTime

	Delete         bool          // cleanup.policy has delete; it is meant too if Compact is false
	RetentionTime  time.Duration // retention.ms; 0 is 7 days, negative for ever
	RetentionBytes int64         // retention.bytes; 0 or negative is no limit

	Compact         bool          // cleanup.policy has compact
	MinLag          time.Duration // min.compaction.lag.ms
	TombstoneLife   time.Duration // delete.retention.ms; 0 is 24 h
	DirtyPPM        int64         // min.cleanable.dirty.ratio, in parts per million; 0 is 500,000
	FlushMessages   int           // flush.messages: a flush begins after so many records; 0 is never
	FlushInterval   time.Duration // flush.ms: a Tick begins a flush if the last is so old; 0 is never
	ProducerExpiry  time.Duration // producer.id.expiration.ms; 0 is 24 h
	VerifyNewTxns   bool          // transaction.partition.verification.enable (KIP-890)
	DecompressLimit int           // bytes that one batch may decompress to; 0 is record.DefaultLimit
}

// or is v, or def where v is its zero value.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

func (c Config) segmentBytes() int64          { return min(or(c.SegmentBytes, 1<<30), 1<<31-1) }
func (c Config) segmentAge() time.Duration    { return or(c.SegmentAge, 7*24*time.Hour) }
func (c Config) indexInterval() int           { return or(c.IndexInterval, 4096) }
func (c Config) indexEntries() int            { return or(c.IndexEntries, 10<<20/8) }
func (c Config) maxMessage() int              { return or(c.MaxMessage, 1<<20+12) }
func (c Config) retention() time.Duration     { return or(c.RetentionTime, 7*24*time.Hour) }
func (c Config) tombstoneLife() time.Duration { return or(c.TombstoneLife, 24*time.Hour) }
func (c Config) producerLife() time.Duration  { return or(c.ProducerExpiry, 24*time.Hour) }
func (c Config) dirtyPPM() int64              { return or(c.DirtyPPM, 500_000) }

// Options of a [Manager]. The zero value is sensible.
type Options struct {
	// Config is asked for the configuration of each partition that is loaded or created; nil means all defaults.
	Config func(TopicPartition) Config
	Quirks Quirks
}
