package digraph_test

import (
	"fmt"

	"orrery/checker/internal/digraph"
)

// Three tasks, each of which waits for the next.
func Example() {
	g := digraph.New(3, 3)
	g.Add(0, 1, 1)
	g.Add(1, 2, 1)
	g.Add(2, 0, 1)
	g.Seal()
	comp, count := g.Components(1)
	fmt.Println(count, len(g.Cycle(comp, 0, 1, 1)))
	// Output: 1 3
}
