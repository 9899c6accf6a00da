package vdisk_test

import (
	"io"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/sim/vdisk"
)

func newDisk() *vdisk.Disk { return vdisk.New(vdisk.Config{SectorSize: sector}) }

// write, and what follows, are for tests in which nothing may go wrong.
func write(t *testing.T, d *vdisk.Disk, name string, off int64, text string) {
	t.Helper()
	require.NoError(t, d.WriteAt(name, []byte(text), off))
}

func begin(t *testing.T, d *vdisk.Disk, name string) vdisk.Capture {
	t.Helper()
	c, err := d.BeginSync(name)
	require.NoError(t, err)
	return c
}

func sync(t *testing.T, d *vdisk.Disk, name string) {
	t.Helper()
	d.EndSync(begin(t, d, name))
}

// synced makes a file that is durable, name and all.
func synced(t *testing.T, d *vdisk.Disk, name, text string) {
	t.Helper()
	write(t, d, name, 0, text)
	sync(t, d, name)
	d.EndSync(d.BeginSyncDir(""))
}

func content(t *testing.T, d *vdisk.Disk, name string) string {
	t.Helper()
	p, err := d.ReadFile(name)
	require.NoError(t, err)
	return string(p)
}

// afterLosing is what a file would be after a crash that loses all that is not durable.
func afterLosing(t *testing.T, d *vdisk.Disk, name string) string {
	t.Helper()
	d = d.Clone()
	d.Crash(vdisk.LoseUnsynced, benign)
	return content(t, d, name)
}

func TestEveryOperationOnAMissingFileNamesIt(t *testing.T) {
	d := newDisk()
	write(t, d, "there", 0, "x")
	_, read := d.ReadFile("gone")
	_, readAt := d.ReadAt("gone", nil, 0)
	_, size := d.Size("gone")
	_, sync := d.BeginSync("gone")
	_, corrupt := d.Corrupt("gone", 0, []byte{1})
	for _, err := range []error{
		read, readAt, size, sync, corrupt,
		d.Truncate("gone", 0), d.Remove("gone"), d.Rename("gone", "there"),
	} {
		require.ErrorIs(t, err, nodes.ErrNotExist)
		require.ErrorContains(t, err, "gone")
	}
	require.Equal(t, "x", content(t, d, "there"))
}

func TestReadAtEndsWithEOF(t *testing.T) {
	d := newDisk()
	write(t, d, "f", 0, "0123456789")
	for _, c := range []struct {
		off  int64
		len  int
		want string
		err  error
	}{
		{0, 10, "0123456789", nil}, {7, 3, "789", nil}, {7, 4, "789", io.EOF},
		{10, 1, "", io.EOF}, {99, 1, "", io.EOF}, {10, 0, "", nil}, {-1, 1, "", fs.ErrInvalid},
	} {
		p := make([]byte, c.len)
		n, err := d.ReadAt("f", p, c.off)
		require.Equal(t, c.want, string(p[:n]))
		require.ErrorIs(t, err, c.err)
	}
}

func TestAGapReadsAsZerosEvenWhereDataHadBeenCutOff(t *testing.T) {
	d := newDisk()
	synced(t, d, "f", "abcdefghijklmnopqrstuvwxyz")
	require.NoError(t, d.Truncate("f", 3))
	write(t, d, "f", 24, "Y")
	want := "abc" + string(make([]byte, 21)) + "Y"
	require.Equal(t, want, content(t, d, "f"))
	sync(t, d, "f")
	require.Equal(t, want, afterLosing(t, d, "f"))
}

func TestAnEmptyWriteCreatesTheFileAndLengthensNothing(t *testing.T) {
	d := newDisk()
	require.NoError(t, d.WriteAt("f", nil, 100))
	require.Empty(t, content(t, d, "f"))
	require.NoError(t, d.Append("g", nil))
	names, err := d.List("")
	require.NoError(t, err)
	require.Equal(t, []string{"f", "g"}, names)
}

func TestReadFileAndWritesShareNoMemoryWithTheCaller(t *testing.T) {
	d := newDisk()
	p := []byte("abc")
	require.NoError(t, d.Append("f", p))
	p[0] = 'X'
	q, err := d.ReadFile("f")
	require.NoError(t, err)
	q[1] = 'Y'
	require.Equal(t, "abc", content(t, d, "f"))
}

