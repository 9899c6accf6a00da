// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import "orrery/lessons/15-entry-that-must-vanish"

// New makes what a leader decides by.
func New() vanish.Trimmer { return trimmer{} }

type trimmer struct{}

// Keeps returns the zxid up to which the follower keeps its log. peer is the last that it has, and is not in the history.
func (trimmer) Keeps(peer int64, history []int64) int64 {
	// Your lines here: up to where are the follower's log and the history certainly the same?
	return peer
}
