package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/scenarios"
)

// realWorld is the command with the scenarios that it really has.
func realWorld() *world {
	w := newWorld()
	w.scenarios = scenarios.All()
	w.run = (*scenarios.Scenario).Run
	return w
}

func TestPaxosHasTheSameHashesOnAnyNumberOfWorkers(t *testing.T) {
	t.Chdir(t.TempDir())
	var first string
	for _, workers := range []int{1, 3} {
		code, out, stderr := realWorld().orrery(t, fmt.Sprintf("run paxos --seeds 1-12 --twice --json --workers %d", workers))
		require.NotEqual(t, exitUnable, code, stderr)
		require.Equal(t, 12, strings.Count(out, "\n"))
		require.NotContains(t, out, determinism)
		if first == "" {
			first = out
		}
		require.Equal(t, first, out) // the clock of a test stands still, so wall_ns is the same too
	}
}

// The way of a violation: it is found, leaves its directory, and replays with the same hash from
// there, from its seed, and in another campaign; and it is shown.
func TestAViolationOfPaxosIsFoundReplayedAndShown(t *testing.T) {
	t.Chdir(t.TempDir())
	w := realWorld()
	code, out, stderr := w.orrery(t, "run paxos --bug ballot-without-node --seeds 1-200 --stop-at-first --json")
	require.Equal(t, exitViolated, code, stderr)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var found, again replayJSON
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &found))
	require.Equal(t, "violated", found.Verdict)

	for _, line := range []string{
		"replay " + found.Repro + " --json",
		fmt.Sprintf("replay paxos --bug ballot-without-node --seed %d --json", found.Seed),
	} {
		code, out, _ = w.orrery(t, line)
		require.Equal(t, exitViolated, code)
		require.NoError(t, json.Unmarshal([]byte(out), &again))
		require.True(t, again.SameHash)
		require.True(t, again.SameVerdict)
		require.Equal(t, found.Hash, again.Hash)
		require.Equal(t, found.Property, again.Property)
	}

	code, out, _ = w.orrery(t, "show "+found.Repro+" --story")
	require.Equal(t, exitHeld, code)
	require.Contains(t, out, "VIOLATION of "+found.Property)
	traced := strings.Replace(found.Repro, reproFile, traceFile, 1)
	code, fromTrace, _ := w.orrery(t, "show "+traced+" --story")
	require.Equal(t, exitHeld, code)
	require.Equal(t, afterTitle(out), afterTitle(fromTrace), "the recorded trace tells what the run tells")
	code, out, _ = w.orrery(t, "show "+found.Repro+" --states --ascii")
	require.Equal(t, exitHeld, code)
	require.Contains(t, out, "role: ")
}

func TestMessagesOfPaxosAreShownWithTheirBallotsAndSlots(t *testing.T) {
	code, out, stderr := realWorld().orrery(t, "show paxos --seed 1 --profile calm --ops 20 --kinds deliver --width 120")
	require.Equal(t, exitHeld, code, stderr)
	for _, words := range []string{
		`gets P1a \d+\.n\d from slot 1 from n\d`,
		`gets P1b \d+\.n\d with 0 votes from n\d`,
		`gets P2a \d+\.n\d slots? \d`,
		`gets P2b \d+\.n\d slots? \d`,
		`gets Heartbeat \d+\.n\d commit \d`,
		`c\d gets Reply ok from n\d`,
	} {
		require.Regexp(t, words, out)
	}
}

// afterTitle is all but the first line.
func afterTitle(s string) string {
	_, rest, _ := strings.Cut(s, "\n")
	return rest
}
