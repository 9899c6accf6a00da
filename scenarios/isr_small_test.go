package scenarios_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/smallscope"
	"orrery/nodes/kafka/replica/isr"
	"orrery/scenarios"
)

// isrRow is what a reference has found with a set of rules. Depths count states: the initial one is 1. 0 is no figure.
type isrRow struct {
	name    string
	holds2  bool // with 2 replicas, logs of 2
	depth2  int
	states2 int
	holds   bool // with 3 replicas, logs of 2
	depth   int
	states  int
	depth3  int // with logs of 3
	states3 int
	walk    int // steps of a random walk
	trials  int // of ours
	// further is how many steps more ours needs in the steps of the specification.
	further int
}

var isrEraRows = []isrRow{
	{name: "hw-truncation", depth2: 10, depth: 9, states: 4870},
	{name: "kip-101", depth2: 12, depth: 11, states: 11737},
	{name: "kip-279", holds2: true, depth2: 18, states2: 9027, depth: 11, states: 11737},
	{name: "kip-320-first-try", holds2: true, depth2: 18, states2: 8429, depth: 13, states: 32251},
	{name: "kip-320-unfenced-truncation", depth: 14, states: 34144},
	{name: "kip-320", holds2: true, depth2: 18, states2: 5973, holds: true, depth: 26, states: 123311},
}

var isrAblationRows = []isrRow{
	{name: "hw-on-leader-only", depth: 5, states: 79, depth3: 5, states3: 79, walk: 39, trials: 99},
	{name: "expand-without-hw", depth: 9, states: 2769, depth3: 9, states3: 3103, walk: 66, trials: 99},
	{name: "unclean-election", depth: 9, states: 3397, depth3: 9, states3: 3790, walk: 146, trials: 99},
	{name: "unconditional-isr", depth: 9, states: 6599, depth3: 9, states3: 7068, walk: 46, trials: 99},
	{name: "never-truncates", depth: 10, states: 4079, depth3: 10, states3: 4847, walk: 104, trials: 99},
	{name: "truncate-to-hw", depth: 12, states: 13893, depth3: 12, states3: 21649, walk: 4130, trials: 29},
	{name: "no-leso", depth: 12, states: 15087, depth3: 12, states3: 23629, walk: 33603, trials: 9},
	{name: "hw-unfenced", depth: 13, states: 18954, depth3: 13, states3: 31316, walk: 197964, trials: 5},
	{name: "kip101-lookup", depth: 14, states: 34716, depth3: 13, states3: 30646, walk: 2910, trials: 29},
	{name: "truncation-unfenced", depth: 14, states: 34144, depth3: 14, states3: 61371, walk: 71548, trials: 9},
	{name: "skip-truncation-same-leader", depth: 15, states: 39077, depth3: 15, states3: 81343, walk: 47444, trials: 9},
	{name: "expand-unfenced", depth: 15, states: 40975, depth3: 15, states3: 83821, walk: 121648, trials: 5, further: 3},
	{name: "fetch-unfenced", holds: true, depth: 26, states: 144225, depth3: 17, states3: 201451, walk: 287471, trials: 5},
}

// isrSize is 3 replicas, logs of 2 records, 2 records and the epochs 0 to 2.
var isrSize = scenarios.ISRScope{Replicas: 3, Log: 2, Records: 2, Epochs: 2, Property: "StrongIsr"}

// searchISR searches a world by the rules of a variant; change makes it another.
func searchISR(t *testing.T, name string, change func(*scenarios.ISRScope)) *smallscope.Report {
	t.Helper()
	s := isrSize
	for _, v := range append(scenarios.ISREras(), scenarios.ISRAblations()...) {
		if v.Name == name {
			v.Set(&s)
		}
	}
	if change != nil {
		change(&s)
	}
	r := scenarios.ISRWorld(s).Search(context.Background(), smallscope.Bounds{}, nil)
	require.True(t, r.Exhausted || r.Violation != nil, name)
	return r
}

func asSpecified(s *scenarios.ISRScope) { s.Spec = true }

func asSpecifiedForTwo(s *scenarios.ISRScope) { s.Spec, s.Named, s.Replicas = true, true, 2 }

