package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is left of a violation replays with one hash, and takes less to tell.
func TestShrunkViolationReplays(t *testing.T) {
	w := realWorld()
	t.Chdir(t.TempDir())
	code, out, _ := w.orrery(t, "shrink paxos --seed 1 --bug skips-phase-one --executions 60")
	require.Equal(t, exitViolated, code, out)
	require.Regexp(t, `^\d+ faults? to \d+ faults?, \d+ operations to \d+ operations?`, out)
	const dir = "artifacts/paxos-skips-phase-one-seed-1-shrunk"
	require.Contains(t, out, "orrery replay "+dir)
	code, out, _ = w.orrery(t, "replay "+dir)
	require.Equal(t, exitViolated, code)
	require.True(t, strings.HasPrefix(out, "same hash"), out)
}

func TestNothingToShrink(t *testing.T) {
	w := realWorld()
	t.Chdir(t.TempDir())
	code, out, _ := w.orrery(t, "shrink paxos --seed 1 --profile calm")
	require.Equal(t, exitHeld, code)
	require.Equal(t, "paxos is ok: there is nothing to shrink\n", out)
	code, _, stderr := w.orrery(t, "shrink paxos --seed 1 --executions 0")
	require.Equal(t, exitUnable, code)
	require.Equal(t, "orrery: --executions 0: want at least 1\n", stderr)
}
