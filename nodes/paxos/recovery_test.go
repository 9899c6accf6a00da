package paxos

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBootKeepsTheSnapshotThatAnOlderLogNames: the process is killed after it has written a log that
// names a new snapshot and before that log is durable, is started again, and then the power fails:
// the older log is back, and the snapshot that it names must still be there.
func TestBootKeepsTheSnapshotThatAnOlderLogNames(t *testing.T) {
	w := newWorld()
	w.cluster(1, func(c *Config) { c.SnapshotEvery, c.KeepSlots = 4, -1 })
	m := w.machines[0]
	m.guard(func() { m.replica().Fire(m, w.election(m)) })
	c := w.client("c1", "n1")
	for m.replica().base == 0 {
		c.do(Op{Kind: OpAppend, Key: "x", Value: "+"})
		w.quiet()
	}
	first := m.replica().base
	for m.replica().base == first { // up to the moment at which the log names the next snapshot
		if !w.work() {
			c.do(Op{Kind: OpAppend, Key: "x", Value: "+"})
		}
	}
	second := m.replica().base
	m.node = nil
	m.disk.Kill()
	require.NoError(t, m.start())
	require.Equal(t, second, m.replica().base, "the page cache has the newer log")
	chosen := 0
	m.crash(func(n int) int { // the first thing that is not certain stays as the process saw it, the rest is lost
		chosen++
		return min(chosen-1, 1)
	})
	require.NoError(t, m.start())
	require.Equal(t, first, m.replica().base)
	w.quiet()
	require.Equal(t, Follower, m.replica().Role())
}

// TestAnOvertakenSnapshotIsRemoved: the disk is slow, and a later snapshot, as a leader sends one to a replica that is
// behind, comes before the one under way is durable. No log will ever name that one; nor may those stay that were
// replaced while the log was slow.
func TestAnOvertakenSnapshotIsRemoved(t *testing.T) {
	w := newWorld()
	w.cluster(1, func(c *Config) { c.SnapshotEvery, c.KeepSlots = 1000, -1 })
	m := w.machines[0]
	m.guard(func() { m.replica().Fire(m, w.election(m)) })
	c := w.client("c1", "n1")
	for range 4 {
		c.do(Op{Kind: OpAppend, Key: "x", Value: "+"})
		w.quiet()
	}
	r := m.replica()
	save := func(slot Slot) {
		m.guard(func() { r.saveSnapshot(m, r.machine.snapshot(nil), saving{slot: slot}) })
	}
	save(1)
	save(2)
	w.quiet()
	save(3)
	save(4)
	w.quiet()
	names, err := m.disk.List("")
	require.NoError(t, err)
	require.Equal(t, Slot(4), r.base)
	var snapshots []string
	for _, name := range names {
		if strings.HasPrefix(name, "snapshot-") {
			snapshots = append(snapshots, name)
		}
	}
	require.Equal(t, []string{snapshotFile(4)}, snapshots)
}
