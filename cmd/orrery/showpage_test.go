package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/explain"
	"orrery/scenarios"
	"orrery/sim"
	"orrery/viewer"
)

func TestShowWritesAPageOfAnArtefactAndOfItsTrace(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	code, _, _ := w.orrery(t, "run toy --bug forgets --seed 7")
	require.Equal(t, exitViolated, code)
	dir := "artifacts/toy-forgets-seed-7"
	for _, subject := range []string{dir, dir + "/trace.jsonl"} {
		code, stdout, stderr := w.orrery(t, "show "+subject+" --page out.html")
		require.Zero(t, code, stderr)
		require.Contains(t, stdout, "out.html: 8 events")
		html, err := os.ReadFile("out.html")
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(html), "<!doctype html>"))
		require.Less(t, len(html), 400_000)
		require.NoError(t, os.Remove("out.html"))
	}
	require.FileExists(t, filepath.Join(dir, "page.html"), "every violation leaves one")
}

// A page with the curve carries the nearest run that passes, recorded as its own is, to be compared with.
func TestThePageWithTheCurveHasTheRunThatPasses(t *testing.T) {
	s, err := scenarios.Named("paxos")
	require.NoError(t, err)
	a := newApp()
	own, err := a.rerun(s, scenarios.Options{Seed: 1, States: true, EventsMax: 400})
	require.NoError(t, err)
	page, until := pageOf(s, own), own.events[len(own.events)/2].At
	page.Other, err = a.passingRun(s, &explain.Passing{
		Common: 20, Property: "linearizability", Options: &scenarios.Options{Seed: 1, EventsMax: 400, Fork: &sim.Fork{At: 20, Seed: 7}},
	}, until)
	require.NoError(t, err)
	require.Contains(t, page.Other.Title, "the first 20 events in common with this one")
	require.Contains(t, page.Other.Title, "It violates linearizability instead")
	last := page.Other.Events[len(page.Other.Events)-1]
	require.LessOrEqual(t, last.At, until, "what it does later says nothing of this run")
	_, sides := viewer.Compare(page.Events, page.Other.Events)
	both := 0
	for both < len(sides) && sides[both] == viewer.InBoth {
		both++
	}
	require.GreaterOrEqual(t, both, 20, "timers and states are recorded in both or in none, else these would differ")
	require.Contains(t, sides, viewer.OnlyB, "and then it goes its own way")
	var html bytes.Buffer
	require.NoError(t, page.Write(&html))
	require.Less(t, html.Len(), 400_000)
	require.Contains(t, html.String(), `<script id="beside"`)
}

func TestShowRefusesACurveWithoutAUniverse(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	require.NoError(t, os.WriteFile("log.jsonl", []byte(`{"t":1,"n":"a","k":"boot"}`+"\n"), 0o600))
	code, _, stderr := w.orrery(t, "show log.jsonl --page out.html --curve")
	require.Equal(t, exitUnable, code)
	require.Contains(t, stderr, "want a repro.json")
	code, _, stderr = w.orrery(t, "show log.jsonl --curve")
	require.Equal(t, exitUnable, code)
	require.Contains(t, stderr, "--curve is for --page")
	require.NoFileExists(t, "out.html")
}

func TestShowDrawsTheLogsOfOtherPrograms(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	log := `{"time_ms":1,"host":"a","event":"send","to":"b","mid":1,"name":"ping"}
{"time_ms":3,"host":"b","event":"recv","from":"a","mid":1,"name":"ping"}
{"time_ms":4,"host":"b","event":"elected"}
`
	require.NoError(t, os.WriteFile("log.jsonl", []byte(log), 0o600))
	code, stdout, stderr := w.orrery(t, "show log.jsonl")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "b gets ping from a")
	require.Contains(t, stdout, "b: elected")
}

func TestShowPrintsForShiVizAndPerfetto(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	code, _, _ := w.orrery(t, "run toy --bug forgets --seed 7")
	require.Equal(t, exitViolated, code)
	code, stdout, _ := w.orrery(t, "show artifacts/toy-forgets-seed-7 --shiviz --story")
	require.Zero(t, code)
	require.Equal(t, 2, strings.Count(stdout, "\n=== ")+1, "the run, and its story beside it")
	code, stdout, _ = w.orrery(t, "show artifacts/toy-forgets-seed-7 --perfetto")
	require.Zero(t, code)
	require.True(t, json.Valid([]byte(stdout)))
}

// The page of a history that is not linearizable names the operations that contradict each other.
func TestThePageKnowsTheCoreOfTheHistory(t *testing.T) {
	s, err := scenarios.Named("paxos")
	require.NoError(t, err)
	a := newApp()
	for seed := uint64(1); seed < 200; seed++ {
		re, err := a.rerun(s, scenarios.Options{Seed: seed, Bug: "answers-before-chosen"})
		require.NoError(t, err)
		if re.result.Property != "linearizability" || re.result.Seq != 0 {
			continue
		}
		page := pageOf(s, re)
		core := 0
		for _, o := range page.Operations {
			if o.Core {
				core++
			}
		}
		require.GreaterOrEqual(t, core, 2)
		require.NotEmpty(t, page.Why)
		require.Len(t, page.Events, len(re.events)+1, "the violation stands where it became certain, and the rest of the run after it")
		return
	}
	t.Fatal("no seed is not linearizable")
}

// A trace that is newer, cut off or has what is not known here is shown as far as it goes, with a line that says so: in
// lanes as well as in a page.
func TestATraceThatIsNotWhollyKnownIsShownAsFarAsItGoes(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	code, _, _ := w.orrery(t, "run toy --bug forgets --seed 7")
	require.Equal(t, exitViolated, code)
	text, err := os.ReadFile("artifacts/toy-forgets-seed-7/trace.jsonl")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		edit func(string) string
		says string
	}{
		"newer":   {func(s string) string { return strings.Replace(s, `"version":1`, `"version":7,"new":true`, 1) }, "of version 7"},
		"unknown": {func(s string) string { return strings.Replace(s, `"k":"crash"`, `"k":"melt"`, 1) }, "melt (1)"},
		"cut":     {func(s string) string { return s[:len(s)*3/4] }, "cut off"},
	} {
		require.NoError(t, os.WriteFile(name+".jsonl", []byte(c.edit(string(text))), 0o600))
		code, stdout, stderr := w.orrery(t, "show "+name+".jsonl")
		require.Zero(t, code, stderr)
		require.Contains(t, stderr, c.says)
		require.Contains(t, stdout, "n2: votes for a", "what can be read is drawn: %s", name)
		code, _, stderr = w.orrery(t, "show "+name+".jsonl --page "+name+".html")
		require.Zero(t, code, stderr)
		require.FileExists(t, name+".html")
	}
}
