package vdisk_test

import "math/rand/v2"

// drawer makes a draw function out of a seed.
func drawer(seed uint64) func(n uint64) uint64 {
	return rand.New(rand.NewPCG(seed, 0)).Uint64N
}

// benign draws the benign outcome of every decision.
func benign(uint64) uint64 { return 0 }
