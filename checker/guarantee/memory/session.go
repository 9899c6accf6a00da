package memory

import (
	"fmt"
	"slices"
	"strings"

	"orrery/checker"
	"orrery/checker/guarantee"
	"orrery/checker/internal/digraph"
)

// The session guarantees (Terry et al. 1994), as the anomalies that break them.
const (
	ReadYourWrites    guarantee.Anomaly = "read-your-writes"    // a session's read shows its own last write of the key, or a later version
	MonotonicReads    guarantee.Anomaly = "monotonic-reads"     // and what it had read of the key, or a later version
	MonotonicWrites   guarantee.Anomaly = "monotonic-writes"    // a session's writes of a key are versions in that order
	WritesFollowReads guarantee.Anomaly = "writes-follow-reads" // and come after the versions of the key that it had read
	// AllFour are the four together. Then who has seen a write also sees, of every key, what the session that wrote it had
	// written and read before.
	AllFour guarantee.Anomaly = "session-guarantees"
)

// guarantees are the four, in the order of their bits.
var guarantees = [...]guarantee.Anomaly{ReadYourWrites, MonotonicReads, MonotonicWrites, WritesFollowReads}

const (
	sRYW uint8 = 1 << iota
	sMR
	sMW
	sWFR
	sAcross // what only all four together demand
)

// must says that a version comes before another, and who says so.
type must struct {
	from, to int32
	bit      uint8
	by       int32 // the operation that would break the guarantee otherwise
}

// sessions is one check of session guarantees under way.
type sessions struct {
	m     *memory
	opt   Options
	musts []must
	// touched holds, by chain and key, the operations on it, in order.
	touched map[[2]int32][]int32
}

// Sessions judges the session guarantees asked for, or all four and their union if none is named. Each of them holds if the
// versions of each key can be put into one order that respects it; the order is that of Options.Order where it is known.
//
// A session is that of the protocol: a client that reconnects keeps it, and what it has seen and done obliges the next server.
func Sessions(h checker.History, opt Options, which ...guarantee.Anomaly) guarantee.Report {
	m, text := prepare("sessions", h, opt)
	if text != "" {
		return m.r.Malformed("%s", text)
	}
	if len(which) == 0 {
		which = append(guarantees[:], AllFour)
	}
	masks := make([]uint8, len(which))
	for i, w := range which {
		for b, g := range guarantees {
			if w == g || w == AllFour {
				masks[i] |= 1 << b
			}
		}
		if w == AllFour {
			masks[i] |= sAcross
		}
		if masks[i] == 0 {
			return m.r.Malformed("%q is no session guarantee: want one of %v or %s", w, guarantees, AllFour)
		}
	}
	if m.measure(); m.twice != none {
		return m.ambiguous()
	}
	if m.thin(); len(m.r.Findings) > 0 {
		return m.r.Done()
	}
	s := &sessions{m: m, opt: opt, touched: make(map[[2]int32][]int32)}
	for n := range m.ops {
		at := [2]int32{m.ops[n].chain, m.ops[n].key}
		s.touched[at] = append(s.touched[at], int32(n))
	}
	s.collect(which)
	for i, w := range which {
		if w != AllFour || len(m.r.Count) == 0 {
			s.judge(w, masks[i])
		}
	}
	if m.steps <= 0 {
		return m.r.Unknown("the budget of steps ended")
	}
	return m.r.Done()
}

// collect goes over the sessions and notes what the guarantees demand. A read of the initial state where something must have
// been seen breaks a guarantee at once.
func (s *sessions) collect(which []guarantee.Anomaly) {
	asked := make(map[guarantee.Anomaly]bool)
	for _, w := range which {
		asked[w] = true
	}
	type last struct{ wrote, read int32 }
	for _, chain := range s.m.chains {
		if len(chain) == 0 {
			continue // a session of unknown ends only
		}
		state := make(map[int32]*last) // by key
		front := make(map[int32]int32) // by chain, how many of its operations are known of, the write that was seen included
		of := func(k int32) *last {
			if state[k] == nil {
				state[k] = &last{none, none}
			}
			return state[k]
		}
		if before := s.m.ops[chain[0]].after; before != none {
			s.inherit(before, func(k, wrote, read int32) { *of(k) = last{wrote, read} })
		}
		for _, n := range chain {
			o := &s.m.ops[n]
			l := of(o.key)
			if o.write {
				s.demand(l.wrote, n, sMW, n)
				s.demand(l.read, n, sWFR, n)
				if l.read == n {
					s.future(asked, n)
				}
				l.wrote = n
				continue
			}
			if o.from == none {
				s.initial(asked, n, l.wrote, ReadYourWrites)
				s.initial(asked, n, l.read, MonotonicReads)
			} else {
				s.demand(l.wrote, o.from, sRYW, n)
				s.demand(l.read, o.from, sMR, n)
				l.read = o.from
				w := &s.m.ops[o.from]
				front[w.chain] = max(front[w.chain], w.pos+1)
			}
			if asked[AllFour] {
				s.across(n, front)
			}
		}
	}
}

// inherit tells a write with an unknown end, which is a chain by itself, what its session had done before it.
func (s *sessions) inherit(before int32, set func(k, wrote, read int32)) {
	type last struct{ wrote, read int32 }
	state := make(map[int32]last)
	var keys []int32
	for _, n := range s.m.chains[s.m.ops[before].chain][:s.m.ops[before].pos+1] {
		o := &s.m.ops[n]
		l, ok := state[o.key]
		if !ok {
			l = last{none, none}
			keys = append(keys, o.key)
		}
		if o.write {
			l.wrote = n
		} else if o.from != none {
			l.read = o.from
		}
		state[o.key] = l
	}
	s.m.steps -= len(s.m.chains[s.m.ops[before].chain])
	for _, k := range keys {
		set(k, state[k].wrote, state[k].read)
	}
}

