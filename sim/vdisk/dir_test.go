package vdisk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/sim/vdisk"
)

// surviving is what a disk would hold after a crash that loses all that is not durable.
func surviving(d *vdisk.Disk) image {
	d = d.Clone()
	d.Crash(vdisk.LoseUnsynced, benign)
	return read(d)
}

func TestANameIsDurableOnlyAfterItsDirectoryIs(t *testing.T) {
	d := newDisk()
	write(t, d, "log/1", 0, "x")
	sync(t, d, "log/1")
	require.Empty(t, surviving(d))
	require.False(t, d.DurableThrough("log/1", 1))
	d.EndSync(d.BeginSyncDir(""))
	require.Empty(t, surviving(d), "another directory's sync does not help")
	d.EndSync(d.BeginSyncDir("log"))
	require.Equal(t, image{"log/1": "x"}, surviving(d))
	require.True(t, d.DurableThrough("log/1", 1))

	require.NoError(t, d.Remove("log/1"))
	require.Equal(t, image{"log/1": "x"}, surviving(d), "neither is its removal")
	d.EndSync(d.BeginSyncDir("log"))
	require.Empty(t, surviving(d))
}

func TestADurableNameDoesNotMakeTheContentDurable(t *testing.T) {
	d := newDisk()
	write(t, d, "f", 0, "x")
	d.EndSync(d.BeginSyncDir(""))
	require.Equal(t, image{"f": ""}, surviving(d))
}

func TestADirectorySyncCoversTheNamesAsTheyWereWhenItBegan(t *testing.T) {
	d := newDisk()
	synced(t, d, "a", "x")
	c := d.BeginSyncDir("")
	require.NoError(t, d.Rename("a", "b"))
	d.EndSync(c)
	require.Equal(t, image{"a": "x"}, surviving(d))
	c = d.BeginSyncDir("")
	require.NoError(t, d.Rename("b", "c"))
	d.EndSync(c)
	require.Equal(t, image{"b": "x"}, surviving(d))
}

// TestAReplacedFileIsOldOrNewInEveryCrash is the way in which every snapshot is written.
func TestAReplacedFileIsOldOrNewInEveryCrash(t *testing.T) {
	seen := map[string]int{}
	for mode := vdisk.LoseUnsynced; mode <= vdisk.Torn; mode++ {
		for seed := range uint64(50) {
			d := newDisk()
			synced(t, d, "state", "the old state")
			write(t, d, "state.tmp", 0, "the new and longer state")
			sync(t, d, "state.tmp")
			require.NoError(t, d.Rename("state.tmp", "state"))
			d.Crash(mode, drawer(seed))
			seen[content(t, d, "state")]++
		}
	}
	require.Len(t, seen, 2, "both outcomes, no other: %v", seen)
	require.NotZero(t, seen["the old state"])
	require.NotZero(t, seen["the new and longer state"])
}

func TestARenameBetweenDirectoriesIsDurableWithEither(t *testing.T) {
	for _, dir := range []string{"x", "y"} {
		d := newDisk()
		write(t, d, "x/1", 0, "content")
		sync(t, d, "x/1")
		require.NoError(t, d.Rename("x/1", "y/1"))
		write(t, d, "x/2", 0, "")
		d.EndSync(d.BeginSyncDir(dir))
		got := surviving(d)
		require.Equal(t, "content", got["y/1"])
		require.NotContains(t, got, "x/1")
	}
}

func TestAFailedDirectorySyncGivesItsNamesUpUntilTheDirectoryChanges(t *testing.T) {
	d := newDisk()
	synced(t, d, "a", "x")
	require.NoError(t, d.Rename("a", "b"))
	require.EqualValues(t, 1, d.FailSync(d.BeginSyncDir("")))
	d.EndSync(d.BeginSyncDir("")) // succeeds, and lies
	require.Equal(t, image{"a": "x"}, surviving(d))
	require.Equal(t, image{"b": "x"}, read(d))
	require.False(t, d.DurableThrough("b", 1))

	write(t, d, "c", 0, "")
	d.EndSync(d.BeginSyncDir(""))
	require.Equal(t, image{"b": "x", "c": ""}, surviving(d))
	require.EqualValues(t, 1, d.Harm().NamesGivenUp)
}

func TestAFailedDirectorySyncGivesNothingUpThatChangesAgainMeanwhile(t *testing.T) {
	d := newDisk()
	synced(t, d, "a", "x")
	require.NoError(t, d.Rename("a", "b"))
	c := d.BeginSyncDir("")
	require.NoError(t, d.Rename("b", "c"))
	require.Zero(t, d.FailSync(c))
	d.EndSync(d.BeginSyncDir(""))
	require.Equal(t, image{"c": "x"}, surviving(d))
}

func TestARenameToAndFroIsNotDurableInBetween(t *testing.T) {
	d := newDisk()
	synced(t, d, "a", "x")
	require.True(t, d.DurableThrough("a", 1))
	require.NoError(t, d.Rename("a", "b"))
	require.NoError(t, d.Rename("b", "a"))
	require.False(t, d.DurableThrough("a", 1), "a crash may leave it under b")
	d.EndSync(d.BeginSyncDir(""))
	require.True(t, d.DurableThrough("a", 1))
}

func TestAFileThatBecomesADirectoryIsNeverBothAfterACrash(t *testing.T) {
	for seed := range uint64(50) {
		d := newDisk()
		synced(t, d, "a", "file")
		require.NoError(t, d.Remove("a"))
		write(t, d, "a/b", 0, "below")
		d.Crash(vdisk.LoseSubset, drawer(seed))
		got := read(d)
		require.False(t, len(got) == 2, "%q", got)
	}
}

func TestFilesThatNothingLeadsToAreForgotten(t *testing.T) {
	d := newDisk()
	for i := range 100 {
		tmp := fmt.Sprintf("tmp%d", i)
		write(t, d, tmp, 0, "x")
		require.NoError(t, d.Rename(tmp, "state"))
		d.EndSync(d.BeginSyncDir(""))
	}
	require.Equal(t, 1, d.Inodes())
}
