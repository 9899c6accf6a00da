package log

import (
	"strconv"
	"strings"

	"orrery/nodes"
)

// checkpointKind is one of the files that hold an offset for each partition.
type checkpointKind uint8

const (
	recoveryPoints checkpointKind = iota
	highWatermarks
	logStarts
	cleanerPoints
	checkpointKinds
)

var checkpointNames = [checkpointKinds]string{recoveryFile, highFile, startFile, cleanerFile}

// checkpoint is one of these files. At most one write of it is under way.
type checkpoint struct {
	writing bool
	now     []uint64 // plans that wait for the write that is under way
	next    []uint64 // and those that wait for the next
	again   bool
	steps   [5]step // of the write, for the next one to use
}

// value is what the checkpoint holds for a log.
func (l *Log) value(which checkpointKind) int64 {
	switch which {
	case recoveryPoints:
		return l.recovery
	case highWatermarks:
		return l.hw
	case logStarts:
		if l.restarting != nil {
			return *l.restarting
		}
		if l.held > 0 {
			return l.kept
		}
		return l.first
	}
	return l.cleaned
}

// save begins to write a checkpoint, or to write it once more after the write that is under way.
func (m *Manager) save(d nodes.Disk, which checkpointKind) error {
	c := &m.checkpoints[which]
	if c.writing {
		c.again = true
		return nil
	}
	c.writing, c.again = true, false
	c.now, c.next = c.next, nil
	name := checkpointNames[which]
	tmp := name + tmpExt
	c.steps = [...]step{
		{do: doWrite, name: tmp, data: m.encode(which)},
		{do: doSync, name: tmp},
		{do: doRename, name: tmp, to: name},
		{do: doSyncDir},
		{do: doSaved, which: which},
	}
	return m.start(d, c.steps[:]...)
}

func (m *Manager) saveFor(d nodes.Disk, which checkpointKind, id uint64) error {
	c := &m.checkpoints[which]
	c.next = append(c.next, id)
	return m.save(d, which)
}

// saved goes on with those who have waited for a checkpoint.
func (m *Manager) saved(d nodes.Disk, which checkpointKind) error {
	c := &m.checkpoints[which]
	waited := c.now
	c.writing, c.now = false, nil
	if c.again || len(c.next) > 0 {
		if err := m.save(d, which); err != nil {
			return err
		}
	}
	for _, id := range waited {
		if err := m.released(d, id); err != nil {
			return err
		}
	}
	return nil
}

func (m *Manager) encode(which checkpointKind) []byte {
	b := append(strconv.AppendInt(append(make([]byte, 0, 16+32*len(m.logs)), "0\n"...), int64(len(m.logs)), 10), '\n')
	for _, l := range m.logs {
		b = append(append(b, l.tp.Topic...), ' ')
		b = append(strconv.AppendInt(b, int64(l.tp.Partition), 10), ' ')
		b = append(strconv.AppendInt(b, l.value(which), 10), '\n')
	}
	return b
}

// lines reads a checkpoint: a version, a number of lines, and so many lines.
func lines(p []byte) (out []string, ok bool) {
	all := strings.Split(string(p), "\n")
	if len(all) < 3 || all[0] != "0" || all[len(all)-1] != "" {
		return nil, false
	}
	n, err := strconv.Atoi(all[1])
	return all[2 : len(all)-1], err == nil && n == len(all)-3
}

// decodeOffsets reads a file of offsets. One that is damaged counts as lost: it is synced before it gets its name, so no crash
// can have done that, and nothing in it may be believed.
func decodeOffsets(p []byte) (map[TopicPartition]int64, bool) {
	all, ok := lines(p)
	out := make(map[TopicPartition]int64, len(all))
	for _, s := range all {
		f := strings.Fields(s)
		if len(f) != 3 {
			return nil, false
		}
		n, err1 := strconv.ParseInt(f[1], 10, 32)
		off, err2 := strconv.ParseInt(f[2], 10, 64)
		if err1 != nil || err2 != nil || n < 0 || off < 0 {
			return nil, false
		}
		out[TopicPartition{f[0], int32(n)}] = off
	}
	return out, ok
}
