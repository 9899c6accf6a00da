package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/sim/vdisk"
	"orrery/trace"
)

func TestARecordingWithStatesTellsOfTimersAndOfWhatACrashTook(t *testing.T) {
	told := func(states bool) (all []string) {
		var rec trace.Recorder
		u := New(Config{Seed: 1, Recorder: &rec, States: states})
		fickle := &script{
			boot: func(env nodes.Env) error {
				env.SetTimer(nodes.Tag{Name: "soon"}, time.Millisecond)
				env.SetTimer(nodes.Tag{Name: "late"}, time.Second)
				return env.Disk().Append("log", []byte("never synced"))
			},
			fire: func(env nodes.Env, _ nodes.Tag) {
				env.StopTimer(nodes.Tag{Name: "late"})
				env.StopTimer(nodes.Tag{Name: "never set"})
			},
		}
		m := u.Add("n1", func() nodes.Node { return fickle })
		m.Start(0)
		u.Run(10 * time.Millisecond)
		m.Kill(vdisk.LoseUnsynced)
		for _, e := range rec.Collect() {
			switch e.Kind {
			case trace.TimerSet, trace.TimerStop, trace.Lost, trace.Torn:
				all = append(all, trace.Words(&e, nil))
			}
		}
		return all
	}
	require.Empty(t, told(false))
	require.Equal(t, []string{
		"n1: timer soon is set for 0.001 s", "n1: timer late is set for 1.000 s", "n1: timer late is stopped", "n1 loses 12 B of log from 0 on",
	}, told(true))
}
