package zookeeper_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/zookeeper"
)

// brute compares all pairs of operations.
func brute(h *History) map[guarantee.Anomaly]bool {
	out := map[guarantee.Anomaly]bool{}
	const order = "order"
	for i := range h.Ops {
		a := &h.Ops[i]
		for j := range h.Ops {
			b := &h.Ops[j]
			write := b.Status == checker.OK && b.Zxid != 0 && acked(b)
			seen := a.Status == checker.OK && a.Zxid != 0
			if seen && write && a.Return < b.Invoke && a.Zxid >= b.Zxid {
				out[order] = true
			}
			if i == j || a.Session != b.Session || a.Xid > b.Xid || a.Status == checker.Fail || b.Status != checker.OK {
				continue
			}
			if seen && b.Zxid != 0 && (b.Zxid < a.Zxid || write && b.Zxid == a.Zxid) {
				out[WentBack] = true
			}
			if a.Conn == b.Conn && (a.Status == checker.Maybe || a.Return > b.Return) {
				out[FIFO] = true
			}
		}
	}
	return out
}

// Real time, sessions and connections are judged as all pairs of operations are.
func TestOrdersAreJudgedAsAllPairsAre(t *testing.T) {
	met := map[guarantee.Anomaly]int{}
	const runs = 1500
	for seed := range uint64(runs) {
		r := rand.New(rand.NewPCG(seed, 6))
		h := run(r, 25, 3, seed%2 == 0, true)
		for range r.IntN(3) {
			switch o := &h.Ops[r.IntN(len(h.Ops))]; r.IntN(4) {
			case 0:
				o.Zxid = max(0, o.Zxid+r.Int64N(7)-3)
			case 1:
				o.Return += r.Int64N(20)
			case 2:
				o.Status, o.Zxid, o.Stat, o.Code = checker.Maybe, 0, nil, 0
			case 3:
				o.Invoke = max(0, o.Invoke-r.Int64N(2))
			}
		}
		got := Check(h, Options{})
		if got.Verdict == checker.Malformed {
			continue
		}
		want := brute(&h)
		for a, has := range map[guarantee.Anomaly]bool{"order": got.Has(WriteOrder) || got.Has(FutureRead), WentBack: got.Has(WentBack), FIFO: got.Has(FIFO)} {
			require.Equal(t, want[a], has, "seed %d: %s", seed, a)
			if has {
				met[a]++
			}
		}
	}
	require.Len(t, met, 3)
	for a, n := range met {
		require.Greater(t, n, 50, a)
		require.Less(t, n, runs-50, a)
	}
}
