package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
	"orrery/sim/vdisk"
)

// long is a server with snapshots 0, 2 and 6, and logs 1 (1 to 4), 5 (5, 6) and 7.
func long(t *testing.T, o store.Options) *server {
	v, _ := boot(t, newDisk(), o)
	v.sync(t, "a", "b")
	v.snapshot(t, false)
	v.sync(t, "c", "d")
	v.Roll()
	v.sync(t, "e", "f")
	v.snapshot(t, false)
	v.d.settle(t, v.Store)
	v.Roll()
	v.sync(t, "g")
	v.Events()
	return v
}

func (v *server) truncate(t *testing.T, zxid int64) {
	require.NoError(t, v.Truncate(v.d, zxid))
	v.d.settle(t, v.Store)
	require.Equal(t, store.Event{Kind: store.Truncated, Zxid: zxid}, last(v.Events()))
	_, err := v.Load(v.d, v.h)
	require.NoError(t, err)
}

func last(events []store.Event) store.Event { return events[len(events)-1] }

func TestTruncForgetsAllThatIsBehind(t *testing.T) {
	for zxid, want := range map[int64]string{
		7: "[acceptedEpoch currentEpoch log.1 log.5 log.7 snapshot.0 snapshot.2 snapshot.6]",
		6: "[acceptedEpoch currentEpoch log.1 log.5 snapshot.0 snapshot.2 snapshot.6]",
		5: "[acceptedEpoch currentEpoch log.1 log.5 snapshot.0 snapshot.2]",
		4: "[acceptedEpoch currentEpoch log.1 snapshot.0 snapshot.2]",
		1: "[acceptedEpoch currentEpoch log.1 snapshot.0]",
		0: "[acceptedEpoch currentEpoch snapshot.0]",
	} {
		v := long(t, store.Options{})
		all := v.h.names
		v.truncate(t, zxid)
		require.Equal(t, want, files(t, v.d))
		require.Equal(t, all[:zxid], append([]string{}, v.h.names...))
		require.Equal(t, zxid, v.Logged())
		require.Equal(t, zxid, v.Durable())
		v.sync(t, "new")
		w, _ := v.restart(t, vdisk.LoseUnsynced, store.Options{})
		require.Equal(t, append(all[:zxid:zxid], "new"), w.h.names, "ZOOKEEPER-1489")
	}
}

func TestTruncWaitsForTheLogAndForgetsWhatIsUnderWay(t *testing.T) {
	v := long(t, store.Options{})
	v.log(t, "h")
	v.log(t, "i")
	require.NoError(t, v.BeginSnapshot(v.h.walk(), false))
	require.ErrorIs(t, v.BeginSnapshot(v.h.walk(), false), store.ErrBusy)
	v.truncate(t, 7)
	require.Equal(t, "[acceptedEpoch currentEpoch log.1 log.5 log.7 snapshot.0 snapshot.2 snapshot.6]", files(t, v.d))
	require.Equal(t, int64(7), v.h.last())
	require.True(t, v.Idle())
}

func TestASnapshotThatIsNotSavedYetGoesWithATrunc(t *testing.T) {
	v := long(t, store.Options{})
	v.snapshot(t, false)
	v.truncate(t, 5)
	require.Equal(t, "[acceptedEpoch currentEpoch log.1 log.5 snapshot.0 snapshot.2]", files(t, v.d))
}

func TestTruncToWhatThisServerDoesNotHaveIsRefused(t *testing.T) {
	v := long(t, store.Options{})
	_, err := v.Purge(v.d, 1)
	v.d.settle(t, v.Store)
	require.NoError(t, err)
	before := files(t, v.d)
	require.ErrorIs(t, v.Truncate(v.d, 3), store.ErrCannotTruncate)
	require.ErrorContains(t, v.Truncate(v.d, 9), "0x9 is not in the log, which ends at 0x7 below it")
	require.Equal(t, before, files(t, v.d))
	require.True(t, v.Idle())
}

