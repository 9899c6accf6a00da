package main

import (
	"orrery/checker"
	"orrery/explore"
	"orrery/scenarios"
	"orrery/sim"
	"orrery/trace"
)

// eventsKept bounds what a recording keeps: the last so many events, some 250 bytes each and
// their payloads. No universe that ends in time comes near it.
const eventsKept = 1 << 20

// rerun is a universe that was run with its trace recorded. That it is recorded changes
// nothing in it.
type rerun struct {
	scenario string
	result   *scenarios.Result
	events   []trace.Event
	leftOut  int                    // events before those
	why      *checker.Explanation   // see explanation; nil until it is asked for
	again    func() (*rerun, error) // runs it once more, with the machines' states
}

// rerun runs a universe and records it. The error is about the options.
func (a *app) rerun(s *scenarios.Scenario, o scenarios.Options) (*rerun, error) {
	rec := trace.Recorder{Limit: eventsKept}
	o.Recorder = &rec
	r, err := a.one(s, o)
	re := &rerun{scenario: s.Name, result: r, events: rec.Collect(), leftOut: rec.LeftOut()}
	re.again = func() (*rerun, error) {
		o.States = true
		return a.rerun(s, o)
	}
	return re, err
}

// runTwice runs a universe twice, unrecorded and recorded. The error is an
// *explore.DivergenceError if the two are not one.
func (a *app) runTwice(s *scenarios.Scenario, o scenarios.Options) (hash string, err error) {
	return explore.Twice(o.Seed, func(seed uint64, rec sim.Recorder) string {
		o.Seed, o.Recorder = seed, rec
		r, runErr := a.one(s, o)
		if runErr != nil {
			return runErr.Error() // the same both times: the options are
		}
		return r.Hash
	})
}

// header is the first line of the trace's file.
func (r *rerun) header(options map[string]string) trace.Header {
	return trace.Header{
		Scenario: r.scenario, Seed: r.result.Seed, Hash: r.result.Hash,
		Property: r.result.Property, Meta: options,
	}
}
