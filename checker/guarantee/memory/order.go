package memory

import (
	"sort"

	"orrery/checker/internal/digraph"
)

// Why one operation is before another.
const (
	bySession   uint8 = 1 << iota // it is earlier in its session
	byRead                        // the other read what it wrote
	byOverwrite                   // both wrote a key, and a read that follows it saw the other
	byOldRead                     // it read the key before the other wrote it
)

// An edge is an order that was derived; read is the read that tells of it.
type edge struct {
	from, to int32
	why      uint8
	read     int32
}

// order is a partial order of operations: what sessions and reads say, and edges that follow from it.
type order struct {
	m     *memory
	reads func(r int32) bool // whether a read comes after its write
	extra []edge
	into  map[int32][]int32 // by operation, the places in extra of edges to it
	known map[[2]int32]bool // edges that extra has
	// clock holds, for each operation and chain, how many operations of the chain are before it, itself included.
	clock [][]int32
}

func newOrder(m *memory, reads func(r int32) bool) *order {
	return &order{m: m, reads: reads, into: make(map[int32][]int32), known: make(map[[2]int32]bool)}
}

// add notes an edge, and tells whether it is new.
func (p *order) add(e edge) bool {
	k := [2]int32{e.from, e.to}
	if p.known[k] {
		return false
	}
	p.known[k] = true
	p.into[e.to] = append(p.into[e.to], int32(len(p.extra)))
	p.extra = append(p.extra, e)
	return true
}

// before calls f for every operation that is directly before n.
func (p *order) before(n int32, f func(b int32, why uint8)) {
	o := &p.m.ops[n]
	if o.pos > 0 {
		f(n-1, bySession)
	} else if o.after != none {
		f(o.after, bySession)
	}
	if !o.write && o.from != none && p.reads(n) {
		f(o.from, byRead)
	}
	for _, e := range p.into[n] {
		f(p.extra[e].from, p.extra[e].why)
	}
}

// close computes the clocks, and tells whether the order is one: false if something is before itself.
func (p *order) close() bool {
	m := p.m
	width := len(m.chains)
	if p.clock == nil {
		p.clock = make([][]int32, len(m.ops))
		all := make([]int32, len(m.ops)*width)
		for n := range p.clock {
			p.clock[n] = all[n*width : (n+1)*width : (n+1)*width]
		}
	}
	waits := make([]int32, len(m.ops))
	start := make([]int32, len(m.ops)+1)
	for n := range m.ops {
		p.before(int32(n), func(b int32, _ uint8) {
			waits[n]++
			start[b+1]++
		})
		clear(p.clock[n])
	}
	for n := range m.ops {
		start[n+1] += start[n]
	}
	next := make([]int32, start[len(m.ops)])
	at := append([]int32(nil), start...)
	var ready []int32
	for n := range m.ops {
		p.before(int32(n), func(b int32, _ uint8) {
			next[at[b]] = int32(n)
			at[b]++
		})
		if waits[n] == 0 {
			ready = append(ready, int32(n))
		}
	}
	done := 0
	for ; len(ready) > 0; done++ {
		n := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		mine := p.clock[n]
		mine[m.ops[n].chain] = m.ops[n].pos + 1
		for _, t := range next[start[n]:start[n+1]] {
			for c, k := range mine {
				p.clock[t][c] = max(p.clock[t][c], k)
			}
			if waits[t]--; waits[t] == 0 {
				ready = append(ready, t)
			}
		}
	}
	m.steps -= (done + 1) * (width + 1)
	return done == len(m.ops)
}

// less tells whether a is before b, once the clocks are there.
func (p *order) less(a, b int32) bool {
	o := &p.m.ops[a]
	return a != b && p.clock[b][o.chain] > o.pos
}

// lastBefore returns the last of these writes of one chain that is before n, or none.
func (p *order) lastBefore(writes []int32, n int32) int32 {
	limit := p.clock[n][p.m.ops[writes[0]].chain]
	i := sort.Search(len(writes), func(i int) bool { return p.m.ops[writes[i]].pos >= limit })
	for i > 0 && writes[i-1] == n {
		i--
	}
	if i == 0 {
		return none
	}
	return writes[i-1]
}

// firstAfter returns the first of these writes of one chain that n is before, or none.
func (p *order) firstAfter(writes []int32, n int32) int32 {
	o := &p.m.ops[n]
	i := sort.Search(len(writes), func(i int) bool { return p.clock[writes[i]][o.chain] > o.pos })
	for i < len(writes) && writes[i] == n {
		i++
	}
	if i == len(writes) {
		return none
	}
	return writes[i]
}

// overwrites adds, for a read and each write of its key that is before it, that this write is also before the one that was
// read. It tells whether something was new. Where the read saw the initial state it returns such a write instead.
func (p *order) overwrites(r int32) (grew bool, early int32) {
	o := &p.m.ops[r]
	for _, writes := range p.m.writes[o.key] {
		w := p.lastBefore(writes, r)
		switch {
		case w == none || w == o.from:
		case o.from == none:
			return grew, w
		case !p.less(w, o.from):
			grew = p.add(edge{from: w, to: o.from, why: byOverwrite, read: r}) || grew
		}
	}
	return grew, none
}

// cycle returns a short circle, as edges, if close said that there is one.
func (p *order) cycle() []edge {
	g := digraph.New(len(p.m.ops), 2*len(p.m.ops)+len(p.extra))
	for n := range p.m.ops {
		p.before(int32(n), func(b int32, why uint8) { g.Add(b, int32(n), why) })
	}
	g.Seal()
	const all = bySession | byRead | byOverwrite | byOldRead
	comp, count := g.Components(all)
	var best []edge
	for c := range int32(count) {
		found := g.Cycle(comp, c, all, byRead|byOverwrite|byOldRead)
		if found == nil || best != nil && len(found) >= len(best) {
			continue
		}
		best = best[:0]
		for _, e := range found {
			out := edge{from: e.From, to: e.To, why: e.Label, read: none}
			for _, i := range p.into[e.To] {
				if p.extra[i].from == e.From && p.extra[i].why == e.Label {
					out.read = p.extra[i].read
				}
			}
			best = append(best, out)
		}
	}
	return best
}
