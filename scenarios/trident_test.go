package scenarios

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/storm"
	"orrery/nodes/storm/trident"
	"orrery/nodes/zab/config"
)

func TestEveryDefectOfTridentIsFoundInItsSeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("seven defects take some seconds")
	}
	everyBugIsFound(t, Trident())
}

// Trident as it should be counts nothing twice, and each property was looked at where it could have failed.
func TestTridentCountsEveryWordOnce(t *testing.T) {
	asked := map[string]uint64{}
	eachSeed(t, Trident(), "1-40", "", func(r *trial.Result) bool {
		require.Equal(t, checker.Holds, r.Verdict, "seed %d: %s: %s %s", r.Seed, r.Property, r.Detail, r.Stack)
		for p, n := range r.Asked {
			asked[p] += n
		}
		return true
	})
	for _, p := range []string{tridentTwice, tridentOrder, tridentOnce, tridentAfter, tridentFold, stormTrees} {
		require.NotZero(t, asked[p], "%s was never looked at", p)
	}
}

// Where a defect shows, Trident without it holds: what is found is the defect, not the weather that was made for it.
func TestTridentHoldsWhereItsDefectsShow(t *testing.T) {
	s := Trident()
	for _, b := range s.Bugs {
		for seed := uint64(1); seed <= 10; seed++ {
			r, err := trial.Run(trial.Options{Seed: seed}, func(w *trial.World) error { return buildTridentWith(w, s, b.Name, true) })
			require.NoError(t, err)
			require.Equal(t, checker.Holds, r.Verdict, "%s, seed %d: %s: %s", b.Name, seed, r.Property, r.Detail)
		}
	}
}

// buildTridentSoak is 10,000 records of a word in batches, one datagram in twenty lost, two workers that crash.
func buildTridentSoak(kind trident.Kind) func(w *trial.World) error {
	return func(w *trial.World) error {
		sw := &stormWorld{w: w}
		sw.zoo = &recipeWorld{w: w, servers: []nodes.ID{"z1", "z2", "z3"}, configs: map[nodes.ID]*config.Config{}}
		if err := sw.zoo.drawConfig(); err != nil {
			return err
		}
		sw.setup = stormSetup{lines: 10_000, spouts: 1, splits: 1, counts: 1, ackers: 1, workers: 2, loss: 50_000, cfg: stormTimes()}
		c := &sw.setup.cfg
		c.Links, c.MessageTimeout, c.SpoutWait = storm.Datagrams, 60*time.Millisecond, 2*time.Millisecond
		c.BeatEvery, c.TaskBeatEvery, c.RefreshEvery = 250*time.Millisecond, 250*time.Millisecond, time.Second
		c.SessionTimeout, c.ZooKeeper = sw.zoo.timeout, sw.zoo.addresses(sw.zoo.servers)
		tw := newTridentWorld(sw)
		tw.cfg.Kind, tw.cfg.MaxActive, tw.cfg.BatchSize, tw.cfg.Interval = kind, 2, 2, 2*time.Millisecond
		tw.short = true
		sw.weather()
		if err := tw.populate(); err != nil {
			return err
		}
		w.Horizon = 2 * time.Hour
		w.Options.Plan = crashesOf(w, "w1", "w2", "w3", "w4")
		return nil
	}
}

// Word count on Trident, 10,000 words, 5 % loss, two crashes of workers: every word counts exactly once.
//
//	ORRERY_STORM_SEEDS=1000 go test ./scenarios -run TenThousandRecords -timeout 4h
//
// runs as many seeds.
func TestTenThousandRecordsCountOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 records take some seconds")
	}
	seeds := soakSeeds(t, 1)
	var crashes uint64
	var batches int
	build := func(seed uint64) func(*trial.World) error { return buildTridentSoak(trident.Kind(seed % 2)) }
	soak(t, seeds, build, func(r *trial.Result) {
		crashes += r.Stats.Crashes
		batches += r.Ops
	})
	t.Logf("%d seeds: every word of 10,000 was counted once, in %d batches and commits, with %d crashes", seeds.Len(), batches, crashes)
}
