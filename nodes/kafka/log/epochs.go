package log

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"orrery/nodes"
)

// EpochEntry says where a leader's epoch begins in the log.
type EpochEntry struct {
	Epoch int32
	Start int64 // offset
}

// EpochCache is the leader epochs of a log, oldest first, strictly increasing in both fields (KIP-101). The zero value is that of
// an empty log. It is apart from the log, so that a search of small worlds runs the same rules.
type EpochCache []EpochEntry

// Assign notes that an epoch begins at an offset. What contradicts it is forgotten. It reports whether anything changed.
func (e *EpochCache) Assign(epoch int32, start int64) bool {
	if n := len(*e); n > 0 && (*e)[n-1].Epoch == epoch && (*e)[n-1].Start <= start {
		return false
	}
	if epoch < 0 {
		return false
	}
	keep := 0
	for keep < len(*e) && (*e)[keep].Epoch < epoch && (*e)[keep].Start < start {
		keep++
	}
	*e = append((*e)[:keep:keep], EpochEntry{epoch, start})
	return true
}

// TruncateEnd forgets the epochs that begin at the offset or later. It reports whether there were any.
func (e *EpochCache) TruncateEnd(end int64) bool {
	n := len(*e)
	*e = slices.DeleteFunc(*e, func(x EpochEntry) bool { return x.Start >= end })
	return len(*e) != n
}

// TruncateStart forgets the epochs that end before the offset. It reports whether anything changed.
func (e *EpochCache) TruncateStart(start int64) bool {
	i := 0
	for i+1 < len(*e) && (*e)[i+1].Start <= start {
		i++
	}
	if len(*e) == 0 || i == 0 && (*e)[0].Start >= start {
		return false
	}
	*e = slices.Clone((*e)[i:])
	(*e)[0].Start = max((*e)[0].Start, start)
	return true
}

// Latest is the latest epoch, -1 if there is none.
func (e EpochCache) Latest() int32 {
	if len(e) == 0 {
		return -1
	}
	return e[len(e)-1].Epoch
}

// EndOffsetFor is the largest epoch that is not larger than the one asked for, and where it ends in a log that ends at end. Both are
// -1 if nothing can be said.
func (e EpochCache) EndOffsetFor(epoch int32, end int64) (int32, int64) {
	if epoch < 0 || len(e) == 0 {
		return -1, -1
	}
	if epoch == e.Latest() {
		return epoch, end
	}
	i, _ := slices.BinarySearchFunc(e, epoch, func(x EpochEntry, want int32) int {
		if x.Epoch <= want {
			return -1
		}
		return 1
	})
	switch {
	case i == len(e):
		return -1, -1
	case i == 0:
		return epoch, e[0].Start
	}
	return e[i-1].Epoch, e[i].Start
}

// At is the epoch that an offset belongs to, -1 if that is not known.
func (e EpochCache) At(offset int64) int32 {
	for i := len(e) - 1; i >= 0; i-- {
		if e[i].Start <= offset {
			return e[i].Epoch
		}
	}
	return -1
}

// encode is Kafka's leader-epoch-checkpoint.
func (e EpochCache) encode() []byte {
	b := fmt.Appendf(nil, "0\n%d\n", len(e))
	for _, x := range e {
		b = fmt.Appendf(b, "%d %d\n", x.Epoch, x.Start)
	}
	return b
}

// decodeEpochs reads a leader-epoch-checkpoint; ok is false if it is not one.
func decodeEpochs(p []byte) (e EpochCache, ok bool) {
	all, ok := lines(p)
	if !ok {
		return nil, false
	}
	for _, s := range all {
		f := strings.Fields(s)
		if len(f) != 2 {
			return nil, false
		}
		epoch, err1 := strconv.ParseInt(f[0], 10, 32)
		start, err2 := strconv.ParseInt(f[1], 10, 64)
		if err1 != nil || err2 != nil || epoch < 0 || start < 0 {
			return nil, false
		}
		if n := len(e); n > 0 && (e[n-1].Epoch >= int32(epoch) || e[n-1].Start >= start) {
			return nil, false
		}
		e = append(e, EpochEntry{int32(epoch), start})
	}
	return e, true
}

// saveEpochs writes the epochs to the page cache. A loss of power may tear them: then they are read from the batches. While it is not known which
// epoch the end of the log is of, the file stays one that was torn, for the next process must not know more.
func (l *Log) saveEpochs(d nodes.Disk) error {
	var p []byte
	if l.vague == noOffset {
		p = l.epochs.encode()
	}
	return replace(d, l.dir+"/"+epochFile, p)
}

// assign notes that an epoch begins: with a batch, or with an election.
func (l *Log) assign(d nodes.Disk, epoch int32, start int64) error {
	vague := l.vague != noOffset
	if vague {
		start = min(start, l.vague)
		l.vague = noOffset
	}
	if !l.epochs.Assign(epoch, start) && !vague {
		return nil
	}
	return l.saveEpochs(d)
}

// cutEpochs forgets the epochs that begin at the new end of the log or later. It reports whether the file says otherwise.
func (l *Log) cutEpochs(end int64) (changed bool) {
	changed = l.epochs.TruncateEnd(end)
	if l.vague >= end {
		l.vague, changed = noOffset, true
	}
	return changed
}

// AssignEpoch notes that a leader's epoch begins at the end of the log, as a leader does when it is elected, whether or
// not it will ever append (KAFKA-7415).
func (l *Log) AssignEpoch(d nodes.Disk, epoch int32) error { return l.assign(d, epoch, l.end) }

// LatestEpoch is the latest epoch in the log, record.NoLeaderEpoch if there is none.
func (l *Log) LatestEpoch() int32 { return l.epochs.Latest() }

// Epochs returns the epochs of the log, oldest first.
func (l *Log) Epochs() []EpochEntry { return slices.Clone(l.epochs) }

// EndOffsetFor answers OffsetForLeaderEpoch: the largest epoch of the log that is not larger than the one asked for, and where
// it ends (KIP-101, KIP-279). Both are -1 if the epoch is unknown and nothing can be said.
func (l *Log) EndOffsetFor(epoch int32) (int32, int64) { return l.epochs.EndOffsetFor(epoch, l.end) }

// EpochAt is the epoch that an offset belongs to, -1 if the log does not know.
func (l *Log) EpochAt(offset int64) int32 { return l.epochs.At(offset) }
