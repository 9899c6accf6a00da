package main

import (
	"orrery/scenarios"
	"orrery/trace"
)

// describe is how the scenario's protocol calls its messages, or nil.
func describe(*scenarios.Scenario) func(*trace.Event) string { return nil }
