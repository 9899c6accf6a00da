// Package solution is the reference solution of lesson 3.
package solution

import clocks "orrery/lessons/03-clocks-lie"

// New makes the rule by which replicas know how new a value is.
func New() clocks.Rule { return rule{} }

type rule struct{}

// Stamp is the clock where that is enough, and otherwise the next number after what the writer has seen: a hybrid of a clock
// and a counter.
func (rule) Stamp(now, seen int64) int64 { return max(now, seen+1) }
