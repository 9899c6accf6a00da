package store_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
	"orrery/sim/vdisk"
)

func TestANewServerLogsNothingBeforeItsFirstSnapshot(t *testing.T) {
	d, h := newDisk(), &history{}
	s, found, err := store.Boot(d, store.Options{}, h)
	require.NoError(t, err)
	require.Equal(t, store.Found{Empty: true, Snapshot: -1}, found)
	require.True(t, h.fresh)
	v := &server{s, d, h}
	v.sync(t, "a")
	require.Equal(t, []store.Event{{Kind: store.Recovered}}, s.Events())
	require.Zero(t, s.Durable())
	require.Equal(t, "[acceptedEpoch currentEpoch]", files(t, d), "or a crash would leave transactions without a snapshot")

	require.NoError(t, s.BeginSnapshot((&history{}).walk(), false))
	_, err = s.StepSnapshot(d, 1<<20, proto.ZxidDigest{})
	require.NoError(t, err)
	d.settle(t, s)
	require.Equal(t, []store.Event{{Kind: store.SnapshotSaved}, {Kind: store.LogDurable, Zxid: 1}}, s.Events())
	require.Equal(t, "[acceptedEpoch currentEpoch log.1 snapshot.0]", files(t, d))
	require.True(t, s.Idle())
}

func TestWhatIsDurableIsFoundAgain(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{PreAlloc: 4096})
	v.sync(t, "a", "b")
	v.Roll()
	v.sync(t, "c")
	require.Equal(t, int64(3), v.Durable())
	size, err := v.d.Size("version-2/log.3")
	require.NoError(t, err)
	require.Equal(t, int64(8192), size, "the file is longer than what is in it")
	v.log(t, "lost")
	require.Equal(t, int64(4), v.Logged())
	require.Equal(t, "[acceptedEpoch currentEpoch log.1 log.3 snapshot.0]", files(t, v.d))

	v, found := v.restart(t, vdisk.LoseUnsynced, store.Options{})
	require.Equal(t, []string{"a", "b", "c"}, v.h.names)
	require.Equal(t, store.Found{Zxid: 3, Snapshot: 0, Replayed: 3}, found)
	v.sync(t, "d")
	require.Equal(t, "[acceptedEpoch currentEpoch log.1 log.3 log.4 snapshot.0]", files(t, v.d), "each incarnation begins a file")
}

func TestASnapshotShortensTheReplay(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.sync(t, "a", "b")
	v.snapshot(t, false)
	v.sync(t, "c")
	v, found := v.restart(t, vdisk.LoseUnsynced, store.Options{})
	require.Equal(t, store.Found{Zxid: 3, Snapshot: 2, Replayed: 1}, found)
	require.Equal(t, []string{"a", "b", "c"}, v.h.names)
	require.Equal(t, proto.ZxidDigest{Zxid: 2, DigestVersion: 2, Digest: 7}, v.h.digest)
	require.Equal(t, 1, v.h.acls)
	require.Equal(t, 1, v.h.sess)
}

func TestAnInvalidSnapshotIsPassedOver(t *testing.T) {
	for name, damage := range map[string]func(d *disk, size int64){
		"cut":     func(d *disk, size int64) { require.NoError(t, d.Truncate("version-2/snapshot.2", size-20)) },
		"flipped": func(d *disk, size int64) { flip(t, d, "version-2/snapshot.2", 60) },
		"empty":   func(d *disk, _ int64) { require.NoError(t, d.Truncate("version-2/snapshot.2", 0)) },
		"digest":  func(d *disk, size int64) { flip(t, d, "version-2/snapshot.2", size-20) },
	} {
		v, _ := boot(t, newDisk(), store.Options{})
		v.sync(t, "a", "b")
		v.snapshot(t, false)
		v.d.settle(t, v.Store)
		size, err := v.d.Size("version-2/snapshot.2")
		require.NoError(t, err)
		damage(v.d, size)
		v, found := v.restart(t, vdisk.LoseNothing, store.Options{})
		require.Equal(t, store.Found{Zxid: 2, Snapshot: 0, Replayed: 2}, found, name)
		require.Equal(t, []string{"a", "b"}, v.h.names, name)
	}
}

// flip changes a byte of a file.
func flip(t require.TestingT, d *disk, name string, off int64) {
	p := make([]byte, 1)
	_, err := d.ReadAt(name, p, off)
	require.NoError(t, err)
	p[0] ^= 0x10
	require.NoError(t, d.Disk.WriteAt(name, p, off))
}

