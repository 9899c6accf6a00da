package trace_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/trace"
)

// told is a run of two machines in which a promise is asked for, given, and lost on its way back.
func told() []trace.Event {
	ms := time.Millisecond
	return []trace.Event{
		{Seq: 1, Kind: trace.Boot, Node: "n1", Incarnation: 1},
		{Seq: 2, Kind: trace.Boot, Node: "n2", Incarnation: 1},
		{Seq: 3, At: 5 * ms, Kind: trace.Fire, Node: "n1", Name: "election", CauseSeq: 1},
		{Seq: 3, Sub: 1, At: 5 * ms, Kind: trace.Send, Node: "n1", Peer: "n2", Name: "Prepare", CauseSeq: 3},
		{Seq: 4, At: 7 * ms, Kind: trace.Deliver, Node: "n2", Peer: "n1", Name: "Prepare", CauseSeq: 3},
		{Seq: 4, Sub: 1, At: 7 * ms, Kind: trace.Write, Node: "n2", File: "wal", Len: 512, CauseSeq: 4},
		{Seq: 5, At: 8 * ms, Kind: trace.Script},
		{Seq: 5, Sub: 1, At: 8 * ms, Kind: trace.FaultOn, Name: "isolate(n1)", Text: "n1", CauseSeq: 5},
		{Seq: 6, At: 9 * ms, Kind: trace.Synced, Node: "n2", File: "wal", CauseSeq: 4},
		{Seq: 7, At: 10 * ms, Kind: trace.Script},
		{Seq: 7, Sub: 1, At: 10 * ms, Kind: trace.Drop, Node: "n1", Peer: "n2", Name: "Promise", Text: "link is cut", CauseSeq: 6},
		{Seq: 8, At: 11 * ms, Kind: trace.Script},
		{Seq: 8, Sub: 1, At: 11 * ms, Kind: trace.FaultOff, Name: "isolate(n1)", Len: 1, CauseSeq: 8},
	}
}

func TestShiVizClocksSayWhatHappenedBeforeWhat(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, trace.WriteShiViz(&b, nil, trace.Execution{Events: told()}))
	// ShiViz names its groups without the P that Go wants.
	parser := regexp.MustCompile(strings.ReplaceAll(trace.ShiVizParser, "(?<", "(?P<"))
	found := parser.FindAllStringSubmatch(b.String(), -1)
	require.Len(t, found, strings.Count(b.String(), "\n")/2, "every two lines are one event")
	last := map[string]map[string]int{}
	for _, m := range found {
		var clock map[string]int
		require.NoError(t, json.Unmarshal([]byte(m[2]), &clock))
		require.Equal(t, last[m[1]][m[1]]+1, clock[m[1]], "a machine counts its own events")
		last[m[1]] = clock
		if strings.Contains(m[3], "gets Prepare") {
			require.Equal(t, map[string]int{"n1": 2, "n2": 2}, clock, "it follows from what n1 had done until it sent")
		}
	}
	require.NotContains(t, last["n1"], "n2", "what was lost makes nothing happen before anything")
}

func TestShiVizSeparatesExecutionsByTheirNames(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, trace.WriteShiViz(&b, nil, trace.Execution{Name: "full", Events: told()}, trace.Execution{Name: "minimal", Events: told()[:5]}))
	delimiter := regexp.MustCompile("(?m)" + strings.ReplaceAll(trace.ShiVizDelimiter, "(?<", "(?P<"))
	found := delimiter.FindAllStringSubmatch(b.String(), -1)
	require.Len(t, found, 2)
	require.Equal(t, []string{"full", "minimal"}, []string{found[0][1], found[1][1]})
	require.Equal(t, 2, strings.Count(b.String(), `n1 {"n1":1}`), "each begins with clocks of its own")
}

func TestPerfettoBindsEveryFlowToASlice(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, trace.WritePerfetto(&b, told(), nil))
	var file struct {
		TraceEvents []struct {
			Name, Ph, Cat, ID string
			TS                float64
			Dur, PID, TID     int
		}
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &file))
	type place struct {
		ts       float64
		pid, tid int
	}
	slices, ends, async := map[place]bool{}, map[string]string{}, map[string]int{}
	for _, e := range file.TraceEvents {
		at := place{e.TS, e.PID, e.TID}
		switch e.Ph {
		case "X":
			require.Positive(t, e.Dur)
			slices[at] = true
		case "s", "f":
			require.True(t, slices[at], "a flow begins and ends in a slice: %+v", e)
			ends[e.ID] += e.Ph
		case "b":
			async[e.ID]++
		case "e":
			async[e.ID]--
		}
	}
	require.Equal(t, map[string]string{"m3": "sf"}, ends, "the one message that arrived")
	require.Equal(t, map[string]int{"fault isolate(n1) 1": 0}, async, "the fault begins and ends")
	require.Contains(t, b.String(), "link is cut")
}
