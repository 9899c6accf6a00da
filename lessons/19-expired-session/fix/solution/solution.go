// Package solution is the reference solution of lesson 19.
package solution

import "orrery/lessons/19-expired-session"

// New makes a fence: each holder has one, and the store has one.
func New() expired.Fence { return &fence{} }

// fence remembers the latest grant of which the store has seen a write.
type fence struct{ latest int64 }

// Token is the zxid by which the holder's node was made. The lock is given in the order of these nodes, and zxids grow for ever, whoever
// leads.
func (f *fence) Token(n expired.Node) int64 { return n.Czxid }

// Accept refuses whoever was given the lock earlier.
func (f *fence) Accept(token int64) bool {
	if token < f.latest {
		return false
	}
	f.latest = token
	return true
}
