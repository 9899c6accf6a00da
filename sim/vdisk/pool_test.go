package vdisk_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/sim/vdisk"
)

const page = 4 * sector

func TestASyncedFileIsInMemoryOnce(t *testing.T) {
	d := newDisk()
	synced(t, d, "log", "")
	for i := range 10 * page / 8 {
		require.NoError(t, d.Append("log", bytes.Repeat([]byte{byte(i)}, 8)))
		sync(t, d, "log")
	}
	held, free := d.Pages()
	require.Equal(t, 10, held)
	require.LessOrEqual(t, free, 1)

	write(t, d, "log", 3*page-1, "xy")
	held, _ = d.Pages()
	require.Equal(t, 12, held, "two pages are not what is durable")
	d.Crash(vdisk.LoseUnsynced, benign)
	held, _ = d.Pages()
	require.Equal(t, 10, held, "both images are one again")
}

func TestWhatWasNeverWrittenTakesNoMemory(t *testing.T) {
	d := newDisk()
	write(t, d, "f", 1<<20, "x")
	sync(t, d, "f")
	held, _ := d.Pages()
	require.Equal(t, 1, held)
	p := []byte{1, 2, 3}
	_, err := d.ReadAt("f", p, 1<<19)
	require.NoError(t, err)
	require.Zero(t, bytes.TrimLeft(p, "\x00"), "a hole reads as zeros")
}

func TestTheMemoryOfFilesThatAreGoneIsUsedAgain(t *testing.T) {
	d := newDisk()
	for range 50 {
		write(t, d, "tmp", 0, string(make([]byte, 3*page)))
		sync(t, d, "tmp")
		require.NoError(t, d.Rename("tmp", "state"))
		d.EndSync(d.BeginSyncDir(""))
		held, free := d.Pages()
		require.LessOrEqual(t, held+free, 6, "the old state and the new")
	}
	for range 50 {
		require.NoError(t, d.Truncate("state", 0))
		write(t, d, "state", 0, string(make([]byte, 3*page)))
		sync(t, d, "state")
		held, free := d.Pages()
		require.LessOrEqual(t, held+free, 6)
	}
}

func TestASyncThatFailsAfterItsFileIsGoneDoesNoHarm(t *testing.T) {
	d := newDisk()
	write(t, d, "gone", 0, "content that nobody will miss, of more than a page")
	ok, failed := begin(t, d, "gone"), begin(t, d, "gone")
	require.NoError(t, d.Remove("gone"))
	d.EndSync(d.BeginSyncDir(""))
	require.Zero(t, d.Inodes())
	synced(t, d, "other", "takes over the pages of the one that is gone: all of them")
	d.FailSync(failed)
	d.EndSync(ok)
	require.Equal(t, image{"other": "takes over the pages of the one that is gone: all of them"}, surviving(d))
}
