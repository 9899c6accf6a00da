package isolation_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/isolation"
)

// tiny makes a small history whose reads are plausible and often wrong: each sees some prefix of one order of the key's
// appends, or one of its written values.
func tiny(r *rand.Rand, lists bool) []Txn {
	keys := []string{"x", "y", "z"}[:1+r.IntN(3)]
	n := 2 + r.IntN(4)
	h := make([]Txn, n)
	orders := map[string][]int64{}
	next := int64(0)
	for i := range h {
		h[i] = Txn{ID: int64(i), Process: int64(i), Type: OK, Invoke: r.Int64N(12)}
		h[i].Return = h[i].Invoke + r.Int64N(8)
		if d := r.IntN(12); d == 0 {
			h[i].Type = Info
		} else if d == 1 {
			h[i].Type = Fail
		}
		for range 1 + r.IntN(3) {
			k := keys[r.IntN(len(keys))]
			if r.IntN(2) == 0 {
				h[i].Mops = append(h[i].Mops, Mop{F: FRead, Key: k})
				continue
			}
			next++
			h[i].Mops = append(h[i].Mops, Append(k, next))
			if h[i].Type == OK || r.IntN(3) == 0 {
				orders[k] = slices.Insert(orders[k], r.IntN(len(orders[k])+1), next)
			}
		}
	}
	for i := range h {
		var own []int64
		for j := range h[i].Mops {
			m := &h[i].Mops[j]
			seen := orders[m.Key]
			seen = seen[:r.IntN(len(seen)+1)]
			switch {
			case m.F == FRead && lists:
				m.List = slices.Clone(seen)
				if len(own) > 0 && r.IntN(4) > 0 { // what a transaction sees of itself is mostly right
					m.List = nil
					for _, m2 := range h[i].Mops[:j] {
						if m2.Key == m.Key && m2.F == FAppend {
							m.List = append(m.List, m2.Val)
						}
					}
				}
			case m.F == FRead && len(seen) == 0:
				*m = ReadUnset(m.Key)
			case m.F == FRead:
				*m = ReadReg(m.Key, seen[len(seen)-1])
			case lists:
				own = append(own, m.Val)
			default:
				*m = Write(m.Key, m.Val)
			}
		}
	}
	return h
}

// serial tries all orders, with and without each info, and tells whether one explains all reads of the committed transactions.
func serial(h []Txn, realtime bool) bool {
	lists, regs := map[string][]int64{}, map[string]int64{}
	used := make([]bool, len(h))
	var try func() bool
	try = func() bool {
		left := false
		for i := range h {
			left = left || h[i].Type == OK && !used[i]
		}
		if !left {
			return true
		}
		for i := range h {
			if used[i] || h[i].Type == Fail {
				continue
			}
			if realtime && slices.ContainsFunc(h, func(o Txn) bool { return o.Type == OK && !used[o.ID] && o.Return < h[i].Invoke }) {
				continue
			}
			oldLists, oldRegs := cloned(lists), cloned(regs)
			used[i] = true
			if apply(&h[i], lists, regs) && try() {
				return true
			}
			used[i] = false
			lists, regs = oldLists, oldRegs
		}
		return false
	}
	return try()
}

