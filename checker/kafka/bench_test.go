package kafka_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/kafka"
)

// traffic makes n operations on 20 partitions: 20 producers send one record after the other, 20 consumers poll up to four at
// a time, each a partition of its own. With txns every tenth operation consumes, transforms and produces.
func traffic(n int, txns bool) []Op {
	const parts = 20
	names := make([]string, parts)
	for p := range names {
		names[p] = fmt.Sprint("topic-", p)
	}
	h := make([]Op, 0, n)
	logs := make([][]int64, parts)
	read := make([]int, parts)
	now := int64(0)
	for i := 0; len(h) < n; i++ {
		p := i % parts
		now += 2
		o := Op{Process: int64(p), F: Work, Status: checker.OK, Invoke: now, Return: now + 2*parts - 1}
		fetch := func() {
			var got []Record
			for ; len(got) < 4 && read[p] < len(logs[p]); read[p]++ {
				got = append(got, Record{Offset: int64(read[p]), Value: logs[p][read[p]]})
			}
			o.Mops = append(o.Mops, Poll(names[p], got...))
		}
		produce := func(q int) {
			o.Mops = append(o.Mops, Send(names[q], int64(i), int64(len(logs[q]))))
			logs[q] = append(logs[q], int64(i))
		}
		switch turn := i / parts; {
		case txns && turn%10 == 0:
			o.Process += 2 * parts
			fetch()
			produce((p + 1) % parts)
		case turn%4 == 3:
			o.Process += 2 * parts
			fetch()
		default:
			produce(p)
		}
		h = append(h, o)
	}
	return h
}

func BenchmarkCheck(b *testing.B) {
	for _, bc := range []struct {
		name string
		txns bool
	}{{"sends and polls", false}, {"transactions", true}} {
		b.Run(bc.name, func(b *testing.B) {
			const n = 1_000_000
			h := traffic(n, bc.txns)
			b.ReportAllocs()
			for b.Loop() {
				r := Check(h, Options{})
				require.Equal(b, checker.Holds, r.Verdict, r.Reason)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}
