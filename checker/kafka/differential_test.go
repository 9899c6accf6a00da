package kafka_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/kafka"
)

// tiny makes a small history of two partitions that mostly goes well: polls see what was sent, sometimes elsewhere, out of
// order, or something else.
func tiny(r *rand.Rand) []Op {
	parts := []string{"p", "q"}
	var h []Op
	logs := map[string][]int64{}
	next := map[int64]int64{} // by process, when it is free
	for v := range 4 + r.Int64N(8) {
		o := Op{Process: r.Int64N(3), F: Work, Status: []checker.Status{checker.OK, checker.OK, checker.OK, checker.Maybe, checker.Fail}[r.IntN(5)]}
		o.Invoke = next[o.Process] + r.Int64N(4)
		o.Return = o.Invoke + 1 + r.Int64N(6)
		next[o.Process] = o.Return + 1
		for m := range 1 + r.Int64N(2) {
			p := parts[r.IntN(2)]
			if r.IntN(2) == 0 {
				value, offset := 10*v+m, int64(len(logs[p]))
				logs[p] = append(logs[p], value)
				if r.IntN(10) == 0 {
					offset = r.Int64N(offset + 2)
				}
				if r.IntN(5) == 0 {
					offset = NoOffset
				}
				o.Mops = append(o.Mops, Send(p, value, offset))
				continue
			}
			var got []Record
			for at := r.Int64N(int64(len(logs[p])) + 1); at < int64(len(logs[p])) && len(got) < 3; at++ {
				rec := Record{Offset: at, Value: logs[p][at]}
				switch r.IntN(20) {
				case 0:
					rec.Offset = r.Int64N(int64(len(logs[p])))
				case 1:
					rec.Value = 900 + r.Int64N(3)
				case 2:
					continue
				}
				got = append(got, rec)
			}
			o.Mops = append(o.Mops, Poll(p, got...))
		}
		h = append(h, o)
		if r.IntN(12) == 0 {
			at := next[o.Process]
			h = append(h, Op{Process: o.Process, F: []F{Assign, Subscribe}[r.IntN(2)], Status: checker.OK, Keys: parts[:1+r.IntN(2)], Invoke: at, Return: at})
			next[o.Process]++
		}
	}
	return h
}

// naive follows the definitions with maps, one partition at a time.
type naive struct {
	h      []Op
	part   string
	log    map[int64][]int64 // by offset, the values
	writer map[int64]int     // by value
	readBy map[int64][]int   // by value, the successful operations that polled it
	count  map[guarantee.Anomaly]int
	order  []int // operations by invocation
}

func (n *naive) put(offset, value int64) {
	if !slices.Contains(n.log[offset], value) {
		n.log[offset] = append(n.log[offset], value)
	}
}

// each calls f for every record polled of the partition, and g for every send to it.
func (n *naive) each(f func(i int, r Record), g func(i int, m Mop)) {
	for i := range n.h {
		for _, m := range n.h[i].Mops {
			if m.Partition != n.part {
				continue
			}
			if m.Send && g != nil {
				g(i, m)
			}
			for _, r := range m.Records {
				if f != nil {
					f(i, r)
				}
			}
		}
	}
}

func (n *naive) committed(i int, anyRead func(part string, value int64) bool) bool {
	if n.h[i].Status != checker.Maybe {
		return n.h[i].Status == checker.OK
	}
	return slices.ContainsFunc(n.h[i].Mops, func(m Mop) bool { return m.Send && anyRead(m.Partition, m.Value) })
}

// offsets returns the offsets that hold values, in order.
func (n *naive) offsets() []int64 {
	var out []int64
	for o := range n.log {
		out = append(out, o)
	}
	slices.Sort(out)
	return out
}

func (n *naive) rank(offset int64) int { return slices.Index(n.offsets(), offset) }

// places returns the ranks at which the value stands, in order.
func (n *naive) places(value int64) []int {
	var out []int
	for r, o := range n.offsets() {
		if slices.Contains(n.log[o], value) {
			out = append(out, r)
		}
	}
	return out
}

