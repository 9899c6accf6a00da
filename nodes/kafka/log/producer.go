package log

import (
	"math"
	"slices"
	"time"

	"orrery/nodes/kafka/record"
)

// window is how many batches of a producer a log remembers, to know a retry when it sees one.
const window = 5

// noOffset stands for no offset.
const noOffset = int64(-1)

// seqBatch is what is remembered of a batch.
type seqBatch struct {
	firstSeq, lastSeq int32
	delta             int32 // last offset less first
	last              int64 // offset
	ms                int64
}

// producer is what a log knows of one.
type producer struct {
	id       int64
	epoch    int16
	batches  []seqBatch // the last few, oldest first
	coord    int32      // epoch of the coordinator
	ms       int64      // of the last sign of life
	txnFirst int64      // offset, of the transaction that is open; noOffset if none
}

// lastSeq is the sequence number of the last batch, record.NoSequence if there is none.
func (p *producer) lastSeq() int32 {
	if n := len(p.batches); n > 0 {
		return p.batches[n-1].lastSeq
	}
	return record.NoSequence
}

// lastOffset is that of the last batch, noOffset if there is none.
func (p *producer) lastOffset() int64 {
	if n := len(p.batches); n > 0 {
		return p.batches[n-1].last
	}
	return noOffset
}

// txn is a transaction of a log, open or completed.
type txn struct {
	id    int64
	first int64
	last  int64 // the marker's offset; noOffset while it is open
	abort bool
}

// producers is what a log knows of its producers and of their transactions.
type producers struct {
	by     map[int64]*producer
	open   []txn // by first offset
	ended  []txn // whose markers are not below the high watermark; by first offset
	verify map[int64]*verification
	guards uint64
	end    int64 // of what it has seen
}

func newProducers() *producers {
	return &producers{by: map[int64]*producer{}, verify: map[int64]*verification{}}
}

// get returns a copy of what is known of a producer, to be changed and put.
func (s *producers) get(id int64) *producer {
	if p := s.by[id]; p != nil {
		c := *p
		c.batches = slices.Clone(p.batches)
		return &c
	}
	return &producer{id: id, epoch: record.NoProducerEpoch, coord: -1, ms: record.NoTimestamp, txnFirst: noOffset}
}

// duplicate looks for a batch of the same sequence numbers among those that are remembered.
func (p *producer) duplicate(b record.Batch) (seqBatch, bool) {
	if p.epoch != b.ProducerEpoch() {
		return seqBatch{}, false
	}
	for _, x := range p.batches {
		if x.firstSeq == b.BaseSequence() && x.lastSeq == b.LastSequence() {
			return x, true
		}
	}
	return seqBatch{}, false
}

// inSequence tells whether a number comes next.
func inSequence(last, next int32, q Quirks) bool {
	if int64(next) == int64(last)+1 {
		return true
	}
	return next == 0 && last == math.MaxInt32 && !q.SequenceNoWrap
}

// check is what a producer must keep to, in a log that is unused if it has never held a record. A coordinator that stages offsets for it has
// the producer's epoch, but no sequence. Errors are *record.Error.
func (p *producer) check(b record.Batch, unused, coordinator bool, q Quirks) error {
	seq := b.BaseSequence()
	switch {
	case b.ProducerEpoch() < p.epoch:
		return refuse(record.InvalidProducerEpoch, "producer %d writes with epoch %d, but its epoch is %d", p.id, b.ProducerEpoch(), p.epoch)
	case coordinator:
	case p.epoch == record.NoProducerEpoch && unused && seq != 0:
		// It was not forgotten: a batch that was sent before this one has found no leader here, and comes again (KAFKA-15591).
		return refuse(record.OutOfOrderSequenceNumber, "producer %d begins with sequence %d in a log that has held nothing", p.id, seq)
	case p.epoch == record.NoProducerEpoch:
		// Whatever it wrote here before has been deleted or has expired (KIP-360).
	case b.ProducerEpoch() > p.epoch && seq != 0:
		return refuse(record.OutOfOrderSequenceNumber, "producer %d begins epoch %d with sequence %d", p.id, b.ProducerEpoch(), seq)
	case b.ProducerEpoch() == p.epoch && !inSequence(p.lastSeq(), seq, q):
		return refuse(record.OutOfOrderSequenceNumber, "producer %d writes sequence %d after %d", p.id, seq, p.lastSeq())
	}
	if p.txnFirst != noOffset && p.epoch == b.ProducerEpoch() && !b.Transactional() {
		return refuse(record.InvalidTxnState, "producer %d has a transaction open and writes outside of it", p.id)
	}
	return nil
}

