package explore_test

import (
	"context"
	"fmt"

	"orrery/explore"
	"orrery/sim"
)

// Run universes on all cores until one of them fails.
func ExampleEach() {
	run := func(seed uint64) uint64 {
		u := sim.New(sim.Config{Seed: seed})
		return u.Draw("workload", 1, 6) + 1
	}
	err := explore.Each(context.Background(), explore.Seeds{First: 1, Last: 1_000_000}, 0, run,
		func(seed, die uint64) bool {
			fmt.Printf("seed %d: %d\n", seed, die)
			return die != 6
		})
	fmt.Println(err)
	// Output:
	// seed 1: 3
	// seed 2: 6
	// <nil>
}
