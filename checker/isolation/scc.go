package isolation

// components finds the strongly connected components of the graph that step describes (Tarjan, "Depth-first search and
// linear graph algorithms", 1972), without recursion. step returns, from the i-th edge of node n on, the next edge that
// counts, as the place after it and the head; the head is none when there are no more.
//
// It returns a component number for each node, none for nodes that are a component by themselves, and how many there are.
func components(nodes int32, step func(n, i int32) (next, to int32)) ([]int32, int32) {
	type frame struct{ n, i int32 }
	low := make([]int32, nodes)   // 0: not seen; else the least number reached, numbers from 1
	order := make([]int32, nodes) // the number at which it was seen; -1 when its component is complete
	comp := make([]int32, nodes)
	var stack []int32
	var calls []frame
	seen, count := int32(0), int32(0)
	enter := func(n int32) {
		seen++
		order[n], low[n], comp[n] = seen, seen, none
		stack = append(stack, n)
		calls = append(calls, frame{n: n})
	}
	for root := range nodes {
		if order[root] != 0 {
			continue
		}
		enter(root)
		for len(calls) > 0 {
			f := &calls[len(calls)-1]
			n := f.n
			next, to := step(n, f.i)
			if to != none {
				f.i = next
				switch {
				case order[to] == 0:
					enter(to)
				case order[to] > 0:
					low[n] = min(low[n], order[to])
				}
				continue
			}
			calls = calls[:len(calls)-1]
			if len(calls) > 0 {
				p := calls[len(calls)-1].n
				low[p] = min(low[p], low[n])
			}
			if low[n] == order[n] {
				stack, count = pop(stack, n, order, comp, count)
			}
		}
	}
	return comp, count
}

// pop takes the component that n is the root of from the stack.
func pop(stack []int32, n int32, order, comp []int32, count int32) ([]int32, int32) {
	alone := stack[len(stack)-1] == n
	for {
		m := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		order[m] = -1
		if !alone {
			comp[m] = count
		}
		if m == n {
			break
		}
	}
	if !alone {
		count++
	}
	return stack, count
}

// under returns the components of the graph with only the edges of the kinds in mask, and links.
func (g *graph) under(mask kind) ([]int32, int32) {
	mask |= kLink
	return components(g.nodes, func(n, i int32) (int32, int32) {
		out := g.out(n)
		for ; int(i) < len(out); i++ {
			if out[i].k&mask != 0 {
				return i + 1, out[i].to
			}
		}
		return i, none
	})
}

// nonadjacent returns the components of the walks on which no two anti-dependencies follow each other. Node 2n stands for
// n reached otherwise, 2n+1 for n reached by an anti-dependency. Such a walk that closes is what snapshot isolation forbids.
func (g *graph) nonadjacent(mask kind) ([]int32, int32) {
	mask |= kLink
	return components(2*g.nodes, func(p, i int32) (int32, int32) {
		out, after := g.out(p/2), p%2
		for ; int(i) < len(out); i++ {
			e := out[i]
			switch {
			case e.k&mask == 0:
			case e.k == kLink:
				return i + 1, 2*e.to + after
			case e.k != kRW:
				return i + 1, 2 * e.to
			case after == 0:
				return i + 1, 2*e.to + 1
			}
		}
		return i, none
	})
}