func cloned[V any](m map[string]V) map[string]V {
	out := make(map[string]V, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

// apply runs a transaction on the state and tells whether its reads are right.
func apply(t *Txn, lists map[string][]int64, regs map[string]int64) bool {
	for _, m := range t.Mops {
		v, written := regs[m.Key]
		switch {
		case m.F == FAppend:
			lists[m.Key] = append(slices.Clone(lists[m.Key]), m.Val)
		case m.F == FWrite:
			regs[m.Key] = m.Val
		case t.Type != OK:
		case m.F == FRead && !slices.Equal(m.List, lists[m.Key]):
			return false
		case m.F == FReadReg && (m.Unset == written || v != m.Val):
			return false
		}
	}
	return true
}

// agree compares the verdicts with those of all orders. Of lists they are the same: where the order of versions follows from
// the reads a graph without cycles can be laid out in one line. Of registers only a violation is certain.
func agree(t *testing.T, seed uint64) (violated bool) {
	r := rand.New(rand.NewPCG(seed, 6))
	lists := seed%3 != 0
	h := tiny(r, lists)
	for _, l := range []Level{Serializable, StrictSerializable} {
		res := Check(h, Options{Level: l})
		possible := serial(h, l == StrictSerializable)
		text := fmt.Sprintf("seed %d, %v: %s\n", seed, l, res.Reason)
		for i := range h {
			text += h[i].String() + "\n"
		}
		violated = res.Verdict == checker.Violated
		require.False(t, violated && possible, text)
		require.NotEqual(t, checker.Malformed, res.Verdict, text)
		if lists {
			require.Equal(t, possible, !violated, text)
		}
	}
	return violated
}

func TestVerdictsAreThoseOfAllOrders(t *testing.T) {
	n, bad := 40_000, 0
	if testing.Short() {
		n = 4_000
	}
	for seed := range n {
		if agree(t, uint64(seed)) {
			bad++
		}
	}
	require.Greater(t, bad, n/10, "too few histories were violated to mean anything")
	require.Less(t, bad, n*9/10, "too few histories were possible to mean anything")
}

func FuzzVerdictsAreThoseOfAllOrders(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { agree(t, seed) })
}

// serialHistory runs n transactions one by one on real lists or registers, and gives them overlapping times around that order.
func serialHistory(r *rand.Rand, n, keys, clients int, lists bool) []Txn {
	h := make([]Txn, 0, n)
	state := make(map[string][]int64)
	next := make([]int64, keys) // elements of a key; a full list is retired
	names := make([]string, keys)
	for k := range names {
		names[k] = fmt.Sprint(k)
	}
	free := make([]int64, clients) // when the client's last transaction returned
	for i := range n {
		p := i % clients
		now := int64(i) * 10
		t := Txn{ID: int64(i), Process: int64(p), Type: OK}
		t.Invoke = max(free[p], now-r.Int64N(30))
		t.Return = max(now+1, t.Invoke) + r.Int64N(int64(clients)*5)
		t.Return = min(t.Return, max(now+int64(clients)*10-31, now+1))
		free[p] = t.Return
		for range 1 + r.IntN(4) {
			k := r.IntN(keys)
			name := names[k]
			seen := state[name]
			switch {
			case r.IntN(2) == 0 && lists:
				t.Mops = append(t.Mops, Read(name, seen[:len(seen):len(seen)]...))
			case r.IntN(2) == 0 && !lists && len(seen) == 0:
				t.Mops = append(t.Mops, ReadUnset(name))
			case r.IntN(2) == 0 && !lists && len(seen) > 0:
				t.Mops = append(t.Mops, ReadReg(name, seen[len(seen)-1]))
			default:
				next[k]++
				state[name] = append(seen, next[k])
				if t.Mops = append(t.Mops, Append(name, next[k])); !lists {
					t.Mops[len(t.Mops)-1] = Write(name, next[k])
				}
				if lists && next[k]%32 == 0 {
					names[k] = fmt.Sprintf("%s'", name)
				}
			}
		}
		h = append(h, t)
	}
	return h
}

func TestSerialExecutionsHold(t *testing.T) {
	for seed := range uint64(40) {
		h := serialHistory(rand.New(rand.NewPCG(seed, 1)), 2000, 8, 10, seed%2 == 0)
		res := Check(h, Options{Floors: Floors{OK: 2000, Edges: 2000, RW: 100}})
		require.Equal(t, checker.Holds, res.Verdict, "seed %d: %s", seed, res.Reason)
		require.Empty(t, res.Findings)
		require.Positive(t, res.Coverage.Realtime)
		require.Positive(t, res.Coverage.Process)
	}
}

// Every injected fault is found, under a name that fits it.
func TestInjectedAnomaliesAreFound(t *testing.T) {
	injected := map[string]int{}
	names := slices.Sorted(maps.Keys(injections))
	for seed := range uint64(60) {
		for i, name := range names {
			inject, r := injections[name], rand.New(rand.NewPCG(seed, uint64(i)))
			h := serialHistory(r, 400, 4, 6, true)
			want := inject(r, h)
			if want == "" {
				continue
			}
			injected[name]++
			res := Check(h, Options{})
			require.Equal(t, checker.Violated, res.Verdict, "seed %d: %s", seed, name)
			require.True(t, want == "any" || res.Has(want), "seed %d: %s: want %s, got %v", seed, name, want, res.Count)
		}
	}
	for _, name := range names {
		require.Greater(t, injected[name], 20, name)
	}
}

// externalRead finds a transaction whose first micro-operation is a read of at least n elements, and all of whose others
// leave the key alone.
func externalRead(r *rand.Rand, h []Txn, n int) *Txn {
	for range 1000 {
		t := &h[r.IntN(len(h))]
		m := t.Mops[0]
		if m.F == FRead && len(m.List) >= n && !slices.ContainsFunc(t.Mops[1:], func(o Mop) bool { return o.Key == m.Key }) {
			return t
		}
	}
	return nil
}

func writerOf(h []Txn, key string, val int64) *Txn {
	for i := range h {
		if slices.ContainsFunc(h[i].Mops, func(m Mop) bool { return m.F == FAppend && m.Key == key && m.Val == val }) {
			return &h[i]
		}
	}
	return nil
}

var injections = map[string]func(r *rand.Rand, h []Txn) Anomaly{
	"aborted read": func(r *rand.Rand, h []Txn) Anomaly {
		if t := externalRead(r, h, 1); t != nil {
			writerOf(h, t.Mops[0].Key, t.Mops[0].List[0]).Type = Fail
			return G1a
		}
		return ""
	},
	"phantom": func(r *rand.Rand, h []Txn) Anomaly {
		if t := externalRead(r, h, 1); t != nil {
			t.Mops[0].List = append(slices.Clone(t.Mops[0].List), 1<<40)
			return PhantomRead
		}
		return ""
	},
	"duplicate": func(r *rand.Rand, h []Txn) Anomaly {
		if t := externalRead(r, h, 2); t != nil {
			t.Mops[0].List = append(slices.Clone(t.Mops[0].List), t.Mops[0].List[0])
			return DuplicateElements
		}
		return ""
	},
	"reorder": func(r *rand.Rand, h []Txn) Anomaly {
		if t := externalRead(r, h, 8); t != nil {
			t.Mops[0].List = slices.Clone(t.Mops[0].List)
			slices.Reverse(t.Mops[0].List)
			return "any"
		}
		return ""
	},
	"stale read": func(r *rand.Rand, h []Txn) Anomaly {
		t := externalRead(r, h, 1)
		if t == nil {
			return ""
		}
		m := &t.Mops[0]
		last := m.List[len(m.List)-1]
		if w := writerOf(h, m.Key, last); w.Return >= t.Invoke || w.Mops[0].Key == m.Key && w.Mops[0].F == FRead && len(w.Mops) > 3 {
			return ""
		}
		m.List = m.List[:len(m.List)-1]
		return "any"
	},
	"dropped acknowledged append": func(r *rand.Rand, h []Txn) Anomaly {
		t := externalRead(r, h, 3)
		if t == nil {
			return ""
		}
		key, lost := t.Mops[0].Key, t.Mops[0].List[0]
		w := writerOf(h, key, lost)
		for i := range h {
			for j := range h[i].Mops {
				if m := &h[i].Mops[j]; &h[i] != w && m.F == FRead && m.Key == key {
					m.List = slices.DeleteFunc(slices.Clone(m.List), func(e int64) bool { return e == lost })
				}
			}
		}
		if w.Return >= t.Invoke {
			return ""
		}
		return "any"
	},
}

// Of registers a violation is certain, and under strict serializability few are missed: real time orders most versions.
func TestFewStrictViolationsOfRegistersAreMissed(t *testing.T) {
	impossible, missed := 0, 0
	for seed := range uint64(6000) {
		h := tiny(rand.New(rand.NewPCG(seed, 8)), false)
		if serial(h, true) {
			continue
		}
		impossible++
		if Check(h, Options{}).Verdict != checker.Violated {
			missed++
		}
	}
	require.Greater(t, impossible, 1000)
	require.Less(t, missed, impossible/50, "of %d", impossible)
}
