package client

import (
	"slices"
	"time"

	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

// Reset is where to read where a group has no offset, or the log no longer has the one it should.
type Reset int8

// The policies of auto.offset.reset.
const (
	ResetEarliest Reset = iota
	ResetLatest
	ResetNone // an error
)

// ConsumerConfig says how a consumer reads. The zero value reads all there is from the start, committed or not, and
// commits nothing.
type ConsumerConfig struct {
	// ReadCommitted returns no records of transactions that are open or aborted.
	ReadCommitted bool
	Reset         Reset

	// Group is the consumer's group; without one there is no Subscribe and nothing to commit to.
	Group string
	// Instance makes the member static: it keeps its partitions over a restart (KIP-345).
	Instance string
	// Assignors, the preferred one first. Empty: range. CooperativeAssignor does not go with the others.
	Assignors []Assignor
	// SessionTimeout is when the group goes on without a member that does not beat. 0 means 10 s.
	SessionTimeout time.Duration
	// Heartbeat is how often it beats. 0 means 3 s.
	Heartbeat time.Duration
	// PollInterval is how long the application may take between two polls, and how long a rebalance waits for members.
	// 0 means 5 min.
	PollInterval time.Duration
	// AutoCommit commits, so often, what earlier polls have returned; also in a rebalance and at the end. 0: never.
	AutoCommit time.Duration

	// MaxRecords is how many records a poll returns. 0 means 500.
	MaxRecords int
	// MaxWait is how long a broker waits for MinBytes of records. 0 means 500 ms and 1 byte.
	MaxWait  time.Duration
	MinBytes int32
	// MaxBytes and MaxPartitionBytes limit an answer. 0 means 50 MiB and 1 MiB.
	MaxBytes, MaxPartitionBytes int32
	// NoSessions names all partitions in each fetch (KIP-227).
	NoSessions bool

	// Assigned, Revoked and Lost, which may be nil, are told when the group gives and takes partitions; Lost, when it has
	// given them to others already. They run inside Poll, and may commit but not poll.
	Assigned, Revoked, Lost func(t *task.T, parts []TopicPartition)
	// Truncated, which may be nil, is told that records up to before from are no longer in the log, which goes on at to (KIP-320).
	Truncated func(t *task.T, p TopicPartition, from, to int64)
	// GivenUp, which may be nil, is told of each request to commit offsets that was sent and has had no answer. It may arrive yet, behind later ones: a
	// coordinator takes it as long as by is a member of the present generation.
	GivenUp func(by GroupMetadata, offsets []Offset)
}

func (c ConsumerConfig) withDefaults() ConsumerConfig {
	put := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	put(&c.SessionTimeout, 10*time.Second)
	put(&c.Heartbeat, 3*time.Second)
	put(&c.PollInterval, 5*time.Minute)
	put(&c.MaxWait, 500*time.Millisecond)
	if c.MaxRecords == 0 {
		c.MaxRecords = 500
	}
	if c.MinBytes == 0 {
		c.MinBytes = 1
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 50 << 20
	}
	if c.MaxPartitionBytes == 0 {
		c.MaxPartitionBytes = 1 << 20
	}
	if len(c.Assignors) == 0 {
		c.Assignors = []Assignor{RangeAssignor}
	}
	return c
}

// Consumer reads records. It belongs to the task that polls.
type Consumer struct {
	cluster *Cluster
	config  ConsumerConfig

	fetching, grouping use // connections of its own

	parts    []*reading // by partition
	sessions []*session // by broker
	wake     task.Signal
	next     int // the partition whose records are returned first
	reader   record.Reader
	member   *member
	topics   []string // subscribed to
	fatal    error
	closed   bool
	commits  time.Duration // when to commit
	asked    time.Duration // when the leaders were last asked for because one was not where it should be
}

// reading is a partition that is read.
type reading struct {
	tp      TopicPartition
	known   bool  // there is a position
	reset   bool  // there is none, and the policy says which
	offset  int64 // the next record to return
	passed  int32 // the leader epoch of the last record before offset, -1 if not known
	fetched int64 // the next record to fetch
	epoch   int32 // of the last record before fetched, -1 if not known
	leader  int32 // the leader epoch in which the position was found to be good, -1 if not yet
	buffer  []Record
	paused  bool
	busy    bool          // a fetch of it is on its way
	reign   reign         // in which it was last fetched
	from    int32         // the replica that the leader of the reign sends to (KIP-392), -1 for the leader itself
	until   time.Duration // when to go back to the leader; from counts only before
	high    int64         // the high watermark, -1 if not known
	stable  int64         // the last stable offset, -1 if not known
	start   int64         // the first offset of the log, -1 if not known
	err     error         // to be returned by the next poll
}

// reign is who leads a partition, in which leader epoch. What a leader says of who has its records holds while it reigns: in the next epoch the replica
// that it names may not have cut off yet what was never committed.
type reign struct{ leader, epoch int32 }

// NewConsumer returns a consumer of a cluster.
func NewConsumer(c *Cluster, config ConsumerConfig) *Consumer {
	return &Consumer{cluster: c, config: config.withDefaults(), fetching: c.newUse(), grouping: c.newUse()}
}

// Assign reads these partitions and no others, without the group's help. Positions of partitions that were assigned
// before stay.
func (c *Consumer) Assign(parts ...TopicPartition) error {
	if c.member != nil {
		return ErrState
	}
	c.assign(parts)
	return nil
}

// assign makes parts what is read.
func (c *Consumer) assign(parts []TopicPartition) {
	parts = slices.Clone(parts)
	slices.SortFunc(parts, TopicPartition.compare)
	parts = slices.Compact(parts)
	var list []*reading
	for _, tp := range parts {
		r := c.reading(tp)
		if r == nil {
			r = &reading{tp: tp, epoch: -1, leader: -1, from: -1, high: -1, stable: -1, start: -1}
		}
		list = append(list, r)
	}
	c.parts = list
}

// reading is the state of a partition that is read, else nil.
func (c *Consumer) reading(tp TopicPartition) *reading {
	i, found := slices.BinarySearchFunc(c.parts, tp, func(r *reading, tp TopicPartition) int { return r.tp.compare(tp) })
	if !found {
		return nil
	}
	return c.parts[i]
}

// Assignment is what is read.
func (c *Consumer) Assignment() []TopicPartition {
	var parts []TopicPartition
	for _, r := range c.parts {
		parts = append(parts, r.tp)
	}
	return parts
}

// Seek makes offset the next one to be read in a partition that is assigned.
func (c *Consumer) Seek(p TopicPartition, offset int64) error {
	r := c.reading(p)
	if r == nil {
		return ErrState
	}
	r.seek(offset, -1)
	return nil
}

// SeekToReset makes the next poll look for the first offset of a partition, or for its end, and read on there.
func (c *Consumer) SeekToReset(t *task.T, p TopicPartition, to Reset) error {
	r := c.reading(p)
	if r == nil {
		return ErrState
	}
	offset, epoch, err := c.cluster.offsetAt(t, p, stamp(to), c.config.ReadCommitted)
	if err == nil {
		r.seek(offset, epoch)
	}
	return err
}

// seek makes offset the position; epoch is that of the record before it, -1 if not known.
func (r *reading) seek(offset int64, epoch int32) {
	r.known, r.reset, r.offset, r.passed, r.fetched, r.epoch, r.leader, r.buffer, r.err = true, false, offset, epoch, offset, epoch, -1, nil, nil
}

// Pause leaves a partition unread, until Resume.
func (c *Consumer) Pause(p TopicPartition) {
	if r := c.reading(p); r != nil {
		r.paused = true
	}
}

// Resume reads a partition again.
func (c *Consumer) Resume(p TopicPartition) {
	if r := c.reading(p); r != nil {
		r.paused = false
	}
}

// Position is the next offset that a poll will return. ok is false if that is not known yet.
func (c *Consumer) Position(p TopicPartition) (offset int64, ok bool) {
	r := c.reading(p)
	if r == nil || !r.known {
		return -1, false
	}
	return r.offset, true
}

// End is, as far as the last fetch told, where the records end that the consumer may read: the high watermark, or the
// last stable offset. -1: not known.
func (c *Consumer) End(p TopicPartition) int64 {
	r := c.reading(p)
	switch {
	case r == nil:
		return -1
	case c.config.ReadCommitted:
		return r.stable
	}
	return r.high
}

// Poll returns records that have come, or waits for some, for at most timeout; a rebalance of the group may take
// longer. Records of one partition are in order. An error concerns the call alone unless it is ErrFenced.
func (c *Consumer) Poll(t *task.T, timeout time.Duration) ([]Record, error) {
	deadline := t.Monotonic() + timeout
	for {
		switch {
		case c.closed || c.cluster.closed:
			return nil, ErrClosed
		case c.fatal != nil:
			return nil, c.fatal
		}
		c.reap(t)
		if err := c.gather(t); err != nil {
			return nil, err
		}
		if err := c.locate(t); err != nil {
			return nil, err
		}
		records, err := c.take(t)
		if len(records) > 0 || err != nil {
			c.fetch(t) // the next ones come while the application works
			return records, err
		}
		if t.Monotonic() >= deadline {
			return nil, nil
		}
		c.fetch(t)
		if !c.answered() {
			c.wake.Wait(t, min(until(t, deadline), c.pause(t)))
		}
	}
}

// take moves records out of the buffers, partition by partition.
func (c *Consumer) take(t *task.T) (records []Record, err error) {
	for range c.parts {
		r := c.parts[c.next%len(c.parts)]
		if r.err != nil {
			err, r.err = r.err, nil
			return records, err
		}
		if n := min(c.config.MaxRecords-len(records), len(r.buffer)); n > 0 && !r.paused {
			records = append(records, r.buffer[:n]...)
			r.buffer = r.buffer[n:]
			last := &records[len(records)-1]
			r.offset, r.passed = last.Offset+1, last.LeaderEpoch
		}
		if len(r.buffer) > 0 && !r.paused {
			break // it goes on here
		}
		if len(r.buffer) > 0 { // paused
			r.offset = r.buffer[0].Offset
		} else if r.offset <= r.fetched {
			r.offset, r.passed = r.fetched, r.epoch
		}
		c.next++
	}
	if c.cluster.config.Quirks.CommitBeforeProcess && len(records) > 0 && c.config.AutoCommit > 0 {
		_, _ = c.Commit(t)
	}
	return records, nil
}

// Close leaves the group, after a last commit if AutoCommit is set, and ends the consumer.
func (c *Consumer) Close(t *task.T) {
	if c.closed {
		return
	}
	if c.member != nil && c.fatal == nil {
		c.autoCommit(t, true)
		c.leave(t)
	}
	c.closed = true
	c.cluster.hangUp(t, c.fetching)
	c.cluster.hangUp(t, c.grouping)
}
