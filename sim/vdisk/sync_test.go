package vdisk_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/sim/vdisk"
)

func TestASyncCoversTheFileAsItWasWhenItBegan(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "old old old old")
	write(t, d, "f", 0, "new")
	c := begin(t, d, "f")
	write(t, d, "f", 0, "NEW") // the same sector
	write(t, d, "f", 15, " and longer")
	require.NoError(t, d.Truncate("f", 20))
	d.EndSync(c)
	require.Equal(t, "new old old old", afterLosing(t, d, "f"))
	require.False(t, d.DurableThrough("f", 1))
	sync(t, d, "f")
	require.Equal(t, content(t, d, "f"), afterLosing(t, d, "f"))
	require.True(t, d.DurableThrough("f", 20))
	require.False(t, d.DurableThrough("f", 21))
}

func TestSyncsMayEndInAnotherOrderThanTheyBegan(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "0")
	write(t, d, "f", 0, "1")
	first := begin(t, d, "f")
	write(t, d, "f", 0, "2")
	second := begin(t, d, "f")
	write(t, d, "f", 0, "3")
	d.EndSync(second)
	require.Equal(t, "2", afterLosing(t, d, "f"))
	d.EndSync(first)
	require.Equal(t, "2", afterLosing(t, d, "f"), "an older sync takes nothing back")
}

func TestAFailedSyncLosesItsPagesForGood(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "0123456789abcdef")
	write(t, d, "f", 2, "XYZ")
	require.EqualValues(t, 3, d.FailSync(begin(t, d, "f")))
	require.Equal(t, "01XYZ56789abcdef", content(t, d, "f"), "the cache still shows them")
	require.False(t, d.DurableThrough("f", 16))
	require.True(t, d.DurableThrough("f", 2))

	sync(t, d, "f") // succeeds, and lies: fsyncgate
	require.Equal(t, "0123456789abcdef", afterLosing(t, d, "f"))
	require.False(t, d.DurableThrough("f", 16))

	write(t, d, "f", 8, "!") // another sector
	sync(t, d, "f")
	require.Equal(t, "01234567!9abcdef", afterLosing(t, d, "f"))

	write(t, d, "f", 7, "?") // the same sector is written again, as the cache has it
	sync(t, d, "f")
	require.Equal(t, "01XYZ56?!9abcdef", afterLosing(t, d, "f"))
	require.True(t, d.DurableThrough("f", 16))
	require.EqualValues(t, 3, d.Harm().BytesGivenUp)
}

func TestAFailedAppendLeavesAHoleBeforeTheNextOne(t *testing.T) {
	d := newDisk()
	synced(t, d, "log", "12345678")
	require.NoError(t, d.Append("log", []byte("lost lost lost..")))
	d.FailSync(begin(t, d, "log"))
	require.Equal(t, "12345678", afterLosing(t, d, "log"))
	require.NoError(t, d.Append("log", []byte("kept")))
	sync(t, d, "log")
	require.Equal(t, "12345678"+string(make([]byte, 16))+"kept", afterLosing(t, d, "log"))
	require.False(t, d.DurableThrough("log", 28))
	require.True(t, d.DurableThrough("log", 8))
}

func TestAFailedSyncTakesNothingFromAnEarlierOneInFlight(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "........--------")
	write(t, d, "f", 0, "A")
	earlier := begin(t, d, "f")
	write(t, d, "f", 8, "B")
	require.EqualValues(t, 1, d.FailSync(begin(t, d, "f")), "B alone")
	d.EndSync(earlier)
	require.Equal(t, "A.......--------", afterLosing(t, d, "f"), "its success is true")
}

func TestALaterSyncDoesNotSaveWhatAnEarlierOneGaveUp(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "........--------")
	write(t, d, "f", 0, "A")
	earlier := begin(t, d, "f")
	write(t, d, "f", 8, "B")
	later := begin(t, d, "f")
	d.FailSync(earlier)
	d.EndSync(later)
	require.Equal(t, "........B-------", afterLosing(t, d, "f"))
}

func TestAnAbandonedSyncLeavesItsPagesToTheNext(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "old")
	write(t, d, "f", 0, "new")
	d.AbandonSync(begin(t, d, "f"))
	require.Equal(t, "old", afterLosing(t, d, "f"))
	sync(t, d, "f")
	require.Equal(t, "new", afterLosing(t, d, "f"))
}

