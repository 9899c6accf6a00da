package digraph_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	. "orrery/checker/internal/digraph"
)

// Two nodes are in one component exactly if each reaches the other, and every cycle that is shown is one.
func TestComponentsAreMutualReachability(t *testing.T) {
	cyclic := 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := 2 + r.IntN(7)
		g := New(n-1, 4)
		g.Node()
		var reach [9][9]bool
		const mask = 3
		for range r.IntN(2 * n) {
			a, b, label := int32(r.IntN(n)), int32(r.IntN(n)), uint8(1)<<r.IntN(3)
			g.Add(a, b, label)
			reach[a][b] = reach[a][b] || a != b && label&mask != 0
		}
		for k := range n {
			for i := range n {
				for j := range n {
					reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
				}
			}
		}
		g.Seal()
		comp, count := g.Components(mask)
		require.Equal(t, n, g.Nodes())
		for i := range n {
			require.Equal(t, reach[i][i], comp[i] != None, "seed %d", seed)
			for j := range n {
				if comp[i] != None && comp[j] != None {
					require.Equal(t, reach[i][j] && reach[j][i], comp[i] == comp[j], "seed %d", seed)
				}
			}
		}
		for c := range int32(count) {
			cyclic++
			cycle := g.Cycle(comp, c, mask, mask)
			require.NotEmpty(t, cycle)
			for i, e := range cycle {
				require.Equal(t, e.To, cycle[(i+1)%len(cycle)].From)
				require.NotZero(t, e.Label&mask)
				require.Equal(t, c, comp[e.From])
			}
		}
	}
	require.Greater(t, cyclic, 400)
}

func TestTheShortestCycleIsShown(t *testing.T) {
	g := New(6, 10)
	for i := range int32(5) {
		g.Add(i, i+1, 1)
	}
	g.Add(5, 0, 1)
	g.Add(4, 3, 2)
	g.Seal()
	comp, count := g.Components(3)
	require.Equal(t, 1, count)
	require.Len(t, g.Cycle(comp, 0, 3, 3), 2)
	require.Len(t, g.Cycle(comp, 0, 1, 1), 6)
	require.Nil(t, g.Cycle(comp, 0, 3, 4))
}

// A path as long as the graph needs no stack.
func TestDeepGraphsAreFine(t *testing.T) {
	const n = 300_000
	g := New(n, n)
	for i := range int32(n) {
		g.Add(i, (i+1)%n, 1)
	}
	g.Seal()
	_, count := g.Components(1)
	require.Equal(t, 1, count)
}
