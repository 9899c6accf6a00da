package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
	"orrery/sim/vdisk"
)

func TestASnapshotThatFindsNoSpaceIsGivenUp(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.sync(t, "a", "b")
	w := v.h.walk()
	require.NoError(t, v.BeginSnapshot(w, false))
	_, err := v.StepSnapshot(v.d, 1, proto.ZxidDigest{})
	require.NoError(t, err)
	v.d.fail = nodes.ErrNoSpace
	_, err = v.StepSnapshot(v.d, 1, proto.ZxidDigest{})
	require.ErrorIs(t, err, nodes.ErrNoSpace)
	require.True(t, w.(*walk).closed)
	require.Equal(t, "[acceptedEpoch currentEpoch log.1 snapshot.0]", files(t, v.d))
	v.sync(t, "c")
	require.Equal(t, int64(3), v.Durable(), "the server goes on")
	v.snapshot(t, false)
	v.d.settle(t, v.Store)
	require.Equal(t, store.Event{Kind: store.SnapshotSaved, Zxid: 3}, last(v.Events()))
}

func TestWhatIsLeftOfASnapshotGoesWithTheNextStart(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.sync(t, "a")
	require.NoError(t, v.BeginSnapshot(v.h.walk(), false))
	_, err := v.StepSnapshot(v.d, 1, proto.ZxidDigest{})
	require.NoError(t, err)
	require.Equal(t, "version-2/snapshot.1", v.Inspect().Snapshot)
	require.Contains(t, files(t, v.d), " saving.1.")
	v, _ = v.restart(t, vdisk.LoseNothing, store.Options{})
	require.Equal(t, "[acceptedEpoch currentEpoch log.1 snapshot.0]", files(t, v.d))
}

func TestWhatIsLoggedWhileASnapshotIsTakenIsReplayed(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.sync(t, "a")
	w := v.h.walk()
	v.sync(t, "b") // the walk sees it or not
	w.(*walk).h = v.h
	require.NoError(t, v.BeginSnapshot(w, false))
	for done := false; !done; {
		var err error
		done, err = v.StepSnapshot(v.d, 1, proto.ZxidDigest{})
		require.NoError(t, err)
	}
	v.d.settle(t, v.Store)
	w2, found := v.restart(t, vdisk.LoseUnsynced, store.Options{})
	require.Equal(t, store.Found{Zxid: 2, Snapshot: 1, Replayed: 1}, found, "b is replayed over a snapshot that has it")
	require.Equal(t, []string{"a", "b"}, w2.h.names)
}

func TestASnapshotThatReplacesCountsFromItsNameOn(t *testing.T) {
	// Every number of changes after which the process may die, in the middle of a SNAP to before what is logged.
	for changes := 0; ; changes++ {
		v := long(t, store.Options{})
		old := v.h.names
		v.h = &history{}
		v.h.add(1, "A", 1)
		v.h.add(3, "C", 1)
		died := dies(func() {
			v.d.changes = changes
			v.snapshot(t, true)
			v.d.settle(t, v.Store)
		})
		saved := !died && last(v.Events()) == store.Event{Kind: store.SnapshotSaved, Zxid: 3}
		for _, mode := range modes {
			c := &disk{Disk: v.d.Clone(), changes: -1}
			c.crash(mode, lose)
			w, _ := boot(t, c, store.Options{})
			if len(w.h.names) == 2 {
				require.Equal(t, []string{"A", "C"}, w.h.names)
				require.Equal(t, "[acceptedEpoch currentEpoch snapshot.3]", files(t, c), "nothing of the old is left")
				continue
			}
			require.False(t, saved, "what was told is lost")
			require.Equal(t, old, w.h.names)
		}
		if saved {
			return
		}
	}
}

// dies tells whether f was killed.
func dies(f func()) (died bool) {
	defer func() {
		if r := recover(); r != nil {
			if r != any(killed) {
				panic(r)
			}
			died = true
		}
	}()
	f()
	return false
}

// Every change of the disk within a TRUNC, and every way to crash there.
func TestATruncLeavesABeginningOfTheHistory(t *testing.T) {
	for changes := 0; ; changes++ {
		v := long(t, store.Options{})
		died := dies(func() {
			v.d.changes = changes
			require.NoError(t, v.Truncate(v.d, 3))
			v.d.settle(t, v.Store)
		})
		for _, mode := range modes {
			c := &disk{Disk: v.d.Clone(), changes: -1}
			c.crash(mode, lose)
			w, _ := boot(t, c, store.Options{})
			n := len(w.h.names)
			require.GreaterOrEqual(t, n, 3)
			require.Equal(t, v.h.names[:n], w.h.names)
			require.True(t, died || n == 3, "it was told that it is done")
		}
		if !died {
			return
		}
	}
}

func TestSnapshotsAreSavedOneAfterTheOther(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.sync(t, "a")
	v.Events()
	v.snapshot(t, false)
	v.h.add(2, "b", 1)
	v.snapshot(t, true)
	v.snapshot(t, true)
	v.d.settle(t, v.Store)
	var saved []int64
	for _, e := range v.Events() {
		if e.Kind == store.SnapshotSaved {
			saved = append(saved, e.Zxid)
		}
	}
	require.Equal(t, []int64{1, 2, 2}, saved)
	require.Equal(t, "[acceptedEpoch currentEpoch snapshot.2]", files(t, v.d))
	require.True(t, v.Idle())
}

func TestNobodyIsToldOfASnapshotThatWasGivenUp(t *testing.T) {
	for _, replace := range []bool{false, true} {
		v, _ := boot(t, newDisk(), store.Options{})
		v.sync(t, "a")
		v.Events()
		v.snapshot(t, replace)
		v.h.add(2, "b", 1)
		v.snapshot(t, true) // waits for the first
		v.AbortSnapshot(v.d)
		v.d.settle(t, v.Store)
		require.Empty(t, v.Events())
		require.True(t, v.Idle())
		if replace {
			require.Equal(t, "[acceptedEpoch currentEpoch snapshot.1]", files(t, v.d), "half a replacement would be none")
		} else {
			require.Equal(t, "[acceptedEpoch currentEpoch log.1 snapshot.0]", files(t, v.d))
		}
		v.snapshot(t, true)
		v.d.settle(t, v.Store)
		require.Equal(t, []store.Event{{Kind: store.SnapshotSaved, Zxid: 2}}, v.Events())
	}
}

// The log waits for a first snapshot. Whoever gives up all snapshots because a role has ended, as early as that, must be able to log in the
// next one.
func TestTheFirstSnapshotIsSavedWhoeverGivesItUp(t *testing.T) {
	d, h := newDisk(), &history{}
	s, found, err := store.Boot(d, store.Options{}, h)
	require.NoError(t, err)
	require.True(t, found.Empty)
	v := &server{s, d, h}
	v.snapshot(t, false)
	v.snapshot(t, false) // of who comes to lead
	v.AbortSnapshot(d)
	v.log(t, "a")
	d.settle(t, s)
	require.True(t, v.Idle())
	require.EqualValues(t, 1, v.Durable())
	require.Equal(t, []store.Event{{Kind: store.Recovered}, {Kind: store.LogDurable, Zxid: 1}}, v.Events())
	require.Equal(t, "[acceptedEpoch currentEpoch log.1 snapshot.0]", files(t, d))
}
