package main

import (
	"context"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second Ctrl-C ends the program at once
	tuneCollector()
	os.Exit(newApp().main(ctx, os.Args[1:]))
}

const (
	collectorPercent = 1000    // a universe's memory is short-lived: collecting it less often is worth a tenth of the time
	memoryLimit      = 2 << 30 // bytes, above which it is collected more often again
)

// tuneCollector makes the garbage collector leave the cores to the universes. Who sets
// GOGC or GOMEMLIMIT knows better.
func tuneCollector() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(collectorPercent)
	}
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(memoryLimit)
	}
}
