package digraph

// None is no node and no component.
const None = -1

// An Edge leads from one node to another. Label is a set of bits, at least one of them set.
type Edge struct {
	From, To int32
	Label    uint8
}

// Graph is a directed graph. The zero Graph is empty.
type Graph struct {
	nodes int32
	list  []Edge // while it grows
	start []int32
	edges []Edge // sorted by their tails, once it is sealed
}

// New returns a graph of n nodes without edges, with room for as many edges.
func New(n, edges int) *Graph { return &Graph{nodes: int32(n), list: make([]Edge, 0, edges)} }

// Node adds a node.
func (g *Graph) Node() int32 {
	g.nodes++
	return g.nodes - 1
}

// Add adds an edge. One from a node to itself is left out: ask for it before.
func (g *Graph) Add(from, to int32, label uint8) {
	if from != to {
		g.list = append(g.list, Edge{from, to, label})
	}
}

// Seal ends the building; it sorts edges by their tails in linear time.
func (g *Graph) Seal() {
	g.start = make([]int32, g.nodes+1)
	for _, e := range g.list {
		g.start[e.From+1]++
	}
	for i := range g.nodes {
		g.start[i+1] += g.start[i]
	}
	g.edges = make([]Edge, len(g.list))
	at := append([]int32(nil), g.start...)
	for _, e := range g.list {
		g.edges[at[e.From]] = e
		at[e.From]++
	}
	g.list = nil
}

// Out returns the edges that leave a node of a sealed graph.
func (g *Graph) Out(n int32) []Edge { return g.edges[g.start[n]:g.start[n+1]] }

// Nodes is the number of nodes.
func (g *Graph) Nodes() int { return int(g.nodes) }

// frame is a node whose edges are being followed.
type frame struct{ n, i int32 }

// tarjan is one search for components (Tarjan, "Depth-first search and linear graph algorithms", 1972), without recursion.
type tarjan struct {
	g     *Graph
	mask  uint8
	low   []int32 // 0: not seen; else the least number reached, numbers from 1
	order []int32 // the number at which it was seen; -1 when its component is complete
	comp  []int32
	stack []int32
	calls []frame
	seen  int32
	count int32
}

// Components returns, for each node, the number of its strongly connected component under the edges of which some label is
// in mask, or None if it is one by itself, and how many components there are.
func (g *Graph) Components(mask uint8) ([]int32, int) {
	t := &tarjan{g: g, mask: mask, low: make([]int32, g.nodes), order: make([]int32, g.nodes), comp: make([]int32, g.nodes)}
	for root := range g.nodes {
		if t.order[root] == 0 {
			t.enter(root)
			t.run()
		}
	}
	return t.comp, int(t.count)
}

func (t *tarjan) enter(n int32) {
	t.seen++
	t.order[n], t.low[n], t.comp[n] = t.seen, t.seen, None
	t.stack = append(t.stack, n)
	t.calls = append(t.calls, frame{n: n})
}

func (t *tarjan) run() {
	for len(t.calls) > 0 {
		f := &t.calls[len(t.calls)-1]
		n, out := f.n, t.g.Out(f.n)
		for int(f.i) < len(out) && out[f.i].Label&t.mask == 0 {
			f.i++
		}
		if int(f.i) < len(out) {
			to := out[f.i].To
			f.i++
			switch {
			case t.order[to] == 0:
				t.enter(to)
			case t.order[to] > 0:
				t.low[n] = min(t.low[n], t.order[to])
			}
			continue
		}
		t.calls = t.calls[:len(t.calls)-1]
		if len(t.calls) > 0 {
			p := t.calls[len(t.calls)-1].n
			t.low[p] = min(t.low[p], t.low[n])
		}
		if t.low[n] == t.order[n] {
			t.pop(n)
		}
	}
}

// pop takes the component that n is the root of from the stack.
func (t *tarjan) pop(n int32) {
	alone := t.stack[len(t.stack)-1] == n
	for {
		m := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		t.order[m] = -1
		if !alone {
			t.comp[m] = t.count
		}
		if m == n {
			break
		}
	}
	if !alone {
		t.count++
	}
}