func TestTransactionsWithoutASnapshotAreRefused(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.sync(t, "a")
	require.NoError(t, v.d.Remove("version-2/snapshot.0"))
	_, _, err := store.Boot(v.d, store.Options{}, &history{})
	require.ErrorIs(t, err, store.ErrNoSnapshot)
	require.ErrorContains(t, err, "the log begins with 0x1")

	w, found := v.restart(t, vdisk.LoseNothing, store.Options{Quirks: store.Quirks{TrustEmptyDB: true}})
	require.Equal(t, store.Found{Zxid: 1, Snapshot: -1, Replayed: 1}, found, "ZOOKEEPER-2325")
	require.Equal(t, []string{"a"}, w.h.names)
}

func TestATornTailIsCutOff(t *testing.T) {
	for _, tail := range []string{"\x00\x00\x00\x00\x11\x22\x33\x44\x00\x00\x00\x50 short", "\x00\x00\x00\x00\x11\x22\x33\x44\x7f\xff\xff\xffxxx", "x"} {
		v, _ := boot(t, newDisk(), store.Options{})
		v.sync(t, "a")
		require.NoError(t, v.d.Append("version-2/log.1", []byte(tail)))
		w, found := v.restart(t, vdisk.LoseNothing, store.Options{})
		require.Equal(t, int64(len(tail)), found.Torn)
		require.Equal(t, []string{"a"}, w.h.names)
		w.sync(t, "b")
		_, found = w.restart(t, vdisk.LoseUnsynced, store.Options{})
		require.Equal(t, store.Found{Zxid: 2, Replayed: 2}, found)
	}
}

func TestDamageInTheMiddleIsRefused(t *testing.T) {
	for _, marks := range []bool{true, false} {
		v, _ := boot(t, newDisk(), store.Options{NoMarks: !marks})
		v.sync(t, "a")
		v.sync(t, "b")
		v.sync(t, "c")
		flip(t, v.d, "version-2/log.1", 60)
		_, _, err := store.Boot(v.d, store.Options{}, &history{})
		var corrupt *store.CorruptError
		require.ErrorAs(t, err, &corrupt)
		require.Equal(t, int64(16), corrupt.Offset)
		require.ErrorContains(t, err, "version-2/log.1 is corrupt at byte 16: it cannot be read, but was durable before transaction 0x2 was written")
	}
}

func TestDamageWithinTheLastBatchIsATornTail(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.sync(t, "a")
	size, err := v.d.Size("version-2/log.1")
	require.NoError(t, err)
	v.sync(t, "b", "c")
	flip(t, v.d, "version-2/log.1", size+20)
	w, found := v.restart(t, vdisk.LoseNothing, store.Options{})
	require.Equal(t, []string{"a"}, w.h.names, "c was written with b, and proves nothing")
	require.Positive(t, found.Torn)

	v, _ = boot(t, newDisk(), store.Options{NoMarks: true})
	v.sync(t, "a")
	v.sync(t, "b", "c")
	flip(t, v.d, "version-2/log.1", size-12+20)
	_, _, err = store.Boot(v.d, store.Options{}, &history{})
	require.Error(t, err, "without marks nobody can tell")
}

func TestDamageBeforeALaterLogIsRefused(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.sync(t, "a")
	v.Roll()
	v.sync(t, "b")
	flip(t, v.d, "version-2/log.1", 60)
	_, _, err := store.Boot(v.d, store.Options{}, &history{})
	require.ErrorContains(t, err, "durable before the next log was begun")

	require.NoError(t, v.d.Truncate("version-2/log.1", 16))
	_, _, err = store.Boot(v.d, store.Options{}, &history{})
	require.ErrorContains(t, err, "transaction 0x2 follows 0x0: those between are missing")
	_, found, err := store.Boot(v.d, store.Options{TrustGaps: true}, &history{})
	require.NoError(t, err)
	require.Equal(t, 1, found.Replayed)
}

func TestAnEmptyNewestLogDoesNotPreventTheStart(t *testing.T) { // ZOOKEEPER-2332
	for _, content := range []string{"", "\x00\x00\x00", "ZKLG\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00", "garbage of a torn sector"} {
		v, _ := boot(t, newDisk(), store.Options{})
		v.sync(t, "a")
		require.NoError(t, v.d.Append("version-2/log.2", []byte(content)))
		w, found := v.restart(t, vdisk.LoseNothing, store.Options{})
		require.Equal(t, int64(1), found.Zxid)
		require.Equal(t, "[acceptedEpoch currentEpoch log.1 snapshot.0]", files(t, w.d))
		w.sync(t, "b")
		require.Equal(t, int64(2), w.Durable())
	}
}

