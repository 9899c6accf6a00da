package tree

import (
	"fmt"
	"runtime"
	"testing"

	"orrery/nodes/zab/proto"
)

// fill creates n znodes with data of 100 bytes, a thousand in each of many directories or all in one.
func fill(x *Tree, n int, flat bool) {
	zxid := x.Zxid()
	create := func(path string, data []byte) {
		zxid++
		x.Apply(&proto.TxnHeader{Zxid: zxid, Time: zxid, Type: proto.OpCreate}, &proto.CreateTxn{Path: path, Data: data, ParentCVersion: -1, ACL: openACL})
	}
	dir := ""
	for i := range n {
		if i%1000 == 0 && !flat {
			dir = fmt.Sprintf("/d%06d", i/1000)
			create(dir, nil)
		}
		create(fmt.Sprintf("%s/n%06d", dir, i), make([]byte, 100))
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkBytesPerZnode reports what a znode with a short name takes besides its data of 100 bytes (which the
// allocator rounds to 112), in a tree of a million.
func BenchmarkBytesPerZnode(b *testing.B) {
	for _, flat := range []bool{false, true} {
		b.Run(fmt.Sprintf("flat=%t", flat), func(b *testing.B) {
			for b.Loop() {
				const n = 1_000_000
				before := heap()
				x := New(Config{})
				fill(x, n, flat)
				b.ReportMetric(float64(heap()-before)/n-112, "B/znode")
				runtime.KeepAlive(x)
			}
		})
	}
}

// BenchmarkCreate applies creations in one directory.
func BenchmarkCreate(b *testing.B) {
	x := New(Config{})
	paths := make([]string, 1<<16)
	for i := range paths {
		paths[i] = fmt.Sprintf("/n%06d", i)
	}
	data := make([]byte, 100)
	var zxid int64
	b.ReportAllocs()
	for b.Loop() {
		path := paths[zxid&(1<<16-1)]
		if zxid&(1<<16-1) == 0 {
			b.StopTimer()
			x = New(Config{})
			b.StartTimer()
		}
		zxid++
		x.Apply(&proto.TxnHeader{Zxid: zxid, Type: proto.OpCreate}, &proto.CreateTxn{Path: path, Data: data, ParentCVersion: -1, ACL: openACL})
	}
}

// BenchmarkSetData applies changes in a tree of a million znodes.
func BenchmarkSetData(b *testing.B) {
	x := New(Config{})
	fill(x, 1_000_000, false)
	zxid := x.Zxid()
	data := make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		zxid++
		i := int(uint64(zxid) * 0x9e3779b97f4a7c15 >> 20 % 1_000_000)
		path := fmt.Sprintf("/d%06d/n%06d", i/1000, i)
		x.Apply(&proto.TxnHeader{Zxid: zxid, Type: proto.OpSetData}, &proto.SetDataTxn{Path: path, Data: data})
	}
}

// BenchmarkWatch sets a watch and fires it.
func BenchmarkWatch(b *testing.B) {
	x := New(Config{})
	fill(x, 1000, false)
	zxid := x.Zxid()
	b.ReportAllocs()
	for b.Loop() {
		zxid++
		x.GetData(Reader{Conn: uint64(zxid)}, "/d000000/n000007", true)
		x.Apply(&proto.TxnHeader{Zxid: zxid, Type: proto.OpSetData}, &proto.SetDataTxn{Path: "/d000000/n000007"})
	}
}

// BenchmarkWalk takes a snapshot's znodes.
func BenchmarkWalk(b *testing.B) {
	x := New(Config{})
	fill(x, 100_000, false)
	w := x.Walk()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := w.Next(); !ok {
			w.Close()
			w = x.Walk()
		}
	}
}
