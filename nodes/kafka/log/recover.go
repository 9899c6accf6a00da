package log

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// recover goes through what lies behind the recovery point, and finds the end of the log. The first batch that is not what it should be is
// where a crash has torn the log, and everything from there on goes: a batch that does not match its checksum, one whose leader's
// epoch is older than the one's before (what a truncation had cut off, come back), a segment that does not begin where
// the one before ends. Below the recovery point no crash can have done that: it is refused.
func (l *Log) recover(d nodes.Disk, recovery int64, clean bool, r *Recovery) error {
	// Below the log's start nothing is missed: a full truncation leaves what it has thrown away, or parts of it.
	sure := recovery
	if recovery <= l.first {
		sure = 0
	}
	from := len(l.segs) - 1
	for from > 0 && l.segs[from].base > recovery {
		from--
	}
	trust := clean && l.m.opt.Quirks.DirtyLoadLooksClean
	pass := recovering{l: l, d: d, recovery: recovery, sure: sure, trust: trust, epoch: -1}
	for i := from; i < len(l.segs); i++ {
		s := l.segs[i]
		if i > from && s.base != pass.next && s.base-pass.next <= math.MaxInt32 {
			return l.cutBehind(d, i, &pass, r)
		}
		torn, err := pass.segment(s)
		if err != nil {
			return err
		}
		if r.Truncated += torn; torn > 0 {
			return l.cutBehind(d, i+1, &pass, r)
		}
	}
	if pass.next < pass.sure && !trust {
		return pass.refuse(l.active(), l.active().size, fmt.Errorf("the log ends at offset %d", pass.next))
	}
	l.end = pass.next
	return l.openTime(d)
}

// openTime finds the time that the active segment's age counts from.
func (l *Log) openTime(d nodes.Disk) error {
	s := l.active()
	b, err := s.walk(d, 0).next()
	if err == nil {
		s.firstTime = b.MaxTimestamp()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return s.corrupt(s.walk(d, 0), err)
	}
	return nil
}

// cutBehind removes the segments from the i-th on.
func (l *Log) cutBehind(d nodes.Disk, i int, p *recovering, r *Recovery) error {
	if p.next < p.sure {
		return p.refuse(l.segs[i-1], l.segs[i-1].size, fmt.Errorf("the log goes on at offset %d", p.next))
	}
	if i < len(l.segs) {
		if err := l.markCut(d); err != nil {
			return err
		}
	}
	for _, s := range slices.Backward(l.segs[i:]) {
		if err := s.remove(d); err != nil {
			return err
		}
		r.Removed++
	}
	l.segs = l.segs[:i]
	l.end = p.next
	return l.openTime(d)
}

// recovering is one pass over the segments of a log.
type recovering struct {
	l        *Log
	d        nodes.Disk
	recovery int64
	sure     int64 // what is missing below is damage
	trust    bool
	next     int64 // offset behind the last sound batch
	epoch    int32 // of its leader
}

func (p *recovering) refuse(s *segment, pos int64, why error) error {
	return &CorruptError{File: s.file(logExt), Offset: pos, Why: fmt.Sprintf("%v, but up to offset %d all had been synced", why, p.recovery)}
}

// segment goes through one segment, and returns how many bytes it has cut off.
func (p *recovering) segment(s *segment) (torn int64, err error) {
	from, err := p.known(s)
	if err != nil {
		return 0, err
	}
	w := s.walk(p.d, from)
	s.size = from
	for {
		b, err := w.next()
		if errors.Is(err, io.EOF) {
			return 0, nil
		}
		if err == nil && !p.trust {
			err = p.judge(s, b)
		}
		if err != nil && !isDamage(err) {
			return 0, err
		}
		if err != nil {
			if p.next < p.sure {
				return 0, p.refuse(s, w.at, err)
			}
			return w.end - w.at, errors.Join(p.l.markCut(p.d), p.d.Truncate(w.name, w.at))
		}
		if b.NextOffset() > p.recovery && !p.trust {
			if err := p.d.WriteAt(w.name, b, w.at); err != nil {
				return 0, err
			}
		}
		if err := s.added(p.d, b, p.l.cfg.indexInterval()); err != nil {
			return 0, err
		}
		p.next, p.epoch = b.NextOffset(), b.LeaderEpoch()
	}
}

// judge says what is wrong with a batch.
func (p *recovering) judge(s *segment, b record.Batch) error {
	if err := b.Check(); err != nil {
		return err
	}
	switch {
	case b.BaseOffset() < max(p.next, s.base):
		return refuse(record.CorruptMessage, "the batch at %d comes after offset %d", b.BaseOffset(), p.next-1)
	case b.BaseOffset() > p.next && b.BaseOffset() >= p.recovery && !p.l.gaps:
		return refuse(record.CorruptMessage, "the batch at %d comes after offset %d, and this log has no gaps", b.BaseOffset(), p.next-1)
	case !s.fits(b.LastOffset()):
		return refuse(record.CorruptMessage, "offset %d does not belong here", b.LastOffset())
	case b.LeaderEpoch() < p.epoch && b.BaseOffset() >= p.recovery:
		return refuse(record.CorruptMessage, "leader epoch %d follows %d", b.LeaderEpoch(), p.epoch)
	}
	return nil
}

