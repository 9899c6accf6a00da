package wal_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes"
	"orrery/nodes/internal/wal"
	"orrery/nodes/internal/wal/waltest"
)

// begin opens the log of a disk and rolls it, with what it found as the checkpoint.
func begin(t require.TestingT, d *waltest.Disk) (*wal.Log, wal.Recovery) {
	l, r, err := wal.Open(d, wal.Options{})
	require.NoError(t, err)
	require.NoError(t, l.Roll(env{d}, []byte("n1"), func() {
		l.Add(0, []byte("checkpoint"))
		for _, rec := range r.Records {
			if rec.Type != 0 {
				l.Add(rec.Type, rec.Data)
			}
		}
	}))
	return l, r
}

// settle ends every sync.
func settle(t require.TestingT, l *wal.Log, d *waltest.Disk) {
	for d.Pending() > 0 {
		_, err := l.Synced(env{d}, d.End(0), nil)
		require.NoError(t, err)
	}
}

func put(t require.TestingT, l *wal.Log, d *waltest.Disk, texts ...string) {
	for _, s := range texts {
		l.Add(1, []byte(s))
	}
	require.NoError(t, l.Commit(env{d}))
}

func texts(r wal.Recovery) (out []string) {
	for _, rec := range r.Records {
		if rec.Type == 1 {
			out = append(out, string(rec.Data))
		}
	}
	return out
}

func TestWhatWasSyncedIsRead(t *testing.T) {
	d := &waltest.Disk{}
	l, r := begin(t, d)
	require.Empty(t, r.Records)
	settle(t, l, d)
	put(t, l, d, "a", "b")
	settle(t, l, d)
	put(t, l, d, "")
	put(t, l, d, string(bytes.Repeat([]byte("x"), 3000)))
	settle(t, l, d)

	_, r, err := wal.Open(d, wal.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "", string(bytes.Repeat([]byte("x"), 3000))}, texts(r))
	require.Equal(t, "n1", string(r.Meta))
	require.Equal(t, uint64(1), r.Records[0].LSN)
}

func TestRecordsRideOnTheNextSync(t *testing.T) {
	d := &waltest.Disk{}
	l, _ := begin(t, d)
	settle(t, l, d)
	put(t, l, d, "a")
	put(t, l, d, "b")
	put(t, l, d, "c")
	require.Equal(t, 1, d.Pending(), "one sync at a time")
	more, err := l.Synced(env{d}, d.End(0), nil)
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, uint64(2), l.Durable(), "a is durable, b and c are not")
	require.Equal(t, 1, d.Pending(), "b and c share one")
	settle(t, l, d)
	require.Equal(t, uint64(4), l.Durable())
}

func TestTornTailIsLeftOut(t *testing.T) {
	d := &waltest.Disk{}
	l, _ := begin(t, d)
	settle(t, l, d)
	put(t, l, d, "told")
	settle(t, l, d)
	put(t, l, d, "not told", string(make([]byte, 2000)))
	d.Crash(func(n int) int { return min(1, n-1) })

	_, r, err := wal.Open(d, wal.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"told"}, texts(r))
}

func TestDamageInTheMiddleIsRefused(t *testing.T) {
	d := &waltest.Disk{}
	l, _ := begin(t, d)
	settle(t, l, d)
	put(t, l, d, "one")
	settle(t, l, d)
	_, end := l.Where(2)
	put(t, l, d, "two")
	settle(t, l, d)
	d.Flip(l.File(), end-512+40, 4)

	_, _, err := wal.Open(d, wal.Options{})
	var corrupt *wal.CorruptError
	require.ErrorAs(t, err, &corrupt)
	require.Equal(t, end-512, corrupt.Offset)
	require.EqualError(t, err, "log wal-00000001 is corrupt at byte 1024: "+
		"it cannot be read, but was durable before record 3 was written, which can")

	_, r, err := wal.Open(d, wal.Options{TrustNothingAfterDamage: true})
	require.NoError(t, err)
	require.Empty(t, texts(r), "the defect: a record that was synced is gone")
	require.Equal(t, corrupt, r.Dropped)
}

func TestSealProtectsTheLastRecords(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		d := &waltest.Disk{}
		l, _ := begin(t, d)
		settle(t, l, d)
		put(t, l, d, "last")
		settle(t, l, d)
		_, end := l.Where(l.Last())
		if sealed {
			require.NoError(t, l.Seal(env{d}))
			settle(t, l, d)
			size := l.Size()
			require.NoError(t, l.Seal(env{d}))
			require.Equal(t, size, l.Size(), "one seal is enough")
		}
		d.Flip(l.File(), end-512+1, 1)
		_, _, err := wal.Open(d, wal.Options{})
		var corrupt *wal.CorruptError
		require.Equal(t, sealed, errors.As(err, &corrupt), "%v", err)
	}
}

