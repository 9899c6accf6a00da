package scenarios

import (
	"cmp"
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/nodes"
	"orrery/nodes/storm"
	"orrery/nodes/zab/config"
)

// everyBugIsFound looks for each defect of a scenario in its seeds, by the property that it breaks.
func everyBugIsFound(t *testing.T, s *Scenario) {
	t.Helper()
	for _, b := range s.Bugs {
		var found *trial.Result
		eachSeed(t, s, b.Seeds, b.Name, func(r *trial.Result) bool {
			if r.Verdict == checker.Violated && r.Property == b.Breaks {
				found = r
			}
			return found == nil
		})
		if found == nil {
			t.Errorf("%s is not found in the seeds %s", b.Name, b.Seeds)
			continue
		}
		t.Logf("%-28s seed %4d: %s: %s", b.Name, found.Seed, found.Property, found.Detail)
	}
}

func TestEveryDefectOfStormIsFoundInItsSeeds(t *testing.T) { everyBugIsFound(t, Storm()) }

// Storm as it should be raises no alarm, and each property was looked at where it could have failed.
func TestStormCountsEveryLineAtLeastOnce(t *testing.T) {
	asked := map[string]uint64{}
	eachSeed(t, Storm(), "1-60", "", func(r *trial.Result) bool {
		require.Equal(t, checker.Holds, r.Verdict, "seed %d: %s: %s %s", r.Seed, r.Property, r.Detail, r.Stack)
		for p, n := range r.Asked {
			asked[p] += n
		}
		return true
	})
	for _, p := range []string{stormTrees, stormInTime, stormBounded, stormSums, stormCounted, stormAlive} {
		require.NotZero(t, asked[p], "%s was never looked at", p)
	}
}

// soakSeeds are the seeds of the long tests: so many as ORRERY_STORM_SEEDS says, or those from a to b where it says
// a-b, or a few.
func soakSeeds(t *testing.T, few uint64) explore.Seeds {
	wanted := cmp.Or(os.Getenv("ORRERY_STORM_SEEDS"), strconv.FormatUint(few, 10))
	if !strings.Contains(wanted, "-") {
		wanted = "1-" + wanted
	}
	seeds, err := explore.ParseSeeds(wanted)
	require.NoError(t, err)
	return seeds
}

// soak runs the seeds of a long test, each with two workers that crash, and has each looked at that held, as all must. It
// says how far it is.
func soak(t *testing.T, seeds explore.Seeds, build func(seed uint64) func(*trial.World) error, held func(r *trial.Result)) {
	err := explore.Each(context.Background(), seeds, 0, func(seed uint64) *trial.Result {
		r, err := trial.Run(trial.Options{Seed: seed, EventsMax: 50_000_000}, build(seed))
		if err != nil {
			panic(err)
		}
		return r
	}, func(seed uint64, r *trial.Result) bool {
		require.Equal(t, checker.Holds, r.Verdict, "seed %d: %s: %s", seed, r.Property, r.Detail)
		require.GreaterOrEqual(t, r.Stats.Crashes, uint64(2), "seed %d", seed)
		held(r)
		if seed%100 == 0 {
			t.Logf("as far as seed %d", seed)
		}
		return true
	})
	require.NoError(t, err)
}

// buildSoak is a figure that has to hold: 10,000 lines, one datagram in twenty lost, two workers that crash.
func buildSoak(w *trial.World) error {
	sw := &stormWorld{w: w}
	sw.zoo = &recipeWorld{w: w, servers: []nodes.ID{"z1", "z2", "z3"}, configs: map[nodes.ID]*config.Config{}}
	if err := sw.zoo.drawConfig(); err != nil {
		return err
	}
	sw.setup = stormSetup{lines: 10_000, spouts: 2, splits: 2, counts: 2, ackers: 2, workers: 3, loss: 50_000, cfg: stormTimes()}
	c := &sw.setup.cfg
	c.Links, c.MessageTimeout, c.MaxPending, c.SpoutWait = storm.Datagrams, 400*time.Millisecond, 500, 2*time.Millisecond
	c.SessionTimeout, c.ZooKeeper = sw.zoo.timeout, sw.zoo.addresses(sw.zoo.servers)
	sw.weather()
	if err := sw.populate(); err != nil {
		return err
	}
	w.Horizon = 5 * time.Minute
	w.Options.Plan = crashesOf(w, "w1", "w2", "w3", "w4")
	return nil
}

// Word count, 10,000 lines, 5 % loss, two crashes of workers: every line is counted at least once.
//
//	ORRERY_STORM_SEEDS=1000 go test ./scenarios -run TenThousandLines -timeout 2h
//
// runs as many seeds.
func TestTenThousandLinesAreCounted(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 lines take a second or two")
	}
	seeds := soakSeeds(t, 2)
	var failed, crashes uint64
	soak(t, seeds, func(uint64) func(*trial.World) error { return buildSoak }, func(r *trial.Result) {
		require.GreaterOrEqual(t, r.Ops, 10_000, "seed %d", r.Seed)
		failed += uint64(r.Invoked - r.Ops)
		crashes += r.Stats.Crashes
	})
	t.Logf("%d seeds: every line of 10,000 was counted at least once; %d tuples failed and were emitted again, %d crashes", seeds.Len(), failed, crashes)
}

// crashesOf is a plan of two crashes, of two of the machines, at times that the seed draws.
func crashesOf(w *trial.World, ids ...string) *nemesis.Plan {
	first := w.Draw("first to crash", uint64(len(ids)))
	second := (first + 1 + w.Draw("second to crash", uint64(len(ids)-1))) % uint64(len(ids))
	text := "mode budgeted\n"
	for i, id := range []string{ids[first], ids[second]} {
		at := w.DrawDuration("crash "+strconv.Itoa(i), time.Duration(2+2*i)*time.Second, time.Duration(4+2*i)*time.Second)
		text += at.String() + " crash(" + id + ") until " + (at + 500*time.Millisecond).String() + "\n"
	}
	p, err := nemesis.ParsePlan("soak", []byte(text))
	if err != nil {
		panic(err)
	}
	return &p
}

// A task that waits is a coroutine, and one that is left behind keeps its whole universe in memory.
func TestAUniverseLeavesNoCoroutineBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	for seed := uint64(1); seed <= 3; seed++ {
		_, err := Trident().Run(trial.Options{Seed: seed, Ops: 10})
		require.NoError(t, err)
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
}