// With the specification's steps, the broker's decisions give the specification's verdicts at its depths, and where a search is
// exhausted its number of states.
func TestSmallISRAgreesWithTheSpecification(t *testing.T) {
	for _, row := range append(isrEraRows, isrAblationRows...) {
		r := searchISR(t, row.name, asSpecified)
		require.Equal(t, row.holds, r.Violation == nil, row.name)
		require.Equal(t, row.depth+row.further, r.Depth+1, "%s: the depth", row.name)
	}
	require.EqualValues(t, 123_311, searchISR(t, "kip-320", asSpecified).States)
	two := searchISR(t, "kip-320", asSpecifiedForTwo)
	require.Nil(t, two.Violation)
	require.EqualValues(t, 5973, two.States)
	require.Equal(t, 18, two.Depth+1)
}

// By the broker's own steps all rules are needed, and with all of them everything holds.
func TestSmallISRNeedsEveryRule(t *testing.T) {
	for _, v := range scenarios.ISRAblations() {
		require.NotNil(t, searchISR(t, v.Name, nil).Violation, v.Name)
	}
	for _, name := range []string{"kip-320", "truncate-on-fetch"} {
		r := searchISR(t, name, func(s *scenarios.ISRScope) { s.Property = "" })
		require.Nil(t, r.Violation, name)
	}
}

// A leader that leaves no trace of its epoch until it writes breaks KIP-320 (KAFKA-7415), in steps that the specification does not have. Who
// truncates on fetch asks again with every fetch, and at these bounds does not need it.
func TestSmallISRNeedsTheEpochCachedAtTheElection(t *testing.T) {
	notCached := func(s *scenarios.ISRScope) { s.Quirks.EpochNotCached = true }
	require.NotNil(t, searchISR(t, "kip-320", notCached).Violation)
	require.Nil(t, searchISR(t, "truncate-on-fetch", notCached).Violation)
}

func TestSmallISRPropertiesOfHWTruncationWithTwoReplicas(t *testing.T) {
	for property, depth := range map[string]int{"WeakIsr": 9, "StrongIsr": 10} {
		r := searchISR(t, "hw-truncation", func(s *scenarios.ISRScope) { asSpecifiedForTwo(s); s.Property = property })
		require.NotNil(t, r.Violation)
		require.Equal(t, depth, r.Depth+1, property)
	}
}

// The way to a violation can be run again, and no step of it can be left out.
func TestSmallISRSchedulesReplay(t *testing.T) {
	s := isrSize
	scenarios.ISREras()[2].Set(&s)
	w := scenarios.ISRWorld(s)
	r := w.Search(context.Background(), smallscope.Bounds{}, nil)
	require.NotNil(t, r.Violation)
	v, err := w.Replay(r.Violation.Schedule)
	require.NoError(t, err)
	require.Equal(t, r.Violation, v)
	for i := range r.Violation.Schedule {
		without := append(append(smallscope.Schedule{}, r.Violation.Schedule[:i]...), r.Violation.Schedule[i+1:]...)
		v, err := w.Replay(without)
		require.True(t, v == nil, "without step %d: %v", i+1, err)
	}
}

func searchAsyncISR(q isr.Quirks) *smallscope.Report {
	return scenarios.AsyncISRWorld(scenarios.AsyncISRScope{Replicas: 3, Version: 4, Offset: 3, Quirks: q}).Search(context.Background(), smallscope.Bounds{}, nil)
}

// KIP-497: the high watermark that waits for the maximal ISR is always below what the ISR in the storage has; one that waits for the committed ISR is not.
func TestSmallAsyncISRNeedsTheMaximalISR(t *testing.T) {
	r := searchAsyncISR(isr.Quirks{})
	require.True(t, r.Exhausted)
	require.Nil(t, r.Violation)
	r = searchAsyncISR(isr.Quirks{NoMaximalISR: true})
	require.NotNil(t, r.Violation)
	require.Equal(t, 7, r.Depth+1)
	require.NotNil(t, searchAsyncISR(isr.Quirks{ShrinkWhileInFlight: true}).Violation)
}