func (n *naive) judge(anyRead func(part string, value int64) bool) {
	n.each(func(i int, r Record) {
		n.put(r.Offset, r.Value)
		if n.h[i].Status == checker.OK {
			n.readBy[r.Value] = append(n.readBy[r.Value], i)
		}
	}, func(i int, m Mop) { n.writer[m.Value] = i })
	n.each(nil, func(i int, m Mop) {
		if m.Offset != NoOffset && n.committed(i, anyRead) {
			n.put(m.Offset, m.Value)
		}
	})
	values := map[int64]bool{}
	for _, vs := range n.log {
		n.count[InconsistentOffsets] += len(vs) - 1
		for _, v := range vs {
			values[v] = true
		}
	}
	bound := -1
	for v := range values {
		n.count[Duplicate] += len(n.places(v)) - 1
		if len(n.readBy[v]) > 0 {
			bound = max(bound, n.places(v)[0])
		}
	}
	for v := range values {
		w, sent := n.writer[v]
		if at := n.places(v); len(n.readBy[v]) == 0 && sent && at[len(at)-1] <= bound && n.committed(w, anyRead) {
			n.count[LostWrite]++
		}
	}
	n.each(func(i int, r Record) {
		w, sent := n.writer[r.Value]
		switch {
		case !sent:
			n.count[Phantom]++
			return
		case n.h[i].Status == checker.OK && n.h[w].Status == checker.Fail:
			n.count[G1a]++
		}
		if w == i {
			n.count[PrecommittedRead]++
		}
		if n.h[i].Return < n.h[w].Invoke {
			n.count[FutureRead]++
		}
	}, nil)
	n.belowKnown(anyRead)
	n.follow(anyRead)
}

// belowKnown compares each send that stands at one offset with all that was known before it.
func (n *naive) belowKnown(anyRead func(part string, value int64) bool) {
	n.each(nil, func(i int, m Mop) {
		at := n.places(m.Value)
		if len(at) != 1 {
			return
		}
		mine := n.offsets()[at[0]]
		below := false
		n.each(func(j int, r Record) {
			below = below || n.h[j].Status == checker.OK && n.h[j].Return < n.h[i].Invoke && r.Offset >= mine
		}, func(j int, m Mop) {
			below = below || n.h[j].Status == checker.OK && m.Offset >= mine && n.h[j].Return < n.h[i].Invoke
		})
		if below {
			n.count[OffsetBelowKnown]++
		}
	})
}

// follow goes through the operations of each process.
func (n *naive) follow(func(part string, value int64) bool) {
	for p := range int64(3) {
		pos, sent, seen := -1, -1, map[int64]bool{}
		subscribed := false
		for _, i := range n.order {
			o := &n.h[i]
			if o.Process != p {
				continue
			}
			if o.F != Work {
				if subscribed = o.F == Subscribe; !slices.Contains(o.Keys, n.part) {
					pos = -1
				}
				continue
			}
			cur, inside, insideSend := pos, false, false
			for _, m := range o.Mops {
				if m.Partition != n.part {
					continue
				}
				if m.Send {
					sent, insideSend = n.sendStep(o, m, sent, insideSend)
				}
				for _, r := range m.Records {
					if subscribed && o.Status == checker.OK {
						if seen[r.Value] {
							n.count[ConsumedTwice]++
						}
						seen[r.Value] = true
					}
					rank := n.rank(r.Offset)
					n.step(cur, rank, inside, PollSkip, NonmonotonicPoll, IntPollSkip, IntNonmonotonicPoll)
					cur, inside = rank, true
				}
			}
			if o.Status == checker.OK {
				pos = cur
			}
		}
	}
}

func (n *naive) sendStep(o *Op, m Mop, last int, inside bool) (int, bool) {
	at := n.places(m.Value)
	if o.Status == checker.Fail || len(at) == 0 {
		return last, inside
	}
	rank := at[0]
	if len(at) > 1 {
		rank = n.firstSeen(m.Value)
	}
	n.step(last, rank, inside, "", NonmonotonicSend, IntSendSkip, IntNonmonotonicSend)
	return rank, true
}

// firstSeen is the place of a value in whatever the history says of it first: polls, and then sends.
func (n *naive) firstSeen(value int64) int {
	at := -1
	n.each(func(_ int, r Record) {
		if r.Value == value && at < 0 {
			at = n.rank(r.Offset)
		}
	}, nil)
	return at
}

