package judge

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"orrery/checker"
	"orrery/checker/isolation"
)

// A damage makes a wrong history of a right one, at a place that is drawn; "" if there is none.
type damage struct {
	kind string
	do   func(h []isolation.Txn, at int, m *isolation.Mop, chance *rand.Rand) string
}

// damages are what a database that is wrong may show in one read of a list. All of them contradict the other reads of the
// list, or what its transaction did, in whatever order the database took: or else they are not made.
var damages = []damage{
	{"stale read", staleRead},
	{"lost write", lostWrite},
	{"duplicate", duplicate},
	{"reorder", reorder},
	{"swapped results", swapped},
}

func mutateTxns(h []isolation.Txn, level string, n int, chance *rand.Rand) ([]Score, error) {
	l, err := isolation.ParseLevel(level)
	if err != nil {
		return nil, err
	}
	var sites [][2]int // committed reads of lists
	for i := range h {
		for j := range h[i].Mops {
			if m := &h[i].Mops[j]; h[i].Type == isolation.OK && m.F == isolation.FRead && len(m.List) > 0 {
				sites = append(sites, [2]int{i, j})
			}
		}
	}
	var out []Score
	for _, d := range damages {
		s := Score{Kind: d.kind}
		for range n {
			if len(sites) == 0 {
				break
			}
			for range 20 { // until a place suits
				at := sites[chance.IntN(len(sites))]
				mutant := cloneTxns(h)
				what := d.do(mutant, at[0], &mutant[at[0]].Mops[at[1]], chance)
				if what == "" {
					continue
				}
				s.Made++
				rejected := isolation.Check(mutant, isolation.Options{Level: l}).Verdict == checker.Violated
				switch certain := l == isolation.StrictSerializable || d.kind == "duplicate" || d.kind == "reorder"; {
				case certain && rejected:
					s.Certain++
					s.Caught++
				case certain:
					s.Certain++
					s.Missed = append(s.Missed, what)
				case rejected:
					s.Other++
				}
				break
			}
		}
		out = append(out, s)
	}
	return out, nil
}

func cloneTxns(h []isolation.Txn) []isolation.Txn {
	out := slices.Clone(h)
	for i := range out {
		out[i].Mops = slices.Clone(out[i].Mops)
	}
	return out
}

// writer is the transaction that appended v to key, and whether it had committed before t.
func writer(h []isolation.Txn, key string, v, t int64) (id int64, before bool) {
	for i := range h {
		for _, m := range h[i].Mops {
			if m.F == isolation.FAppend && m.Key == key && m.Val == v {
				return h[i].ID, h[i].Type == isolation.OK && h[i].Return < t
			}
		}
	}
	return 0, false
}

// own tells whether the transaction itself writes the key, so that what it reads of it is no one else's alone.
func own(t *isolation.Txn, key string) bool {
	return slices.ContainsFunc(t.Mops, func(m isolation.Mop) bool { return m.F == isolation.FAppend && m.Key == key })
}

// alone tells whether a transaction reads the key once and does not write it.
func alone(t *isolation.Txn, key string) bool {
	n := 0
	for _, m := range t.Mops {
		if m.Key == key {
			n++
		}
	}
	return n == 1 && !own(t, key)
}

func staleRead(h []isolation.Txn, at int, m *isolation.Mop, _ *rand.Rand) string {
	t := &h[at]
	last := m.List[len(m.List)-1]
	id, before := writer(h, m.Key, last, t.Invoke)
	if !before || !alone(t, m.Key) {
		return ""
	}
	m.List = slices.Clone(m.List[:len(m.List)-1])
	return fmt.Sprintf("T%d reads %s without %d, which T%d had committed before", t.ID, m.Key, last, id)
}

// lostWrite takes an element out of every read, and one of the reads began after it had been committed.
func lostWrite(h []isolation.Txn, at int, m *isolation.Mop, _ *rand.Rand) string {
	t := &h[at]
	key, last := m.Key, m.List[len(m.List)-1]
	id, before := writer(h, key, last, t.Invoke)
	if !before || !alone(t, key) {
		return ""
	}
	for i := range h {
		if h[i].ID == id && slices.ContainsFunc(h[i].Mops, func(m isolation.Mop) bool { return m.F == isolation.FRead && m.Key == key }) {
			return "" // its own reads would tell
		}
		for j := range h[i].Mops {
			if o := &h[i].Mops[j]; o.F == isolation.FRead && o.Key == key {
				o.List = slices.DeleteFunc(slices.Clone(o.List), func(v int64) bool { return v == last })
			}
		}
	}
	return fmt.Sprintf("nobody reads %d of %s, which T%d had committed before T%d began", last, key, id, t.ID)
}

func duplicate(h []isolation.Txn, at int, m *isolation.Mop, chance *rand.Rand) string {
	v := m.List[chance.IntN(len(m.List))]
	m.List = append(slices.Clone(m.List), v)
	return fmt.Sprintf("T%d reads %d of %s twice", h[at].ID, v, m.Key)
}

// reorder swaps two neighbours of a list that somebody else read at least as far.
func reorder(h []isolation.Txn, at int, m *isolation.Mop, chance *rand.Rand) string {
	if len(m.List) < 2 {
		return ""
	}
	i := chance.IntN(len(m.List) - 1)
	seen := false
	for j := range h {
		for k := range h[j].Mops {
			o := &h[j].Mops[k]
			seen = seen || h[j].Type == isolation.OK && j != at && o.F == isolation.FRead && o.Key == m.Key && len(o.List) >= i+2
		}
	}
	if !seen {
		return ""
	}
	m.List = slices.Clone(m.List)
	m.List[i], m.List[i+1] = m.List[i+1], m.List[i]
	return fmt.Sprintf("T%d reads %d and %d of %s the other way round", h[at].ID, m.List[i+1], m.List[i], m.Key)
}

// swapped gives two reads of a list, one after the other, each other's answers.
func swapped(h []isolation.Txn, at int, m *isolation.Mop, _ *rand.Rand) string {
	t := &h[at]
	if !alone(t, m.Key) {
		return ""
	}
	for i := range h {
		if h[i].Type != isolation.OK || h[i].Invoke <= t.Return || !alone(&h[i], m.Key) {
			continue
		}
		for j := range h[i].Mops {
			o := &h[i].Mops[j]
			if o.F == isolation.FRead && o.Key == m.Key && len(o.List) > len(m.List) {
				if _, before := writer(h, m.Key, o.List[len(m.List)], h[i].Invoke); !before {
					continue // it might as well have come earlier
				}
				o.List, m.List = m.List, o.List
				return fmt.Sprintf("T%d and T%d, one after the other, read each other's %s", t.ID, h[i].ID, m.Key)
			}
		}
	}
	return ""
}
