package log

import (
	"errors"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// Appended says what became of an append.
type Appended struct {
	First, Last int64 // offsets
	// AppendTime is the time in milliseconds that the records have got, record.NoTimestamp if they have kept theirs.
	AppendTime int64
	// Duplicate tells that nothing was appended: First and Last are those of the first time. They may be acknowledged only when
	// that would be, had it come just now.
	Duplicate bool
	// Completed is the transaction that a marker has ended here, if it has.
	Completed bool
	MaxTime   int64 // milliseconds
	MaxOffset int64 // of a record with that time
}

// Origin is who a leader appends for.
type Origin uint8

// The origins.
const (
	Client      Origin = iota // a producer: everything is checked
	Coordinator               // the group or transaction coordinator of the same broker: markers are welcome
)

// appender keeps what an append needs, for the next.
type appender struct {
	v  record.Validator
	bs []record.Batch
}

// AppendAsLeader validates batches, gives them their offsets and the leader's epoch in place, and appends them. Either all of p
// is appended or nothing. p must hold whole batches; it is changed. g is the guard of the verification that a
// transaction's first append needs (Config.VerifyNewTxns), else 0.
//
// An error that is a *record.Error leaves the log as it was; after any other the log takes no more (ErrFailed).
func (l *Log) AppendAsLeader(d nodes.Disk, now time.Time, p []byte, epoch int32, from Origin, g Guard) (Appended, error) {
	out := Appended{First: noOffset, Last: noOffset, AppendTime: record.NoTimestamp, MaxTime: record.NoTimestamp, MaxOffset: noOffset}
	if err := l.writable(); err != nil {
		return out, err
	}
	if err := l.split(p); err != nil {
		return out, err
	}
	if dup, ok := l.findDuplicate(from); ok {
		out.First, out.Last, out.Duplicate, out.MaxTime = dup.last-int64(dup.delta), dup.last, true, dup.ms
		return out, nil
	}
	next := l.end
	out.First = next
	for _, b := range l.m.in.bs {
		delta, err := l.validate(b, from)
		if err != nil {
			return out, err
		}
		if l.cfg.AppendTime && !b.Control() {
			out.AppendTime = now.UnixMilli()
			b.StampAppendTime(out.AppendTime)
			delta = b.LastOffsetDelta()
		}
		b.Assign(next, epoch)
		if b.MaxTimestamp() > out.MaxTime {
			out.MaxTime, out.MaxOffset = b.MaxTimestamp(), next+int64(delta)
		}
		next = b.NextOffset()
	}
	out.Last = next - 1
	done, err := l.take(d, now, &preparation{l: l, coordinator: from == Coordinator, guard: g})
	out.Completed = done
	return out, err
}

// AppendAsFollower appends what a leader has sent, with its offsets and epochs. Producers are not held to their
// sequence: the leader has done that (KAFKA-6003). Offsets may leave gaps, for the leader may be compacted, but not go back.
// Errors are those of AppendAsLeader.
func (l *Log) AppendAsFollower(d nodes.Disk, now time.Time, p []byte) (Appended, error) {
	out := Appended{First: noOffset, Last: noOffset, AppendTime: record.NoTimestamp, MaxTime: record.NoTimestamp, MaxOffset: noOffset}
	if err := l.writable(); err != nil {
		return out, err
	}
	if err := l.split(p); err != nil {
		return out, err
	}
	next := l.end
	for _, b := range l.m.in.bs {
		if err := b.Check(); err != nil {
			return out, err
		}
		switch {
		case b.BaseOffset() < next:
			return out, refuse(record.OffsetOutOfRange, "the batch at %d comes after %d", b.BaseOffset(), next-1)
		case b.LeaderEpoch() < 0:
			return out, refuse(record.CorruptMessage, "the batch at %d has no leader epoch", b.BaseOffset())
		}
		if b.MaxTimestamp() > out.MaxTime {
			out.MaxTime, out.MaxOffset = b.MaxTimestamp(), b.LastOffset()
		}
		next = b.NextOffset()
	}
	out.First, out.Last = l.m.in.bs[0].BaseOffset(), next-1
	done, err := l.take(d, now, nil)
	out.Completed = done
	return out, err
}

func (l *Log) writable() error {
	switch {
	case l.m.stopping:
		return ErrStopped
	case l.Busy() || l.deleting:
		return ErrBusy
	case l.failed != nil && !l.m.opt.Quirks.AppendsAfterError:
		return ErrFailed
	}
	return nil
}

// split cuts p into batches.
func (l *Log) split(p []byte) error {
	l.m.in.bs = l.m.in.bs[:0]
	for len(p) > 0 {
		b, rest, err := record.Next(p)
		if errors.Is(err, record.ErrShort) {
			return refuse(record.CorruptMessage, "%v", err)
		}
		if err != nil {
			return err
		}
		l.m.in.bs = append(l.m.in.bs, b)
		p = rest
	}
	if len(l.m.in.bs) == 0 {
		return refuse(record.InvalidRecord, "there is no batch")
	}
	return nil
}

// findDuplicate looks whether a producer repeats itself. It is asked before anything is changed.
func (l *Log) findDuplicate(from Origin) (seqBatch, bool) {
	b := l.m.in.bs[0]
	if from != Client || b.ProducerID() == record.NoProducerID {
		return seqBatch{}, false
	}
	p := l.prod.by[b.ProducerID()]
	if p == nil || b.Check() != nil {
		return seqBatch{}, false
	}
	return p.duplicate(b)
}

// reader looks into this log's batches, until the next is asked for.
func (l *Log) reader() *record.Reader {
	r := &l.m.in.v.Reader
	r.Decompressor.Limit = l.cfg.DecompressLimit
	return r
}

// validate is what a leader asks of a batch by itself.
func (l *Log) validate(b record.Batch, from Origin) (maxTimeDelta int32, err error) {
	if len(b) > l.cfg.maxMessage() {
		return 0, refuse(record.MessageTooLarge, "a batch of %d bytes; %d are allowed", len(b), l.cfg.maxMessage())
	}
	if from == Coordinator && b.Control() {
		return b.LastOffsetDelta(), b.Check()
	}
	l.m.in.v.NeedKeys, l.m.in.v.Staged = l.cfg.Compact, from == Coordinator
	l.reader()
	return l.m.in.v.Validate(b)
}

// take appends the batches that have been cut off. A leader's rules hold all of them before the first is written; rules
// is nil on a follower.
func (l *Log) take(d nodes.Disk, now time.Time, rules *preparation) (completed bool, err error) {
	if rules != nil {
		rules.leader = true
		for _, b := range l.m.in.bs {
			if err := rules.add(b); err != nil {
				return false, err
			}
		}
	}
	for _, b := range l.m.in.bs {
		ended, err := l.takeOne(d, now, b)
		if err != nil {
			var refused *record.Error
			if !errors.As(err, &refused) {
				l.failed = err
			}
			return completed, err
		}
		completed = completed || ended
	}
	if n := l.cfg.FlushMessages; n > 0 && l.unflushed >= n {
		err = l.Flush(d)
	}
	return completed, err
}

// takeOne writes a batch, and lets what it means count when it is written.
func (l *Log) takeOne(d nodes.Disk, now time.Time, b record.Batch) (ended bool, err error) {
	one := preparation{l: l}
	if err := one.add(b); err != nil {
		return false, err
	}
	if l.m.opt.Quirks.StateBeforeAppend {
		one.apply()
	}
	if err := l.write(d, now, b); err != nil {
		return false, err
	}
	if !l.m.opt.Quirks.StateBeforeAppend {
		one.apply()
	}
	l.prod.end = l.end
	return one.ended != nil, one.index(d)
}

// write writes a batch at the end of the log.
func (l *Log) write(d nodes.Disk, now time.Time, b record.Batch) error {
	if err := l.maybeRoll(d, now, b); err != nil {
		return err
	}
	if b.BaseOffset() > l.end {
		if err := l.markGaps(d); err != nil {
			return err
		}
	}
	s := l.active()
	if err := d.WriteAt(s.file(logExt), b, s.size); err != nil {
		return err
	}
	if err := s.added(d, b, l.cfg.indexInterval()); err != nil {
		return err
	}
	if err := l.assign(d, b.LeaderEpoch(), b.BaseOffset()); err != nil {
		return err
	}
	l.end = b.NextOffset()
	l.unflushed += int(b.Count())
	return nil
}

// preparation is what batches change in the state of their producers, before it counts.
type preparation struct {
	l           *Log
	leader      bool
	coordinator bool // the broker's own: it has no sequence, and has asked by itself whether the transaction is open
	guard       Guard
	by          []*producer
	ended       *txn
	fences      []int64 // producers whose verifications are void
}

func (p *preparation) get(id int64) *producer {
	for _, x := range p.by {
		if x.id == id {
			return x
		}
	}
	x := p.l.prod.get(id)
	p.by = append(p.by, x)
	return x
}

// add takes a batch, if it keeps to the rules, which only a leader enforces.
func (p *preparation) add(b record.Batch) error {
	if b.ProducerID() == record.NoProducerID {
		return nil
	}
	x := p.get(b.ProducerID())
	if b.Control() {
		m, err := p.l.reader().Control(b)
		if err != nil || m.Type != record.Abort && m.Type != record.Commit {
			return err
		}
		if err := x.checkMarker(m); err != nil && p.leader {
			return err
		}
		if t, ok := x.end(m, b.BaseOffset(), b.MaxTimestamp(), p.l.m.opt.Quirks); ok {
			p.ended = &t
		}
		p.fences = append(p.fences, x.id)
		return nil
	}
	if p.leader {
		if err := x.check(b, p.l.end == 0, p.coordinator, p.l.m.opt.Quirks); err != nil {
			return err
		}
		if err := p.l.checkVerified(x, b, p.guard); err != nil && !p.coordinator {
			return err
		}
	}
	if b.BaseSequence() != record.NoSequence || b.Transactional() {
		x.add(b)
	}
	if b.Transactional() {
		p.fences = append(p.fences, x.id) // the transaction is known from now on
	}
	return nil
}

// apply makes the changes count.
func (p *preparation) apply() {
	for _, x := range p.by {
		p.l.prod.put(x)
	}
	for _, id := range p.fences {
		delete(p.l.prod.verify, id)
	}
}

// index notes that a transaction has ended, if one has.
func (p *preparation) index(d nodes.Disk) error {
	t := p.ended
	if t == nil {
		return nil
	}
	p.l.prod.complete(*t)
	if !t.abort {
		return nil
	}
	return p.l.segs[p.l.at(t.last)].addTxn(d, AbortedTxn{t.id, t.first, t.last, p.l.prod.stableAfter(*t)})
}
