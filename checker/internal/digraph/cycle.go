package digraph

const (
	cyclesTried = 32      // nodes of one component from which a cycle is looked for
	searchSteps = 1 << 20 // edges looked at in one component
)

// Cycle returns a short cycle in a component that Components found under the mask: the shortest through any of the first few
// nodes from which one of the labels in through leaves. It is nil only if no such edge lies on a cycle that the budget reaches.
func (g *Graph) Cycle(comp []int32, c int32, mask, through uint8) []Edge {
	var best []Edge
	came := make(map[int32]Edge)
	steps, tried := searchSteps, 0
	for n := range g.nodes {
		if comp[n] != c {
			continue
		}
		for _, first := range g.Out(n) {
			if first.Label&mask&through == 0 || comp[first.To] != c || tried >= cyclesTried || steps <= 0 {
				continue
			}
			tried++
			if path := g.back(comp, mask, first, came, len(best), &steps); path != nil {
				best = path
			}
		}
	}
	return best
}

// back looks for the shortest way from the head of first to its tail, shorter than limit edges in all unless that is 0.
func (g *Graph) back(comp []int32, mask uint8, first Edge, came map[int32]Edge, limit int, steps *int) []Edge {
	clear(came)
	came[first.To] = first
	layer := []int32{first.To}
	for depth := 1; len(layer) > 0 && (limit == 0 || depth < limit-1); depth++ {
		var next []int32
		for _, n := range layer {
			for _, e := range g.Out(n) {
				*steps--
				if e.Label&mask == 0 || comp[e.To] != comp[n] {
					continue
				}
				if e.To == first.From {
					return path(came, e, first)
				}
				if _, seen := came[e.To]; !seen {
					came[e.To] = e
					next = append(next, e.To)
				}
			}
			if *steps <= 0 {
				return nil
			}
		}
		layer = next
	}
	return nil
}

// path collects the edges from first to last.
func path(came map[int32]Edge, last, first Edge) []Edge {
	back := []Edge{last}
	for n := last.From; ; {
		e := came[n]
		back = append(back, e)
		if e == first {
			break
		}
		n = e.From
	}
	out := make([]Edge, len(back))
	for i, e := range back {
		out[len(back)-1-i] = e
	}
	return out
}
