package vdisk_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/sim/vdisk"
)

// scripted draws the given numbers, then zeros.
func scripted(numbers ...uint64) func(uint64) uint64 {
	return func(n uint64) uint64 {
		if len(numbers) == 0 {
			return 0
		}
		v := numbers[0]
		numbers = numbers[1:]
		return v % n
	}
}

// outcomes are the contents of the file after many crashes of one disk.
func outcomes(t *testing.T, d *vdisk.Disk, mode vdisk.CrashMode, name string) map[string]vdisk.Loss {
	t.Helper()
	found := map[string]vdisk.Loss{}
	for seed := range uint64(2000) {
		c := d.Clone()
		loss := c.Crash(mode, drawer(seed))
		found[content(t, c, name)] = loss
	}
	return found
}

func TestLosingASuffixLeavesTheStateOfSomeMoment(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "")
	write(t, d, "f", 0, "one.")
	write(t, d, "f", 0, "two.")
	require.NoError(t, d.Append("f", []byte("three...and four")))
	require.NoError(t, d.Truncate("f", 5))
	want := []string{"", "one.", "two.", "two.thre", "two.three...and ", "two.three...and four", "two.t"}
	found := outcomes(t, d, vdisk.LoseSuffix, "f")
	require.Len(t, found, len(want))
	for _, w := range want {
		require.Contains(t, found, w)
	}
}

func TestLosingASuffixKeepsTheOrderOfDifferentFiles(t *testing.T) {
	for seed := range uint64(200) {
		d := newDisk()
		synced(t, d, "first", "-")
		synced(t, d, "second", "-")
		write(t, d, "first", 0, "X")
		write(t, d, "second", 0, "X")
		require.NoError(t, d.Remove("first"))
		d.Crash(vdisk.LoseSuffix, drawer(seed))
		got := read(d)
		require.False(t, got["second"] == "X" && got["first"] == "-")
		require.False(t, got["second"] == "-" && got["first"] == "")
	}
}

func TestASubsetOfSectorsSurvivesInAnyOrder(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "aaaaaaaabbbbbbbb")
	write(t, d, "f", 0, "AAAAAAAABBBBBBBB")
	found := outcomes(t, d, vdisk.LoseSubset, "f")
	require.Len(t, found, 4)
	require.EqualValues(t, vdisk.Loss{Bytes: 8, Sectors: 1}, found["aaaaaaaaBBBBBBBB"])
	require.EqualValues(t, vdisk.Loss{Bytes: 8, Sectors: 1}, found["AAAAAAAAbbbbbbbb"])
	require.EqualValues(t, vdisk.Loss{Bytes: 16, Sectors: 2}, found["aaaaaaaabbbbbbbb"])
	require.Zero(t, found["AAAAAAAABBBBBBBB"])
}

func TestTheSizeSurvivesWithoutTheDataAndTheDataWithoutTheSize(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "12345678")
	require.NoError(t, d.Append("f", []byte("abcdefgh")))
	found := outcomes(t, d, vdisk.LoseSubset, "f")
	require.Len(t, found, 3)
	require.Contains(t, found, "12345678"+string(make([]byte, 8)))
	require.Contains(t, found, "12345678")
	require.EqualValues(t, vdisk.Loss{Bytes: 8, Sectors: 1}, found["12345678"])
}

func TestASectorMayBeAsAnEarlierWriteHadLeftIt(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "0")
	write(t, d, "f", 0, "1")
	write(t, d, "f", 0, "2")
	require.Len(t, outcomes(t, d, vdisk.LoseSubset, "f"), 3)
}

func TestATruncatedTailComesBackOrGoesAway(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "12345678abcdefgh")
	require.NoError(t, d.Truncate("f", 10))
	found := outcomes(t, d, vdisk.LoseSubset, "f")
	require.Contains(t, found, "12345678ab")
	require.Contains(t, found, "12345678abcdefgh")
	require.EqualValues(t, 6, found["12345678abcdefgh"].Bytes)
}

func TestACrashTellsWhatItTookFromEachFileAndFromWhere(t *testing.T) {
	d := newDisk()
	synced(t, d, "log", "1234")
	synced(t, d, "whole", "1234")
	require.NoError(t, d.Append("log", []byte("abcd")))
	var told []vdisk.Damage
	loss := d.CrashTold(vdisk.LoseUnsynced, benign, func(h vdisk.Damage) { told = append(told, h) })
	require.Equal(t, []vdisk.Damage{{File: "log", Off: 0, Bytes: 4}}, told, "the sector that holds them begins at 0")
	require.EqualValues(t, 4, loss.Bytes)
}

func TestATornSectorKeepsItsHeadAndTheBytesThatWereNotWritten(t *testing.T) {
	d := newDisk()
	synced(t, d, "log", "1234")
	require.NoError(t, d.Append("log", []byte("abcd")))
	kinds := map[string]bool{}
	for content, loss := range outcomes(t, d, vdisk.Torn, "log") {
		require.True(t, strings.HasPrefix(content, "1234"), "%q", content)
		if len(content) < 8 {
			continue
		}
		switch rest := content[4:]; {
		case rest == "abcd":
			kinds["kept"] = true
		case rest == "\x00\x00\x00\x00":
			kinds["lost"] = true
		case rest == "ab\x00\x00":
			kinds["torn, old or zero"] = true
			require.EqualValues(t, 1, loss.Torn)
		case rest[:2] == "ab" && rest[2] != 'c':
			kinds["torn, garbage"] = true
			require.EqualValues(t, 1, loss.Torn)
		}
	}
	require.Len(t, kinds, 4, "%v", kinds)
}

func TestATearMayLeaveOldBytesZerosOrGarbage(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "oldoldol")
	write(t, d, "f", 0, "NEWNEWNE")
	tails := map[string]string{}
	for tear, name := range map[uint64]string{0: "whole", 4: "old", 5: "zero", 6: "garbage"} {
		c := d.Clone()
		loss := c.Crash(vdisk.Torn, scripted(0, 0, 3<<16, tear))
		got := content(t, c, "f")
		require.Equal(t, "NEWN", got[:4])
		tails[name] = got[4:]
		require.Equal(t, tear != 0, loss.Torn == 1)
	}
	require.Equal(t, "EWNE", tails["whole"])
	require.Equal(t, "ldol", tails["old"])
	require.Equal(t, "\x00\x00\x00\x00", tails["zero"])
	require.NotContains(t, []string{"EWNE", "ldol", "\x00\x00\x00\x00"}, tails["garbage"])
}

func TestTheLossCountsNames(t *testing.T) {
	d := newDisk()
	synced(t, d, "gone", "x")
	synced(t, d, "moved", "y")
	write(t, d, "new", 0, "z")
	require.NoError(t, d.Remove("gone"))
	require.NoError(t, d.Rename("moved", "here"))
	loss := d.Crash(vdisk.LoseUnsynced, benign)
	require.EqualValues(t, 4, loss.Names, "new and here are gone, gone and moved are back")
	require.Equal(t, image{"gone": "x", "moved": "y"}, read(d))
	require.EqualValues(t, 2, d.Used())
}

func TestCrashModesHaveNames(t *testing.T) {
	for mode := vdisk.LoseNothing; mode <= vdisk.Torn; mode++ {
		named, ok := vdisk.CrashModeNamed(mode.String())
		require.True(t, ok)
		require.Equal(t, mode, named)
	}
	_, ok := vdisk.CrashModeNamed("lose-face")
	require.False(t, ok)
	require.Equal(t, "crash-mode-9", vdisk.CrashMode(9).String())
}