// across demands that a read shows what the writers of all that its session has seen had written and read of the key.
func (s *sessions) across(r int32, front map[int32]int32) {
	m, o := s.m, &s.m.ops[r]
	for c := range m.chains {
		limit := front[int32(c)]
		m.steps--
		if limit == 0 {
			continue
		}
		wrote, read := s.lastIn(int32(c), o.key, limit)
		for _, v := range []int32{wrote, read} {
			if o.from == none && v != none {
				m.r.Found(AllFour, m.keys[o.key], m.cite(v, r), "%s: %s, although its session had seen a write that came after %s", AllFour, m.text(r), m.text(v))
				return
			}
			if o.from != none {
				s.demand(v, o.from, sAcross, r)
			}
		}
	}
}

// lastIn returns the last write of the key, and the last version read of it, among the first operations of a chain.
func (s *sessions) lastIn(c, key, limit int32) (wrote, read int32) {
	wrote, read = none, none
	list := s.touched[[2]int32{c, key}]
	end, _ := slices.BinarySearchFunc(list, limit, func(n, limit int32) int { return int(s.m.ops[n].pos - limit) })
	for i := end - 1; i >= 0 && (wrote == none || read == none); i-- {
		s.m.steps--
		o := &s.m.ops[list[i]]
		switch {
		case o.write && wrote == none:
			wrote = list[i]
		case !o.write && read == none && o.pos < limit-1:
			read = o.from
		}
	}
	return wrote, read
}

// initial judges a read of the initial state after the session knew a version.
func (s *sessions) initial(asked map[guarantee.Anomaly]bool, r, v int32, g guarantee.Anomaly) {
	if v == none || !asked[g] && !asked[AllFour] {
		return
	}
	if !asked[g] {
		g = AllFour
	}
	s.m.r.Found(g, s.m.keys[s.m.ops[r].key], s.m.cite(v, r), "%s: %s after %s", g, s.m.text(r), s.m.text(v))
}

// future reports a write whose value its session had already read.
func (s *sessions) future(asked map[guarantee.Anomaly]bool, w int32) {
	g := WritesFollowReads
	if !asked[g] {
		if g = AllFour; !asked[g] {
			return
		}
	}
	s.m.r.Found(g, s.m.keys[s.m.ops[w].key], s.m.cite(w), "%s: %s after it had read that", g, s.m.text(w))
}

// demand notes that version a is not after version b.
func (s *sessions) demand(a, b int32, bit uint8, by int32) {
	if a != none && b != none && a != b {
		s.musts = append(s.musts, must{a, b, bit, by})
	}
}

// judge looks for versions that the guarantee puts before themselves, or that are in another order than is known.
func (s *sessions) judge(g guarantee.Anomaly, mask uint8) {
	graph := digraph.New(len(s.m.ops), len(s.musts))
	for i := range s.musts {
		d := &s.musts[i]
		if d.bit&mask == 0 {
			continue
		}
		if x, y, known := s.places(d.from, d.to); known {
			if x > y {
				s.m.r.Found(g, s.m.keys[s.m.ops[d.from].key], s.m.cite(d.from, d.to, d.by), "%s, which is older than that of %s",
					s.saw(d), s.m.text(d.from))
			}
			continue
		}
		graph.Add(d.from, d.to, d.bit)
	}
	graph.Seal()
	comp, count := graph.Components(mask)
	for c := range int32(count) {
		cycle := graph.Cycle(comp, c, mask, mask)
		var parts []string
		var ns []int32
		for i, e := range cycle {
			if i == storyMost {
				parts = append(parts, "and so on")
				break
			}
			d := s.find(e)
			parts = append(parts, fmt.Sprintf("%s, so not before %s", s.saw(d), s.m.text(d.from)))
			ns = append(ns, d.from, d.by)
		}
		s.m.r.Found(g, s.m.keys[s.m.ops[s.anyOf(comp, c)].key], s.m.cite(ns...), "%s: %s: no order of the versions does", g, strings.Join(parts, "; "))
	}
}

// saw says what the operation that a demand comes from did.
func (s *sessions) saw(d *must) string {
	if s.m.ops[d.by].write {
		return s.m.text(d.by)
	}
	return s.m.text(d.by) + " of " + s.m.session[s.m.ops[d.to].chain]
}

func (s *sessions) find(e digraph.Edge) *must {
	for i := range s.musts {
		if d := &s.musts[i]; d.from == e.From && d.to == e.To && d.bit == e.Label {
			return d
		}
	}
	return nil
}

func (s *sessions) anyOf(comp []int32, c int32) int32 {
	for n, k := range comp {
		if k == c {
			return int32(n)
		}
	}
	return none
}

// places returns where two versions of one key are, if that is known of both.
func (s *sessions) places(a, b int32) (x, y int64, known bool) {
	if s.opt.Order == nil {
		return 0, 0, false
	}
	u, v := &s.m.ops[a], &s.m.ops[b]
	x, okX := s.opt.Order(s.m.keys[u.key], s.m.h[u.src].In)
	y, okY := s.opt.Order(s.m.keys[v.key], s.m.h[v.src].In)
	return x, y, okX && okY
}
