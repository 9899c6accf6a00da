package isolation

import "slices"

// A class is one kind of cycle, as a search in the product of the graph and a few bits of memory.
type class struct {
	name  Anomaly
	mask  kind // the data dependencies that it may go over
	start kind // what it must go over at least once: where the search begins
	// walks tells that no two anti-dependencies may follow each other, also where the walk closes.
	walks bool
}

var classes = []class{
	{name: G0, mask: kWW, start: kWW},
	{name: G1c, mask: kWW | kWR, start: kWR},
	{name: GSingle, mask: kData, start: kRW, walks: true},
	{name: GNonadjacent, mask: kData, start: kRW, walks: true},
	{name: G2, mask: kData, start: kRW},
}

// anyCycle is the class of all: for a component in which no other search found one.
var anyCycle = class{mask: kData, start: kData}

// The memory of a search: whether the last step was an anti-dependency, and whether the walk has what its class needs.
const (
	afterRW = 1
	enough  = 2
)

const (
	cyclesTried = 32      // of one class in one component, before the smallest is taken
	searchSteps = 1 << 21 // beside some for each edge, for the cycles of one class
)

// cycles finds a small cycle of each class in each component, first among data dependencies, then with the order of
// processes and with real time too; a class that was there without them is not looked for again.
//
// Every class is complete in what matters for a verdict: an edge of a component under ww, or ww and wr, is on such a cycle;
// an anti-dependency in a component of the product is on a walk that snapshot isolation forbids; and where there is a
// component at all, some cycle is found and named by what it consists of.
func (c *check) cycles() {
	tiers := []kind{0, kProcess, kProcess | kRealtime}
	respects := c.level.respects()
	if _, n := c.g.under(kData | respects); n == 0 {
		return
	}
	s := &search{c: c, g: &c.g, named: make(map[Anomaly]bool), shown: make([]bool, len(c.h))}
	for _, order := range tiers {
		if order&^respects != 0 {
			continue
		}
		for _, cl := range classes {
			if !s.named[cl.name] {
				s.run(cl, order)
			}
		}
		s.run(anyCycle, order)
	}
}

// A step leads from one transaction to the next of a cycle.
type step struct {
	from, to int32
	k        kind
	ref      int32
}

// search holds what the searches of one check share.
type search struct {
	c     *check
	g     *graph
	named map[Anomaly]bool // classes found, without suffix
	shown []bool           // by transaction, whether it is on some cycle that was found

	cl      class
	order   kind
	comp    []int32
	visited []int32 // by node and memory, the number of the search that came there
	turn    int32
	steps   int // what is left of the budget
	visits  []visit
}

// A visit is a place that a search reached, and how.
type visit struct {
	at   int32 // four times the node, and the memory
	prev int32 // the visit before
	e    edge
}

// run looks for cycles of one class in all components.
func (s *search) run(cl class, order kind) {
	s.cl, s.order = cl, order
	var count int32
	if cl.walks {
		s.comp, count = s.g.nonadjacent(cl.mask | order)
	} else {
		s.comp, count = s.g.under(cl.mask | order)
	}
	if count == 0 {
		return
	}
	best := make([][]step, count)
	rough := make([][]step, count) // walks that come by a transaction twice
	tried := make([]int, count)
	s.steps = searchSteps + 4*len(s.g.edges)
	skip := s.covered(count)
	for n := range s.g.txns {
		for _, e := range s.g.out(n) {
			k := s.in(n, 0)
			if e.k&cl.start == 0 || k == none || k != s.in(e.to, s.memory(e)) || skip[k] || tried[k] >= cyclesTried || s.steps <= 0 {
				continue
			}
			path := s.shortest(n, e, len(best[k]))
			switch {
			case path == nil:
			case len(simple(path)) == 1:
				best[k] = path
			case rough[k] == nil:
				rough[k] = path
			}
			if best[k] != nil || rough[k] != nil {
				tried[k]++
			}
		}
	}
	for k := range best {
		if best[k] != nil {
			s.note(best[k])
		} else if rough[k] != nil {
			s.reportRough(rough[k])
		}
	}
}

