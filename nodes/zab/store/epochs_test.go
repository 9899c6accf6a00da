package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
	"orrery/sim/vdisk"
)

func TestAnEpochCountsWhenItIsOnDisk(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	v.Events()
	require.NoError(t, v.SetAcceptedEpoch(v.d, 3))
	require.Zero(t, v.AcceptedEpoch())
	require.NoError(t, v.SetCurrentEpoch(v.d, 3))
	v.d.settle(t, v.Store)
	require.Equal(t, []store.Event{{Kind: store.AcceptedEpoch, Epoch: 3}, {Kind: store.CurrentEpoch, Epoch: 3}}, v.Events())
	v, _ = v.restart(t, vdisk.LoseUnsynced, store.Options{})
	require.Equal(t, int64(3), v.AcceptedEpoch())
	require.Equal(t, int64(3), v.CurrentEpoch())
	p, err := v.d.ReadFile("version-2/currentEpoch")
	require.NoError(t, err)
	require.Equal(t, "3", string(p))

	v, _ = boot(t, newDisk(), store.Options{Quirks: store.Quirks{EpochMemBeforeDisk: true}})
	require.NoError(t, v.SetAcceptedEpoch(v.d, 3))
	require.Equal(t, int64(3), v.AcceptedEpoch(), "ZOOKEEPER-2307")
	v, _ = v.restart(t, vdisk.LoseUnsynced, store.Options{})
	require.Zero(t, v.AcceptedEpoch())
}

func TestEpochsThatContradictEachOtherAreRefused(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	require.NoError(t, v.SetCurrentEpoch(v.d, 3))
	v.d.settle(t, v.Store)
	_, _, err := store.Boot(v.d, store.Options{}, &history{})
	require.ErrorIs(t, err, store.ErrEpoch)
	require.ErrorContains(t, err, "acceptedEpoch is 0 and version-2/currentEpoch is 3")

	require.NoError(t, v.d.Truncate("version-2/currentEpoch", 0))
	_, _, err = store.Boot(v.d, store.Options{}, &history{})
	require.ErrorContains(t, err, "version-2/currentEpoch: \"\" is not a number")
}

func TestEpochsOfAnOldDirectoryAreThoseOfItsLog(t *testing.T) {
	v, _ := boot(t, newDisk(), store.Options{})
	z := proto.MakeZxid(5, 1)
	v.Append(z, v.h.add(z, "a", 1), true)
	require.NoError(t, v.Flush(v.d))
	v.d.settle(t, v.Store)
	require.NoError(t, v.d.Remove("version-2/currentEpoch"))
	require.NoError(t, v.d.Remove("version-2/acceptedEpoch"))
	v, _ = v.restart(t, vdisk.LoseNothing, store.Options{})
	require.Equal(t, int64(5), v.CurrentEpoch())
	require.Equal(t, int64(5), v.AcceptedEpoch())
}

// takeOver logs a history of epoch 2 at a server of epoch 0, and then crashes.
func takeOver(t *testing.T, o store.Options) *server {
	v, _ := boot(t, newDisk(), o)
	require.NoError(t, v.SetAcceptedEpoch(v.d, 3))
	v.d.settle(t, v.Store)
	z := proto.MakeZxid(2, 1)
	v.Append(z, v.h.add(z, "a", 1), true)
	require.NoError(t, v.Flush(v.d))
	v.d.settle(t, v.Store)
	require.Equal(t, z, v.Durable())
	v.d.crash(vdisk.LoseUnsynced, lose)
	return v
}

func TestACrashBetweenHistoryAndEpochDoesNotPreventTheStart(t *testing.T) { // ZOOKEEPER-1653
	v := takeOver(t, store.Options{})
	require.Equal(t, "[acceptedEpoch currentEpoch log.200000001 snapshot.0 updatingEpoch]", files(t, v.d))
	w, _ := boot(t, v.d, store.Options{})
	require.Equal(t, int64(2), w.CurrentEpoch(), "the epoch of what it has, not that of its leader")
	require.Equal(t, int64(3), w.AcceptedEpoch())
	require.NoError(t, w.SetCurrentEpoch(w.d, 3))
	w.d.settle(t, w.Store)
	require.Equal(t, "[acceptedEpoch currentEpoch log.200000001 snapshot.0]", files(t, w.d))

	v = takeOver(t, store.Options{Quirks: store.Quirks{EpochNoMarker: true}})
	_, _, err := store.Boot(v.d, store.Options{}, &history{})
	require.ErrorIs(t, err, store.ErrEpoch)
	require.ErrorContains(t, err, "version-2/currentEpoch is 0, older than the last transaction 0x200000001")
}

func TestAnEpochThatWasAboutToGetItsNameIsAdopted(t *testing.T) {
	v := takeOver(t, store.Options{Quirks: store.Quirks{EpochNoMarker: true}})
	require.NoError(t, v.d.Append("version-2/currentEpoch.tmp", []byte("3")))
	w, _ := boot(t, v.d, store.Options{})
	require.Equal(t, int64(3), w.CurrentEpoch())
	require.Equal(t, "[acceptedEpoch currentEpoch log.200000001 snapshot.0]", files(t, w.d))

	v = takeOver(t, store.Options{Quirks: store.Quirks{EpochNoMarker: true}})
	require.NoError(t, v.d.Append("version-2/currentEpoch.tmp", []byte("1"))) // torn, or of an older time
	_, _, err := store.Boot(v.d, store.Options{}, &history{})
	require.ErrorIs(t, err, store.ErrEpoch)
}
