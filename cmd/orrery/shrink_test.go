package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/scenarios"
)

// nacks is the first seed that shows an acceptor's refusals being counted as votes: the command line that
// shrinks it, and the name of what is left.
func nacks(t *testing.T) (line, name string) {
	t.Helper()
	for seed := uint64(1); seed < 1000; seed++ {
		r, err := scenarios.Paxos().Run(scenarios.Options{Seed: seed, Bug: "counts-nacks"})
		require.NoError(t, err)
		if r.Verdict == checker.Violated {
			return fmt.Sprintf("shrink paxos --seed %d --bug counts-nacks --executions 900", seed), fmt.Sprintf("paxos-counts-nacks-seed-%d-shrunk", seed)
		}
	}
	t.Fatal("no seed shows counts-nacks")
	return "", ""
}

// What is left of a violation replays with one hash, and takes few lines to tell.
func TestShrunkViolationReplays(t *testing.T) {
	w := realWorld()
	t.Chdir(t.TempDir())
	line, name := nacks(t)
	code, out, stderr := w.orrery(t, line+" --emit-story stories")
	require.Equal(t, exitViolated, code, stderr)
	require.Regexp(t, `(?m)^[\d,]+ events to \d+, \d+ faults? to \d+, \d+ operations? to \d+$`, out)
	require.Contains(t, out, "orrery replay artifacts/"+name)
	require.Contains(t, out, "orrery explain artifacts/"+name)
	story, err := os.ReadFile("stories/" + strings.ReplaceAll(name, "-", "_") + ".txt")
	require.NoError(t, err)
	require.LessOrEqual(t, strings.Count(string(story), "\n"), 15)
	require.Contains(t, string(story), "VIOLATION of ")
	code, out, _ = w.orrery(t, "replay artifacts/"+name)
	require.Equal(t, exitViolated, code)
	require.True(t, strings.HasPrefix(out, "same hash"), out)
}

// A repro outlives changes of the code where what it says still applies, and says where it does not.
func TestAReproSaysWhatDoesNotApplyAnyMore(t *testing.T) {
	w := realWorld()
	t.Chdir(t.TempDir())
	line, name := nacks(t)
	code, _, stderr := w.orrery(t, line)
	require.Equal(t, exitViolated, code, stderr)
	path := filepath.Join("artifacts", name, reproFile)
	var r repro
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &r))
	require.NotEmpty(t, *r.Only)
	overrides := len(r.Overrides)
	text := strings.Replace(string(data), `"overrides": [`, `"overrides": [{"stream": "world/gone", "id": "0000000000000000", "value": 3},`, 1)
	text = strings.Replace(text, `"only": [`, `"only": ["00000000000000aa",`, 1)
	text = strings.Replace(text, r.Expect.Hash, "0123456789abcdef", 1)
	require.NotZero(t, overrides)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	code, out, _ := w.orrery(t, "replay "+path)
	require.Equal(t, exitUnknown, code)
	require.Contains(t, out, "yet the same outcome: "+r.Expect.Property+" is violated")
	require.Contains(t, out, "has changed since")
	require.Contains(t, out, "override 1, of world/gone, applies to no draw")
	require.Contains(t, out, "1 of the "+plural(len(*r.Only)+1, "event")+" that may happen did not come")
}

// The test that is written compiles in a module that is not ours, and asks for what it says.
func TestTheEmittedTestCompilesElsewhereAndBites(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a module")
	}
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	w := realWorld()
	t.Chdir(t.TempDir())
	line, name := nacks(t)
	code, _, stderr := w.orrery(t, line+" --emit-test regressions")
	require.Equal(t, exitViolated, code, stderr)
	file := "regressions/" + strings.ReplaceAll(name, "-", "_") + "_test.go"
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	_, requires, _ := strings.Cut(string(gomod), "\n")
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	mod := "module example.com/user\n" + requires + "\nrequire orrery v0.0.0\n\nreplace orrery => " + root + "\n"
	require.NoError(t, os.WriteFile("go.mod", []byte(mod), 0o600))
	require.NoError(t, os.WriteFile("go.sum", sums, 0o600))
	test := func() (string, error) {
		cmd := exec.Command("go", "test", "./regressions")
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := test()
	require.NoError(t, err, out)

	// As if the defect were in the code, and not planted: then the test fails.
	unplanted := strings.Replace(string(source), `violated(t, "")`, `violated(t, "counts-nacks")`, 1)
	require.NotEqual(t, string(source), unplanted)
	require.NoError(t, os.WriteFile(file, []byte(unplanted), 0o600))
	out, err = test()
	require.Error(t, err)
	require.Contains(t, out, "is violated")
}

func TestTheTableOfDefectsSaysWhatIsLeft(t *testing.T) {
	w := realWorld()
	t.Chdir(t.TempDir())
	code, out, stderr := w.orrery(t, "shrink paxos --all-bugs --bug skips-phase-one --executions 300")
	require.Equal(t, exitHeld, code, stderr)
	require.Regexp(t, `(?m)^\| skips-phase-one \| \d+ \| promises-before-proposal \| [\d,]+ \| \d+ \| .* \| yes \|$`, out)
	require.Contains(t, out, "Replays that violate the same property: 1 of 1.")
}

func TestNothingToShrink(t *testing.T) {
	w := realWorld()
	t.Chdir(t.TempDir())
	code, out, _ := w.orrery(t, "shrink paxos --seed 1 --profile calm")
	require.Equal(t, exitHeld, code)
	require.Equal(t, "paxos is ok: there is nothing to shrink\n", out)
	for line, says := range map[string]string{
		"--executions 0":      "--executions 0: want at least 1",
		"--budget 0s":         "--budget 0s: want a time such as 30s",
		"--all-bugs":          "--seed contradicts --all-bugs",
		"--json":              "--json is for --all-bugs; a single violation is written to files",
		"--executions 3 --x3": "unknown flag of orrery shrink",
	} {
		code, _, stderr := w.orrery(t, "shrink paxos --seed 1 "+line)
		require.Equal(t, exitUnable, code)
		require.Contains(t, stderr, says)
		require.Equal(t, 1, strings.Count(stderr, "\n"))
	}
}