func TestDamagedHeaderOfALogInUseIsRefused(t *testing.T) {
	d := &waltest.Disk{}
	l, _ := begin(t, d)
	settle(t, l, d)
	put(t, l, d, "a")
	settle(t, l, d)
	d.Flip(l.File(), 3, 1)
	_, _, err := wal.Open(d, wal.Options{})
	var corrupt *wal.CorruptError
	require.ErrorAs(t, err, &corrupt)
}

func TestMisdirectedWriteIsRefused(t *testing.T) {
	d := &waltest.Disk{}
	l, _ := begin(t, d)
	settle(t, l, d)
	for _, s := range []string{"a", "b", "c"} {
		put(t, l, d, s)
		settle(t, l, d)
	}
	// c's batch lands on a's place as well.
	p, err := d.ReadFile(l.File())
	require.NoError(t, err)
	require.NoError(t, d.WriteAt(l.File(), p[4*512:5*512], 2*512))
	_, _, err = wal.Open(d, wal.Options{})
	var corrupt *wal.CorruptError
	require.ErrorAs(t, err, &corrupt)
	require.Equal(t, int64(2*512), corrupt.Offset)
}

func TestNewerVersionIsRefused(t *testing.T) {
	d := &waltest.Disk{}
	l, _ := begin(t, d)
	settle(t, l, d)
	p, err := d.ReadFile(l.File())
	require.NoError(t, err)
	p[8] = 9
	wal.ResumFileHeader(p)
	require.NoError(t, d.WriteAt(l.File(), p, 0))
	_, _, err = wal.Open(d, wal.Options{})
	require.ErrorIs(t, err, wal.ErrVersion)
	require.ErrorContains(t, err, "version 9, this program reads 1")
}

func TestRollTakesThePlaceOfWhatWasBefore(t *testing.T) {
	d := &waltest.Disk{}
	l, _ := begin(t, d)
	settle(t, l, d)
	put(t, l, d, "old")
	put(t, l, d, "older than the checkpoint and never written")
	require.NoError(t, l.Roll(env{d}, nil, func() { l.Add(1, []byte("checkpoint")) }))
	put(t, l, d, "new")
	names, _ := d.List("")
	require.Len(t, names, 2, "the old generation stays until the new one is durable")
	settle(t, l, d)
	names, _ = d.List("")
	require.Len(t, names, 1)
	_, r, err := wal.Open(d, wal.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"checkpoint", "new"}, texts(r))
}

func TestWhereTellsADurablePlaceOnlyOfDurableRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &waltest.Disk{}
		l, _ := begin(t, d)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0, 1:
				put(t, l, d, "x")
			case 2, 3:
				if d.Pending() > 0 {
					i := rapid.IntRange(0, d.Pending()-1).Draw(t, "sync")
					_, err := l.Synced(env{d}, d.End(i), nil)
					require.NoError(t, err)
				}
			case 4:
				require.NoError(t, l.Roll(env{d}, nil, func() { l.Add(1, []byte("state")) }))
			}
			for lsn := uint64(1); lsn <= l.Durable(); lsn++ {
				file, end := l.Where(lsn)
				size, named := d.Durable(file)
				require.True(t, named && size >= end, "record %d of %d: %s to %d, durable %d", lsn, l.Durable(), file, end, size)
			}
		}
	})
}

func TestFailedSyncAndFailedWriteAreReported(t *testing.T) {
	d := &waltest.Disk{}
	l, _ := begin(t, d)
	settle(t, l, d)
	put(t, l, d, "a")
	_, err := l.Synced(env{d}, d.End(0), nodes.ErrIO)
	require.ErrorIs(t, err, nodes.ErrIO)

	d = &waltest.Disk{}
	l, _ = begin(t, d)
	settle(t, l, d)
	put(t, l, d, "told")
	put(t, l, d, string(make([]byte, 1000)))
	d.Fail = nodes.ErrNoSpace
	_, err = l.Synced(env{d}, d.End(0), nil)
	require.ErrorIs(t, err, nodes.ErrNoSpace)
	_, r, err := wal.Open(d, wal.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"told"}, texts(r), "half a batch is a torn tail")
}

