package vdisk_test

import (
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/sim/vdisk"
)

// flip corrupts one byte of a file, and returns how many bits flipped.
func flip(t *testing.T, d *vdisk.Disk, name string, off int64, mask byte) int {
	t.Helper()
	n, err := d.Corrupt(name, off, []byte{mask})
	require.NoError(t, err)
	return n
}

func TestRotIsStickyUntilItIsOverwritten(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "aaaaaaaa")
	require.Equal(t, 2, flip(t, d, "f", 3, 'a'^'b'))
	for range 2 {
		require.Equal(t, "aaabaaaa", content(t, d, "f"))
	}
	require.True(t, d.DurableThrough("f", 8), "durable it is")
	d.Crash(vdisk.LoseUnsynced, benign)
	require.Equal(t, "aaabaaaa", content(t, d, "f"))
	write(t, d, "f", 3, "a")
	sync(t, d, "f")
	require.Equal(t, "aaaaaaaa", afterLosing(t, d, "f"))
	require.EqualValues(t, 2, d.Harm().FlippedBits)
}

func TestOnlyWhatIsDurableRots(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "aa")
	require.NoError(t, d.Append("f", []byte("aa")))
	n, err := d.Corrupt("f", -1, []byte{1, 1, 1, 1, 1, 1, 1})
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, "``aa", content(t, d, "f"))
	sync(t, d, "f")
	require.Equal(t, "``aa", afterLosing(t, d, "f"), "an append to the same sector does not heal it")
}

func TestRotUnderAPendingWriteShowsOnlyIfTheWriteIsLost(t *testing.T) {
	for _, fold := range []bool{false, true} {
		d := newDisk()
		synced(t, d, "f", "aaaaaaaa")
		write(t, d, "f", 0, "b")
		write(t, d, "f", 3, "b")
		if fold {
			d.Fold()
		}
		flip(t, d, "f", 0, 1)
		flip(t, d, "f", 5, 1)
		require.Equal(t, "baaba`aa", content(t, d, "f"))
		require.Equal(t, "`aaaa`aa", afterLosing(t, d, "f"))
		sync(t, d, "f")
		require.Equal(t, "baaba`aa", afterLosing(t, d, "f"))
	}
}

func TestRotDoesNotReachWhatWasCutOffAndFilledAgain(t *testing.T) {
	for _, fold := range []bool{false, true} {
		d := newDisk()
		synced(t, d, "f", "aaaaaaaa")
		require.NoError(t, d.Truncate("f", 2))
		require.NoError(t, d.Truncate("f", 8))
		if fold {
			d.Fold()
		}
		flip(t, d, "f", 5, 1)
		require.Equal(t, "aa\x00\x00\x00\x00\x00\x00", content(t, d, "f"))
		require.Equal(t, "aaaaa`aa", afterLosing(t, d, "f"))
	}
}

func TestCorruptAtFlipsFewBitsMoreOftenThanMany(t *testing.T) {
	draw := drawer(7)
	hits, places := map[int]int{}, map[string]int{}
	for range 600 {
		d := newDisk()
		synced(t, d, "b", string(make([]byte, 20)))
		synced(t, d, "a", string(make([]byte, 8)))
		write(t, d, "c", 0, "nothing of it is durable")
		draws := 0
		f, ok := d.CorruptAt(func(n uint64) uint64 { draws++; return draw(n) })
		require.True(t, ok)
		require.Equal(t, 3, draws)
		require.Equal(t, f.Bits, bitsIn(content(t, d, f.Name)), "all of them in this sector")
		hits[f.Bits]++
		places[f.Name]++
	}
	for n := 1; n <= 32; n *= 2 {
		require.InDelta(t, 100, hits[n], 40, "%d bits: %v", n, hits)
	}
	require.Len(t, hits, 6)
	require.InDelta(t, 450, places["b"], 60, "three sectors of four are in b")
	require.Equal(t, 600, places["a"]+places["b"])

	_, ok := newDisk().CorruptAt(draw)
	require.False(t, ok)
}

func bitsIn(s string) (n int) {
	for i := range len(s) {
		n += bits.OnesCount8(s[i])
	}
	return n
}

func TestAMisdirectedWriteHarmsTwoSectorsAndShowsAfterACrash(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "aaaaaaaabbbbbbbbcccccccc")
	d.Misdirect("f", 0)
	write(t, d, "f", 8, "BBBBBBBB")
	sync(t, d, "f")
	require.EqualValues(t, 1, d.Harm().MisdirectedSectors)
	require.Equal(t, "aaaaaaaaBBBBBBBBcccccccc", content(t, d, "f"), "the page cache hides it")
	require.False(t, d.DurableThrough("f", 24))
	require.True(t, d.DurableThrough("f", 8))
	require.Equal(t, "aaaaaaaabbbbbbbbBBBBBBBB", afterLosing(t, d, "f"))

	write(t, d, "f", 8, "B")
	sync(t, d, "f")
	require.Equal(t, "aaaaaaaaBBBBBBBBBBBBBBBB", afterLosing(t, d, "f"), "one was enough")
}

func TestAMisdirectedWriteWaitsForAFileWithAnotherPlace(t *testing.T) {
	d := newDisk()
	d.Misdirect("", 5)
	synced(t, d, "small", "one")
	require.Zero(t, d.Harm().MisdirectedSectors)
	synced(t, d, "large", "one and two and three")
	require.EqualValues(t, 1, d.Harm().MisdirectedSectors)
	require.Zero(t, d.Disarm())
}

func TestALostWriteIsReportedAsDone(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "aaaaaaaabbbbbbbbcccccccc")
	d.LoseWrite("other", 1, 0)
	d.LoseWrite("f", 2, 1)
	write(t, d, "f", 0, "AAAAAAAABBBBBBBBCCCCCCCCDDDD")
	sync(t, d, "f")
	require.EqualValues(t, 2, d.Harm().LostSectors)
	require.Equal(t, 1, d.Disarm(), "the one for the other file")
	require.Equal(t, "AAAAAAAAbbbbbbbbccccccccDDDD", afterLosing(t, d, "f"))
	require.False(t, d.DurableThrough("f", 28))
	require.True(t, d.DurableThrough("f", 8))
	loss := d.Crash(vdisk.LoseSubset, benign)
	require.Equal(t, vdisk.Loss{Bytes: 16, Sectors: 2}, loss, "the crash brings it to light")
}

func TestALostWriteThatChangesNothingWaitsOn(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "same")
	d.LoseWrite("", 1, 0)
	write(t, d, "f", 0, "same")
	sync(t, d, "f")
	require.Zero(t, d.Harm().LostSectors)
	require.Equal(t, 1, d.Disarm())
}
