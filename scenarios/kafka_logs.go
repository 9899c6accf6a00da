package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
)

// kafkaEntry is what stands at an offset of a log. The zero value is a place without a record: compaction has taken it.
type kafkaEntry struct {
	hash    uint64 // of the record, and of what its batch says of it
	epoch   int32  // of the leader that appended it
	present bool
	control bool
	txn     bool
	commit  bool  // a marker that commits
	value   int64 // of a record of the workload; -1 if it is none
	pid     int64
	pepoch  int16
	seq     int32
	batch   int32  // the offset of the batch that it came in, as a distance
	key     uint64 // a hash of its key; 0 if it has none
	stored  *kafkaStored
	journal *kafkaTxn
}

// kafkaCopy is a log as the ghost has read it from a broker's files: independently of the code that is under test, and without its
// indexes.
type kafkaCopy struct {
	entries []kafkaEntry // by offset; below first there is nothing
	first   int64
	end     int64
	file    string // in which the next batch is
	at      int64  // where in it
	txns    bool   // it has transactions
	offsets bool   // it is that of the groups' offsets
	journal bool   // it is that of transactions
	reader  record.Reader
}

var kafkaSeed = maphash.MakeSeed()

// reload reads the whole log anew.
func (c *kafkaCopy) reload(d nodes.Disk, l *log.Log) error {
	c.entries, c.first = c.entries[:0], l.StartOffset()
	segments := l.Segments()
	if len(segments) == 0 {
		return errors.New("has no segment")
	}
	c.end = c.first
	c.open(l, segments[0].Base)
	for i, s := range segments {
		if i > 0 {
			c.open(l, s.Base)
		}
		if err := c.batches(d, min(s.End, l.EndOffset())); err != nil {
			return err
		}
	}
	return c.reaches(l.EndOffset())
}

// extend reads what has been appended.
func (c *kafkaCopy) extend(d nodes.Disk, l *log.Log) error {
	for _, s := range l.Segments() {
		if s.End <= c.end {
			continue
		}
		if s.Base >= c.end {
			c.open(l, s.Base)
		}
		if err := c.batches(d, min(s.End, l.EndOffset())); err != nil {
			return err
		}
	}
	return c.reaches(l.EndOffset())
}

func (c *kafkaCopy) reaches(end int64) error {
	if c.end > end {
		return fmt.Errorf("ends at %d, and its file at %d", end, c.end)
	}
	for c.end < end { // what compaction has left out at the end of a segment
		c.put(kafkaEntry{}, c.end)
	}
	return nil
}

func (c *kafkaCopy) open(l *log.Log, base int64) {
	c.file, c.at = fmt.Sprintf("%s/%020d.log", l.Partition(), base), 0
}

// batches reads the file on, up to an offset.
func (c *kafkaCopy) batches(d nodes.Disk, end int64) error {
	size, err := d.Size(c.file)
	if err != nil {
		if errors.Is(err, nodes.ErrNotExist) {
			return nil // a segment that nothing was written to
		}
		return err
	}
	if size <= c.at {
		return nil
	}
	p := make([]byte, size-c.at)
	if _, err := d.ReadAt(c.file, p, c.at); err != nil {
		return err
	}
	for len(p) > 0 && c.end < end {
		b, rest, err := record.Next(p)
		if errors.Is(err, record.ErrShort) {
			return nil // torn, and behind the end
		}
		if err != nil {
			return err
		}
		if b.BaseOffset() >= end {
			return nil // of a truncation that waits
		}
		if err := b.Check(); err != nil {
			return err
		}
		if b.NextOffset() > c.end {
			if err := c.batch(b); err != nil {
				return err
			}
		}
		c.at += int64(len(p) - len(rest))
		p = rest
	}
	return nil
}

// batch reads one batch.
func (c *kafkaCopy) batch(b record.Batch) error {
	if b.BaseOffset() < c.end && c.end > c.first {
		return fmt.Errorf("has a batch for %d behind offset %d", b.BaseOffset(), c.end-1)
	}
	if err := c.reader.Reset(b); err != nil {
		return err
	}
	var rec record.Record
	for c.reader.Next(&rec) {
		if rec.Offset < c.first {
			continue
		}
		e := kafkaEntry{epoch: b.LeaderEpoch(), present: true, control: b.Control(), txn: b.Transactional(), value: -1, pid: b.ProducerID(),
			pepoch: b.ProducerEpoch(), seq: -1, batch: int32(rec.Offset - b.BaseOffset())}
		if b.BaseSequence() >= 0 {
			e.seq = record.AddSequence(b.BaseSequence(), int32(rec.Offset-b.BaseOffset()))
		}
		if e.control {
			e.commit = len(rec.Key) == 4 && rec.Key[3] == byte(record.Commit)
		} else if v, err := strconv.ParseInt(string(rec.Value), 10, 64); err == nil {
			e.value = v
		}
		e.hash = hashKafka(b, &rec)
		if rec.Key != nil {
			e.key = maphash.Bytes(kafkaSeed, rec.Key) | 1
		}
		if c.offsets && !e.control {
			e.stored = storedOffset(&rec)
		}
		if c.journal {
			e.journal = storedTxn(&rec)
		}
		c.txns = c.txns || e.txn
		c.put(e, rec.Offset)
	}
	if err := c.reader.Err(); err != nil {
		return err
	}
	if b.Count() == 0 && b.Transactional() && !b.Control() && b.BaseOffset() >= c.end {
		// Compaction has taken the records of a producer's last batch, and left the batch. For whoever reads the log on, a follower or a broker
		// that starts, the transaction is open until its marker comes, which is left then, too.
		c.txns = true
		c.put(kafkaEntry{epoch: b.LeaderEpoch(), txn: true, value: -1, pid: b.ProducerID(), pepoch: b.ProducerEpoch(), seq: -1}, b.BaseOffset())
	}
	for c.end < b.NextOffset() {
		c.put(kafkaEntry{}, c.end)
	}
	return nil
}

