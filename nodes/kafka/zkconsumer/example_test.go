package zkconsumer

import (
	"fmt"
	"testing"
	"time"
)

// Two consumers share four partitions; one closes, and the other reads them all.
func Example() {
	r := newRig(&testing.T{}, 4)
	r.start("a", nil)
	r.start("b", nil)
	r.pass(5 * time.Second)
	fmt.Println("a", r.reads("a"), "b", r.reads("b"))
	r.by["a"].Close()
	r.pass(5 * time.Second)
	fmt.Println("a", r.reads("a"), "b", r.reads("b"))
	// Output:
	// a [0 1] b [2 3]
	// a [] b [0 1 2 3]
}
