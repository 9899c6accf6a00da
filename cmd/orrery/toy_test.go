package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/scenarios"
	"orrery/sim"
	"orrery/trace"
)

// toy is a scenario whose universes are made up, so that a test knows what comes of each.
func toy() *scenarios.Scenario {
	return &scenarios.Scenario{
		Name:  "toy",
		About: "two machines that are supposed to agree",
		Ops:   10,
		Marks: []string{"toy: agreed", "toy: argued", "toy: gave up"},
		Bugs: []scenarios.Bug{{
			Name: "forgets", Source: "a paper, section 4", Seeds: "1-20", Breaks: "agreement",
			What: "n2 forgets its vote when it crashes, and votes for another value afterwards",
		}, {
			Name: "never-shows", Source: "folklore", Seeds: "1-9", Breaks: "nothing",
			What: "a defect that no seed finds",
		}},
	}
}

// runToy runs a universe of toy. With the bug forgets, every seventh seed violates agreement;
// otherwise seeds from 100 on are vacuous, unknown, or panic, each in turn. A universe depends
// on nothing else, except that seed 66 is another one each time.
func runToy(o scenarios.Options, runs uint64) *scenarios.Result {
	r := &scenarios.Result{
		Seed: o.Seed, Bug: o.Bug, Profile: "budgeted", Verdict: checker.Holds,
		Events: 40 + o.Seed, VirtualNS: int64(3 * time.Second), Ops: 8, Invoked: 10,
		Faults: []trial.FaultReport{
			{Fault: "1s crash(n2) until 2s", Family: "crash", Outcome: "installed", Effects: 1 + o.Seed%2},
			{Fault: "isolate(leader, way=in)", Family: "partition", Outcome: "installed", Effects: o.Seed % 2},
			{Fault: "wipe(n1)", Family: "wipe", Outcome: "skipped", Why: "not allowed"},
			{Fault: "9s loss(all, 5%) until 10s", Family: "loss", Outcome: "waiting"},
		},
		Marks: []sim.Mark{
			{Name: "toy: agreed", Kind: nodes.MarkSometimes, Reached: 9, Held: 9},
			{Name: "toy: argued", Kind: nodes.MarkSometimes, Reached: 3, Held: o.Seed % 2},
			{Name: "toy: no lies", Kind: nodes.MarkAlways, Reached: 9, Held: 9},
		},
	}
	r.Coverage.Ops[checker.Put] = [checker.StatusCount]int{checker.Maybe: 1, checker.OK: 8, checker.Fail: 1}
	hash := o.Seed*0x1234567 + uint64(len(o.Bug)) + uint64(o.Ops)
	switch {
	case o.Bug == "forgets" && o.Seed%7 == 0:
		r.Verdict, r.Property, r.Seq = checker.Violated, "agreement", 6
		r.Detail = fmt.Sprintf("n1 chose %q and n2 chose %q", "a", "b")
		r.History = checker.History{{Client: "c1", F: checker.Put, Status: checker.OK, Key: "x", In: checker.Val("a"), Call: 1, Ret: 9}}
	case o.Seed == 66:
		hash += runs
	case o.Bug == "" && o.Seed >= 100 && o.Seed%3 == 0:
		r.Verdict, r.Property, r.Detail = checker.Vacuous, "linearizability", "vacuous: not one of 4 cas operations succeeded"
	case o.Bug == "" && o.Seed >= 100 && o.Seed%3 == 1:
		r.Verdict, r.Property, r.Detail = checker.Unknown, "linearizability", "key x: undecided after 2000000 steps"
	case o.Bug == "" && o.Seed >= 100 && o.Seed < mutantsSeedStep: // those of a control are whole from the second campaign on
		panic("the checker is broken")
	}
	r.Hash = fmt.Sprintf("%016x", hash)
	if o.Recorder != nil {
		for _, e := range toyTrace(r, hash) {
			o.Recorder.Record(&e)
		}
	}
	return r
}

// toyTrace is how a universe of toy goes.
func toyTrace(r *scenarios.Result, hash uint64) []trace.Event {
	ms := time.Millisecond
	events := []trace.Event{
		{Seq: 1, At: 0, Kind: trace.Boot, Node: "n1", Incarnation: 1},
		{Seq: 2, At: 0, Kind: trace.Boot, Node: "n2", Incarnation: 1},
		{Seq: 3, At: 5 * ms, Kind: trace.Deliver, Node: "n2", Peer: "n1", CauseSeq: 1, Name: "P2a", ID: hash, Incarnation: 1},
		{Seq: 3, Sub: 1, At: 5 * ms, Kind: trace.Note, Node: "n2", Text: "votes for a", CauseSeq: 3, Incarnation: 1},
		{Seq: 4, At: 7 * ms, Kind: trace.Crash, Node: "n2", Text: "power lost, 12 B not synced", Incarnation: 1},
		{Seq: 5, At: 9 * ms, Kind: trace.Boot, Node: "n2", Incarnation: 2},
		{Seq: 6, At: 12 * ms, Kind: trace.Deliver, Node: "n2", Peer: "n1", CauseSeq: 1, Name: "P2a", Incarnation: 2},
	}
	if r.Verdict == checker.Violated {
		events = append(events, trace.Event{Seq: 6, Sub: 1, At: 12 * ms, Kind: trace.Violation, Node: "n2",
			Name: r.Property, Text: r.Detail, CauseSeq: 6, Incarnation: 2})
	}
	return events
}

// world is the command in a test: what it prints, and a clock that the test sets.
type world struct {
	*app
	stdout, stderr bytes.Buffer
	time           time.Time
	before         func(o scenarios.Options) // called before each universe
}

// newWorld is a command that knows the scenario toy alone.
func newWorld() *world {
	w := &world{time: time.Unix(0, 0)}
	var mu sync.Mutex
	runs := uint64(0)
	w.app = &app{
		out:       console{Writer: &w.stdout},
		err:       console{Writer: &w.stderr},
		scenarios: []*scenarios.Scenario{toy()},
		run: func(_ *scenarios.Scenario, o scenarios.Options) (*scenarios.Result, error) {
			mu.Lock() // universes run on many goroutines
			defer mu.Unlock()
			if w.before != nil {
				w.before(o)
			}
			if o.Ops == 7 {
				return nil, fmt.Errorf("7 operations: the toy cannot count to seven")
			}
			if o.Seed == 66 {
				runs++
			}
			return runToy(o, runs), nil
		},
		now:       func() time.Time { return w.time },
		cpu:       func() time.Duration { return 0 },
		cores:     2,
		artifacts: "artifacts",
	}
	return w
}

// orrery runs a command line, and returns its exit status and what it has printed.
func (w *world) orrery(t testing.TB, line string) (code int, stdout, stderr string) {
	t.Helper()
	return w.orreryWithin(t.Context(), line)
}

func (w *world) orreryWithin(ctx context.Context, line string) (code int, stdout, stderr string) {
	w.stdout.Reset()
	w.stderr.Reset()
	code = w.main(ctx, fields(line))
	return code, w.stdout.String(), w.stderr.String()
}

// fields splits a command line at spaces; ” is an empty argument.
func fields(line string) []string {
	args := strings.Fields(line)
	for i, a := range args {
		if a == "''" {
			args[i] = ""
		}
	}
	return args
}