// add takes note of a batch of data.
func (p *producer) add(b record.Batch) {
	if p.epoch != b.ProducerEpoch() {
		p.batches = nil
		p.epoch = b.ProducerEpoch()
	}
	if b.BaseSequence() != record.NoSequence {
		if len(p.batches) == window {
			p.batches = slices.Delete(p.batches, 0, 1)
		}
		p.batches = append(p.batches, seqBatch{b.BaseSequence(), b.LastSequence(), b.LastOffsetDelta(), b.LastOffset(), b.MaxTimestamp()})
	}
	p.ms = b.MaxTimestamp()
	if b.Transactional() && p.txnFirst == noOffset {
		p.txnFirst = b.BaseOffset()
	}
}

// checkMarker is what a coordinator must keep to.
func (p *producer) checkMarker(m record.Marker) error {
	switch {
	case m.ProducerEpoch < p.epoch:
		return refuse(record.InvalidProducerEpoch, "a marker for epoch %d of producer %d, whose epoch is %d", m.ProducerEpoch, p.id, p.epoch)
	case m.CoordinatorEpoch < p.coord:
		return refuse(record.TransactionCoordinatorFenced, "a marker of coordinator epoch %d, after one of %d", m.CoordinatorEpoch, p.coord)
	}
	return nil
}

// end takes note of a marker; ok is false if there was no transaction that it could end.
func (p *producer) end(m record.Marker, offset, ms int64, q Quirks) (t txn, ok bool) {
	if p.epoch != m.ProducerEpoch {
		p.batches = nil
		p.epoch = m.ProducerEpoch
	}
	t = txn{p.id, p.txnFirst, offset, m.Type == record.Abort}
	ok = p.txnFirst != noOffset
	p.txnFirst = noOffset
	p.coord = m.CoordinatorEpoch
	if !q.MarkersDoNotRefresh {
		p.ms = ms
	}
	return t, ok
}

// put makes what was prepared count.
func (s *producers) put(p *producer) {
	was := s.by[p.id]
	s.by[p.id] = p
	if p.txnFirst != noOffset && (was == nil || was.txnFirst != p.txnFirst) {
		s.open = insertTxn(s.open, txn{id: p.id, first: p.txnFirst, last: noOffset})
	}
}

func insertTxn(to []txn, t txn) []txn {
	i, _ := slices.BinarySearchFunc(to, t.first, func(x txn, first int64) int {
		if x.first < first {
			return -1
		}
		return 1
	})
	return slices.Insert(to, i, t)
}

// complete takes note that a transaction has ended.
func (s *producers) complete(t txn) {
	s.open = slices.DeleteFunc(s.open, func(x txn) bool { return x.id == t.id })
	s.ended = insertTxn(s.ended, t)
}

// stableAfter is the last stable offset as it will be when the transaction's marker is replicated: it goes into the
// index of aborted transactions.
func (s *producers) stableAfter(t txn) int64 {
	for _, x := range s.open {
		if x.id != t.id {
			return x.first
		}
	}
	return t.last + 1
}

// replicated forgets the completed transactions whose markers are below the high watermark.
func (s *producers) replicated(hw int64) {
	s.ended = slices.DeleteFunc(s.ended, func(t txn) bool { return t.last < hw })
}

// unstable is the first offset of a transaction that is open, or whose marker is not replicated; noOffset if there is none.
func (s *producers) unstable() int64 {
	first := noOffset
	for _, list := range [][]txn{s.open, s.ended} {
		if len(list) > 0 && (first == noOffset || list[0].first < first) {
			first = list[0].first
		}
	}
	return first
}

// startAt forgets the transactions that begin before the log does.
func (s *producers) startAt(start int64) {
	before := func(t txn) bool { return t.first < start }
	s.ended = slices.DeleteFunc(s.ended, before)
	s.open = slices.DeleteFunc(s.open, func(t txn) bool {
		if before(t) && s.by[t.id] != nil {
			s.by[t.id].txnFirst = noOffset
		}
		return before(t)
	})
}

// ids returns the producers' numbers in order.
func (s *producers) ids() []int64 {
	out := make([]int64, 0, len(s.by))
	for id := range s.by { // lint:maporder sorted below
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// expire forgets producers that have given no sign of life for so long and have no transaction open.
func (s *producers) expire(now time.Time, life time.Duration) {
	for _, id := range s.ids() {
		p := s.by[id]
		if p.txnFirst == noOffset && now.UnixMilli()-p.ms >= life.Milliseconds() {
			delete(s.by, id)
		}
	}
	for id, v := range s.verify { // lint:maporder each is judged by itself
		if now.Sub(v.at) >= life {
			delete(s.verify, id)
		}
	}
}
