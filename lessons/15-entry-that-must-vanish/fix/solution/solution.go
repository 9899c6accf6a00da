// Package solution is the reference solution of lesson 15.
package solution

import "orrery/lessons/15-entry-that-must-vanish"

// New makes what a leader decides by.
func New() vanish.Trimmer { return trimmer{} }

type trimmer struct{}

// Keeps returns the last transaction of the history below the follower's end. What the follower has behind that, the leader does not have;
// so no majority has had it, or the leader would have been elected with it; so it was not committed, and nobody was told of it.
func (trimmer) Keeps(peer int64, history []int64) int64 {
	keep := int64(0)
	for _, zxid := range history {
		if zxid < peer {
			keep = zxid
		}
	}
	return keep
}
