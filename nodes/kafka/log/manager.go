package log

import (
	"slices"
	"time"

	"orrery/nodes"
)

// Manager is the log directory of one broker. It belongs to one node and lives as long as one incarnation; make it with
// [Open]. Its methods take the disk that the handler was given and keep none.
type Manager struct {
	opt         Options
	logs        []*Log // by partition
	plans       map[uint64]*plan
	last        uint64 // plan's number
	checkpoints [checkpointKinds]checkpoint
	events      []Event
	stopping    bool
	marking     bool // the mark of the clean shutdown is being written
	claim       *claim
	settling    bool // the checkpoints that the start has read may be in the page cache alone

	// What an append and a read work with. The logs share them, for there may be thousands that are hardly used.
	in  appender
	buf []byte
}

// EventKind is what has come to pass on the disk.
type EventKind uint8

// The kinds of event.
const (
	Created   EventKind = iota // the partition outlives a loss of power
	Deleted                    // the partition is gone
	Flushed                    // the log up to Offset is durable
	Truncated                  // the log ends at Offset; it takes appends again
	Compacted                  // a range of the log, up to Offset
	Stopped                    // the clean shutdown is complete
)

// String is the kind's name.
func (k EventKind) String() string {
	return [...]string{"Created", "Deleted", "Flushed", "Truncated", "Compacted", "Stopped"}[k]
}

// Event says what has come to pass.
type Event struct {
	Kind      EventKind
	Partition TopicPartition
	Offset    int64
}

// Events returns what has come to pass since it was last asked, in order. Ask after each call that was given the disk.
func (m *Manager) Events() []Event {
	e := m.events
	m.events = nil
	return e
}

func (m *Manager) tell(e Event) { m.events = append(m.events, e) }

func (m *Manager) find(tp TopicPartition) (int, bool) {
	return slices.BinarySearchFunc(m.logs, tp, func(l *Log, tp TopicPartition) int { return l.tp.compare(tp) })
}

// Log returns a partition's log, nil if there is none.
func (m *Manager) Log(tp TopicPartition) *Log {
	if i, ok := m.find(tp); ok && !m.logs[i].deleting {
		return m.logs[i]
	}
	return nil
}

// Logs returns all logs, by partition.
func (m *Manager) Logs() []*Log {
	return slices.DeleteFunc(slices.Clone(m.logs), func(l *Log) bool { return l.deleting })
}

// Create makes an empty log for a partition. It can be used at once; the event Created tells that its name is durable. The
// error is ErrExists, ErrBusy while a log of that name is being deleted, or the disk's.
func (m *Manager) Create(d nodes.Disk, now time.Time, tp TopicPartition) (*Log, error) {
	i, ok := m.find(tp)
	switch {
	case m.stopping:
		return nil, ErrStopped
	case ok && m.logs[i].deleting:
		return nil, ErrBusy
	case ok:
		return nil, ErrExists
	}
	l := m.newLog(tp)
	if err := l.startAt(d, now, 0); err != nil {
		return nil, err
	}
	m.logs = slices.Insert(m.logs, i, l)
	return l, m.start(d,
		step{do: doSyncDir, name: l.dir},
		step{do: doSyncDir},
		step{do: doCheckpoint, which: recoveryPoints},
		step{do: doCheckpoint, which: logStarts},
		step{do: doCreated, log: l})
}

// Delete removes a partition. The log is gone at once; the event Deleted tells that its files are. A crash before leaves
// either the whole partition or nothing.
func (m *Manager) Delete(d nodes.Disk, tp TopicPartition) error {
	l := m.Log(tp)
	if l == nil {
		return nil
	}
	l.deleting = true
	l.gen++
	if l.busy == 0 {
		return l.beginDelete(d)
	}
	return nil
}

func (l *Log) beginDelete(d nodes.Disk) error {
	l.busy++
	steps := []step{{do: doWrite, name: l.dir + "/" + deleteFile},
		{do: doSync, name: l.dir + "/" + deleteFile}, {do: doSyncDir, name: l.dir}}
	names, err := d.List(l.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		steps = append(steps, step{do: doRemove, name: name})
	}
	return l.m.start(d, append(steps, step{do: doSyncDir, name: l.dir},
		step{do: doRemove, name: l.dir + "/" + deleteFile},
		step{do: doSyncDir, name: l.dir}, step{do: doDeleted, log: l})...)
}

func (m *Manager) forget(l *Log) {
	if i, ok := m.find(l.tp); ok && m.logs[i] == l {
		m.logs = slices.Delete(m.logs, i, i+1)
	}
}

// Checkpoint begins to write the recovery points, high watermarks, log starts and cleaner's progress. A broker does so every few
// seconds (replica.high.watermark.checkpoint.interval.ms and its like).
func (m *Manager) Checkpoint(d nodes.Disk) error {
	for which := range checkpointKinds {
		if err := m.save(d, which); err != nil {
			return err
		}
	}
	return nil
}

// Tick does what time asks for: flushes (flush.ms), rolls (segment.ms), retention, and forgetting producers. A broker calls it
// now and then, with its own clock.
func (m *Manager) Tick(d nodes.Disk, now time.Time) error {
	for _, l := range m.Logs() {
		if err := l.tick(d, now); err != nil {
			return err
		}
	}
	return nil
}

// Shutdown begins a clean shutdown: everything is flushed, snapshots and checkpoints are written, and then the mark by which the next
// start knows. The event Stopped tells that it is complete. Logs take no appends any more.
func (m *Manager) Shutdown(d nodes.Disk) error {
	m.stopping = true
	for _, l := range m.Logs() {
		if l.failed != nil {
			continue
		}
		if err := l.saveProducers(d); err != nil {
			return err
		}
		if err := l.active().seal(d); err != nil {
			return err
		}
		if err := l.Flush(d); err != nil {
			return err
		}
	}
	return m.stop(d)
}

// stop goes on with the shutdown when nothing is under way any more.
func (m *Manager) stop(d nodes.Disk) error {
	if !m.stopping || m.marking {
		return nil
	}
	for _, l := range m.logs {
		if l.busy > 0 || l.flushing || l.failed == nil && l.recovery < l.end {
			return nil
		}
	}
	m.marking = true
	var steps []step
	for which := range checkpointKinds {
		steps = append(steps, step{do: doCheckpoint, which: which})
	}
	return m.start(d, append(steps,
		step{do: doWrite, name: cleanFile, data: []byte("0\n")},
		step{do: doSync, name: cleanFile},
		step{do: doSyncDir},
		step{do: doStopped})...)
}