// put puts an entry at an offset, behind what there is.
func (c *kafkaCopy) put(e kafkaEntry, offset int64) {
	for c.end < offset {
		c.entries = append(c.entries, kafkaEntry{})
		c.end++
	}
	c.entries = append(c.entries, e)
	c.end++
}

// at is what stands at an offset.
func (c *kafkaCopy) entry(offset int64) kafkaEntry {
	if offset < c.first || offset >= c.end {
		return kafkaEntry{}
	}
	return c.entries[offset-c.first]
}

// start drops what is below the log start offset.
func (c *kafkaCopy) start(offset int64) {
	if n := min(offset-c.first, int64(len(c.entries))); n > 0 {
		c.entries = append(c.entries[:0], c.entries[n:]...)
		c.first += n
	}
}

func hashKafka(b record.Batch, r *record.Record) uint64 {
	var h maphash.Hash
	h.SetSeed(kafkaSeed)
	_, _ = h.Write(r.Key)
	_ = h.WriteByte(byte(b.Attributes()) &^ 0x47) // but for the codec, and for what compaction notes
	_, _ = h.Write(r.Value)
	_, _ = h.WriteString(strconv.FormatInt(b.ProducerID(), 16))
	_, _ = h.WriteString(strconv.Itoa(int(b.ProducerEpoch())))
	if r.Value == nil {
		_ = h.WriteByte(1)
	}
	return h.Sum64()
}

// same tells whether two entries are one record. Leader epochs belong to it: a record that was appended by another leader is
// another one, though it says the same.
func (e kafkaEntry) same(o kafkaEntry) bool {
	return e.present == o.present && e.hash == o.hash && e.epoch == o.epoch && e.seq == o.seq
}

// says is the record in words.
func (e kafkaEntry) says() string {
	switch {
	case !e.present:
		return "nothing"
	case e.control && e.commit:
		return fmt.Sprintf("a commit of producer %d (epoch %d)", e.pid, e.epoch)
	case e.control:
		return fmt.Sprintf("an abort of producer %d (epoch %d)", e.pid, e.epoch)
	case e.value >= 0:
		return fmt.Sprintf("%d (epoch %d)", e.value, e.epoch)
	}
	return fmt.Sprintf("a record (epoch %d)", e.epoch)
}

// unstable is the first offset of a transaction that is open, or whose marker is not below the high watermark; -1 if there is none.
func (c *kafkaCopy) unstable(hw int64) int64 {
	if open := c.opened(hw); len(open) > 0 {
		return open[0].from
	}
	return -1
}

// opened are the transactions that are open, or whose markers are not below the high watermark, by where they began.
func (c *kafkaCopy) opened(hw int64) (open []kafkaOpen) {
	if !c.txns {
		return nil
	}
	for i := range c.entries {
		e := &c.entries[i]
		if !e.txn || e.pid < 0 {
			continue
		}
		at := c.first + int64(i)
		if !e.control {
			open = begun(open, e.pid, at)
		} else if at < hw {
			open = ended(open, e.pid)
		}
	}
	return open
}

// opensAt tells whether the first transaction that is open may be one that began at an offset, though its first record is further on. When a
// snapshot of producers was made the records between were there still, and it goes on to say where the transaction began
// (ProducerStateManager.loadFromSnapshot). Compaction has taken them since: the marker was committed, and the high watermark that a start finds is an older one.
// What others have written between stays.
func (c *kafkaCopy) opensAt(at, hw int64) bool {
	open := c.opened(hw)
	if at < c.first || len(open) == 0 || at > open[0].from {
		return false
	}
	e := c.entry(at)
	return at == open[0].from || !e.present && !e.txn && slices.ContainsFunc(open, func(o kafkaOpen) bool { return !c.names(o.pid, at, o.from) })
}

// names tells whether something of a producer's transactions stands between two offsets.
func (c *kafkaCopy) names(pid, from, to int64) bool {
	for at := from; at < to; at++ {
		if e := c.entry(at); e.txn && e.pid == pid {
			return true
		}
	}
	return false
}

// void tells whether compaction has left nothing from one offset up to another.
func (c *kafkaCopy) void(from, to int64) bool {
	for at := from; at < to; at++ {
		if at < c.first || c.entry(at).present {
			return false
		}
	}
	return from < to
}

// kafkaOpen is a transaction that is open in a partition.
type kafkaOpen struct{ pid, from int64 }

func begun(open []kafkaOpen, pid, at int64) []kafkaOpen {
	for _, o := range open {
		if o.pid == pid {
			return open
		}
	}
	return append(open, kafkaOpen{pid, at})
}

func ended(open []kafkaOpen, pid int64) []kafkaOpen {
	for i, o := range open {
		if o.pid == pid {
			return append(open[:i:i], open[i+1:]...)
		}
	}
	return open
}

// tail is what the log ends with, for people.
func (c *kafkaCopy) tail(n int) string {
	var b bytes.Buffer
	for o := max(c.first, c.end-int64(n)); o < c.end; o++ {
		fmt.Fprintf(&b, " %d:%s", o, c.entry(o).says())
	}
	return b.String()
}
