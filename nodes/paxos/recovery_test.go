package paxos

import (
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
