package memory_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/memory"
)

var models = map[string]func(checker.History, Options) guarantee.Report{
	"sequential": Sequential, "causal": Causal, "causal memory": CausalMemory, "causal convergence": CausalConvergence, "pram": PRAM,
	"sessions":            func(h checker.History, opt Options) guarantee.Report { return Sessions(h, opt) },
	"monotonic reads":     only(MonotonicReads),
	"read your writes":    only(ReadYourWrites),
	"monotonic writes":    only(MonotonicWrites),
	"writes follow reads": only(WritesFollowReads),
}

func only(g guarantee.Anomaly) func(checker.History, Options) guarantee.Report {
	return func(h checker.History, opt Options) guarantee.Report { return Sessions(h, opt, g) }
}

// script makes a history of lines "client w key value" and "client r key value", "-" being unset, one after the other.
func script(lines ...string) checker.History {
	h := make(checker.History, len(lines))
	for i, line := range lines {
		var client, f, key, val string
		if _, err := fmt.Sscan(line, &client, &f, &key, &val); err != nil {
			panic(line)
		}
		v := checker.Val(val)
		if val == "-" {
			v = checker.Unset
		}
		h[i] = checker.Op{ID: int64(i), Client: client, Key: key, Status: checker.OK, Call: int64(10 * i), Ret: int64(10*i + 5)}
		if f == "w" {
			h[i].F, h[i].In = checker.Write, v
		} else {
			h[i].F, h[i].Out = checker.Read, v
		}
	}
	return h
}

// cases are histories and what each model finds in them; a model that is not named finds nothing.
var cases = []struct {
	name  string
	h     checker.History
	found map[string]guarantee.Anomaly
	why   string // of causal, or else of sequential
}{
	{"a stale read is sequential", script("a w x 1", "b r x 1", "a w x 2", "b r x 1", "c r x 2"), nil, ""},
	{"thin air", script("a w x 1", "b r x 1", "b r x 9"), map[string]guarantee.Anomaly{"sequential": ThinAirRead, "causal": ThinAirRead, "causal memory": ThinAirRead,
		"causal convergence": ThinAirRead, "pram": ThinAirRead, "sessions": ThinAirRead, "monotonic reads": ThinAirRead, "read your writes": ThinAirRead,
		"monotonic writes": ThinAirRead, "writes follow reads": ThinAirRead}, "client b read x=9, but nobody wrote that"},
	{"a circle of causes", script("a r x 1", "a w y 1", "b r y 1", "b w x 1"), map[string]guarantee.Anomaly{"sequential": CyclicOrder, "causal": CyclicCO, "causal memory": CyclicCO,
		"causal convergence": CyclicCO}, "client a wrote y=1 before client b read y=1; client b read y=1 before client b wrote x=1 in the order of the session; " +
		"client b wrote x=1 before client a read x=1; client a read x=1 before client a wrote y=1 in the order of the session: so it would be before itself"},
	{"a cause was not seen", script("a w x 1", "b r x 1", "b w y 1", "c r y 1", "c r x -"), map[string]guarantee.Anomaly{"sequential": CyclicOrder, "causal": WriteCOInitRead,
		"causal memory": WriteCOInitRead, "causal convergence": WriteCOInitRead, "sessions": AllFour}, "client c read x=unset, although client a wrote x=1 is before it"},
	{"a cause was written over", script("a w x 1", "a w x 2", "b r x 2", "b w y 1", "c r y 1", "c r x 1"), map[string]guarantee.Anomaly{"sequential": CyclicOrder, "causal": WriteCORead,
		"causal memory": WriteCORead, "causal convergence": WriteCORead, "sessions": AllFour},
		"client c read x=1, although client a wrote x=2 is before it and after the write of that"},
	{"two orders of two writes", script("a w x 1", "b w x 2", "c r x 1", "c r x 2", "d r x 2", "d r x 1"), map[string]guarantee.Anomaly{"sequential": CyclicOrder,
		"causal convergence": CyclicCF, "sessions": MonotonicReads, "monotonic reads": MonotonicReads}, ""},
	{"a view that changed its mind", script("a w x 1", "b w x 2", "b r x 1", "b r x 2"), map[string]guarantee.Anomaly{"sequential": CyclicOrder, "causal memory": CyclicHB,
		"causal convergence": CyclicCF, "pram": CyclicHB, "sessions": AllFour}, ""},
	{"forgot its own write", script("a w x 1", "a r x -", "b r x 1"), map[string]guarantee.Anomaly{"sequential": CyclicOrder, "causal": WriteCOInitRead, "causal memory": WriteCOInitRead,
		"causal convergence": WriteCOInitRead, "pram": WriteHBInitRead, "sessions": ReadYourWrites, "read your writes": ReadYourWrites},
		"client a read x=unset, although client a wrote x=1 is before it"},
	{"went back", script("a w x 1", "b r x 1", "b r x -"), map[string]guarantee.Anomaly{"sequential": CyclicOrder, "causal": WriteCOInitRead, "causal memory": WriteCOInitRead,
		"causal convergence": WriteCOInitRead, "pram": WriteHBInitRead, "sessions": MonotonicReads, "monotonic reads": MonotonicReads}, ""},
	{"one process's writes out of order", script("a w x 1", "a w x 2", "b r x 2", "b r x 1"), map[string]guarantee.Anomaly{"sequential": CyclicOrder, "causal": WriteCORead,
		"causal memory": WriteCORead, "causal convergence": WriteCORead, "pram": CyclicHB, "sessions": AllFour}, ""},
	{"Dekker", script("a w x 1", "a r y -", "b w y 1", "b r x -", "c r x 1"), map[string]guarantee.Anomaly{"sequential": CyclicOrder},
		"client a read y=unset before client b wrote y=1, which replaced what it read; client b wrote y=1 before client b read x=unset in the order of the session; " +
			"client b read x=unset before client a wrote x=1, which replaced what it read; client a wrote x=1 before client a read y=unset in the order of the session: so it would be before itself"},
}

