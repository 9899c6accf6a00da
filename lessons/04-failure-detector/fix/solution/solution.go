// Package solution is the reference solution of lesson 4.
package solution

import (
	"time"

	"orrery/lessons/04-failure-detector"
)

// New makes the rule by which a primary knows whether it may act.
func New() detector.Rule { return rule{} }

type rule struct{}

// lease is how long an answered heartbeat is good for: less than the other one's patience, by more than what two clocks may
// differ by.
const lease = detector.SuspectAfter * 8 / 10

// MayAct counts from when the heartbeat was sent: the other one has received it later, and waits from then on.
func (rule) MayAct(now, heard time.Duration) bool { return now-heard < lease }
