package log

import (
	"errors"
	"io"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// Compaction is one pass of the cleaner over a log: first it learns the last offset of each key in what is dirty, then it writes the
// segments anew without what later records have displaced. It works in steps, so that a node can do other things between.
type Compaction struct {
	l        *Log
	now      time.Time
	gen      uint64
	from, to int64            // what is dirty
	last     map[string]int64 // offset of each key's last record there
	scanning int              // segment that is being learned from
	aborts   []AbortedTxn     // by first offset

	groups  [][]*segment
	txns    cleanedTxns
	builder record.Builder
	reader  record.Reader
	out     []byte
	done    bool
}

// ErrAborted says that the log has changed under a compaction. Nothing was changed by it; begin anew.
var ErrAborted = errors.New("log: the compaction was overtaken by a truncation or a deletion")

// uncleanable is the first offset that compaction must leave alone: nothing that may yet be truncated may displace what is
// committed (KAFKA-13194), no open transaction's outcome is known, and what is not flushed might be lost while what it displaced is gone.
func (l *Log) uncleanable(d nodes.Disk, now time.Time) (int64, error) {
	end := min(l.active().base, l.LastStableOffset(), l.hw, l.recovery)
	if l.m.opt.Quirks.CleanPastHW {
		end = min(l.active().base, l.recovery)
	}
	for i, s := range l.segs {
		if l.endOf(i) > end {
			return s.base, nil
		}
		if l.cfg.MinLag > 0 && l.endOf(i) > l.cleaned {
			if err := s.load(d, l.cfg.indexInterval()); err != nil {
				return 0, err
			}
			if since(now, s.maxTime) < l.cfg.MinLag {
				return s.base, nil
			}
		}
	}
	return l.active().base, nil
}

// Cleaned is up to where the log was compacted.
func (l *Log) Cleaned() int64 { return l.cleaned }

// cleanable tells whether the i-th segment is not active and ends at the offset or before.
func (l *Log) cleanable(i int, to int64) bool { return i < len(l.segs)-1 && l.endOf(i) <= to }

// Dirty is how many bytes a compaction now would look at for the first time, and how many there are below them.
func (l *Log) Dirty(d nodes.Disk, now time.Time) (dirty, clean int64, err error) {
	to, err := l.uncleanable(d, now)
	for i, s := range l.segs {
		if !l.cleanable(i, to) {
			break
		}
		if s.base >= l.cleaned {
			dirty += s.size
		} else {
			clean += s.size
		}
	}
	return dirty, clean, err
}

// Compact begins a compaction if cleanup.policy has compact and enough is dirty (or force is set); nil if it is not time. At most one
// compaction of a log at a time.
func (l *Log) Compact(d nodes.Disk, now time.Time, force bool) (*Compaction, error) {
	if !l.cfg.Compact || l.Busy() || l.busy > 0 || l.deleting || l.failed != nil {
		return nil, nil
	}
	dirty, clean, err := l.Dirty(d, now)
	if err != nil || dirty == 0 && !force || !force && dirty*1_000_000 < l.cfg.dirtyPPM()*(dirty+clean) {
		return nil, err
	}
	c := &Compaction{l: l, now: now, gen: l.gen, from: l.cleaned, last: map[string]int64{}}
	if c.to, err = l.uncleanable(d, now); err != nil || c.to <= l.segs[0].base {
		return nil, err
	}
	c.from = max(min(c.from, c.to), l.segs[0].base)
	for i, s := range l.segs {
		if !l.cleanable(i, c.to) {
			break
		}
		if err := s.load(d, l.cfg.indexInterval()); err != nil {
			return nil, err
		}
		c.aborts = append(c.aborts, s.txns...)
		if s.base < c.from && l.endOf(i) > c.from {
			c.from = s.base
		}
	}
	slices.SortFunc(c.aborts, func(a, b AbortedTxn) int { return int(min(max(a.FirstOffset-b.FirstOffset, -1), 1)) })
	c.scanning = l.at(c.from)
	c.group()
	c.txns = newCleanedTxns()
	return c, nil
}

// group puts segments together that become one, if they are not larger than one together.
func (c *Compaction) group() {
	l := c.l
	size := int64(0)
	for i, s := range l.segs {
		if !l.cleanable(i, c.to) {
			return
		}
		n := len(c.groups)
		if n == 0 || size+s.size > l.cfg.segmentBytes() || !c.groups[n-1][0].fits(l.endOf(i)-1) {
			c.groups, size = append(c.groups, nil), 0
			n++
		}
		c.groups[n-1] = append(c.groups[n-1], s)
		size += s.size
	}
}

// Step does a part of the work, a segment at a time. done tells that the pass has ended; the last files may still
// be changing names. It does nothing while the last step's files do. The error is ErrAborted, a *CorruptError, or the disk's.
func (c *Compaction) Step(d nodes.Disk) (done bool, err error) {
	l := c.l
	switch {
	case c.done:
		return true, nil
	case c.gen != l.gen || l.deleting || l.Busy():
		c.done = true
		return true, ErrAborted
	case l.busy > 0:
		return false, nil
	case l.cleanable(c.scanning, c.to):
		s := l.segs[c.scanning]
		c.scanning++
		return false, c.learn(d, s)
	case len(c.groups) > 0:
		g := c.groups[0]
		c.groups = c.groups[1:]
		return false, c.clean(d, g)
	}
	c.done = true
	l.cleaned = c.to
	l.m.tell(Event{Kind: Compacted, Partition: l.tp, Offset: c.to})
	return true, l.m.save(d, cleanerPoints)
}

// each visits the batches of a segment, checked.
func (c *Compaction) each(d nodes.Disk, s *segment, visit func(record.Batch) error) error {
	w := s.walk(d, 0)
	for {
		b, err := w.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = b.Check()
		}
		if err == nil {
			err = visit(b)
		}
		if err != nil {
			return s.corrupt(w, err)
		}
	}
}

