package main

import (
	"bufio"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/findings"
	"orrery/scenarios"
)

// asCommand makes the test's own program the command, for tests that need a process of it.
const asCommand = "ORRERY_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// huntLine is a line of orrery hunt --json.
type huntLine struct {
	Type, Property, Verdict, Hash string
	Execution, Seed               uint64
	ID, State                     string
}

func readHunt(t *testing.T, out string) (list []huntLine) {
	for line := range strings.Lines(out) {
		var l huntLine
		require.NoError(t, json.Unmarshal([]byte(line), &l), line)
		list = append(list, l)
	}
	return list
}

// executions are the lines of executions alone, by number.
func executions(list []huntLine) map[uint64]huntLine {
	m := map[uint64]huntLine{}
	for _, l := range list {
		if l.Type == "execution" {
			m[l.Execution] = l
		}
	}
	return m
}

// A hunt is killed at random moments and started again until it is done. What it printed as a violation is
// in the store, no execution is left out, and all are what they are in a hunt that nobody killed.
func TestAKilledHuntLosesNothingThatItHadSeen(t *testing.T) {
	t.Setenv(asCommand, "yes")
	t.Chdir(t.TempDir())
	line := "hunt paxos --bug skips-phase-one --ops 40 --budget 100 --shrink 0s --json --out"
	whole, err := exec.Command(os.Args[0], fields(line+" whole")...).Output()
	require.Equal(t, exitViolated, exitOf(err))
	want := executions(readHunt(t, string(whole)))
	require.Len(t, want, 100)

	rng := rand.New(rand.NewPCG(7, uint64(os.Getpid())))
	got, kills := map[uint64]huntLine{}, 0
	for len(got) < 100 {
		require.Less(t, kills, 60)
		seen, ended := killAfter(t, fields(line+" killed"), 1+rng.IntN(30))
		for n, l := range executions(seen) {
			require.Equal(t, want[n], l)
			got[n] = l
		}
		if ended {
			break
		}
		kills++
		store, moved, err := findings.OpenExisting("killed")
		require.NoError(t, err)
		require.Empty(t, moved, "a kill leaves a store that opens")
		campaigns, err := store.Campaigns()
		require.NoError(t, err)
		require.Len(t, campaigns, 1)
		for n, l := range got {
			if l.Verdict == "violated" {
				require.Greater(t, campaigns[0].Done, n, "a violation that was printed is on disk")
			}
		}
	}
	require.Greater(t, kills, 2)
	// An execution is stored before it is printed, so a kill in between costs its line, and nothing else.
	require.GreaterOrEqual(t, len(got), len(want)-kills)
	require.Equal(t, keysOf(t, "whole"), keysOf(t, "killed"))
}

