package trace

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// numbered is an event that can be told from its neighbours by every way in.
func numbered(i int, payload []byte) *Event {
	return &Event{Seq: uint64(i), At: time.Duration(i), Kind: Deliver, Node: "n1", Peer: "n2", Name: "Accept", Payload: payload}
}

func TestRecorderKeepsEveryEventInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int{0, 1, 7, chunkEvents - 1, chunkEvents, chunkEvents + 1, 3 * chunkEvents}).Draw(t, "limit")
		runs := rapid.IntRange(1, 3).Draw(t, "runs")
		r := Recorder{Limit: limit}
		for range runs {
			r.Reset()
			n := rapid.IntRange(0, 6*chunkEvents).Draw(t, "events")
			var want []Event
			scratch := make([]byte, 0, 2*ownSlab)
			for i := range n {
				size := i * 37 % 500
				if i%200 == 199 {
					size = ownSlab + 1
				}
				scratch = scratch[:size]
				for j := range scratch {
					scratch[j] = byte(i + j)
				}
				e := numbered(i+1, scratch)
				r.Record(e)
				kept := *e
				kept.Payload = slices.Clone(scratch)
				want = append(want, kept)
			}
			left := 0
			if limit > 0 && n > limit {
				left = n - limit
			}
			require.Equal(t, left, r.LeftOut())
			require.Equal(t, n-left, r.Len())
			got := r.Collect()
			require.Len(t, got, n-left)
			for i := range got {
				require.Nil(t, Diff(want[left+i:left+i+1], got[i:i+1]))
				require.Equal(t, got[i].Seq, r.At(i).Seq)
			}
		}
	})
}

func TestRecorderWithALimitHoldsNoMoreMemoryThanLimitPlusAChunk(t *testing.T) {
	r := Recorder{Limit: 1000}
	for i := range 100_000 {
		r.Record(numbered(i+1, []byte("payload")))
	}
	require.LessOrEqual(t, len(r.chunks)+len(r.free), 1000/chunkEvents+2)
	require.Equal(t, 99_000, r.LeftOut())
	require.Equal(t, uint64(99_001), r.At(0).Seq)
	require.Panics(t, func() { r.At(1000) })
	require.Panics(t, func() { r.At(-1) })
}

func TestRecorderAllocatesOneHundredthOfATimeAnEvent(t *testing.T) {
	const events = 100_000
	payload := make([]byte, 64)
	allocs := testing.AllocsPerRun(3, func() {
		var r Recorder
		for i := range events {
			e := Event{Seq: uint64(i), Kind: Deliver, Node: "n1", Peer: "n2", Name: "Accept", Payload: payload}
			r.Record(&e)
		}
	})
	require.Less(t, allocs/events, 0.01)
}

// benchmarkRecorder records runs of 100,000 events; next gives the recorder for a run.
func benchmarkRecorder(b *testing.B, next func() *Recorder) {
	payload := make([]byte, 64)
	var r *Recorder
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%100_000 == 0 {
			r = next()
		}
		e := Event{Seq: uint64(i), At: time.Duration(i), ID: uint64(i), Kind: Deliver, Node: "n1", Peer: "n2", Name: "Accept", Payload: payload}
		r.Record(&e)
	}
}

// BenchmarkRecorder reuses one recorder for run after run, as campaigns do.
func BenchmarkRecorder(b *testing.B) {
	var r Recorder
	benchmarkRecorder(b, func() *Recorder { r.Reset(); return &r })
}

// BenchmarkRecorderFresh pays for memory that was never touched: mostly page faults.
func BenchmarkRecorderFresh(b *testing.B) {
	benchmarkRecorder(b, func() *Recorder { return new(Recorder) })
}

// BenchmarkRecorderLimit keeps the last 10,000 events.
func BenchmarkRecorderLimit(b *testing.B) {
	r := Recorder{Limit: 10_000}
	benchmarkRecorder(b, func() *Recorder { return &r })
}