func TestASyncFollowsTheFileNotItsName(t *testing.T) {
	d := newDisk()
	synced(t, d, "a", "old")
	synced(t, d, "b", "other")

	write(t, d, "a", 0, "new")
	c := begin(t, d, "a")
	require.NoError(t, d.Rename("a", "b"))
	write(t, d, "a", 0, "second of its name")
	d.EndSync(c)
	d.EndSync(d.BeginSyncDir(""))
	require.Equal(t, "new", afterLosing(t, d, "b"))
	require.Empty(t, afterLosing(t, d, "a"))

	write(t, d, "b", 0, "newer")
	c = begin(t, d, "b")
	require.NoError(t, d.Remove("b"))
	d.EndSync(c)
	require.Equal(t, "newer", afterLosing(t, d, "b"), "the removal is not durable, the content is")
}

func TestACaptureEndsOnce(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "old")
	write(t, d, "f", 0, "new")
	c := begin(t, d, "f")
	d.AbandonSync(c)
	d.EndSync(c)
	require.Zero(t, d.FailSync(c))
	other := begin(t, d, "f") // takes the slot that c had
	d.EndSync(c)
	d.EndSync(vdisk.Capture{})
	require.Equal(t, "old", afterLosing(t, d, "f"))
	d.EndSync(other)
	require.Equal(t, "new", afterLosing(t, d, "f"))
}

func TestACrashCutsShortTheSyncsInFlight(t *testing.T) {
	for mode := vdisk.LoseNothing; mode <= vdisk.Torn; mode++ {
		d := newDisk()
		synced(t, d, "f", "old")
		write(t, d, "f", 0, "new")
		c, dir := begin(t, d, "f"), d.BeginSyncDir("")
		d.Crash(mode, benign)
		write(t, d, "f", 0, "after")
		write(t, d, "g", 0, "")
		d.EndSync(c)
		d.EndSync(dir)
		require.NotEqual(t, "after", afterLosing(t, d, "f"), mode)
		require.False(t, d.DurableThrough("g", 0), mode)
	}
}

func TestAKilledProcessFindsItsWritesAgainButTheyAreNotDurable(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "old")
	write(t, d, "f", 0, "new")
	c := begin(t, d, "f")
	require.Zero(t, d.Crash(vdisk.LoseNothing, benign))
	d.EndSync(c)
	require.Equal(t, "new", content(t, d, "f"))
	require.False(t, d.DurableThrough("f", 3))
	require.Equal(t, "old", afterLosing(t, d, "f"))
	sync(t, d, "f")
	require.Equal(t, "new", afterLosing(t, d, "f"))
}

func TestTheLogOfAFileThatIsNeverSyncedStaysInProportionToIt(t *testing.T) {
	d := vdisk.New(vdisk.Config{})
	record := []byte(strings.Repeat("r", 100))
	for range 100_000 {
		require.NoError(t, d.WriteAt("counter", record, 0))
	}
	require.Less(t, d.LogBytes("counter"), 512<<10, "10 MB were written to one sector")
	for range 20_000 {
		require.NoError(t, d.Append("log", record))
	}
	require.Less(t, d.LogBytes("log"), 6*2_000_000+512<<10)
	sync(t, d, "log")
	require.Zero(t, d.LogBytes("log"))
	require.Equal(t, content(t, d, "log"), func() string {
		d.EndSync(d.BeginSyncDir(""))
		return afterLosing(t, d, "log")
	}())
}

func TestFoldingForgetsWhatWasCutOff(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "")
	write(t, d, "f", 0, "aaaaaaaabbbbbbbbccccccccdddddddd")
	require.NoError(t, d.Truncate("f", 12))
	write(t, d, "f", 36, "e")
	d.Fold()
	sync(t, d, "f")
	require.Equal(t, content(t, d, "f"), afterLosing(t, d, "f"))
	require.Equal(t, "aaaaaaaabbbb"+string(make([]byte, 24))+"e", content(t, d, "f"))
}

func TestASyncInFlightKeepsItsPlaceInALogOfAnyLength(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "")
	require.NoError(t, d.Append("f", []byte("covered")))
	c := begin(t, d, "f")
	for range 10_000 {
		require.NoError(t, d.Append("f", []byte(".")))
	}
	d.EndSync(c)
	require.Equal(t, "covered", afterLosing(t, d, "f"))
	require.Equal(t, 10_000, d.Pending("f"))
	require.NoError(t, d.Append("f", []byte(".")))
	require.Equal(t, 1, d.Pending("f"), "nothing in flight: folded")
}

func TestAppendAndSyncAllocateNothingInTheSteadyState(t *testing.T) {
	d := vdisk.New(vdisk.Config{})
	record := make([]byte, 200)
	step := func() {
		_ = d.Append("log", record)
		c, _ := d.BeginSync("log")
		_ = d.Append("log", record)
		later, _ := d.BeginSync("log")
		d.EndSync(c)
		d.EndSync(later)
	}
	for range 1000 {
		step()
	}
	_ = d.Truncate("log", 0)
	sync(t, d, "log")
	require.Zero(t, testing.AllocsPerRun(900, step))
}