// markGaps notes, before the first one is written, that offsets may be missing behind the recovery point: a follower copies what compaction has left. A
// batch's checksum does not cover its base offset, and a torn sector may end just behind that; where nothing was compacted, the
// gap that it seems to leave gives it away. (What the cleaner writes is below the recovery point.)
func (l *Log) markGaps(d nodes.Disk) error {
	if l.gaps {
		return nil
	}
	l.gaps = true
	return write(d, l.dir+"/"+gapFile, nil)
}

// known takes of a segment's indexes what they say of batches below the recovery point, and returns where to go on. The rest is made
// again.
func (p *recovering) known(s *segment) (from int64, err error) {
	index, ok1, err1 := readIndex(p.d, s)
	times, ok2, err2 := readTimes(p.d, s)
	txns, err3 := readTxns(p.d, s)
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, err
	}
	below := func(rel int32) bool { return s.base+int64(rel) < p.recovery }
	if ok1 && ok2 {
		s.index = index[:sort.Search(len(index), func(i int) bool { return !below(index[i].rel) })]
	}
	if n := len(s.index); n > 0 {
		from = int64(s.index[n-1].pos)
		last := s.index[n-1].rel
		s.times = times[:sort.Search(len(times), func(i int) bool { return times[i].rel > last })]
	}
	if n := len(s.times); n > 0 {
		s.maxTime, s.maxOffset = s.times[n-1].ms, s.base+int64(s.times[n-1].rel)
	}
	s.txns = txns[:sort.Search(len(txns), func(i int) bool { return txns[i].LastOffset >= p.recovery })]
	s.loaded, s.since = true, 0
	p.next = s.base
	return from, s.trim(p.d)
}

// openEpochs reads the epochs: those below the recovery point from their file, the others from the batches. If there is no such
// file, or it is torn, the batches say all; but where compaction has left none, not which of two epochs that was. An epoch is said to begin where it may
// have begun at the earliest: who is told that the one before ended too soon truncates further than it need, and who is told that it ended too
// late keeps what nobody has committed.
func (l *Log) openEpochs(d nodes.Disk, recovery int64) error {
	p, err := d.ReadFile(l.dir + "/" + epochFile)
	e, ok := decodeEpochs(p)
	torn := err != nil || !ok
	if torn {
		e, recovery = nil, l.first
	}
	was := slices.Clone(e)
	if recovery < l.end {
		e.TruncateEnd(recovery)
	} else {
		e.TruncateEnd(l.end + 1)
	}
	l.epochs, l.vague = e, noOffset
	if recovery < l.end {
		end := recovery // of what is known
		err := l.scan(d, recovery, func(_ *segment, b record.Batch) error {
			if b.BaseOffset() >= recovery {
				start := b.BaseOffset()
				if torn {
					start = end
				}
				l.epochs.Assign(b.LeaderEpoch(), start)
			}
			end = b.NextOffset()
			return nil
		})
		if err != nil {
			return err
		}
		if torn && end < l.end {
			l.vague = end
		}
	}
	if err := l.completeEpochs(d); err != nil {
		return err
	}
	l.epochs.TruncateStart(l.first)
	if slices.Equal(was, l.epochs) {
		return nil
	}
	return l.saveEpochs(d)
}

// completeEpochs adds what the file has already forgotten of batches that are still there: a log start that went up and was
// not durable is back where it was, or a full truncation was lost, of which the file knows.
func (l *Log) completeEpochs(d nodes.Disk) error {
	known := l.epochs
	until := l.end
	if len(known) > 0 {
		until = known[0].Start
	}
	if until <= l.first {
		return nil
	}
	l.epochs = nil
	err := l.scan(d, l.first, func(_ *segment, b record.Batch) error {
		if b.BaseOffset() >= until {
			return errEnough
		}
		l.epochs.Assign(b.LeaderEpoch(), b.BaseOffset())
		return nil
	})
	for _, e := range known {
		l.epochs.Assign(e.Epoch, e.Start)
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// errEnough ends a scan.
var errEnough = errors.New("enough")

// scan visits the batches from the one at an offset on, or from a few before.
func (l *Log) scan(d nodes.Disk, from int64, visit func(*segment, record.Batch) error) error {
	for i := l.at(from); i < len(l.segs); i++ {
		s := l.segs[i]
		if err := s.load(d, l.cfg.indexInterval()); err != nil {
			return err
		}
		w := s.walk(d, s.floor(from))
		for {
			b, err := w.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil && b.LastOffset() >= from {
				err = visit(s, b)
			}
			if err != nil {
				return s.corrupt(w, err)
			}
		}
	}
	return nil
}
