package strategy_test

import (
	"fmt"

	"orrery/explore/strategy"
	"orrery/explore/trial"
)

// A strategy gives the options of one execution after another.
func ExampleParse() {
	s, err := strategy.Parse("swarm", 100)
	if err != nil {
		panic(err)
	}
	for n := range uint64(3) {
		o := s.Next(n, trial.Options{Bug: "one-ballot"})
		fmt.Println(o.Seed, o.Bug)
	}
	_, err = strategy.Parse("swarn", 100)
	fmt.Println(err)
	// Output:
	// 100 one-ballot
	// 101 one-ballot
	// 102 one-ballot
	// there is no strategy "swarn": there are portfolio, pctcp, tapct, pct, pos, delay-bounded, isoswarm, isolate, swarm, crash-points, coverage, random
}