// learn notes the last offset of each key in a segment. Aborted records and markers displace nothing.
func (c *Compaction) learn(d nodes.Disk, s *segment) error {
	return c.each(d, s, func(b record.Batch) error {
		if b.Control() || b.Count() == 0 || c.abortedAt(b) {
			return nil
		}
		if err := c.reader.Reset(b); err != nil {
			return err
		}
		var rec record.Record
		for c.reader.Next(&rec) {
			if rec.Key != nil && rec.Offset >= c.l.first {
				c.last[string(rec.Key)] = rec.Offset
			}
		}
		return c.reader.Err()
	})
}

// abortedAt tells whether a batch is part of an aborted transaction.
func (c *Compaction) abortedAt(b record.Batch) bool {
	if !b.Transactional() {
		return false
	}
	for _, a := range c.aborts {
		if a.ProducerID == b.ProducerID() && a.FirstOffset <= b.BaseOffset() && b.LastOffset() <= a.LastOffset {
			return true
		}
	}
	return false
}

// clean writes the segments of a group anew, as one, and begins to swap it in.
func (c *Compaction) clean(d nodes.Disk, group []*segment) error {
	l := c.l
	s := newSegment(l.dir, group[0].base, c.now)
	s.suffix = cleanedExt
	for _, ext := range segmentExts {
		if err := remove(d, s.file(ext)); err != nil {
			return err
		}
	}
	if err := s.create(d); err != nil {
		return err
	}
	for _, old := range group {
		err := c.each(d, old, func(b record.Batch) error {
			out, err := c.filter(b)
			if err != nil || len(out) == 0 {
				return err
			}
			if err := d.WriteAt(s.file(logExt), out, s.size); err != nil {
				return err
			}
			return s.added(d, out, l.cfg.indexInterval())
		})
		if err != nil {
			return err
		}
		for _, t := range old.txns {
			if c.txns.gone[t.LastOffset] || l.m.opt.Quirks.CleanLosesAborted {
				continue
			}
			if err := s.addTxn(d, t); err != nil {
				return err
			}
		}
	}
	if err := s.seal(d); err != nil {
		return err
	}
	// Each file is there, if only empty: then one that a crash has left under its .swap name is one that has no other yet.
	for _, ext := range segmentExts {
		there, err := exists(d, s.file(ext))
		if err == nil && !there {
			err = write(d, s.file(ext), nil)
		}
		if err != nil {
			return err
		}
	}
	return l.beginSwap(d, &swap{segment: s, old: group})
}

