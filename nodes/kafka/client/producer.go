package client

import (
	"slices"
	"time"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

// Acks is who must have a record before it counts as written.
type Acks int16

// The values of acks.
const (
	AcksAll    Acks = -1
	AcksNone   Acks = 0
	AcksLeader Acks = 1
)

// ProducerConfig says how a producer writes. The zero value is idempotent, with acks=all and no linger: what the Java client
// of 3.0 and later does.
type ProducerConfig struct {
	// Weak makes a producer that is not idempotent; Acks counts only then, AcksNone being its zero value.
	Weak bool
	Acks Acks
	// TransactionalID makes a transactional producer, which one name has one of at a time.
	TransactionalID string
	// TransactionTimeout is when the coordinator aborts a transaction by itself. 0 means 1 min.
	TransactionTimeout time.Duration

	// FirstSequence is the number with which an idempotent producer begins in its first epoch, as if it had written so much already: brokers that know
	// nothing of it take any (KIP-360), unless the partition has never held a record (KAFKA-15591). 0 but for who wants to see the numbers begin anew
	// behind the largest.
	FirstSequence int32
	// Numbered, which may be nil, is told the numbers that an idempotent producer gives a batch of so many records: once, unless it gives it others.
	Numbered func(p TopicPartition, id int64, epoch int16, sequence, records int32)

	// Linger is how long a batch waits to be filled.
	Linger time.Duration
	// BatchSize is when a batch is full, in bytes. 0 means 16 KiB.
	BatchSize int
	// MaxRequestSize is the longest record, in bytes. 0 means 1 MiB.
	MaxRequestSize int
	Compression    record.Codec
	// MaxInFlight is how many requests may be on their way to one broker. 0 means 5. With more than 1, a producer that
	// is not idempotent may write in another order than it was told to.
	MaxInFlight int
	// NoRetries gives up after the first attempt.
	NoRetries bool
	// DeliveryTimeout is how long a record may take altogether; the last attempt may outlast it. 0 means 2 min.
	DeliveryTimeout time.Duration
}

func (c ProducerConfig) withDefaults() ProducerConfig {
	if !c.Weak {
		c.Acks = AcksAll
	}
	if c.TransactionTimeout == 0 {
		c.TransactionTimeout = time.Minute
	}
	if c.BatchSize == 0 {
		c.BatchSize = 16 << 10
	}
	if c.MaxRequestSize == 0 {
		c.MaxRequestSize = 1 << 20
	}
	if c.MaxInFlight == 0 || c.MaxInFlight > 5 && !c.Weak { // a broker remembers five batches of a producer
		c.MaxInFlight = 5
	}
	if c.DeliveryTimeout == 0 {
		c.DeliveryTimeout = 2 * time.Minute
	}
	return c
}

// Record is a record, as it is written or was read.
type Record struct {
	Topic       string
	Partition   int32
	Offset      int64
	LeaderEpoch int32 // of the leader that appended it, -1 if not known
	Timestamp   int64 // ms; 0 to be written: now
	Key, Value  []byte
	Headers     []record.Header
}

// Result is what became of a record that was sent.
type Result struct {
	Outcome   Outcome
	Partition int32
	Offset    int64 // -1: not known
	Err       error // why it is not acknowledged
}

// Sent is a record on its way.
type Sent struct {
	done   bool
	result Result
	signal task.Signal
}

// Done tells that the outcome is known, or known to be indeterminate.
func (s *Sent) Done() bool { return s.done }

// Wait blocks until the outcome is known.
func (s *Sent) Wait(t *task.T) Result {
	for !s.done {
		s.signal.Wait(t, task.Forever)
	}
	return s.result
}

func (s *Sent) end(t *task.T, r Result) {
	if !s.done {
		s.done, s.result = true, r
		s.signal.Raise(t)
	}
}

// Producer writes records. Its task runs from the first record to Close.
type Producer struct {
	cluster *Cluster
	config  ProducerConfig
	sending use // connections of its own

	parts      []*part // by partition
	requests   []*produce
	started    bool
	stirred    bool // something has changed since the sender looked
	wake       task.Signal
	refreshing bool
	flushing   int
	closed     bool
	fatal      error // why nothing can be written any more

	id    int64 // of the producer; record.NoProducerID until it has one
	epoch int16
	txn   transaction
}

// NewProducer returns a producer of a cluster.
func NewProducer(c *Cluster, config ProducerConfig) *Producer {
	return &Producer{cluster: c, config: config.withDefaults(), sending: c.newUse(), id: record.NoProducerID, epoch: record.NoProducerEpoch}
}

// ID is the producer's id and epoch, -1 before it has them.
func (p *Producer) ID() (id int64, epoch int16) { return p.id, p.epoch }

// Send writes a record where its key belongs, by Kafka's default partitioner: without a key, where other such records
// are gathering. It blocks until the partitions are known, and in a transaction until the coordinator knows of the
// partition.
func (p *Producer) Send(t *task.T, r Record) *Sent {
	err := p.cluster.retry(t, nil, func() (err error) {
		r.Partition, err = p.place(t, &r)
		return err
	})
	if err != nil {
		return failed(t, -1, err)
	}
	return p.SendTo(t, r)
}

// SendTo writes a record to the partition that it names.
func (p *Producer) SendTo(t *task.T, r Record) *Sent {
	tp := TopicPartition{r.Topic, r.Partition}
	if err := p.admit(t, tp, &r); err != nil {
		return failed(t, r.Partition, err)
	}
	if r.Timestamp == 0 {
		r.Timestamp = t.Now().UnixMilli()
	}
	sent := &Sent{}
	p.part(tp).add(t, &p.config, r, sent)
	if !p.started {
		p.started = true
		spawn(t, "producer", p.run)
	}
	p.stir(t)
	return sent
}

// failed is a record that nobody has heard of.
func failed(t *task.T, partition int32, err error) *Sent {
	s := &Sent{}
	s.end(t, Result{Outcome: Failed, Partition: partition, Offset: -1, Err: err})
	return s
}

// admit says why a record cannot be sent.
func (p *Producer) admit(t *task.T, tp TopicPartition, r *Record) error {
	switch {
	case p.closed || p.cluster.closed:
		return ErrClosed
	case p.fatal != nil:
		return p.fatal
	case sizeOf(r) > p.config.MaxRequestSize:
		return &CodeError{Code: proto.MessageTooLarge}
	case p.config.TransactionalID != "":
		return p.enlist(t, tp)
	}
	return nil
}

// place chooses a record's partition.
func (p *Producer) place(t *task.T, r *Record) (int32, error) {
	parts, err := p.cluster.Partitions(t, r.Topic)
	if err != nil {
		return -1, err
	}
	if len(parts) == 0 {
		return -1, &CodeError{Code: proto.LeaderNotAvailable}
	}
	if r.Key != nil {
		return proto.Partition(r.Key, int32(len(parts))), nil
	}
	topic := p.cluster.topics[r.Topic]
	if topic.sticky < 0 || int(topic.sticky) >= len(parts) || p.part(TopicPartition{r.Topic, topic.sticky}).filling == nil {
		topic.sticky = another(t, parts, topic.sticky)
	}
	return topic.sticky, nil
}

// another is a random partition with a leader that is not the last one, if there is such (KIP-480).
func another(t *task.T, parts []Partition, last int32) int32 {
	var led []int32
	for _, q := range parts {
		if q.Leader >= 0 && (q.Number != last || len(parts) == 1) {
			led = append(led, q.Number)
		}
	}
	if len(led) == 0 {
		return max(last, 0)
	}
	return led[t.Rand().IntN(len(led))]
}

// part is the queue of a partition.
func (p *Producer) part(tp TopicPartition) *part {
	i, found := slices.BinarySearchFunc(p.parts, tp, func(q *part, tp TopicPartition) int { return q.tp.compare(tp) })
	if !found {
		p.parts = slices.Insert(p.parts, i, &part{tp: tp, id: record.NoProducerID, acked: -1})
	}
	return p.parts[i]
}

// stir tells the sender that something has changed.
func (p *Producer) stir(t *task.T) {
	p.stirred = true
	p.wake.Raise(t)
}

// Flush sends what lingers and waits until nothing is on its way.
func (p *Producer) Flush(t *task.T) {
	p.flushing++
	p.stir(t)
	for _, q := range p.parts {
		for _, s := range q.waiting() {
			s.Wait(t)
		}
	}
	p.flushing--
}

// Close flushes and ends the producer. A transaction that is open stays so, until it times out or the next producer
// of the name aborts it.
func (p *Producer) Close(t *task.T) {
	p.closed = true
	if p.started {
		p.Flush(t)
	}
	p.cluster.hangUp(t, p.sending)
	p.stir(t)
}
