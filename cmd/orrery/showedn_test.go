package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/files"
)

// What show --edn prints is what the clients saw: orrery check comes to the verdict that the run came to, and the history
// holds the same operations.
func TestTheHistoryOfAUniverseSurvivesItsWayThroughEDN(t *testing.T) {
	t.Chdir(t.TempDir())
	w := realWorld()
	for seed, status := range map[string]int{"3": exitViolated, "14": exitHeld} {
		code, stdout, stderr := w.orrery(t, "show paxos --bug answers-before-chosen --edn --seed "+seed)
		require.Zero(t, code, stderr)
		require.Equal(t, seed == "3", strings.Contains(stdout, ":process :nemesis"), "seed 14 has no faults")
		require.NoError(t, os.WriteFile("history.edn", []byte(stdout), 0o600))
		code, _, stderr = w.orrery(t, "check history.edn --model kv")
		require.Equal(t, status, code, stderr)

		f, err := files.Open(strings.NewReader(stdout), "history.edn")
		require.NoError(t, err)
		h, err := f.History(checker.KV)
		require.NoError(t, err)
		code, again, _ := w.orrery(t, "run paxos --bug answers-before-chosen --json --seeds "+seed+"-"+seed)
		require.Equal(t, status, code)
		require.Contains(t, again, `"ops_invoked":`+count(len(h)))
	}
}

func TestShowSaysWhereThereIsNoHistory(t *testing.T) {
	t.Chdir(t.TempDir())
	w := realWorld()
	code, _, stderr := w.orrery(t, "show lock --seed 3 --edn")
	require.Equal(t, exitUnable, code)
	require.Contains(t, stderr, "scenario lock keeps no history of operations on objects")
	require.NoError(t, os.WriteFile("log.jsonl", []byte(`{"t":1,"n":"a","k":"boot"}`+"\n"), 0o600))
	code, _, stderr = w.orrery(t, "show log.jsonl --edn")
	require.Equal(t, exitUnable, code)
	require.Contains(t, stderr, "want a repro.json or a SCENARIO")
}
