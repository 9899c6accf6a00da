package log

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"slices"
	"sort"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// Sizes in bytes of the entries of an .index, a .timeindex and a .txnindex.
const (
	indexSize = 8
	timeSize  = 12
	txnSize   = 34
)

// indexEntry says that the batch with the last offset base+rel begins at a position.
type indexEntry struct {
	rel int32
	pos int32
}

// timeEntry says that up to base+rel no record is younger.
type timeEntry struct {
	ms  int64
	rel int32
}

// AbortedTxn is a transaction that was aborted.
type AbortedTxn struct {
	ProducerID  int64
	FirstOffset int64
	LastOffset  int64 // the marker's
	Stable      int64 // the last stable offset when the marker was written
}

func (s *segment) addIndex(d nodes.Disk, e indexEntry) error {
	s.index = append(s.index, e)
	p := binary.BigEndian.AppendUint32(nil, uint32(e.rel))
	p = binary.BigEndian.AppendUint32(p, uint32(e.pos))
	return d.WriteAt(s.file(indexExt), p, int64(len(s.index)-1)*indexSize)
}

// addTime adds an entry with the latest time so far, if it is later than the last entry's.
func (s *segment) addTime(d nodes.Disk) error {
	if n := len(s.times); s.maxTime == record.NoTimestamp || n > 0 && s.times[n-1].ms >= s.maxTime {
		return nil
	}
	e := timeEntry{s.maxTime, int32(s.maxOffset - s.base)}
	s.times = append(s.times, e)
	p := binary.BigEndian.AppendUint64(nil, uint64(e.ms))
	p = binary.BigEndian.AppendUint32(p, uint32(e.rel))
	return d.WriteAt(s.file(timeExt), p, int64(len(s.times)-1)*timeSize)
}

func (s *segment) addTxn(d nodes.Disk, t AbortedTxn) error {
	s.txns = append(s.txns, t)
	p := binary.BigEndian.AppendUint16(nil, 0)
	for _, v := range []int64{t.ProducerID, t.FirstOffset, t.LastOffset, t.Stable} {
		p = binary.BigEndian.AppendUint64(p, uint64(v))
	}
	return d.WriteAt(s.file(txnExt), p, int64(len(s.txns)-1)*txnSize)
}

// floor is where to begin to look for an offset.
func (s *segment) floor(offset int64) int64 {
	i := sort.Search(len(s.index), func(i int) bool { return s.base+int64(s.index[i].rel) > offset })
	if i == 0 {
		return 0
	}
	return int64(s.index[i-1].pos)
}

// cut shortens the indexes to what is said of batches that begin before the position and end before the offset.
func (s *segment) cut(d nodes.Disk, pos, offset int64) error {
	n := sort.Search(len(s.index), func(i int) bool { return int64(s.index[i].pos) >= pos })
	s.index = s.index[:n]
	n = sort.Search(len(s.times), func(i int) bool { return s.base+int64(s.times[i].rel) >= offset })
	s.times = s.times[:n]
	s.txns = slices.DeleteFunc(s.txns, func(t AbortedTxn) bool { return t.LastOffset >= offset })
	return s.trim(d)
}

// trim makes the files of the indexes as long as they should be.
func (s *segment) trim(d nodes.Disk) error {
	for _, f := range []struct {
		ext  string
		size int
	}{{indexExt, len(s.index) * indexSize}, {timeExt, len(s.times) * timeSize}, {txnExt, len(s.txns) * txnSize}} {
		size, err := d.Size(s.file(f.ext))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return err
		case size != int64(f.size):
			if err := d.Truncate(s.file(f.ext), int64(f.size)); err != nil {
				return err
			}
		}
	}
	return nil
}

// load reads the indexes. Those that cannot be right are made again from the batches. The transaction index cannot: it is
// taken as far as it is right.
func (s *segment) load(d nodes.Disk, interval int) error {
	if s.loaded {
		return nil
	}
	index, ok1, err1 := readIndex(d, s)
	times, ok2, err2 := readTimes(d, s)
	txns, err3 := readTxns(d, s)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	s.index, s.times, s.txns, s.loaded = index, times, txns, true
	s.maxTime, s.maxOffset, s.since = record.NoTimestamp, s.base, 0
	if !ok1 || !ok2 {
		s.index, s.times = nil, nil
		if err := s.trim(d); err != nil {
			return err
		}
	}
	if n := len(s.times); n > 0 {
		s.maxTime, s.maxOffset = s.times[n-1].ms, s.base+int64(s.times[n-1].rel)
	}
	from := int64(0)
	if n := len(s.index); n > 0 {
		from = int64(s.index[n-1].pos)
	}
	return s.replay(d, from, interval)
}

// replay takes note of the batches from a position on, as if they had been written just now, and believes them.
func (s *segment) replay(d nodes.Disk, from int64, interval int) error {
	w := s.walk(d, from)
	end := s.size
	s.size = from
	defer func() { s.size = end }()
	for {
		b, err := w.next()
		if err != nil {
			if errors.Is(err, io.EOF) || isDamage(err) {
				return nil // whoever reads the batches will say so
			}
			return err
		}
		if err := s.added(d, b, interval); err != nil {
			return err
		}
	}
}

// isDamage tells bytes that are no batch from a disk that does not answer.
func isDamage(err error) bool {
	var e *record.Error
	return errors.Is(err, record.ErrShort) || errors.As(err, &e)
}

// content reads a file of entries; a missing one is empty, and a part of an entry at the end does not count.
func content(d nodes.Disk, name string, size int) (p []byte, there bool, err error) {
	p, err = d.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return p[:len(p)-len(p)%size], true, err
}

func readIndex(d nodes.Disk, s *segment) (out []indexEntry, ok bool, err error) {
	p, there, err := content(d, s.file(indexExt), indexSize)
	for ; len(p) > 0; p = p[indexSize:] {
		e := indexEntry{int32(binary.BigEndian.Uint32(p)), int32(binary.BigEndian.Uint32(p[4:]))}
		if n := len(out); e.rel < 0 || e.pos <= 0 || int64(e.pos) >= s.size || n > 0 && (out[n-1].rel >= e.rel || out[n-1].pos >= e.pos) {
			return nil, false, err
		}
		out = append(out, e)
	}
	return out, there, err
}

func readTimes(d nodes.Disk, s *segment) (out []timeEntry, ok bool, err error) {
	p, there, err := content(d, s.file(timeExt), timeSize)
	for ; len(p) > 0; p = p[timeSize:] {
		e := timeEntry{int64(binary.BigEndian.Uint64(p)), int32(binary.BigEndian.Uint32(p[8:]))}
		if n := len(out); e.rel < 0 || n > 0 && (out[n-1].ms >= e.ms || out[n-1].rel > e.rel) {
			return nil, false, err
		}
		out = append(out, e)
	}
	return out, there, err
}

func readTxns(d nodes.Disk, s *segment) (out []AbortedTxn, err error) {
	p, _, err := content(d, s.file(txnExt), txnSize)
	for ; len(p) > 0; p = p[txnSize:] {
		v := func(i int) int64 { return int64(binary.BigEndian.Uint64(p[2+8*i:])) }
		t := AbortedTxn{v(0), v(1), v(2), v(3)}
		n := len(out)
		if binary.BigEndian.Uint16(p) != 0 || t.FirstOffset > t.LastOffset || t.LastOffset < s.base || n > 0 && out[n-1].LastOffset >= t.LastOffset {
			break
		}
		out = append(out, t)
	}
	return out, err
}
