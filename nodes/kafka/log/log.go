package log

import (
	"time"

	"orrery/nodes"
)

// Log is the log of one partition on one broker. What is appended can be read at once; a process that is killed loses none of
// it, a loss of power any part that was not flushed, of which the next start keeps what comes before the first gap.
type Log struct {
	m   *Manager
	tp  TopicPartition
	dir string
	cfg Config

	segs     []*segment // by base; the last is active
	first    int64      // log start offset
	end      int64      // log end offset
	hw       int64      // high watermark
	recovery int64      // recovery point: all below is durable
	cleaned  int64      // compaction has been here
	epochs   EpochCache
	vague    int64 // from here to the end it is not known of which epoch the log is; noOffset if it is
	prod     *producers
	snaps    []int64 // offsets of the producer snapshots

	busy       int      // plans that change the files
	gen        uint64   // changes when a range of the log goes
	truncs     uint64   // changes when it is cut
	pending    *cutback // that waits for busy to end
	cut        bool     // a truncation waits for the disk
	gaps       bool     // offsets may be missing behind the recovery point
	held       int      // moves of the log start for which it is not safe yet to be durable
	kept       int64    // the log start that is checkpointed meanwhile
	restarting *int64   // the offset that a full truncation will start at
	created    bool
	deleting   bool
	failed     error
	topicID    TopicID
	stale      []*segment // below the log start, that the start has found

	flushing  bool
	flushMore bool
	lastFlush time.Time
	unflushed int // records
}

func (m *Manager) newLog(tp TopicPartition) *Log {
	l := &Log{m: m, tp: tp, dir: tp.String(), vague: noOffset, prod: newProducers()}
	if m.opt.Config != nil {
		l.cfg = m.opt.Config(tp)
	}
	return l
}

// startAt makes the log empty, beginning at an offset.
func (l *Log) startAt(d nodes.Disk, now time.Time, offset int64) error {
	s := newSegment(l.dir, offset, now)
	l.segs = []*segment{s}
	l.first, l.end, l.hw, l.recovery, l.cleaned = offset, offset, offset, offset, offset
	l.prod = newProducers()
	l.prod.end = offset
	l.lastFlush = now
	// The file of the epochs is only ever replaced: by its name a partition is known to exist, whatever segments a crash takes.
	l.epochs, l.vague = nil, noOffset
	if err := l.saveEpochs(d); err != nil {
		return err
	}
	return s.create(d)
}

func (l *Log) active() *segment { return l.segs[len(l.segs)-1] }

// endOf is the first offset behind the i-th segment.
func (l *Log) endOf(i int) int64 {
	if i+1 < len(l.segs) {
		return l.segs[i+1].base
	}
	return l.end
}

// at is the segment that an offset belongs to.
func (l *Log) at(offset int64) int {
	i := len(l.segs) - 1
	for i > 0 && l.segs[i].base > offset {
		i--
	}
	return i
}

// Partition is whose log it is.
func (l *Log) Partition() TopicPartition { return l.tp }

// Config is the configuration in force.
func (l *Log) Config() Config { return l.cfg }

// SetConfig changes the configuration, from now on.
func (l *Log) SetConfig(c Config) { l.cfg = c }

// StartOffset is the log start offset: nothing below can be read.
func (l *Log) StartOffset() int64 { return l.first }

// EndOffset is the log end offset: that of the next record.
func (l *Log) EndOffset() int64 { return l.end }

// RecoveryPoint is up to where the log is durable.
func (l *Log) RecoveryPoint() int64 { return l.recovery }

// HighWatermark is up to where consumers may read.
func (l *Log) HighWatermark() int64 { return l.hw }

// SetHighWatermark moves the high watermark, as far as there is a log, and returns where it is. It may go down: only
// replication knows.
func (l *Log) SetHighWatermark(hw int64) int64 {
	l.hw = min(max(hw, l.first), l.end)
	l.prod.replicated(l.hw)
	return l.hw
}

// LastStableOffset is up to where a read_committed consumer may read: the first offset of a transaction that is open or whose marker
// is not below the high watermark, or else the high watermark.
func (l *Log) LastStableOffset() int64 {
	u := l.prod.unstable()
	if u == noOffset || u > l.hw {
		return l.hw
	}
	if l.m.opt.Quirks.LSOOffByOne {
		return min(u+1, l.hw)
	}
	return u
}

// Busy tells whether a truncation waits for the disk; meanwhile the log takes no appends. After a start it may be one
// that the process before could not finish.
func (l *Log) Busy() bool { return l.cut || l.pending != nil }

// Failed is the error of the write after which the log takes no more, or nil.
func (l *Log) Failed() error { return l.failed }

// SegmentInfo describes a segment, for people and tests.
type SegmentInfo struct {
	Base    int64
	End     int64 // first offset behind it
	Size    int64 // bytes
	MaxTime int64 // milliseconds; record.NoTimestamp if there is none, or the segment was not needed yet
}

// Segments describes the segments, oldest first.
func (l *Log) Segments() []SegmentInfo {
	out := make([]SegmentInfo, len(l.segs))
	for i, s := range l.segs {
		out[i] = SegmentInfo{s.base, l.endOf(i), s.size, s.maxTime}
	}
	return out
}

// Size is how many bytes the segments have together.
func (l *Log) Size() int64 {
	n := int64(0)
	for _, s := range l.segs {
		n += s.size
	}
	return n
}

// ProducerInfo describes a producer, for people, tests and DescribeProducers.
type ProducerInfo struct {
	ID               int64
	Epoch            int16
	LastSequence     int32
	LastTimestamp    int64 // milliseconds
	CoordinatorEpoch int32
	TxnStart         int64 // offset; -1 if no transaction is open
}

// Producers describes the producers that the log knows, by their numbers.
func (l *Log) Producers() []ProducerInfo {
	var out []ProducerInfo
	for _, id := range l.prod.ids() {
		p := l.prod.by[id]
		out = append(out, ProducerInfo{id, p.epoch, p.lastSeq(), p.ms, p.coord, p.txnFirst})
	}
	return out
}

// run does a step of a plan that concerns this log.
func (l *Log) run(d nodes.Disk, st *step) error {
	switch st.do {
	case doFlushed:
		return l.flushed(d, st.off, st.gen)
	case doTruncate:
		return l.truncate(d, st.off)
	case doRecut:
		l.cut = false
		l.m.tell(Event{Kind: Truncated, Partition: l.tp, Offset: l.end})
	case doRestart:
		return l.restart(d, st)
	case doSwitch:
		return l.switchTo(d, st.swap)
	case doLive:
		return l.live(d, st.swap)
	case doDurable:
		l.recovery = max(l.recovery, st.off)
	case doStarted:
		l.held--
		l.kept = max(l.kept, st.off)
	case doRelease:
		return l.release(d)
	}
	return nil
}

// release lets the next change of the files begin.
func (l *Log) release(d nodes.Disk) error {
	if l.busy--; l.busy > 0 {
		return nil
	}
	if l.deleting {
		return l.beginDelete(d)
	}
	if p := l.pending; p != nil {
		l.pending = nil
		var done bool
		var err error
		if p.fully {
			done, err = l.TruncateFullyAndStartAt(d, p.now, p.to)
		} else {
			done, err = l.TruncateTo(d, p.to)
		}
		if done {
			l.m.tell(Event{Kind: Truncated, Partition: l.tp, Offset: l.end})
		}
		if err != nil {
			return err
		}
	}
	return l.m.stop(d)
}
