package zookeeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/zookeeper"
)

// BenchmarkCheck checks 300,000 operations of 30 sessions on 1,000 nodes.
func BenchmarkCheck(b *testing.B) {
	const n, nodes, sessions = 300_000, 1000, 30
	var h History
	data, version, czxid, mzxid := make([]string, nodes), make([]int32, nodes), make([]int64, nodes), make([]int64, nodes)
	zxid := int64(1)
	for i := range n {
		k := i * 7919 % nodes
		o := Op{Session: int64(i % sessions), Xid: int32(i), Path: fmt.Sprint("/n", k), Version: AnyVersion, Status: checker.OK, Invoke: int64(2 * i), Return: int64(2*i + 1)}
		switch {
		case czxid[k] == 0:
			zxid++
			o.Kind, o.Data, o.Created = Create, "0", o.Path
			data[k], czxid[k], mzxid[k] = "0", zxid, zxid
		case i%3 == 0:
			zxid++
			version[k]++
			o.Kind, o.Data = SetData, fmt.Sprint(i)
			data[k], mzxid[k] = o.Data, zxid
		default:
			o.Kind, o.Got = GetData, data[k]
			o.Stat = &Stat{Czxid: czxid[k], Mzxid: mzxid[k], Pzxid: czxid[k], Version: version[k]}
		}
		o.Zxid = zxid
		h.Ops = append(h.Ops, o)
	}
	b.ReportAllocs()
	for b.Loop() {
		r := Check(h, Options{})
		require.Equal(b, checker.Holds, r.Verdict, r.Reason)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}
