package memory

import (
	"slices"
	"strings"

	"orrery/checker"
	"orrery/checker/guarantee"
)

// NoOrder is what Sequential finds where no shorter reason is known: sessions whose operations fit into no one order.
const NoOrder guarantee.Anomaly = "no-order"

// CyclicOrder is a circle in what every sequential order would have to respect.
const CyclicOrder guarantee.Anomaly = "CyclicOrder"

// Sequential judges sequential consistency (Lamport 1979): all operations fit into one order that keeps the order of each
// session, and in which each read sees the last write of its key. Real time counts for nothing, also between sessions.
//
// With unique values it first derives what every such order must respect, in polynomial time, which is mostly enough to
// refute; what remains is searched, within Options.Steps. Repeated values are searched at once.
func Sequential(h checker.History, opt Options) guarantee.Report {
	m, text := prepare("sequential", h, opt)
	if text != "" {
		return m.r.Malformed("%s", text)
	}
	m.measure()
	if m.thin(); len(m.r.Findings) > 0 {
		return m.r.Done()
	}
	if len(m.ops)*len(m.chains) > clocksMost {
		return m.tooLarge()
	}
	unique := m.twice == none
	p := newOrder(m, func(int32) bool { return unique })
	if !m.saturate(p, unique) {
		return m.r.Done()
	}
	if m.steps <= 0 {
		return m.r.Unknown("the budget of steps ended before all orders that must hold were known")
	}
	s := newSearch(m, p)
	switch {
	case s.run():
	case m.steps <= 0:
		return m.r.Unknown("the budget of steps ended in the search for an order of %d operations", len(m.ops))
	default:
		m.noOrder(h, opt, s)
	}
	return m.r.Done()
}

// saturate adds what must be so in every sequential order: that a write before a read is before the write that was read, and
// that a read is before what replaced its write. It returns false if that is impossible.
func (m *memory) saturate(p *order, unique bool) bool {
	for grew := true; grew && m.steps > 0; {
		if !p.close() {
			m.circle(CyclicOrder, "", p.cycle())
			return false
		}
		if grew = false; !unique {
			return true
		}
		for n := range m.ops {
			o := &m.ops[n]
			if o.write {
				continue
			}
			more, early := p.overwrites(int32(n))
			if early != none {
				m.stale(CyclicOrder, int32(n), early)
				return false
			}
			grew = grew || more
			for _, writes := range m.writes[o.key] {
				w := writes[0]
				if o.from != none {
					if w = p.firstAfter(writes, o.from); w == none {
						continue
					}
				}
				if !p.less(int32(n), w) {
					grew = p.add(edge{from: int32(n), to: w, why: byOldRead, read: none}) || grew
				}
			}
		}
	}
	return true
}

// noOrder reports a history that the search refuted: as few of its operations as still have no order, if it is small enough
// to look for them, and else where the longest attempt ended.
func (m *memory) noOrder(h checker.History, opt Options, s *search) {
	const most = 200
	places := make([]int, 0, len(m.ops))
	for n := range m.ops {
		places = append(places, int(m.ops[n].src))
	}
	slices.Sort(places)
	if len(places) <= most {
		places = smaller(h, opt, places)
		lines := make([]string, 0, len(places))
		ops := guarantee.Cite(func(i int) string { return h[i].String() }, places...)
		for _, o := range ops {
			lines = append(lines, o.Text)
		}
		m.r.Found(NoOrder, "", ops, "no order of these %d operations keeps that of each session and explains every read: %s", len(places), strings.Join(lines, "; "))
		return
	}
	var waiting []int32
	for c, at := range s.furthest {
		if int(at) < len(m.chains[c]) && len(waiting) < storyMost {
			waiting = append(waiting, m.chains[c][at])
		}
	}
	lines := make([]string, 0, len(waiting))
	for _, n := range waiting {
		lines = append(lines, m.text(n))
	}
	m.r.Found(NoOrder, "", m.cite(waiting...), "no order explains every read; after %d of %d operations the best attempt cannot go on with %s",
		s.best, len(m.ops), strings.Join(lines, ", nor with "))
}

// smaller leaves operations out as long as the rest still has no order. A write goes only if nobody reads its value, because
// a read of nothing would be another violation.
func smaller(h checker.History, opt Options, places []int) []int {
	refuted := func(places []int) bool {
		part := make(checker.History, 0, len(places))
		for _, i := range places {
			part = append(part, h[i])
		}
		m, text := prepare("sequential", part, opt)
		if text != "" {
			return false
		}
		m.steps = 100_000
		if m.thin(); len(m.r.Findings) > 0 {
			return false
		}
		unique := m.twice == none
		p := newOrder(m, func(int32) bool { return unique })
		if !m.saturate(p, unique) {
			return true
		}
		s := newSearch(m, p)
		return m.steps > 0 && !s.run() && m.steps > 0
	}
	for again := true; again; {
		again = false
		for i := len(places) - 1; i >= 0; i-- {
			if rest := slices.Delete(slices.Clone(places), i, i+1); refuted(rest) {
				places, again = rest, true
			}
		}
	}
	return places
}

// search looks for a sequential order by depth first search with memory. A state is how far each chain has come, and what
// each key holds.
type search struct {
	m        *memory
	p        *order
	at       []int32 // by chain
	mem      []int32 // by key, the value it holds
	reads    []int32 // by value, reads that are still to come
	writes   []int32 // by value, writes that are still to come
	left     int     // operations that must still come
	dead     map[string]struct{}
	key      []byte
	best     int
	done     int
	furthest []int32
	optional []bool // by chain: a write with an unknown end, which may stay out if another write has its value
}

