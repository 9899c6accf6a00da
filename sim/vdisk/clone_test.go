package vdisk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/sim/vdisk"
)

func TestACaptureStandsForTheSameSyncInAClone(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "old")
	write(t, d, "f", 0, "new")
	c := begin(t, d, "f")
	clone := d.Clone()
	clone.EndSync(c)
	require.Equal(t, "new", afterLosing(t, clone, "f"))
	require.Equal(t, "old", afterLosing(t, d, "f"))
	d.FailSync(c)
	sync(t, d, "f")
	require.Equal(t, "old", afterLosing(t, d, "f"))
	require.Equal(t, "new", afterLosing(t, clone, "f"))
}

func TestRestoreSetsTheDiskBackToAnOlderImage(t *testing.T) {
	d := vdisk.New(vdisk.Config{SectorSize: sector, Capacity: 100})
	synced(t, d, "f", "then")
	image := d.Clone()
	hash := d.Hash()

	write(t, d, "f", 0, "now and longer")
	sync(t, d, "f")
	write(t, d, "g", 0, "x")
	c := begin(t, d, "g")
	d.SetCapacity(10)
	d.Restore(image)
	require.Equal(t, hash, d.Hash())
	require.Equal(t, "then", content(t, d, "f"))
	require.EqualValues(t, 4, d.Used())
	require.EqualValues(t, 10, d.Capacity(), "the disk is no larger than it was")
	d.EndSync(c)
	require.ErrorIs(t, d.Append("f", make([]byte, 7)), nodes.ErrNoSpace)

	write(t, d, "f", 0, "again")
	require.Equal(t, "then", content(t, image, "f"), "the image stays as it is, for another time")
}

func TestNoSyncIsInFlightOnARestoredDisk(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "old")
	write(t, d, "f", 0, "new")
	before := begin(t, d, "f")
	image := d.Clone()
	d.Restore(image)
	d.EndSync(before)
	require.Equal(t, "old", afterLosing(t, d, "f"))

	image = d.Clone()
	after := begin(t, d, "f")
	d.Restore(image)
	begin(t, d, "f") // the first since the image, as after was
	d.EndSync(after)
	require.Equal(t, "old", afterLosing(t, d, "f"))
}

func TestWipeLeavesNothing(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "x")
	write(t, d, "f", 0, "y")
	c := begin(t, d, "f")
	d.Wipe()
	d.EndSync(c)
	require.Empty(t, read(d))
	require.Zero(t, d.Used())
	require.Equal(t, newDisk().Hash(), d.Hash())
	require.Empty(t, surviving(d))
	synced(t, d, "f", "new life")
	require.Equal(t, image{"f": "new life"}, surviving(d))
}

func TestHashTellsContentsApartAndNothingElse(t *testing.T) {
	base := func() *vdisk.Disk {
		d := newDisk()
		synced(t, d, "a", "one")
		synced(t, d, "b", "two")
		return d
	}
	other := newDisk()
	write(t, other, "tmp", 0, "to")
	synced(t, other, "a", "one")
	write(t, other, "tmp", 1, "wo")
	require.NoError(t, other.Rename("tmp", "b"))
	sync(t, other, "b")
	d := base()
	require.NotEqual(t, d.Hash(), other.Hash(), "the rename is not durable")
	other.EndSync(other.BeginSyncDir(""))
	require.Equal(t, d.Hash(), other.Hash())

	seen := map[uint64]string{d.Hash(): "base"}
	for name, change := range map[string]func(*vdisk.Disk){
		"cache":   func(d *vdisk.Disk) { write(t, d, "a", 0, "O") },
		"durable": func(d *vdisk.Disk) { write(t, d, "a", 0, "O"); sync(t, d, "a") },
		"grown":   func(d *vdisk.Disk) { write(t, d, "a", 3, "\x00") },
		"renamed": func(d *vdisk.Disk) { require.NoError(t, d.Rename("a", "c")) },
		"removed": func(d *vdisk.Disk) { require.NoError(t, d.Remove("a")) },
		"empty":   func(d *vdisk.Disk) { write(t, d, "c", 0, "") },
		"swapped": func(d *vdisk.Disk) {
			require.NoError(t, d.Rename("a", "c"))
			require.NoError(t, d.Rename("b", "a"))
			require.NoError(t, d.Rename("c", "b"))
		},
	} {
		d := base()
		change(d)
		require.NotContains(t, seen, d.Hash(), name)
		seen[d.Hash()] = name
	}
}