func (n *naive) step(last, rank int, inside bool, skip, back, intSkip, intBack guarantee.Anomaly) {
	if inside {
		skip, back = intSkip, intBack
	}
	switch {
	case last < 0:
	case rank > last+1 && skip != "":
		n.count[skip]++
	case rank <= last:
		n.count[back]++
	}
}

// Every anomaly that is no circle is met exactly as often as its definition, applied to everything by hand, says.
func TestTinyHistoriesAreJudgedByTheDefinitions(t *testing.T) {
	met := map[guarantee.Anomaly]int{}
	for seed := range uint64(6000) {
		h := tiny(rand.New(rand.NewPCG(seed, 1)))
		want := map[guarantee.Anomaly]int{}
		anyRead := func(part string, value int64) bool {
			return slices.ContainsFunc(h, func(o Op) bool {
				return o.Status == checker.OK && slices.ContainsFunc(o.Mops, func(m Mop) bool {
					return m.Partition == part && slices.ContainsFunc(m.Records, func(r Record) bool { return r.Value == value })
				})
			})
		}
		order := make([]int, len(h))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return int(h[a].Invoke - h[b].Invoke) })
		for _, p := range []string{"p", "q"} {
			n := &naive{h: h, part: p, log: map[int64][]int64{}, writer: map[int64]int{}, readBy: map[int64][]int{}, count: want, order: order}
			n.judge(anyRead)
		}
		r := Check(h, Options{})
		require.NotEqual(t, checker.Malformed, r.Verdict, "seed %d: %s", seed, r.Reason)
		for _, a := range []guarantee.Anomaly{InconsistentOffsets, Duplicate, G1a, PrecommittedRead, LostWrite, PollSkip, NonmonotonicPoll, IntPollSkip,
			IntNonmonotonicPoll, NonmonotonicSend, IntNonmonotonicSend, IntSendSkip, Phantom, FutureRead, OffsetBelowKnown, ConsumedTwice} {
			require.Equal(t, want[a], r.Count[a], "seed %d: %s", seed, a)
			met[a] += want[a]
		}
	}
	require.Len(t, met, 16)
	for a, n := range met {
		require.Greater(t, n, 20, a)
	}
}

// A circle is found exactly if the closure of reads and real time has one; and where no operation both sends and polls, it is
// a future read.
func TestCirclesAreThoseOfTheClosure(t *testing.T) {
	circles := 0
	for seed := range uint64(6000) {
		h := tiny(rand.New(rand.NewPCG(seed, 2)))
		n := len(h)
		after := make([][]bool, n)
		for i := range h {
			after[i] = make([]bool, n)
			for j := range h {
				after[i][j] = h[i].Status == checker.OK && h[i].Return < h[j].Invoke || i != j && polledFrom(&h[i], &h[j])
			}
		}
		for k := range n {
			for i := range n {
				for j := range n {
					after[i][j] = after[i][j] || after[i][k] && after[k][j]
				}
			}
		}
		circle := slices.ContainsFunc(h, func(o Op) bool {
			i := slices.IndexFunc(h, func(p Op) bool { return p.Process == o.Process && p.Invoke == o.Invoke && p.F == o.F })
			return after[i][i]
		})
		r := Check(h, Options{})
		found := r.Has(G1c) || r.Has(G1cProcess) || r.Has(G1cRealtime)
		require.True(t, !circle || found || r.Has(FutureRead), "seed %d", seed)
		require.True(t, !found || circle, "seed %d: %s", seed, r.Reason)
		if found {
			circles++
		}
	}
	require.Greater(t, circles, 50)
}

// polledFrom tells whether b, which succeeded, polled what a, which did not fail, sent.
func polledFrom(a, b *Op) bool {
	if a.Status == checker.Fail || b.Status != checker.OK {
		return false
	}
	return slices.ContainsFunc(a.Mops, func(m Mop) bool {
		return m.Send && slices.ContainsFunc(b.Mops, func(o Mop) bool {
			return o.Partition == m.Partition && slices.ContainsFunc(o.Records, func(r Record) bool { return r.Value == m.Value })
		})
	})
}
