package simtest_test

import (
	"fmt"
	"testing"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/sim/simtest"
)

// A planted defect is found within so many seeds, or the test fails. Here the server of
// a register answers before its write is durable.
func ExampleFind() {
	plan, _ := nemesis.ParsePlan("", []byte(powerCuts))
	t := new(testing.B) // the *testing.T of your test
	r := simtest.Find(t, register(true), "linearizability", 50, simtest.With(trial.Options{Plan: &plan}))
	fmt.Println(r.Verdict, r.Property)
	// Output: violated linearizability
}
