// Package solution is the reference solution of lesson 14.
package solution

import "orrery/lessons/14-zombie-leader"

// New makes what a server remembers.
func New() zombie.Memory { return memory{} }

type memory struct{}

// LastAccepted is what the file says: an epoch begins when a majority has accepted it, and that may be long before anything is proposed
// in it, or never.
func (memory) LastAccepted(file, zxid int64) int64 { return file }

// Accepts refuses whoever was elected earlier, so that nobody leads in an epoch that is over.
func (memory) Accepts(epoch, lastAccepted int64) bool { return epoch >= lastAccepted }
