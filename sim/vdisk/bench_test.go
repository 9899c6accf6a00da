package vdisk_test

import (
	"fmt"
	"testing"

	"orrery/sim/vdisk"
)

// BenchmarkAppendSync is the path of every write-ahead log: append a record, begin a
// sync, end it. The log grows to 4 MiB and begins anew.
func BenchmarkAppendSync(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"50B", 50}, {"200B", 200}, {"300B", 300}, {"4KiB", 4096}} {
		b.Run(size.name, func(b *testing.B) {
			d := vdisk.New(vdisk.Config{})
			record := make([]byte, size.bytes)
			logged := 0
			b.ReportAllocs()
			for b.Loop() {
				if logged += len(record); logged > 4<<20 {
					_ = d.Truncate("log/0001.wal", 0)
					logged = len(record)
				}
				if err := d.Append("log/0001.wal", record); err != nil {
					b.Fatal(err)
				}
				c, err := d.BeginSync("log/0001.wal")
				if err != nil {
					b.Fatal(err)
				}
				d.EndSync(c)
			}
		})
	}
}

// BenchmarkAppendPipelined keeps four syncs in flight.
func BenchmarkAppendPipelined(b *testing.B) {
	d := vdisk.New(vdisk.Config{})
	record := make([]byte, 200)
	var flying [4]vdisk.Capture
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%20000 == 0 {
			_ = d.Truncate("log", 0)
		}
		_ = d.Append("log", record)
		d.EndSync(flying[i%4])
		flying[i%4], _ = d.BeginSync("log")
	}
}

// BenchmarkAppendNeverSynced is a broker's log: nothing but appends.
func BenchmarkAppendNeverSynced(b *testing.B) {
	d := vdisk.New(vdisk.Config{})
	record := make([]byte, 200)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%20000 == 0 {
			_ = d.Truncate("log", 0)
		}
		_ = d.Append("log", record)
	}
}

// BenchmarkDurableThrough is what a checker asks after every promise.
func BenchmarkDurableThrough(b *testing.B) {
	d := vdisk.New(vdisk.Config{})
	_ = d.Append("log", make([]byte, 1<<20))
	c, _ := d.BeginSync("log")
	d.EndSync(c)
	d.EndSync(d.BeginSyncDir(""))
	_ = d.Append("log", make([]byte, 200))
	for b.Loop() {
		if !d.DurableThrough("log", 1<<20) {
			b.Fatal("what was synced is not durable")
		}
	}
}

// BenchmarkCrash crashes a disk with a log of 1 MiB, of which the last 100 records
// are not durable.
func BenchmarkCrash(b *testing.B) {
	for mode := vdisk.LoseUnsynced; mode <= vdisk.Torn; mode++ {
		b.Run(mode.String(), func(b *testing.B) {
			d := vdisk.New(vdisk.Config{})
			record := make([]byte, 200)
			_ = d.Append("log", make([]byte, 1<<20))
			d.EndSync(d.BeginSyncDir(""))
			c, _ := d.BeginSync("log")
			d.EndSync(c)
			draw := drawer(1)
			for b.Loop() {
				_ = d.Truncate("log", 1<<20)
				for range 100 {
					_ = d.Append("log", record)
				}
				d.Crash(mode, draw)
			}
		})
	}
}

// BenchmarkCreateAndSyncNames is a broker that is told of many partitions at once: each has a directory with files of its own, written
// beside and renamed, and its names synced, while all the others are there.
func BenchmarkCreateAndSyncNames(b *testing.B) {
	for _, n := range []int{100, 1000, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				d := vdisk.New(vdisk.Config{})
				var flying []vdisk.Capture
				for i := range n {
					dir := fmt.Sprintf("log/orders-%04d", i)
					for _, file := range []string{"/log", "/index", "/timeindex"} {
						_ = d.Append(dir+file, nil)
					}
					_ = d.Append(dir+"/epochs.tmp", []byte("0\n0\n"))
					_ = d.Rename(dir+"/epochs.tmp", dir+"/epochs")
					flying = append(flying, d.BeginSyncDir(dir))
				}
				for _, c := range flying {
					d.EndSync(c)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/partition")
		})
	}
}
