package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/trace"
)

func TestOneSeedHasOneHash(t *testing.T) {
	run := func(rec Recorder) trace.Hash {
		u := newEchoUniverse(7)
		u.cfg.Recorder = rec
		u.cfg.Net.LossPPM, u.cfg.Net.DuplicatePPM = 10_000, 20_000
		u.After(3*time.Millisecond, "kill", func() { u.Machine("n2").Kill(0); u.Machine("n2").Start(time.Millisecond) })
		for range 5000 {
			u.Step()
		}
		return u.Hash()
	}
	first := run(nil)
	require.Equal(t, first, run(nil))
	var rec trace.Recorder
	require.Equal(t, first, run(&rec), "recording must change nothing")
	require.Positive(t, rec.Len())
}
