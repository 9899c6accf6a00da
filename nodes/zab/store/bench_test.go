package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/store"
)

// A batch of 100 transactions of 100 bytes: append, write, and the end of the sync, on a disk in memory.
func BenchmarkAppend(b *testing.B) {
	v, _ := boot(b, newDisk(), store.Options{})
	txn := (&history{}).add(1, "name", 60)
	b.SetBytes(100 * int64(len(txn)))
	b.ReportAllocs()
	zxid := int64(0)
	for b.Loop() {
		for range 100 {
			zxid++
			v.Append(zxid, txn, true)
		}
		if zxid%100_000 == 0 {
			v.Roll()
			require.NoError(b, v.d.Disk.Remove(v.Inspect().File))
		}
		require.NoError(b, v.Flush(v.d))
		v.d.settle(b, v.Store)
		v.Events()
	}
}

// Loading a snapshot of 10 000 znodes of 100 bytes.
func BenchmarkLoadSnapshot(b *testing.B) {
	v, _ := boot(b, newDisk(), store.Options{})
	for i := range int64(10_000) {
		v.h.add(i+1, "name", 100)
	}
	v.snapshot(b, false)
	v.d.settle(b, v.Store)
	size, err := v.d.Size("version-2/snapshot.2710")
	require.NoError(b, err)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		_, err := v.Load(v.d, &sink{})
		require.NoError(b, err)
	}
}