func TestTransactionsRideOnTheNextSync(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.sync(t, "a")
	v.Events()
	v.log(t, "b")
	v.log(t, "c")
	v.log(t, "d")
	require.Len(t, v.d.syncs, 1, "one batch at a time")
	require.NoError(t, v.d.end(v.Store, 0))
	require.Equal(t, []store.Event{{Kind: store.LogDurable, Zxid: 2}}, v.Events())
	require.Len(t, v.d.syncs, 1, "c and d share one")
	require.NoError(t, v.d.end(v.Store, 0))
	require.Equal(t, []store.Event{{Kind: store.LogDurable, Zxid: 4}}, v.Events())
}

func TestTheLogIsReadFromAZxidOn(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.sync(t, "a", "b")
	v.Roll()
	v.sync(t, "c", "d")
	v.Roll()
	v.sync(t, "e")
	for from, want := range map[int64]string{0: "12345", 1: "12345", 2: "2345", 3: "345", 4: "45", 5: "5", 6: ""} {
		got := ""
		it := v.Log(v.d, from)
		for it.Next() {
			got += string(rune('0' + it.Zxid()))
			require.Equal(t, (&history{}).add(it.Zxid(), v.h.names[it.Zxid()-1], 10), it.Txn())
		}
		require.NoError(t, it.Err())
		require.Equal(t, want, got)
	}
}

func TestATransactionWithoutADigestGetsAnEmptyOne(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	txn := proto.Transaction{Header: proto.TxnHeader{Zxid: 1, Type: proto.OpSetData}, Body: &proto.SetDataTxn{Path: "x"}}
	v.Append(1, txn.Append(nil), false)
	require.NoError(t, v.Flush(v.d))
	it := v.Log(v.d, 1)
	require.True(t, it.Next())
	txn.Digest = &proto.TxnDigest{}
	require.Equal(t, txn.Append(nil), it.Txn(), "or Apache would take our mark for it")
}

func TestPurgeKeepsTheLogsThatTheSnapshotsNeed(t *testing.T) {
	for _, bad := range []bool{false, true} {
		o := store.Options{Quirks: store.Quirks{PurgeOneTooMany: bad}, TrustGaps: bad}
		v, _ := boot(t, newDisk(), o)
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			v.sync(t, name+"1", name+"2")
			v.snapshot(t, false)
			v.d.settle(t, v.Store)
			if name != "d" {
				v.Roll() // log.7 goes on behind snapshot.8
			}
		}
		v.sync(t, "f")
		removed, err := v.Purge(v.d, 2)
		v.d.settle(t, v.Store)
		require.NoError(t, err)
		require.NoError(t, v.d.Truncate("version-2/snapshot.a", 100))
		w, _ := v.restart(t, vdisk.LoseNothing, o)
		if !bad {
			require.Equal(t, []string{"version-2/snapshot.0", "version-2/snapshot.2", "version-2/snapshot.4", "version-2/snapshot.6",
				"version-2/log.1", "version-2/log.3", "version-2/log.5"}, removed)
			require.Equal(t, v.h.names, w.h.names)
		} else {
			require.NotEqual(t, v.h.names, w.h.names, "ZOOKEEPER-2574: e is lost")
		}
	}
}

func TestAFailedSyncLeavesNothingButToHalt(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.log(t, "a")
	y := v.d.syncs[0]
	v.d.FailSync(y.c)
	require.ErrorContains(t, v.Synced(v.d, y.tag, errors.New("device")), "store: sync: device")

	v, _ = boot(t, newDisk(), store.Options{Quirks: store.Quirks{FsyncErrorIgnored: true}})
	v.Events()
	v.log(t, "a")
	require.NoError(t, v.Synced(v.d, v.d.syncs[0].tag, errors.New("device")), "ZOOKEEPER-2247")
	v.d.settle(t, v.Store)
	v.sync(t, "b")
	require.Empty(t, v.Events(), "it goes on, and logs nothing")
}

func TestADiskThatCannotBeReadIsNotAnEmptyOne(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.sync(t, "a")
	v.d.unread = true
	_, _, err := store.Boot(v.d, store.Options{Quirks: store.Quirks{TrustEmptyDB: true}}, &history{})
	require.ErrorIs(t, err, nodes.ErrIO)
	require.NotErrorIs(t, err, store.ErrNoSnapshot)
}

func TestMyIDIsASmallNumber(t *testing.T) {
	d := newDisk()
	_, err := store.ReadMyID(d)
	require.ErrorContains(t, err, "myid: ")
	for text, want := range map[string]string{"3\n": "", "300": "myid: 300 is not a server's number: want 0 to 255", "x": "myid: \"x\" is not a number"} {
		_ = d.Disk.Remove("myid")
		require.NoError(t, d.Append("myid", []byte(text)))
		id, err := store.ReadMyID(d)
		if want == "" {
			require.NoError(t, err)
			require.Equal(t, int64(3), id)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}