func newSearch(m *memory, p *order) *search {
	s := &search{m: m, p: p, at: make([]int32, len(m.chains)), mem: slices.Clone(m.initial), reads: make([]int32, len(m.vals)),
		writes: make([]int32, len(m.vals)), dead: make(map[string]struct{}), optional: make([]bool, len(m.chains))}
	for c, chain := range m.chains {
		if len(chain) == 0 {
			continue
		}
		s.optional[c] = m.h[m.ops[chain[0]].src].Status == checker.Maybe
		for _, n := range chain {
			o := &m.ops[n]
			if o.write {
				s.writes[o.val]++
			} else {
				s.reads[o.val]++
			}
		}
		if !s.optional[c] {
			s.left += len(chain)
		}
	}
	return s
}

// run tells whether there is an order. If the budget ends first it returns false, and no steps are left.
func (s *search) run() bool {
	s.greedy()
	if s.left == 0 {
		return true
	}
	if s.done > s.best || s.furthest == nil {
		s.best, s.furthest = s.done, slices.Clone(s.at)
	}
	return s.branch()
}

// A choice is a write that was tried, and the reads that it let happen.
type choice struct {
	chain   int32
	old     int32   // what its key had held
	reads   []int32 // the chains of the reads that followed, in their order
	pending []int32 // chains that are still to be tried instead
}

// branch tries the writes that are possible, without recursion: the order may be as long as the history.
func (s *search) branch() bool {
	stack := []choice{{chain: none, pending: s.possible()}}
	s.remember()
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if s.m.steps--; s.m.steps <= 0 {
			return false
		}
		if len(top.pending) == 0 {
			if top.chain != none {
				s.undo(top)
			}
			stack = stack[:len(stack)-1]
			continue
		}
		c := top.pending[0]
		top.pending = top.pending[1:]
		n := s.m.chains[c][s.at[c]]
		next := choice{chain: c, old: s.mem[s.m.ops[n].key]}
		s.take(c)
		next.reads = s.greedy()
		if s.left == 0 {
			return true
		}
		if s.done > s.best {
			s.best, s.furthest = s.done, slices.Clone(s.at)
		}
		if s.remember() {
			next.pending = s.possible()
		}
		stack = append(stack, next)
	}
	return false
}

// remember notes a state, and tells whether it is new.
func (s *search) remember() bool {
	s.key = s.key[:0]
	for _, v := range s.at {
		s.key = append(s.key, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	for _, v := range s.mem {
		s.key = append(s.key, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	s.m.steps -= len(s.key) / 8
	if _, seen := s.dead[string(s.key)]; seen {
		return false
	}
	s.dead[string(s.key)] = struct{}{}
	return true
}

// enabled returns the next operation of a chain if all that must precede it has happened, or none.
func (s *search) enabled(c int) int32 {
	if int(s.at[c]) == len(s.m.chains[c]) {
		return none
	}
	n := s.m.chains[c][s.at[c]]
	for d, k := range s.p.clock[n] {
		if d != c && k > s.at[d] && !s.optional[d] {
			return none
		}
	}
	return n
}

// greedy does every read that is possible: to wait would not help anybody. It returns their chains.
func (s *search) greedy() []int32 {
	var took []int32
	for again := true; again; {
		again = false
		for c := range s.m.chains {
			for {
				n := s.enabled(c)
				if n == none || s.m.ops[n].write || s.m.ops[n].val != s.mem[s.m.ops[n].key] {
					break
				}
				s.take(int32(c))
				took = append(took, int32(c))
				again = true
			}
		}
		s.m.steps -= len(s.m.chains)
	}
	return took
}

// possible returns the chains whose next write may come now, the earliest called first. A write is not possible if it would
// replace a value that reads still want and no other write will bring back.
func (s *search) possible() []int32 {
	var out []int32
	for c := range s.m.chains {
		n := s.enabled(c)
		if n == none || !s.m.ops[n].write {
			continue
		}
		held := s.mem[s.m.ops[n].key]
		if held != s.m.ops[n].val && s.reads[held] > 0 && s.writes[held] == 0 {
			continue
		}
		out = append(out, int32(c))
	}
	slices.SortFunc(out, func(a, b int32) int {
		x, y := s.m.ops[s.m.chains[a][s.at[a]]].src, s.m.ops[s.m.chains[b][s.at[b]]].src
		switch cx, cy := s.m.h[x].Call, s.m.h[y].Call; {
		case cx != cy && cx < cy:
			return -1
		case cx != cy:
			return 1
		}
		return int(x - y)
	})
	return out
}

func (s *search) take(c int32) {
	o := &s.m.ops[s.m.chains[c][s.at[c]]]
	s.at[c]++
	if s.done++; !s.optional[c] {
		s.left--
	}
	if o.write {
		s.mem[o.key] = o.val
		s.writes[o.val]--
	} else {
		s.reads[o.val]--
	}
}

func (s *search) undo(ch *choice) {
	for _, c := range slices.Backward(ch.reads) {
		s.back(c)
	}
	o := s.back(ch.chain)
	s.mem[o.key] = ch.old
}

func (s *search) back(c int32) *op {
	s.at[c]--
	o := &s.m.ops[s.m.chains[c][s.at[c]]]
	if s.done--; !s.optional[c] {
		s.left++
	}
	if o.write {
		s.writes[o.val]++
	} else {
		s.reads[o.val]++
	}
	return o
}
