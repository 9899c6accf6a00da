package isolation

import "slices"

// kind is what an edge of the graph means: why its head comes after its tail.
type kind uint8

const (
	kWW       kind = 1 << iota // the tail's version of a key is before the head's
	kWR                        // the head read the tail's version
	kRW                        // the tail read a version older than the head's: an anti-dependency
	kProcess                   // one process ran both, the tail first
	kRealtime                  // the tail had returned before the head was invoked
	kLink                      // no step of its own: it continues the edge that led to its tail
)

// kData are the dependencies.
const kData = kWW | kWR | kRW

// An edge leads from one node to another. ref is the version that tells why: the head's for kWW and kRW, the one read for
// kWR, and the head's for a kLink that ends such an edge.
type edge struct {
	to  int32
	ref int32
	k   kind
}

// graph holds the transactions, numbered as in the history, and behind them helper nodes that keep it linear: families of
// edges that all have the same tails and heads share their middle.
type graph struct {
	txns  int32
	nodes int32
	from  []int32 // while it grows
	list  []edge
	start []int32 // by node, its first edge in edges; one more at the end
	edges []edge
}

func (g *graph) node() int32 {
	g.nodes++
	return g.nodes - 1
}

func (g *graph) add(from int32, e edge) {
	g.from = append(g.from, from)
	g.list = append(g.list, e)
}

// seal sorts the edges by their tails, in linear time.
func (g *graph) seal() {
	g.start = make([]int32, g.nodes+1)
	for _, f := range g.from {
		g.start[f+1]++
	}
	for i := range g.nodes {
		g.start[i+1] += g.start[i]
	}
	g.edges = make([]edge, len(g.list))
	at := slices.Clone(g.start)
	for i, f := range g.from {
		g.edges[at[f]] = g.list[i]
		at[f]++
	}
	g.from, g.list = nil, nil
}

func (g *graph) out(n int32) []edge { return g.edges[g.start[n]:g.start[n+1]] }

// A source is the tail of a family of edges.
type source struct {
	txn int32
	k   kind
}

// A target is the head of a family of edges: a transaction, and its version.
type target struct{ txn, ver int32 }

// link adds the edges from every source to every target but itself. Targets are ascending by transaction, one of each.
// When many meet many the edges go through two chains of helper nodes, one of which reaches the targets up to a place, the
// other those from a place on: so a source leaves itself out, and the edges stay as few as sources and targets together.
func (g *graph) link(sources []source, targets []target) {
	s, t := len(sources), len(targets)
	if t <= 1 || s*t <= 4*(s+t) {
		for _, a := range sources {
			for _, b := range targets {
				if a.txn != b.txn {
					g.add(a.txn, edge{to: b.txn, ref: b.ver, k: a.k})
				}
			}
		}
		return
	}
	up, down := g.nodes, g.nodes+int32(t) // up+i reaches targets 0..i, down+i targets i..t-1
	g.nodes += 2 * int32(t)
	for i, b := range targets {
		n := int32(i)
		g.add(up+n, edge{to: b.txn, ref: b.ver, k: kLink})
		g.add(down+n, edge{to: b.txn, ref: b.ver, k: kLink})
		if i > 0 {
			g.add(up+n, edge{to: up + n - 1, ref: none, k: kLink})
			g.add(down+n-1, edge{to: down + n, ref: none, k: kLink})
		}
	}
	last := int32(t - 1)
	for _, a := range sources {
		i, self := slices.BinarySearchFunc(targets, a.txn, func(b target, txn int32) int { return int(b.txn) - int(txn) })
		n := int32(i)
		if !self {
			g.add(a.txn, edge{to: up + last, ref: none, k: a.k})
			continue
		}
		if n > 0 {
			g.add(a.txn, edge{to: up + n - 1, ref: none, k: a.k})
		}
		if n < last {
			g.add(a.txn, edge{to: down + n + 1, ref: none, k: a.k})
		}
	}
}