// TestCrashKeepsEverythingSyncedAndIsNeverRefused is the promise of the package.
func TestCrashKeepsEverythingSyncedAndIsNeverRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &waltest.Disk{}
		var added []string // in order, of all incarnations
		told := 0          // how many of them were reported durable
		for range rapid.IntRange(1, 4).Draw(t, "incarnations") {
			l, r := begin(t, d)
			got := texts(r)
			require.GreaterOrEqual(t, len(got), told, "something that was told is gone")
			require.True(t, slices.Equal(added[:len(got)], got), "what is read is a prefix of what was written")
			added = added[:len(got)]
			base := l.Last()
			offset := len(added)
			for range rapid.IntRange(0, 12).Draw(t, "steps") {
				switch rapid.IntRange(0, 5).Draw(t, "step") {
				case 0, 1:
					for range rapid.IntRange(1, 3).Draw(t, "records") {
						s := fmt.Sprint("r", len(added), string(make([]byte, rapid.IntRange(0, 1500).Draw(t, "size"))))
						added = append(added, s)
						l.Add(1, []byte(s))
					}
					require.NoError(t, l.Commit(env{d}))
				case 2, 3:
					if d.Pending() > 0 {
						i := rapid.IntRange(0, d.Pending()-1).Draw(t, "sync")
						_, err := l.Synced(env{d}, d.End(i), nil)
						require.NoError(t, err)
					}
				case 4:
					require.NoError(t, l.Seal(env{d}))
				case 5:
					all := added
					require.NoError(t, l.Roll(env{d}, nil, func() {
						l.Add(0, nil)
						for _, s := range all {
							l.Add(1, []byte(s))
						}
					}))
					base, offset = l.Last(), len(added)
				}
				if l.Durable() >= base {
					told = offset + int(l.Durable()-base)
				}
			}
			d.Crash(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "crash") })
		}
		_, r, err := wal.Open(d, wal.Options{})
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(texts(r)), told)
	})
}

// TestDamageOfSyncedRecordsNeverPassesUnseen flips a bit of anything but the last
// batch: either it is refused, or it lay in padding.
func TestDamageOfSyncedRecordsNeverPassesUnseen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &waltest.Disk{}
		l, _ := begin(t, d)
		settle(t, l, d)
		n := rapid.IntRange(1, 8).Draw(t, "batches")
		var want []string
		for i := range n {
			s := fmt.Sprint(i, string(make([]byte, rapid.IntRange(0, 1200).Draw(t, "size"))))
			want = append(want, s)
			put(t, l, d, s)
			settle(t, l, d)
		}
		require.NoError(t, l.Seal(env{d}))
		settle(t, l, d)
		_, end := l.Where(l.Last())
		d.Flip(l.File(), rapid.Int64Range(0, end-512-1).Draw(t, "byte"), 1<<rapid.IntRange(0, 7).Draw(t, "bit"))
		_, r, err := wal.Open(d, wal.Options{})
		if err == nil {
			require.Equal(t, want, texts(r))
		}
	})
}

// FuzzOpen: any bytes are an error or records, and never a panic.
func FuzzOpen(f *testing.F) {
	d := &waltest.Disk{}
	l, _ := begin(f, d)
	settle(f, l, d)
	put(f, l, d, "one", "two")
	settle(f, l, d)
	put(f, l, d, "three")
	p, err := d.ReadFile(l.File())
	require.NoError(f, err)
	f.Add(p, uint16(0), byte(0))
	f.Add(p, uint16(512+33), byte(1))
	f.Add(p[:700], uint16(600), byte(255))
	f.Fuzz(func(t *testing.T, p []byte, at uint16, bits byte) {
		if int(at) < len(p) {
			p[at] ^= bits
		}
		d := &waltest.Disk{}
		require.NoError(t, d.Append("wal-00000001", p))
		_, r, err := wal.Open(d, wal.Options{})
		if err != nil {
			return
		}
		total := 0
		for _, rec := range r.Records {
			total += len(rec.Data)
		}
		require.LessOrEqual(t, total, len(p))
		// What is read can be rolled and read again.
		begin(t, d)
	})
}

func BenchmarkCommit(b *testing.B) {
	d := &waltest.Disk{}
	l, _ := begin(b, d)
	settle(b, l, d)
	rec := binary.LittleEndian.AppendUint64(make([]byte, 90), 7)
	b.ReportAllocs()
	for i := range b.N {
		l.Add(1, rec)
		require.NoError(b, l.Commit(env{d}))
		settle(b, l, d)
		if i%100 == 99 {
			require.NoError(b, l.Roll(env{d}, nil, func() { l.Add(0, nil) }))
			settle(b, l, d)
		}
	}
}