// killAfter runs the command, and kills it when it has printed so many lines.
func killAfter(t *testing.T, args []string, lines int) (seen []huntLine, ended bool) {
	cmd := exec.Command(os.Args[0], args...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	in := bufio.NewScanner(out)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		var l huntLine
		if json.Unmarshal(in.Bytes(), &l) != nil {
			break // cut off by the kill
		}
		seen = append(seen, l)
		if len(seen) == lines {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	code := exitOf(cmd.Wait())
	if code >= 0 {
		require.Equal(t, exitViolated, code)
	}
	return seen, code >= 0
}

func exitOf(err error) int {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return e.ExitCode() // -1 if it was killed
	}
	return exitHeld
}

// keysOf are the keys of all findings of a store.
func keysOf(t *testing.T, dir string) (keys []findings.Key) {
	s, _, err := findings.OpenExisting(dir)
	require.NoError(t, err)
	list, err := s.Findings()
	require.NoError(t, err)
	for _, f := range list {
		keys = append(keys, f.Key)
	}
	require.NotEmpty(t, keys)
	return keys
}

func TestAFreshProcessRunsTheSameUniverse(t *testing.T) {
	t.Setenv(asCommand, "yes")
	s := scenarios.Paxos()
	a := newApp()
	for _, o := range []scenarios.Options{{Seed: 3}, {Seed: 4, Bug: "counts-nacks", Ops: 30}, {Seed: 5, Nemesis: []string{}, Nodes: 3}} {
		r, err := s.Run(o)
		require.NoError(t, err)
		require.NoError(t, a.inFreshProcess(s, o, r))
		r.Hash = "another"
		var d *explore.DivergenceError
		require.ErrorAs(t, a.inFreshProcess(s, o, r), &d)
		require.Nil(t, d.Diff, "the traces are the same")
	}
	o := scenarios.Options{Seed: 3}
	r, err := s.Run(scenarios.Options{Seed: 4})
	require.NoError(t, err)
	o.Seed = 4
	a.run = func(s *scenarios.Scenario, o scenarios.Options) (*scenarios.Result, error) {
		o.Seed = 3
		return s.Run(o)
	}
	r.Hash = "of seed 3"
	var d *explore.DivergenceError
	require.ErrorAs(t, a.inFreshProcess(s, o, r), &d)
	require.NotNil(t, d.Diff, "here it is another universe, and the first event that differs is named")
}

func TestChecksInAFreshProcessThatCannotBeMadeAreSaid(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	w.elsewhere = func(*scenarios.Scenario, scenarios.Options, *scenarios.Result) error { return os.ErrPermission }
	code, out, stderr := w.orrery(t, "hunt toy --bug never-shows --strategy swarm --budget 300")
	require.Equal(t, exitHeld, code, stderr)
	require.Contains(t, strings.Join(strings.Fields(out), " "), "0 in a fresh one; 2 checks could not be made: permission denied")
}

func TestAUniverseThatIsNotOneRunIsAFinding(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	runs := 0
	w.run = func(_ *scenarios.Scenario, o scenarios.Options) (*scenarios.Result, error) {
		runs++
		return runToy(scenarios.Options{Seed: 66, Recorder: o.Recorder}, uint64(runs)), nil
	}
	code, out, stderr := w.orrery(t, "hunt toy --strategy swarm --budget 64 --until violation --workers 1")
	require.Equal(t, exitViolated, code, stderr)
	require.Contains(t, out, "VIOLATED determinism")
	require.Contains(t, out, "is not one run")
	require.Contains(t, out, "needs two runs differ")
}

func TestAFindingThatIsFixedIsGoneAndIsBackWhenItReturns(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	run, fixed := w.run, false
	w.run = func(s *scenarios.Scenario, o scenarios.Options) (*scenarios.Result, error) {
		if r, err := run(s, o); !fixed || r == nil {
			return r, err
		}
		o.Seed = 1
		return run(s, o)
	}
	states := func() string {
		_, out, _ := w.orrery(t, "findings list --json")
		var list []string
		for _, l := range readHunt(t, out) {
			list = append(list, l.State)
		}
		return strings.Join(list, " ")
	}
	const hunt = "hunt toy --bug forgets --strategy swarm --budget 20 --restart"
	code, _, _ := w.orrery(t, hunt)
	require.Equal(t, exitViolated, code)
	require.Equal(t, "new", states())
	fixed = true
	code, out, _ := w.orrery(t, hunt+" --junit junit.xml")
	require.Equal(t, exitHeld, code, "a finding of before is replayed, and is gone")
	require.Contains(t, out, "gone")
	require.Equal(t, "gone", states())
	fixed = false
	code, _, _ = w.orrery(t, hunt)
	require.Equal(t, exitViolated, code)
	require.Equal(t, "back", states())
	code, out, _ = w.orrery(t, "findings replay")
	require.Equal(t, exitViolated, code)
	require.Contains(t, out, "back → open")
}

func TestCtrlCKeepsWhatTheHuntFound(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld()
	runs := 0
	w.before = func(scenarios.Options) {
		if runs++; runs == 25 {
			cancel()
		}
	}
	line := "hunt toy --bug forgets --strategy swarm --budget 200 --workers 1 --shrink 0s"
	code, out, _ := w.orreryWithin(ctx, line)
	require.Equal(t, exitViolated, code)
	require.Contains(t, out, "interrupted")
	require.Contains(t, out, "not looked into yet")
	w.before = nil
	code, out, _ = w.orrery(t, line)
	require.Equal(t, exitViolated, code)
	require.Contains(t, out, "finding ")
	require.Contains(t, out, "to 199; it went on where it was")
	require.NotContains(t, out, "not looked into yet")
}

func TestTimeBoundsAHunt(t *testing.T) {
	t.Chdir(t.TempDir())
	code, out, _ := newWorld().orrery(t, "hunt toy --bug never-shows --strategy swarm --budget 40ms")
	require.Equal(t, exitHeld, code)
	require.Contains(t, out, "; the time is up")
}

func TestAHuntIsTheSameOnAnyNumberOfWorkers(t *testing.T) {
	var first string
	for _, workers := range []int{1, 2, 5} {
		t.Chdir(t.TempDir())
		_, out, _ := newWorld().orrery(t, fmt.Sprintf("hunt toy --bug forgets --budget 200 --json --workers %d", workers))
		if first == "" {
			first = out
		}
		require.Equal(t, first, out)
	}
	require.Equal(t, 200, strings.Count(first, `"type":"execution"`))
}

func TestScenariosTakeTurns(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	other := *toy()
	other.Name = "toy2"
	w.scenarios = append(w.scenarios, &other)
	code, out, stderr := w.orrery(t, "hunt toy toy2 --bug forgets --strategy swarm --budget 100 --until violation --json")
	require.Equal(t, exitViolated, code, stderr)
	require.Equal(t, 7, strings.Count(out, `"type":"execution"`), "the first violation of one ends the hunt of all")
	code, out, _ = w.orrery(t, "hunt toy toy2 --strategy swarm --budget 90")
	require.Equal(t, exitHeld, code)
	require.Contains(t, out, "toy: 90 executions")
	require.Contains(t, out, "toy2: 90 executions")
}

func TestAJUnitFileHasATestForTheCampaignAndForEachFinding(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	code, _, stderr := w.orrery(t, "hunt toy --bug forgets --strategy swarm --budget 30 --nightly --junit junit.xml")
	require.Equal(t, exitViolated, code, stderr)
	read := func() (s junitSuites) {
		text, err := os.ReadFile("junit.xml")
		require.NoError(t, err)
		require.NoError(t, xml.Unmarshal(text, &s))
		return s
	}
	s := read()
	require.Equal(t, 2, s.Tests)
	require.Equal(t, 2, s.Failures)
	require.Equal(t, "toy", s.Suites[0].Name)
	require.Contains(t, s.Suites[0].Cases[1].Failure.Text, "orrery replay ")
	require.Contains(t, s.Suites[0].Cases[0].Output, "never reached: toy: gave up")

	code, _, _ = w.orrery(t, "hunt toy --strategy swarm --budget 30 --junit junit.xml")
	require.Equal(t, exitHeld, code)
	s = read()
	require.Equal(t, 1, s.Tests)
	require.Zero(t, s.Failures+s.Skipped)

	code, _, _ = w.orrery(t, "hunt toy --strategy swarm --seed 102 --budget 1 --junit junit.xml")
	require.Equal(t, exitUnknown, code)
	require.Equal(t, 1, read().Skipped, "of a vacuous campaign nothing can be said")

	code, _, stderr = w.orrery(t, "hunt toy --strategy swarm --seed 500000 --budget 1 --junit no/such/dir.xml")
	require.Equal(t, exitUnable, code)
	require.Equal(t, 1, strings.Count(stderr, "\n"))
}

func TestACorruptStoreIsNamedAndANewerOneIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	require.NoError(t, os.Mkdir("artifacts", 0o755))
	path := filepath.Join("artifacts", findings.FileName)
	require.NoError(t, os.WriteFile(path, []byte("nonsense"), 0o600))
	code, _, stderr := w.orrery(t, "hunt toy --strategy swarm --budget 20")
	require.Equal(t, exitHeld, code)
	require.Equal(t, "orrery: "+path+" could not be read; it is now "+path+".unreadable-1, and a new one is begun\n", stderr)
	kept, err := os.ReadFile(path + ".unreadable-1")
	require.NoError(t, err)
	require.Equal(t, "nonsense", string(kept))

	require.NoError(t, os.WriteFile(path, []byte("nonsense"), 0o600))
	code, _, stderr = w.orrery(t, "findings list")
	require.Equal(t, exitUnable, code)
	require.Equal(t, "orrery: "+path+" could not be read; it is now "+path+".unreadable-2\n", stderr)
}

func TestAHuntOfPaxosFindsShrinksAndReplays(t *testing.T) {
	t.Chdir(t.TempDir())
	w := realWorld()
	code, out, stderr := w.orrery(t, "hunt paxos --bug accepts-lower-ballot --until violation --shrink 2s")
	require.Equal(t, exitViolated, code, stderr)
	require.Contains(t, out, "stopped at the first violation")
	found, err := filepath.Glob("artifacts/paxos-*")
	require.NoError(t, err)
	require.Len(t, found, 1)
	code, out, stderr = w.orrery(t, "replay "+found[0])
	require.Equal(t, exitViolated, code, stderr)
	require.Contains(t, out, "same hash")
	code, out, _ = w.orrery(t, "findings replay")
	require.Equal(t, exitViolated, code)
	require.Contains(t, out, "is "+checker.Violated.String())
}
