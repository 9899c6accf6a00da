package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/trace"
)

// happened are the identities of what Config.Only decides about.
func happened(rec *trace.Recorder) (ids []DrawID) {
	for e := range rec.Events() {
		if !e.Kind.IsEffect() && e.Kind != trace.Script && e.Kind != trace.Posted {
			ids = append(ids, DrawID(e.ID))
		}
	}
	return ids
}

func TestAllThatHappenedMayHappenAgain(t *testing.T) {
	var rec trace.Recorder
	order, u := posts(Config{Seed: 3, Recorder: &rec})
	again, v := posts(Config{Seed: 3, Only: happened(&rec)})
	require.Equal(t, order, again)
	require.Equal(t, u.Hash(), v.Hash())
}

func TestWhatIsNotListedNeverHappensNorWhatFollowsFromIt(t *testing.T) {
	var rec trace.Recorder
	posts(Config{Seed: 3, Recorder: &rec})
	all := happened(&rec)
	for i := range all {
		var less trace.Recorder
		only := append(append([]DrawID{}, all[:i]...), all[i+1:]...)
		posts(Config{Seed: 3, Only: only, Recorder: &less})
		for _, id := range happened(&less) {
			require.Contains(t, only, id)
		}
	}
	_, u := posts(Config{Seed: 3, Only: []DrawID{}})
	require.Zero(t, u.Stats().Delivered)
	require.Nil(t, u.Violation(), "what is kept back is no deadlock")
}

func TestAForkEndsTheList(t *testing.T) {
	var rec trace.Recorder
	posts(Config{Seed: 3, Recorder: &rec})
	all := happened(&rec)
	var forked trace.Recorder
	posts(Config{Seed: 3, Only: all[:4], Fork: &Fork{At: 4, Seed: 9}, Recorder: &forked})
	got := happened(&forked)
	require.Equal(t, all[:4], got[:4])
	require.Greater(t, len(got), 4, "after the fork the rest may happen")
}

func TestAConnectionWithoutOneOfItsEventsStallsThere(t *testing.T) {
	run := func(cfg Config) (log []string, u *Universe) {
		cfg.Net = lan
		a, b := talkers(5, &log)
		u = pair(cfg, a, b)
		u.Run(time.Minute)
		return log, u
	}
	var rec trace.Recorder
	all, u := run(Config{Seed: 3, Recorder: &rec})
	ids := happened(&rec)
	again, v := run(Config{Seed: 3, Only: ids})
	require.Equal(t, all, again)
	require.Equal(t, u.Hash(), v.Hash(), "a list of all that happened changes nothing")

	frame := -1
	for e := range rec.Events() {
		if e.Kind == trace.Received && string(e.Payload) == "2" {
			frame = slices.Index(ids, DrawID(e.ID))
		}
	}
	require.GreaterOrEqual(t, frame, 0)
	less, _ := run(Config{Seed: 3, Only: slices.Delete(slices.Clone(ids), frame, frame+1)})
	require.Contains(t, less, "listener got 1")
	require.NotContains(t, less, "listener got 2")
	require.NotContains(t, less, "listener got 3", "nothing overtakes on a connection")
}
