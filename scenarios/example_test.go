package scenarios_test

import (
	"fmt"

	"orrery/explore/trial"
	"orrery/scenarios"
)

// One universe, once with the correct protocol and once with a defect that Paxi had.
func Example() {
	paxos, err := scenarios.Named("paxos")
	if err != nil {
		panic(err)
	}
	for _, bug := range []string{"", "skips-phase-one"} {
		r, err := paxos.Run(trial.Options{Seed: 1, Bug: bug})
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s %q\n", r.Verdict, r.Property)
	}
	_, err = paxos.Run(trial.Options{Bug: "skips-fase-one"})
	fmt.Println(err)
	// Output:
	// ok ""
	// violated "promises-before-proposal"
	// unknown bug of paxos "skips-fase-one"; did you mean skips-phase-one?
}