// covered tells, of the class of all cycles, which components have one shown already.
func (s *search) covered(count int32) []bool {
	skip := make([]bool, count)
	if s.cl.name != "" {
		return skip
	}
	for n, yes := range s.shown {
		if k := s.in(int32(n), 0); yes && k != none {
			skip[k] = true
		}
	}
	return skip
}

// in returns the component of a node in that memory.
func (s *search) in(n, memory int32) int32 {
	if s.cl.walks {
		return s.comp[2*n+memory&afterRW]
	}
	return s.comp[n]
}

func (s *search) memory(e edge) int32 {
	if e.k == kRW {
		return afterRW
	}
	return 0
}

// next returns the memory after an edge, if the class lets the walk go over it.
func (s *search) next(memory int32, e edge) (int32, bool) {
	switch {
	case e.k == kLink:
		return memory, true
	case e.k&(s.cl.mask|s.order) == 0:
		return 0, false
	case e.k != kRW:
		return memory &^ afterRW, true
	}
	switch s.cl.name {
	case GSingle:
		return 0, false
	case GNonadjacent:
		return afterRW | enough, memory&afterRW == 0
	case G2:
		return afterRW | memory&enough | memory&afterRW<<1, true
	}
	return afterRW, true
}

// closes tells whether a walk that comes back to where it began is of the class.
func (s *search) closes(memory int32) bool {
	switch s.cl.name {
	case GNonadjacent:
		// A walk with one anti-dependency is as forbidden, should the search for those have ended early.
		return memory&afterRW == 0 && (memory&enough != 0 || !s.named[GSingle])
	case G2:
		return memory != 0
	}
	return true
}

// shortest looks for the shortest walk over first from tail back to tail, shorter than limit steps unless that is 0, by
// breadth first search. Links cost nothing.
func (s *search) shortest(tail int32, first edge, limit int) []step {
	if s.visited == nil {
		s.visited = make([]int32, 4*s.g.nodes)
	}
	s.turn++
	k := s.in(tail, 0)
	s.visits = append(s.visits[:0], visit{at: 4*first.to + s.memory(first), prev: none, e: first})
	layer, later := []int32{0}, []int32(nil)
	for depth := 1; len(layer) > 0 && (limit == 0 || depth < limit); depth++ {
		for i := 0; i < len(layer); i++ {
			v := s.visits[layer[i]]
			if s.visited[v.at] == s.turn {
				continue
			}
			s.visited[v.at] = s.turn
			n, memory := v.at/4, v.at%4
			if n == tail && s.closes(memory) {
				return s.path(tail, layer[i])
			}
			for _, e := range s.g.out(n) {
				s.steps--
				m, ok := s.next(memory, e)
				if !ok || s.in(e.to, m) != k || s.visited[4*e.to+m] == s.turn {
					continue
				}
				s.visits = append(s.visits, visit{at: 4*e.to + m, prev: layer[i], e: e})
				if id := int32(len(s.visits) - 1); e.k == kLink {
					layer = append(layer, id)
				} else {
					later = append(later, id)
				}
			}
			if s.steps <= 0 {
				return nil
			}
		}
		layer, later = later, layer[:0]
	}
	return nil
}

// path turns the visits that end at last into the steps between transactions.
func (s *search) path(tail, last int32) []step {
	var edges []edge
	for v := last; v != none; v = s.visits[v].prev {
		edges = append(edges, s.visits[v].e)
	}
	slices.Reverse(edges)
	var steps []step
	from := tail
	for _, e := range edges {
		if e.k != kLink {
			steps = append(steps, step{from: from, k: e.k, ref: none})
		}
		if e.ref != none {
			steps[len(steps)-1].ref = e.ref
		}
		if e.to < s.g.txns {
			steps[len(steps)-1].to = e.to
			from = e.to
		}
	}
	return steps
}