func TestTruncQuirks(t *testing.T) {
	after := func(q store.Quirks, zxid int64) (want, got []string) {
		v := long(t, store.Options{Quirks: q})
		want = append(v.h.names[:zxid:zxid], "new")
		require.NoError(t, v.Truncate(v.d, zxid))
		v.d.settle(t, v.Store)
		v.h.cut(int(zxid))
		v.sync(t, "new")
		v.d.crash(vdisk.LoseUnsynced, lose)
		w := &history{}
		_, _, err := store.Boot(v.d, store.Options{TrustGaps: true}, w)
		require.NoError(t, err)
		return want, w.names
	}
	want, got := after(store.Quirks{}, 5)
	require.Equal(t, want, got)
	_, got = after(store.Quirks{TruncNoReopen: true}, 6)
	require.Equal(t, []string{"a", "b", "c", "d", "e", "f"}, got, "ZOOKEEPER-1489: what was logged behind the cut is lost")
	_, got = after(store.Quirks{TruncKeepsNewerSnapshot: true}, 5)
	require.Equal(t, []string{"a", "b", "c", "d", "e", "f"}, got, "ZOOKEEPER-4837: f is back")
	_, got = after(store.Quirks{TruncOffByOne: true}, 5)
	require.Equal(t, []string{"a", "b", "c", "d", "new"}, got, "ZOOKEEPER-1156: e is lost")
}

func TestTruncOnAFullDisk(t *testing.T) {
	v := long(t, store.Options{})
	v.d.fail = nodes.ErrNoSpace
	require.ErrorIs(t, v.Truncate(v.d, 6), nodes.ErrNoSpace)

	v = long(t, store.Options{Quirks: store.Quirks{TruncENOSPCIgnored: true}})
	v.d.fail = nodes.ErrNoSpace
	require.NoError(t, v.Truncate(v.d, 6))
	v.d.settle(t, v.Store)
	require.Equal(t, []store.Event{{Kind: store.Truncated, Zxid: 6}}, v.Events(), "ZOOKEEPER-3701")
	w, _ := v.restart(t, vdisk.LoseUnsynced, store.Options{})
	require.Equal(t, int64(7), w.h.last())
}

func TestASnapshotFromALeaderReplacesTheHistory(t *testing.T) {
	v := long(t, store.Options{})
	other := &history{}
	for i, name := range []string{"A", "B", "C"} {
		other.add(int64(i+1), name, 1)
	}
	other.add(proto.MakeZxid(2, 9), "D", 1)
	v.h = other
	require.NoError(t, v.SetAcceptedEpoch(v.d, 3))
	v.d.settle(t, v.Store)
	v.snapshot(t, true)
	v.Append(proto.MakeZxid(2, 10), v.h.add(proto.MakeZxid(2, 10), "E", 1), true)
	require.NoError(t, v.Flush(v.d))
	v.d.settle(t, v.Store)
	require.Equal(t, "[acceptedEpoch currentEpoch log.20000000a snapshot.200000009 updatingEpoch]", files(t, v.d))
	require.Equal(t, proto.MakeZxid(2, 10), v.Durable())
	w, _ := v.restart(t, vdisk.LoseUnsynced, store.Options{})
	require.Equal(t, []string{"A", "B", "C", "D", "E"}, w.h.names)
	require.Equal(t, int64(2), w.CurrentEpoch())
}

func TestASnapshotOlderThanTheLogReplacesItToo(t *testing.T) {
	v := long(t, store.Options{})
	v.h = &history{}
	v.h.add(1, "A", 1)
	v.h.add(3, "C", 1)
	v.snapshot(t, true)
	v.d.settle(t, v.Store)
	require.Equal(t, "[acceptedEpoch currentEpoch snapshot.3]", files(t, v.d))
	require.Equal(t, int64(3), v.Logged())
	w, _ := v.restart(t, vdisk.LoseUnsynced, store.Options{})
	require.Equal(t, []string{"A", "C"}, w.h.names, "nothing of the old log is replayed over it")
}

func TestASnapshotThatIsNotSyncedIsLost(t *testing.T) {
	v := long(t, store.Options{Quirks: store.Quirks{SnapNoFsync: true}})
	v.h = &history{}
	v.h.add(9, "A", 1)
	v.snapshot(t, true)
	require.Equal(t, []store.Event{{Kind: store.SnapshotSaved, Zxid: 9}}, v.Events(), "ZOOKEEPER-2872")
	v.Append(10, v.h.add(10, "B", 1), true)
	require.NoError(t, v.Flush(v.d))
	v.d.settle(t, v.Store)
	w, _ := v.restart(t, vdisk.LoseUnsynced, store.Options{TrustGaps: true})
	require.NotContains(t, w.h.names, "A")
	require.Contains(t, w.h.names, "B")
}
