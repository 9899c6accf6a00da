package viewer_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/trace"
	"orrery/viewer"
)

// golden is the page of a trace in testdata: of a run of Paxos in which a leader answers before its slot is chosen,
// shrunk, with the states of its machines.
func golden(t *testing.T, edit func(string) string) *viewer.Page {
	t.Helper()
	text, err := os.ReadFile("testdata/answers-before-chosen.jsonl")
	require.NoError(t, err)
	if edit != nil {
		text = []byte(edit(string(text)))
	}
	found, err := trace.Import(bytes.NewReader(text), "answers-before-chosen.jsonl")
	require.NoError(t, err)
	return &viewer.Page{
		Scenario: found.Header.Scenario, Seed: found.Header.Seed, Property: found.Header.Property, Verdict: "violated",
		Events: found.Events, Warnings: found.Warnings, Replay: "orrery replay artifacts/answers-before-chosen",
		Sentence: "client c1 read k0 as unset, although its put had been acknowledged",
		Operations: []viewer.Operation{
			{Client: "c1", Text: "put k0=c1.0", Key: "k0", Status: "ok", Core: true},
			{Client: "c1", Text: "get k0", Key: "k0", Status: "ok", Core: true},
		},
		Why:   "the put had been acknowledged before the read began",
		Curve: []viewer.Point{{Event: 1, Runs: 40, Violated: 2}, {Event: 30, Runs: 40, Violated: 6}, {Event: 56, Runs: 40, Violated: 40}},
		Jumps: []viewer.Jump{{Event: 56, From: 15, To: 100}}, NoReturn: 56,
		Marks: []viewer.Mark{
			{Name: "a slot is chosen with a value of an earlier ballot", Kind: "sometimes", Passed: 4},
			{Name: "a leader is deposed", Kind: "reachable", Count: 2, Passed: 2},
		},
	}
}

// TestGoldenPages writes the pages that the tests in a browser open, if ORRERY_PAGES says where.
func TestGoldenPages(t *testing.T) {
	for name, edit := range map[string]func(string) string{
		"story.html": nil,
		"cut.html":   func(s string) string { return s[:len(s)*2/3] },
		"newer.html": func(s string) string {
			return strings.Replace(strings.Replace(s, `"version":1`, `"version":7`, 1), `"k":"fire"`, `"k":"blink"`, 1)
		},
	} {
		var html bytes.Buffer
		require.NoError(t, golden(t, edit).Write(&html))
		require.Less(t, html.Len(), 400_000, name)
		keep(t, name, html.Bytes())
	}
}

// TestAPageOfTwoRuns writes the page of a run beside one of which a message was lost.
func TestAPageOfTwoRuns(t *testing.T) {
	whole := golden(t, nil)
	lost := make([]trace.Event, len(whole.Events))
	copy(lost, whole.Events)
	first := 0
	for lost[first].Kind != trace.Deliver {
		first++
	}
	lost[first].Kind = trace.Drop
	p := viewer.Page{Title: "two runs compared", Verdict: "compared"}
	p.Events, p.Sides = viewer.Compare(whole.Events, lost)
	require.Len(t, p.Events, len(whole.Events)+1)
	var html bytes.Buffer
	require.NoError(t, p.Write(&html))
	keep(t, "both.html", html.Bytes())
}

// TestAPageOfTimersAndALoss writes the page of a run in which timers are set, fire and are stopped, and a crash takes bytes and
// tears a sector.
func TestAPageOfTimersAndALoss(t *testing.T) {
	var events []trace.Event
	seq, at := uint64(0), time.Duration(0)
	step := func(es ...trace.Event) {
		seq++
		at += 3 * time.Millisecond
		for i, e := range es {
			e.Seq, e.Sub, e.At, e.Local, e.Incarnation = seq, uint32(i), at, at, 1
			if i > 0 {
				e.CauseSeq = seq
			}
			events = append(events, e)
		}
	}
	set := func(node, name string) trace.Event {
		return trace.Event{Kind: trace.TimerSet, Node: node, Name: name, Len: int64(9 * time.Millisecond)}
	}
	step(trace.Event{Kind: trace.Boot, Node: "n1"}, set("n1", "election"))
	step(trace.Event{Kind: trace.Boot, Node: "n2"}, set("n2", "election"))
	step(trace.Event{Kind: trace.Fire, Node: "n1", Name: "election", CauseSeq: 1}, set("n1", "retry"),
		trace.Event{Kind: trace.Note, Node: "n1", Text: "asks for votes"})
	step(trace.Event{Kind: trace.Deliver, Node: "n2", Peer: "n1", Name: "Vote", Len: 20, CauseSeq: 3},
		trace.Event{Kind: trace.TimerStop, Node: "n2", Name: "election"},
		trace.Event{Kind: trace.Write, Node: "n2", File: "wal", Len: 700})
	step(trace.Event{Kind: trace.Script}, trace.Event{Kind: trace.Crash, Node: "n2", Text: "is killed (700 bytes and 0 names that were not synced are lost)", Len: 700},
		trace.Event{Kind: trace.Lost, Node: "n2", File: "wal", Len: 700}, trace.Event{Kind: trace.Torn, Node: "n2", File: "wal", Len: 1})
	step(trace.Event{Kind: trace.Fire, Node: "n1", Name: "retry", CauseSeq: 3})
	step(trace.Event{Kind: trace.Boot, Node: "n2", Text: "again"}, trace.Event{Kind: trace.Violation, Node: "n2", Name: "durability", Text: "a vote is gone"})
	p := viewer.Page{Title: "timers and a loss", Property: "durability", Events: events}
	f := read(t, &p)
	require.Contains(t, f.Kinds, "timer-set")
	require.Contains(t, f.Kinds, "torn")
	var html bytes.Buffer
	require.NoError(t, p.Write(&html))
	keep(t, "marks.html", html.Bytes())
}

// TestAPageCarriesTheRunThatPasses writes the page of a run beside which the one lies in which its first lost message arrived.
func TestAPageCarriesTheRunThatPasses(t *testing.T) {
	p := golden(t, nil)
	passing := slices.DeleteFunc(slices.Clone(p.Events), func(e trace.Event) bool { return e.Kind == trace.Violation })
	first := slices.IndexFunc(passing, func(e trace.Event) bool { return e.Kind == trace.Deliver && e.Seq > 20 })
	passing[first].Kind = trace.Drop
	alone := read(t, p)
	p.Other = &viewer.Other{Name: "the passing run", Title: "The nearest run that passes", Events: passing}
	require.Equal(t, alone, read(t, p), "the page's own run is as it was")
	var html bytes.Buffer
	require.NoError(t, p.Write(&html))
	require.Less(t, html.Len(), 400_000)
	require.Equal(t, 1, strings.Count(html.String(), `<script id="beside"`))
	keep(t, "beside.html", html.Bytes())
	p.Sides = make([]viewer.Side, len(p.Events))
	html.Reset()
	require.NoError(t, p.Write(&html))
	require.NotContains(t, html.String(), `<script id="beside"`, "two runs that are compared are compared with no third")
}

func TestAPageOfADamagedTraceSaysSo(t *testing.T) {
	require.Empty(t, golden(t, nil).Warnings)
	cut := golden(t, func(s string) string { return s[:len(s)/2] })
	require.Contains(t, read(t, cut).Warnings[0], "cut off")
}