func TestEachModelFindsWhatItForbids(t *testing.T) {
	for _, tc := range cases {
		for name, check := range models {
			t.Run(tc.name+"/"+name, func(t *testing.T) {
				got := check(tc.h, Options{})
				want, broken := tc.found[name]
				if !broken {
					require.Equal(t, checker.Holds, got.Verdict, got.Reason)
					return
				}
				require.Equal(t, checker.Violated, got.Verdict)
				require.True(t, got.Has(want), "%v", got.Count)
				require.LessOrEqual(t, len(got.Findings[0].Ops), 8)
				if tc.why != "" && (name == "causal" || tc.found["causal"] == "" && name == "sequential") {
					require.Equal(t, tc.why, got.Reason)
				}
			})
		}
	}
}

func TestNothingIsNotOK(t *testing.T) {
	for why, h := range map[string]checker.History{
		"0 sessions, want at least 2":                         nil,
		"1 sessions, want at least 2":                         script("a w x 1", "a r x 1"),
		"0 reads of another session's write, want at least 1": script("a w x 1", "b r x -"),
	} {
		for name, check := range models {
			got := check(h, Options{})
			require.Equal(t, checker.Vacuous, got.Verdict, name)
			require.Equal(t, why, got.Reason, name)
		}
	}
}

func TestWhatIsNoHistoryIsMalformed(t *testing.T) {
	cas := script("a w x 1", "b r x 1")
	cas[0].F, cas[0].Expect = checker.CAS, checker.Unset
	busy := script("a w x 1", "a r x 1")
	busy[1].Call = 1
	for name, check := range models {
		require.Equal(t, checker.Malformed, check(cas, Options{}).Verdict, name)
		require.Equal(t, checker.Malformed, check(busy, Options{}).Verdict, name)
	}
	require.Equal(t, checker.Malformed, Sessions(script("a w x 1", "b r x 1"), Options{}, "gossip").Verdict)
}

func TestRepeatedValuesAreUnknownWhereTheyMatter(t *testing.T) {
	h := script("a w x 1", "b r x 1", "b w x 1")
	for name, check := range models {
		want := checker.Unknown
		if name == "sequential" {
			want = checker.Holds
		}
		require.Equal(t, want, check(h, Options{}).Verdict, name)
	}
	// The initial value is one that can be repeated, too.
	require.Equal(t, checker.Unknown, Causal(script("a w x 0", "b r x 0"), Options{Initial: checker.Val("0")}).Verdict)
	require.Equal(t, checker.Holds, Causal(script("a w x 1", "b r x 0", "b r x 1"), Options{Initial: checker.Val("0")}).Verdict)
}

// A session that reconnects keeps its obligations, although its client is another.
func TestSessionsOutliveTheirClients(t *testing.T) {
	h := script("a w x 1", "b r x -", "c r x 1")
	require.Equal(t, checker.Holds, Sessions(h, Options{}).Verdict)
	h[0].Session, h[1].Session = "s", "s"
	require.Equal(t, "read-your-writes: session s read x=unset after session s wrote x=1", Sessions(h, Options{}).Reason)
}

// What the client did not learn the end of obliges nobody, until it is seen.
func TestUnknownWritesObligeNobody(t *testing.T) {
	h := script("a w x 1", "a2 r x -", "b w x 2", "b r x 2", "c r x 1", "c r x 2")
	h[0].Status, h[0].Session, h[1].Session = checker.Maybe, "a", "a"
	for name, check := range models {
		if name == "sequential" || name == "causal convergence" {
			require.NotEqual(t, checker.Violated, check(h, Options{}).Verdict, name)
		}
	}
	h = script("a w x 1", "b r x 1")
	h[0].Status = checker.Fail
	require.Equal(t, "client b read x=1, but the write of that had failed", Causal(h, Options{}).Reason)
}

func TestAKnownOrderOfVersionsIsRespected(t *testing.T) {
	order := Options{Order: func(_ string, v checker.Value) (int64, bool) { return int64(v.Text()[0]), true }}
	for _, tc := range []struct {
		h    checker.History
		want guarantee.Anomaly
	}{
		{script("a w x 1", "b w x 2", "c r x 2", "c r x 1"), MonotonicReads},
		{script("a w x 2", "b w x 1", "a r x 1"), ReadYourWrites},
		{script("a w x 2", "a w x 1", "b r x 1"), MonotonicWrites},
		{script("a w x 2", "b r x 2", "b w x 1"), WritesFollowReads},
		{script("a w x 1", "a w y 1", "c w x 0", "b r y 1", "b r x 0"), AllFour},
	} {
		require.Equal(t, checker.Holds, Sessions(tc.h, Options{}).Verdict, "%s without an order", tc.want)
		got := Sessions(tc.h, order)
		require.Equal(t, checker.Violated, got.Verdict, tc.want)
		require.Equal(t, map[guarantee.Anomaly]int{tc.want: 1}, got.Count)
	}
}
