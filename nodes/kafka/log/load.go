package log

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
)

// Report says what [Open] has found.
type Report struct {
	Clean     bool // the last shutdown was clean
	Recovered []Recovery
	Failed    []Failure
}

// Recovery is what the start has done to a log whose end was not known to be durable.
type Recovery struct {
	Partition TopicPartition
	Truncated int64 // bytes of a torn tail
	Removed   int   // segments behind it
}

// Failure is a log that was not loaded. The others are.
type Failure struct {
	Partition TopicPartition
	Err       error // often a *CorruptError, which says what to do
}

// points are what the checkpoints say of one partition.
type points struct {
	recovery, high, start, cleaned int64
	hasRecovery, hasStart          bool
}

// Open loads all the logs of a directory. What a log has behind its recovery point is looked at batch by batch; a tail
// that a crash has torn is cut off, and what is kept is written once more, for it may be in the page cache alone. A log that was cut is
// busy until that is durable (the event Truncated). An error is that of the disk; a log that must not be used is in the report
// instead.
func Open(d nodes.Disk, now time.Time, o Options) (*Manager, Report, error) {
	m := &Manager{opt: o, plans: map[uint64]*plan{}}
	clean, err := exists(d, cleanFile)
	if err != nil {
		return nil, Report{}, err
	}
	report := Report{Clean: clean}
	// The mark goes before anything else happens: a crash while the logs are loaded is no clean shutdown (KAFKA-10471).
	if !o.Quirks.DirtyLoadLooksClean {
		if err := remove(d, cleanFile); err != nil {
			return nil, report, err
		}
	}
	names, err := d.List("")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, report, err
	}
	var maps [checkpointKinds]map[TopicPartition]int64
	for which := range checkpointKinds {
		if maps[which], err = readOffsets(d, checkpointNames[which]); err != nil {
			return nil, report, err
		}
	}
	for _, tp := range partitions(names) {
		var p points
		p.recovery, p.hasRecovery = maps[recoveryPoints][tp]
		p.start, p.hasStart = maps[logStarts][tp]
		p.high, p.cleaned = maps[highWatermarks][tp], maps[cleanerPoints][tp]
		l := m.newLog(tp)
		l.created = true
		r, there, err := l.open(d, now, p, report.Clean)
		switch {
		case err != nil:
			report.Failed = append(report.Failed, Failure{tp, err})
			continue
		case !there:
			continue
		}
		if r.Truncated > 0 || r.Removed > 0 {
			report.Recovered = append(report.Recovered, r)
		}
		m.logs = append(m.logs, l)
	}
	if o.Quirks.DirtyLoadLooksClean {
		if err := remove(d, cleanFile); err != nil {
			return nil, report, err
		}
	}
	return m, report, m.settle(d)
}

