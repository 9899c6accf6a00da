package main

import (
	"orrery/scenarios"
	"orrery/trace"
)

// describe is how the scenario's protocol calls its messages, or nil. The function is for one
// goroutine.
func describe(s *scenarios.Scenario) func(*trace.Event) string {
	if s.Describe == nil {
		return nil
	}
	return s.Describe()
}
