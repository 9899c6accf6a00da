//go:build !linux

package main

import "time"

var started = time.Now()

// threadTime is wall time, where the system does not count the CPU time of a thread.
func threadTime() time.Duration { return time.Since(started) }
