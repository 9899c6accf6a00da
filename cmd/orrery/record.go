package main

import (
	"encoding/json"
	"io"
	"time"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/trial"
	"orrery/scenarios"
	"orrery/sim"
)

// record is one universe, as --json prints it: one object a line. Fields are only ever
// added. What is large comes last.
type record struct {
	Scenario    string `json:"scenario"`
	Seed        uint64 `json:"seed"`
	Bug         string `json:"bug,omitempty"`
	Verdict     string `json:"verdict"`  // "ok", "vacuous", "unknown", "malformed", "violated"
	Property    string `json:"property"` // that does not hold, or is not decided; "" if all held
	Detail      string `json:"detail,omitempty"`
	Events      uint64 `json:"events"`
	VirtualNS   int64  `json:"virtual_ns"`
	WallNS      int64  `json:"wall_ns"`
	Ops         int    `json:"ops"` // operations that ended ok
	OpsInvoked  int    `json:"ops_invoked"`
	OpsFailed   int    `json:"ops_failed"`
	OpsMaybe    int    `json:"ops_maybe"`
	OpsMismatch int    `json:"ops_mismatch"`
	Hash        string `json:"hash"`
	Profile     string `json:"profile"`
	Seq         uint64 `json:"violation_seq,omitempty"` // the event at which the violation was seen
	Repro       string `json:"repro,omitempty"`         // the file that orrery replay takes

	Faults []trial.FaultReport `json:"faults"`
}

// universe is what a campaign keeps of one universe: histories are large, and are made
// again when they are wanted.
type universe struct {
	record
	verdict  checker.Verdict
	marks    []sim.Mark
	stack    string
	coverage checker.Coverage
	asked    map[string]uint64
	err      error // the universe cannot be: its options contradict the scenario
}

// condense keeps what a campaign needs of a result.
func condense(scenario string, r *scenarios.Result, wall time.Duration) universe {
	u := universe{
		record: record{
			Scenario: scenario, Seed: r.Seed, Bug: r.Bug, Verdict: r.Verdict.String(),
			Property: r.Property, Detail: r.Detail, Events: r.Events, VirtualNS: r.VirtualNS,
			WallNS: int64(wall), Ops: r.Ops, OpsInvoked: r.Invoked, Hash: r.Hash,
			Profile: r.Profile, Seq: r.Seq, Faults: r.Faults,
			OpsFailed:   r.Coverage.With(checker.Fail),
			OpsMaybe:    r.Coverage.With(checker.Maybe),
			OpsMismatch: r.Coverage.With(checker.Mismatch),
		},
		verdict:  r.Verdict,
		marks:    r.Marks,
		stack:    r.Stack,
		coverage: r.Coverage,
		asked:    r.Asked,
	}
	if u.Faults == nil {
		u.Faults = []trial.FaultReport{}
	}
	return u
}

// writeJSON writes v as one line.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// harness is the property of a universe whose harness panicked: a defect of ours, of which
// nothing follows for the protocol.
const harness = "harness"

// determinism is the property that one seed is one run.
const determinism = "determinism"

// one runs one universe. A panic of the harness is a result as well, and an unknown one. The
// error says what is wrong with the options.
func (a *app) one(s *scenarios.Scenario, o scenarios.Options) (*scenarios.Result, error) {
	var err error
	run := explore.Guard(
		func(uint64) (r *scenarios.Result) {
			r, err = a.run(s, o)
			return r
		},
		func(p *explore.PanicError) *scenarios.Result {
			return &scenarios.Result{
				Seed: o.Seed, Bug: o.Bug, Profile: o.Profile,
				Verdict: checker.Unknown, Property: harness, Detail: p.Error(), Stack: p.Stack,
			}
		})
	return run(o.Seed), err
}
