package vdisk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/sim/vdisk"
)

// A directory's sync finds what it makes durable without looking at the rest, and finds what the definition says: with renames between
// directories, names that become directories, failed syncs and crashes.
func TestNamesOfManyDirectories(t *testing.T) {
	names := rapid.SampledFrom([]string{"x", "a", "a/x", "a/y", "b/x", "b/z", "b/z/w", "b/z/v", "c/x"})
	dirs := rapid.SampledFrom([]string{"", "a", "b", "b/z", "c"})
	rapid.Check(t, func(t *rapid.T) {
		d := vdisk.New(vdisk.Config{SectorSize: 8})
		check := func() {
			for _, dir := range []string{"", "a", "b", "b/z", "c"} {
				require.True(t, d.PicksAsDefined(dir), "in %q", dir)
			}
			require.True(t, d.CountsWhatLeadsToFiles())
		}
		for range rapid.IntRange(1, 40).Draw(t, "operations") {
			switch rapid.IntRange(0, 13).Draw(t, "what") {
			case 0, 1, 2:
				_ = d.Append(names.Draw(t, "name"), []byte("record"))
			case 3, 4, 5:
				_ = d.Rename(names.Draw(t, "from"), names.Draw(t, "to"))
			case 6, 7:
				_ = d.Remove(names.Draw(t, "name"))
			case 8, 9:
				d.EndSync(d.BeginSyncDir(dirs.Draw(t, "dir")))
			case 10:
				d.FailSync(d.BeginSyncDir(dirs.Draw(t, "dir")))
			case 11:
				d = d.Clone()
			case 13:
				d.Tidy()
			case 12:
				mode := rapid.SampledFrom([]vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSubset}).Draw(t, "mode")
				d.Crash(mode, func(n uint64) uint64 { return rapid.Uint64Range(0, n-1).Draw(t, "draw") })
			}
			check()
		}
	})
}

// A disk on which files come and go, as a log's segments do, keeps nothing of those that are gone.
func TestPathsThatAreGoneAreForgotten(t *testing.T) {
	d := vdisk.New(vdisk.Config{})
	for i := range 2000 {
		require.NoError(t, d.Append(fmt.Sprintf("log/%d/%06d.log", i%7, i), []byte("record")))
		if i >= 20 {
			require.NoError(t, d.Remove(fmt.Sprintf("log/%d/%06d.log", (i-20)%7, i-20)))
		}
		d.EndSync(d.BeginSyncDir(fmt.Sprintf("log/%d", i%7)))
	}
	names, err := d.List("log")
	require.NoError(t, err)
	require.Len(t, names, 20)
	require.Less(t, d.Paths(), 300)
	require.True(t, d.CountsWhatLeadsToFiles())
}
