package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDiffNamesTheFirstEventThatIsNotTheSame(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	code, _, _ := w.orrery(t, "run toy --bug forgets --seeds 7-7")
	require.Equal(t, exitViolated, code)
	const dir = "artifacts/toy-forgets-seed-7"
	code, stdout, stderr := w.orrery(t, "diff "+dir+" "+dir+"/trace.jsonl")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "They are one run: all 8 events are the same.")

	text, err := os.ReadFile(dir + "/trace.jsonl")
	require.NoError(t, err)
	kept := []string{}
	for _, line := range strings.SplitAfter(string(text), "\n") {
		if !strings.Contains(line, "power lost") {
			kept = append(kept, strings.Replace(line, `{"end":8}`, `{"end":7}`, 1))
		}
	}
	require.NoError(t, os.WriteFile("other.jsonl", []byte(strings.Join(kept, "")), 0o600))
	code, stdout, stderr = w.orrery(t, "diff "+dir+"/trace.jsonl other.jsonl")
	require.Equal(t, exitViolated, code, stderr)
	require.Contains(t, stdout, "7 events in both, 1 only in A, 0 only in B.")
	require.Contains(t, stdout, "They part after 4 events:\n  only in A: event 4 at 7ms: n2 crashes: power lost")
	code, stdout, stderr = w.orrery(t, "diff "+dir+"/trace.jsonl other.jsonl --page both.html")
	require.Equal(t, exitViolated, code, stderr)
	require.Contains(t, stdout, "both.html: 8 events")
	require.FileExists(t, "both.html")
	before, after, found := strings.Cut(stdout, "What B did then")
	require.True(t, found)
	require.Contains(t, before, "power lost, 12 B not synced")
	require.NotContains(t, after, "power lost", "what stands under B is of B")
	require.Contains(t, after, "n2 restarts", "it begins where B goes on")
}

func TestDiffSaysWhatTheUniversesDependOn(t *testing.T) {
	t.Chdir(t.TempDir())
	w := realWorld()
	code, _, stderr := w.orrery(t, "run paxos --bug answers-before-chosen --seeds 1-1")
	require.Equal(t, exitViolated, code, stderr)
	const dir = "artifacts/paxos-answers-before-chosen-seed-1"
	text, err := os.ReadFile(dir + "/repro.json")
	require.NoError(t, err)
	other := strings.Replace(string(text), `"answers-before-chosen"`, `"counts-nacks", "ops": 20`, 1)
	require.NoError(t, os.WriteFile("other.json", []byte(other), 0o600))
	code, stdout, stderr := w.orrery(t, "diff "+dir+" other.json")
	require.Equal(t, exitViolated, code, stderr)
	require.Contains(t, stdout, "bug        A: answers-before-chosen   B: counts-nacks\nops        A: -   B: 20\n")
	require.Regexp(t, `They part after [1-9]\d* events:`, stdout, "the same seed begins in the same way, whatever is planted")
}

func TestDiffRefusesWhatItCannotCompare(t *testing.T) {
	t.Chdir(t.TempDir())
	for line, says := range map[string]string{
		"diff":                            "want A, a run",
		"diff nowhere.json":               "want B, another one",
		"diff nowhere.json nowhere.jsonl": "nowhere.json: there is no such file",
		"diff toy toy":                    "toy: want a repro.json, the directory of one, or a trace.jsonl",
		"diff a.json b.json --context 0":  "--context 0: want at least 1",
	} {
		code, _, stderr := newWorld().orrery(t, line)
		require.Equal(t, exitUnable, code, line)
		require.Contains(t, stderr, says, line)
		require.Equal(t, 1, strings.Count(stderr, "\n"), line)
	}
}