// settle begins to make durable what the start has found, which may be in the page cache alone.
func (m *Manager) settle(d nodes.Disk) error {
	m.settling = true
	steps := []step{{do: doSyncDir}}
	for _, l := range m.logs {
		steps = append(steps, step{do: doSyncDir, name: l.dir})
	}
	if err := m.start(d, append(steps, step{do: doSettled})...); err != nil {
		return err
	}
	for _, l := range m.logs {
		if len(l.stale) > 0 {
			if err := l.removeStale(d); err != nil {
				return err
			}
		}
		left, err := exists(d, l.dir+"/"+cutFile)
		if err == nil && left {
			err = l.finishCut(d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// removeStale removes what the start has found below the log start, when that is durable: a process that was killed may have left it
// in the page cache alone, and with the old one the log must be whole. So may the snapshot be that says what the segments did of their producers.
func (l *Log) removeStale(d nodes.Disk) error {
	l.busy++
	steps := []step{{do: doSyncDir}}
	for _, at := range l.snaps {
		steps = append(steps, step{do: doSync, name: offsetName(l.dir, at, snapExt)})
	}
	if len(l.snaps) > 0 {
		steps = append(steps, step{do: doSyncDir, name: l.dir})
	}
	for _, s := range l.stale {
		for _, ext := range segmentExts {
			steps = append(steps, step{do: doRemove, name: s.file(ext)})
		}
	}
	l.stale = nil
	return l.m.start(d, append(steps, step{do: doRelease, log: l})...)
}

func readOffsets(d nodes.Disk, name string) (map[TopicPartition]int64, error) {
	p, err := d.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, ok := decodeOffsets(p)
	if !ok {
		return nil, &CorruptError{File: name, Why: "it is not a list of offsets; without it every log is recovered from its beginning"}
	}
	return m, nil
}

// partitions are those that have a directory, in order.
func partitions(names []string) (out []TopicPartition) {
	for _, name := range names {
		dir, _, below := strings.Cut(name, "/")
		if tp, ok := parsePartition(dir); ok && below {
			out = append(out, tp)
		}
	}
	slices.SortFunc(out, TopicPartition.compare)
	return slices.Compact(out)
}

// open loads one log; there is false if it had been deleted.
func (l *Log) open(d nodes.Disk, now time.Time, p points, clean bool) (r Recovery, there bool, err error) {
	r.Partition = l.tp
	l.lastFlush = now
	if there, err = l.list(d, now); !there || err != nil {
		return r, there, err
	}
	if err := l.openTopicID(d); err != nil {
		return r, true, err
	}
	if !p.hasRecovery && len(l.segs) > 0 {
		p.recovery = l.segs[0].base
		l.gaps = l.gaps || p.cleaned > 0
	}
	if !p.hasStart && len(l.segs) > 0 {
		p.start = l.segs[0].base
	}
	n, err := l.below(d, p)
	if err != nil {
		return r, true, err
	}
	l.stale, l.segs = l.segs[:n:n], l.segs[n:]
	if len(l.segs) == 0 || l.segs[0].base > p.start {
		if p.recovery > p.start {
			return r, true, &CorruptError{File: l.dir, Why: fmt.Sprintf("the segments from offset %d on are missing, which had been synced up to %d", p.start, p.recovery)}
		}
		return r, true, l.discard(d, now, p.start) // a full truncation, or the partition's creation, was cut short
	}
	l.first = p.start
	if err := l.recover(d, p.recovery, clean, &r); err != nil {
		return r, true, err
	}
	if l.end < p.start {
		l.stale, l.segs = append(l.stale, l.segs...), nil
		return r, true, l.discard(d, now, p.start)
	}
	l.recovery = min(p.recovery, l.end)
	l.hw = min(max(p.high, l.first), l.end)
	l.cleaned = min(max(p.cleaned, l.first), l.end)
	if err := l.openEpochs(d, p.recovery); err != nil {
		return r, true, err
	}
	gone := func(at int64) bool { return at > l.end || at > p.recovery }
	if err := l.dropSnapshots(d, gone); err != nil {
		return r, true, err
	}
	err = l.loadProducers(d, p.recovery)
	l.prod.replicated(l.hw)
	return r, true, err
}

// discard makes the log empty, at an offset.
func (l *Log) discard(d nodes.Disk, now time.Time, offset int64) error {
	for _, s := range slices.Backward(l.segs) {
		if err := s.remove(d); err != nil {
			return err
		}
	}
	if err := l.dropSnapshots(d, func(int64) bool { return true }); err != nil {
		return err
	}
	return l.startAt(d, now, offset)
}

// list finds the segments and snapshots, and removes what was not finished.
func (l *Log) list(d nodes.Disk, now time.Time) (there bool, err error) {
	names, err := d.List(l.dir)
	if err != nil {
		return false, err
	}
	if slices.Contains(names, l.dir+"/"+deleteFile) {
		return false, finishDelete(d, l.dir, names)
	}
	if err := finishSwaps(d, l.dir, names); err != nil {
		return true, err
	}
	if names, err = d.List(l.dir); err != nil {
		return true, err
	}
	l.gaps = slices.Contains(names, l.dir+"/"+gapFile)
	for _, name := range names {
		base, ext, ok := parseOffset(strings.TrimPrefix(name, l.dir+"/"))
		switch {
		case ok && ext == logExt:
			s := newSegment(l.dir, base, now)
			s.loaded = false
			if s.size, err = d.Size(name); err != nil {
				return true, err
			}
			l.segs = append(l.segs, s)
		case ok && ext == snapExt:
			l.snaps = append(l.snaps, base)
		case ok && slices.Contains(segmentExts, ext) && !slices.Contains(names, offsetName(l.dir, base, logExt)),
			strings.HasSuffix(name, tmpExt), strings.HasSuffix(name, cleanedExt), strings.HasSuffix(name, swapExt):
			if err := remove(d, name); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

// finishDelete goes on with the removal of a partition.
func finishDelete(d nodes.Disk, dir string, names []string) error {
	for _, name := range names {
		if name != dir+"/"+deleteFile {
			if err := remove(d, name); err != nil {
				return err
			}
		}
	}
	return remove(d, dir+"/"+deleteFile)
}
