package simtest

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/sim/vdisk"
)

// Property has rapid draw what a trial depends on: how many servers there are, how much the
// clients do, what breaks when, and the seed of everything else. So rapid's own shrinking
// works on it, and a failure is written to rapid's failure file: fewer servers, fewer
// operations, fewer faults, a smaller seed.
//
// Choices inside the run are not rapid's: there are far too many of them, and it shrinks by
// their positions, which shift when one is left out. They come from the seed.
//
// The world must respect Options.Nodes and Options.Ops. servers and ops are the most that
// are drawn; at least 3 and 1 are.
func Property(t *testing.T, build func(*trial.World) error, servers, ops int) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		plan := DrawPlan(rt, 5*time.Second)
		o := trial.Options{
			Nodes: rapid.IntRange(3, servers).Draw(rt, "servers"),
			Ops:   rapid.IntRange(1, ops).Draw(rt, "operations"),
			Seed:  rapid.Uint64().Draw(rt, "seed"),
			Plan:  &plan,
		}
		r, err := trial.Run(o, build)
		if err != nil {
			rt.Fatal(err)
		}
		// A plan that never bit proves nothing, but is no failure: rapid draws many.
		if r.Verdict == checker.Violated {
			rt.Fatal(fmt.Sprintf("%s: %s\nplan:\n%s", r.Property, r.Detail, plan))
		}
	})
}

// DrawPlan draws up to eight faults that begin within the given time, all of which a
// protocol with a majority must survive.
func DrawPlan(rt *rapid.T, within time.Duration) nemesis.Plan {
	entry := rapid.Custom(func(rt *rapid.T) nemesis.Entry {
		at := time.Duration(rapid.Int64Range(0, int64(within/time.Millisecond)).Draw(rt, "at")) * time.Millisecond
		d := time.Duration(rapid.Int64Range(1, 3000).Draw(rt, "for")) * time.Millisecond
		return nemesis.Entry{At: at, Until: at + d, Fault: drawFault(rt)}
	})
	return nemesis.Plan{Entries: rapid.SliceOfN(entry, 0, 8).Draw(rt, "faults")}
}

var (
	targets = []nemesis.Target{nemesis.One, nemesis.Leader, nemesis.Minority, nemesis.Random}
	powers  = []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSuffix, vdisk.LoseSubset, vdisk.Torn}
)

// drawFault draws a fault; the mildest comes first, for rapid shrinks towards it.
func drawFault(rt *rapid.T) nemesis.Fault {
	who := rapid.SampledFrom(targets).Draw(rt, "who")
	power := rapid.SampledFrom(powers).Draw(rt, "power")
	links := nemesis.Around(who)
	percent := uint64(rapid.IntRange(1, 100).Draw(rt, "percent")) * 10_000
	return rapid.SampledFrom([]nemesis.Fault{
		nemesis.Crash{Who: who, Power: power},
		nemesis.Isolate{Who: who},
		nemesis.Pause{Who: who},
		nemesis.Clog{Links: links},
		nemesis.Loss{Links: links, P: nemesis.PPM(percent)},
		nemesis.Duplicate{Links: links, P: nemesis.PPM(percent)},
		nemesis.KillAtEffect{Who: who, Effect: int(percent / 10_000), Power: power},
		nemesis.Halves{},
		nemesis.StallDisk{Who: who},
	}).Draw(rt, "fault")
}