func TestAWriteThatFindsNoSpaceWritesNothing(t *testing.T) {
	d := vdisk.New(vdisk.Config{SectorSize: sector, Capacity: 10})
	write(t, d, "a", 0, "123456")
	require.ErrorIs(t, d.Append("a", []byte("78901")), nodes.ErrNoSpace)
	require.ErrorIs(t, d.Append("b", []byte("78901")), nodes.ErrNoSpace)
	require.ErrorIs(t, d.WriteAt("a", []byte("x"), 10), nodes.ErrNoSpace)
	require.ErrorIs(t, d.Truncate("a", 11), nodes.ErrNoSpace)
	require.Equal(t, image{"a": "123456"}, read(d), "no part of it, and no file either")
	require.EqualValues(t, 6, d.Used())

	require.NoError(t, d.Append("b", []byte("7890")))
	require.NoError(t, d.WriteAt("a", []byte("overwritten"[:6]), 0), "what does not grow has room")
	require.NoError(t, d.Remove("b"))
	require.NoError(t, d.Append("a", []byte("grow")))

	d.SetCapacity(5)
	require.ErrorIs(t, d.Append("a", []byte("!")), nodes.ErrNoSpace)
	require.NoError(t, d.Truncate("a", 2))
	require.NoError(t, d.Append("a", []byte("!")))
	d.SetCapacity(0)
	require.NoError(t, d.Append("a", make([]byte, 1000)))
}

func TestAWildOffsetIsRefused(t *testing.T) {
	d := newDisk()
	for _, off := range []int64{vdisk.MaxFileSize, 1 << 62, 1<<63 - 1} {
		require.ErrorIs(t, d.WriteAt("f", []byte("x"), off), nodes.ErrNoSpace)
	}
	require.ErrorIs(t, d.WriteAt("f", []byte("x"), -1), fs.ErrInvalid)
	write(t, d, "f", 0, "x")
	require.ErrorIs(t, d.Truncate("f", 1<<62), nodes.ErrNoSpace)
	require.ErrorIs(t, d.Truncate("f", -1), fs.ErrInvalid)
	require.Equal(t, image{"f": "x"}, read(d))
}

func TestNamesAreThoseOfAFileSystem(t *testing.T) {
	d := newDisk()
	write(t, d, "log/1", 0, "x")
	for _, bad := range []string{"", ".", "/abs", "up/../x", "double//slash", "slash/"} {
		require.ErrorIs(t, d.Append(bad, nil), fs.ErrInvalid, bad)
		require.ErrorIs(t, d.Rename("log/1", bad), fs.ErrInvalid, bad)
	}
	require.ErrorContains(t, d.Append("log", nil), "is a directory")
	require.ErrorContains(t, d.Append("log/1/2", nil), "not a directory")
	require.ErrorContains(t, d.Rename("log/1", "log/1/2"), "not a directory")
	require.Equal(t, image{"log/1": "x"}, read(d))
}

func TestListNamesWhatIsBelowADirectory(t *testing.T) {
	d := newDisk()
	for _, name := range []string{"log/2", "log/old/1", "log", "log.1", "log0", "a", "log/1"} {
		_ = d.Append(name, nil) // "log" is a directory by then
	}
	for dir, want := range map[string][]string{
		"":        {"a", "log.1", "log/1", "log/2", "log/old/1", "log0"},
		"log":     {"log/1", "log/2", "log/old/1"},
		"log/old": {"log/old/1"},
		"none":    {},
	} {
		names, err := d.List(dir)
		require.NoError(t, err)
		require.Equal(t, want, names)
	}
}

func TestNewRefusesAnOddSectorSize(t *testing.T) {
	for _, size := range []int{-512, 1, 4, 500} {
		require.Panics(t, func() { vdisk.New(vdisk.Config{SectorSize: size}) })
	}
	require.Panics(t, func() { vdisk.New(vdisk.Config{Capacity: -1}) })
	require.Equal(t, 512, vdisk.New(vdisk.Config{}).SectorSize())
}