// filter returns what is left of a batch; it is valid until the next call.
func (c *Compaction) filter(b record.Batch) (record.Batch, error) {
	if b.Control() {
		return c.marker(b)
	}
	aborted := c.abortedAt(b)
	c.txns.data(b)
	horizon, known := b.DeleteHorizon()
	passed := known && horizon <= c.now.UnixMilli()
	keep := func(r *record.Record) bool {
		if aborted || r.Key == nil {
			return false
		}
		if last, ok := c.last[string(r.Key)]; ok && r.Offset < last {
			return false
		}
		return r.Value != nil || !passed
	}
	tombstones := false
	if !known {
		var err error
		if tombstones, err = c.any(b, func(r *record.Record) bool { return r.Value == nil && keep(r) }); err != nil {
			return nil, err
		}
	}
	out, kept, err := c.write(b, tombstones, keep)
	switch {
	case err != nil:
		return nil, err
	case kept == 0 && !c.lastOf(b):
		return nil, nil
	case kept == int(b.Count()) && !tombstones:
		return b, nil
	}
	return out, nil
}

// marker is filter for a transaction's marker.
func (c *Compaction) marker(b record.Batch) (record.Batch, error) {
	horizon, known := b.DeleteHorizon()
	passed := known && horizon <= c.now.UnixMilli()
	idle := c.txns.marker(b)
	if c.l.m.opt.Quirks.MarkerMatchedByKey && c.displaced(b) || idle && passed {
		c.txns.gone[b.LastOffset()] = true
		return nil, nil
	}
	if !idle || known {
		return b, nil
	}
	out, _, err := c.write(b, true, func(*record.Record) bool { return true })
	return out, err
}

// write filters a batch into the buffer; with a horizon, if what it keeps may go after a while.
func (c *Compaction) write(b record.Batch, horizon bool, keep func(*record.Record) bool) (out record.Batch, kept int, err error) {
	var deadline *int64
	if horizon {
		at := c.now.Add(c.l.cfg.tombstoneLife()).UnixMilli()
		deadline = &at
	}
	c.out, kept, err = c.builder.Filter(c.out[:0], &c.reader, b, deadline, keep)
	return c.out, kept, err
}

// any tells whether a record of the batch is like that.
func (c *Compaction) any(b record.Batch, like func(*record.Record) bool) (bool, error) {
	if err := c.reader.Reset(b); err != nil {
		return false, err
	}
	var rec record.Record
	for c.reader.Next(&rec) {
		if like(&rec) {
			return true, nil
		}
	}
	return false, c.reader.Err()
}

// lastOf tells whether a batch is the last of its producer in the log: then its header stays, and with it the sequence.
func (c *Compaction) lastOf(b record.Batch) bool {
	p := c.l.prod.by[b.ProducerID()]
	return b.ProducerID() != record.NoProducerID && p != nil && p.lastOffset() == b.LastOffset()
}

// displaced compares a marker's key with the users' (the defect of KAFKA-14055).
func (c *Compaction) displaced(b record.Batch) bool {
	var rec record.Record
	if c.reader.Reset(b) != nil || !c.reader.Next(&rec) {
		return false
	}
	last, ok := c.last[string(rec.Key)]
	return ok && last > rec.Offset
}

// cleanedTxns follows the transactions through a pass: a marker may go once nothing of its transaction is left.
type cleanedTxns struct {
	seen map[int64]bool // producers with data since their last marker
	gone map[int64]bool // offsets of markers that were removed
}

func newCleanedTxns() cleanedTxns {
	return cleanedTxns{seen: map[int64]bool{}, gone: map[int64]bool{}}
}

func (t *cleanedTxns) data(b record.Batch) {
	if b.Transactional() {
		t.seen[b.ProducerID()] = true
	}
}

// marker tells whether nothing of the marker's transaction was left before this pass.
func (t *cleanedTxns) marker(b record.Batch) (idle bool) {
	idle = !t.seen[b.ProducerID()]
	delete(t.seen, b.ProducerID())
	return idle
}
