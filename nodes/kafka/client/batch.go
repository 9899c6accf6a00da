package client

import (
	"slices"
	"time"

	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

// batch is records of one partition that travel together.
type batch struct {
	records  []Record
	sent     []*Sent
	size     int // bytes, about
	created  time.Duration
	after    time.Duration // not to be sent before
	attempts int
	maybe    bool // an attempt may have put it in the log

	numbered bool // it has the three that follow
	id       int64
	epoch    int16
	sequence int32
}

// sizeOf is about how many bytes a record takes.
func sizeOf(r *Record) int {
	n := 21 + len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += 4 + len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}

// bytes is the batch as it is sent.
func (b *batch) bytes(w *record.Builder, codec record.Codec, transactional bool) []byte {
	w.Reset(record.Fields{LeaderEpoch: record.NoLeaderEpoch, Codec: codec, Idempotent: b.numbered, ProducerID: b.id,
		ProducerEpoch: b.epoch, BaseSequence: b.sequence, Transactional: transactional})
	for i := range b.records {
		r := &b.records[i]
		w.Add(r.Timestamp, r.Key, r.Value, r.Headers...)
	}
	return w.Batch()
}

// end tells everybody who waits for a record of the batch. base is the offset of the first one.
func (b *batch) end(t *task.T, r Result, base int64) {
	for i, s := range b.sent {
		r.Offset = -1
		if base >= 0 {
			r.Offset = base + int64(i)
		}
		s.end(t, r)
	}
}

// part is the records of one partition that are not done, in their order: those on their way, queue, and filling.
type part struct {
	tp      TopicPartition
	filling *batch
	queue   []*batch // to be sent, those to be sent again first
	onWire  int      // batches on their way
	flight  []*batch // they

	id         int64 // which producer id and epoch the numbers below belong to
	epoch      int16
	next       int32 // the sequence of the next batch
	acked      int32 // the last sequence that was acknowledged, -1 if none
	begun      bool  // numbers were given
	unresolved bool  // a batch with numbers was given up: nobody knows whether the log has it
	renumber   bool  // the epoch must be bumped and the numbers begin anew (KIP-360)
	listed     bool  // the coordinator knows that it is in the transaction
}

// add puts a record into the batch that is being filled.
func (q *part) add(t *task.T, config *ProducerConfig, r Record, sent *Sent) {
	size := sizeOf(&r)
	if q.filling != nil && q.filling.size+size > config.BatchSize {
		q.close()
	}
	if q.filling == nil {
		q.filling = &batch{created: t.Monotonic(), size: record.HeaderSize}
	}
	b := q.filling
	b.records, b.sent, b.size = append(b.records, r), append(b.sent, sent), b.size+size
	if b.size >= config.BatchSize {
		q.close()
	}
}

// close ends the filling of a batch.
func (q *part) close() {
	if q.filling != nil {
		q.queue = append(q.queue, q.filling)
		q.filling = nil
	}
}

// again puts a batch back, in the order of the numbers; without numbers, before all others.
func (q *part) again(b *batch) {
	at := 0
	if b.numbered {
		for at < len(q.queue) && q.queue[at].numbered && before(q.queue[at].sequence, b.sequence) {
			at++
		}
	}
	q.queue = slices.Insert(q.queue, at, b)
}

// before tells that sequence a comes before b, although the numbers begin anew behind the largest.
func before(a, b int32) bool { return a != b && (b-a)&(1<<31-1) < 1<<30 }

// waiting are all records of the partition that are not done.
func (q *part) waiting() []*Sent {
	var all []*Sent
	for _, b := range append(slices.Clone(q.flight), q.queue...) {
		all = append(all, b.sent...)
	}
	if q.filling != nil {
		all = append(all, q.filling.sent...)
	}
	return all
}

// numbered is how many batches to be sent have numbers already.
func (q *part) numbered() int {
	n := 0
	for _, b := range q.queue {
		if b.numbered {
			n++
		}
	}
	return n
}
