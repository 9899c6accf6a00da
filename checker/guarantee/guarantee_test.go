package guarantee_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/guarantee"
)

const (
	ok    = checker.OK
	fail  = checker.Fail
	maybe = checker.Maybe
)

func add(e string, s checker.Status, call, ret int64) SetOp {
	return SetOp{Client: "c1", Element: e, Status: s, Call: call, Ret: ret}
}

func all(call, ret int64, seen ...string) SetOp {
	return SetOp{Client: "c2", Read: true, Seen: seen, Status: ok, Call: call, Ret: ret}
}

func enq(v string, s checker.Status, call int64) QueueOp {
	return QueueOp{Client: "c1", Value: v, Status: s, Call: call, Ret: call + 1}
}

func deq(v string, s checker.Status, call int64) QueueOp {
	return QueueOp{Client: "c2", Dequeue: true, Value: v, Status: s, Call: call, Ret: call + 1}
}

func count(read bool, v int64, s checker.Status, call, ret int64) CounterOp {
	return CounterOp{Client: "c", Read: read, Value: v, Status: s, Call: call, Ret: ret}
}

func bank(call int64, a, b int64) BankRead {
	return BankRead{Client: "c", Balances: []Balance{{"a", a}, {"b", b}}, Status: ok, Call: call, Ret: call + 1}
}

func put(k string, call, ret int64) SnapshotOp {
	return SnapshotOp{Client: "w", Write: k, Status: ok, Call: call, Ret: ret}
}

func snap(call int64, seen ...string) SnapshotOp {
	return SnapshotOp{Client: "r", Keys: []string{"x", "y", "z"}, Seen: seen, Status: ok, Call: call, Ret: call + 1}
}

var twoAccounts = BankOptions{Accounts: []string{"a", "b"}, Total: 10}

// cases are histories with exactly these anomalies.
var cases = []struct {
	name   string
	report Report
	found  []Anomaly
	why    string
}{
	{"set: lost", Set([]SetOp{add("1", ok, 1, 2), all(3, 4, "1"), all(5, 6)}, SetOptions{}), []Anomaly{Lost},
		"1 was there at 2, but c2 read 0 elements [5,6] ok did not see it, and nobody saw it later"},
	{"set: lost though unacknowledged, because it was seen", Set([]SetOp{add("1", maybe, 1, 2), add("2", ok, 1, 2), all(3, 4, "1", "2"), all(5, 6, "2")}, SetOptions{}), []Anomaly{Lost}, ""},
	{"set: unexpected", Set([]SetOp{add("1", ok, 1, 2), all(3, 4, "1", "9")}, SetOptions{}), []Anomaly{Unexpected}, "c2 read 2 elements [3,4] ok saw 9, which nobody added"},
	{"set: failed", Set([]SetOp{add("1", ok, 1, 2), add("2", fail, 1, 2), all(3, 4, "1", "2")}, SetOptions{}), []Anomaly{Unexpected}, ""},
	{"set: future", Set([]SetOp{add("1", ok, 5, 6), all(3, 4, "1"), all(7, 8, "1")}, SetOptions{}), []Anomaly{Unexpected}, ""},
	{"set: duplicated", Set([]SetOp{add("1", ok, 1, 2), all(3, 4, "1", "1")}, SetOptions{}), []Anomaly{Duplicated}, "c2 read 2 elements [3,4] ok saw 1 twice"},
	{"set: stale", Set([]SetOp{add("1", ok, 1, 2), all(3, 4), all(5, 6, "1")}, SetOptions{Linearizable: true}), []Anomaly{Stale},
		"1 was there at 2, but c2 read 0 elements [3,4] ok did not see it"},
	{"queue: lost", Queue([]QueueOp{enq("1", ok, 1), enq("2", ok, 3), deq("2", ok, 5)}, QueueOptions{Drained: true}), []Anomaly{Lost}, ""},
	{"queue: unexpected", Queue([]QueueOp{enq("1", ok, 1), deq("1", ok, 5), deq("7", ok, 8)}, QueueOptions{Drained: true}), []Anomaly{Unexpected}, ""},
	{"queue: future", Queue([]QueueOp{enq("1", ok, 9), deq("1", ok, 5)}, QueueOptions{Drained: true}), []Anomaly{Unexpected}, ""},
	{"queue: failed", Queue([]QueueOp{enq("1", ok, 1), enq("2", fail, 1), deq("1", ok, 5), deq("2", ok, 7)}, QueueOptions{Drained: true}), []Anomaly{Unexpected}, ""},
	{"queue: duplicated", Queue([]QueueOp{enq("1", ok, 1), deq("1", ok, 5), deq("1", ok, 8)}, QueueOptions{Drained: true}), []Anomaly{Duplicated}, ""},
	{"ids: duplicated", UniqueIDs([]IDOp{{Client: "a", ID: "7", Status: ok, Call: 1, Ret: 2}, {Client: "b", ID: "7", Status: ok, Call: 3, Ret: 4}}), []Anomaly{Duplicated},
		"7 was given to a got 7 [1,2] ok and to b got 7 [3,4] ok"},
	{"counter: low", Counter([]CounterOp{count(false, 5, ok, 1, 2), count(true, 4, ok, 3, 4)}), []Anomaly{OutOfBounds}, "c read 4 [3,4] ok, when the adds before it and around it left only 5 to 5"},
	{"counter: high", Counter([]CounterOp{count(false, 5, ok, 1, 2), count(false, 3, fail, 1, 2), count(true, 8, ok, 3, 4)}), []Anomaly{OutOfBounds}, ""},
	{"counter: a subtraction that was not asked for", Counter([]CounterOp{count(false, 5, ok, 1, 2), count(false, -3, maybe, 5, 6), count(true, 2, ok, 3, 4)}), []Anomaly{OutOfBounds}, ""},
	{"bank: wrong total", Bank([]BankRead{bank(1, 5, 5), bank(3, 4, 5)}, twoAccounts), []Anomaly{WrongTotal}, "c read 2 accounts [3,4] ok saw 9 in all, and there are 10: it saw some transfer by half"},
	{"bank: negative", Bank([]BankRead{bank(1, 5, 5), bank(3, -1, 11)}, twoAccounts), []Anomaly{NegativeBalance}, ""},
	{"bank: missing", Bank([]BankRead{bank(1, 5, 5), {Client: "c", Balances: []Balance{{"a", 10}}, Status: ok}}, twoAccounts), []Anomaly{MissingAccount}, ""},
	{"bank: unknown", Bank([]BankRead{bank(1, 5, 5), {Client: "c", Balances: []Balance{{"a", 4}, {"b", 6}, {"z", 0}}, Status: ok}}, twoAccounts), []Anomaly{UnknownAccount}, ""},
	{"bank: twice", Bank([]BankRead{bank(1, 5, 5), {Client: "c", Balances: []Balance{{"a", 4}, {"b", 6}, {"a", 4}}, Status: ok}}, twoAccounts), []Anomaly{UnknownAccount}, ""},
	{"fork", LongFork([]SnapshotOp{put("x", 1, 9), put("y", 1, 9), snap(3, "x"), snap(3, "y")}), []Anomaly{Fork},
		"r read {x} of {x y z} [3,4] ok saw x and not y, but r read {y} of {x y z} [3,4] ok saw y and not x"},
	{"fork: unexpected", LongFork([]SnapshotOp{put("x", 1, 9), snap(3), snap(3, "x"), snap(3, "x", "z")}), []Anomaly{Unexpected}, ""},
	{"reverse", CausalReverse([]SnapshotOp{put("x", 1, 2), put("y", 3, 4), snap(1), snap(5, "y")}), []Anomaly{Reverse}, ""},
}

func TestEveryAnomalyIsFoundUnderItsNameAndNoOther(t *testing.T) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, checker.Violated, tc.report.Verdict)
			var got []Anomaly
			for a := range tc.report.Count {
				got = append(got, a)
			}
			require.ElementsMatch(t, tc.found, got)
			require.NotEmpty(t, tc.report.Findings[0].Ops)
			if tc.why != "" {
				require.Equal(t, tc.why, tc.report.Reason)
			}
		})
	}
}

func TestCleanHistoriesHold(t *testing.T) {
	for name, r := range map[string]Report{
		"set":                         Set([]SetOp{add("1", ok, 1, 2), add("2", maybe, 1, 2), all(1, 4), all(5, 6, "1")}, SetOptions{Linearizable: true}),
		"set: stale is allowed":       Set([]SetOp{add("1", ok, 1, 2), all(3, 4), all(5, 6, "1")}, SetOptions{}),
		"queue":                       Queue([]QueueOp{enq("1", ok, 1), enq("2", maybe, 3), deq("1", ok, 5), {Client: "c", Dequeue: true, Empty: true, Status: ok, Call: 9, Ret: 9}}, QueueOptions{Drained: true}),
		"queue: an excused loss":      Queue([]QueueOp{enq("1", ok, 1), enq("2", ok, 3), deq("", maybe, 4), deq("1", ok, 5)}, QueueOptions{Drained: true}),
		"queue: at least once":        Queue([]QueueOp{enq("1", ok, 1), deq("1", ok, 5), deq("1", ok, 8)}, QueueOptions{Drained: true, AtLeastOnce: true}),
		"ids":                         UniqueIDs([]IDOp{{Client: "a", ID: "7", Status: ok}, {Client: "b", ID: "8", Status: ok}}),
		"counter":                     Counter([]CounterOp{count(false, 5, ok, 1, 2), count(false, -3, maybe, 1, 9), count(true, 2, ok, 3, 4), count(true, 5, ok, 3, 4)}),
		"bank":                        Bank([]BankRead{bank(1, 5, 5), bank(3, 0, 10)}, twoAccounts),
		"long fork: a chain":          LongFork([]SnapshotOp{put("x", 1, 9), put("y", 1, 9), snap(3, "x"), snap(3, "x", "y"), snap(4)}),
		"causal reverse: overlapping": CausalReverse([]SnapshotOp{put("x", 1, 3), put("y", 3, 4), put("z", 5, 6), snap(9, "y"), snap(9, "x", "y", "z")}),
	} {
		require.Equal(t, checker.Holds, r.Verdict, "%s: %s", name, r.Reason)
	}
}

func TestNothingIsNotOK(t *testing.T) {
	for name, r := range map[string]Report{
		"set": Set(nil, SetOptions{}), "queue": Queue(nil, QueueOptions{Drained: true}), "ids": UniqueIDs(nil), "counter": Counter(nil),
		"bank": Bank(nil, twoAccounts), "fork": LongFork(nil), "reverse": CausalReverse(nil),
		"set without a final read":     Set([]SetOp{add("1", ok, 1, 2), all(1, 4)}, SetOptions{}),
		"queue that was not drained":   Queue([]QueueOp{enq("1", ok, 1), deq("1", ok, 5)}, QueueOptions{}),
		"a bank where nothing happens": Bank([]BankRead{bank(1, 5, 5), bank(2, 5, 5)}, twoAccounts),
		"reads of an untouched 0":      Counter([]CounterOp{count(false, 5, ok, 3, 9), count(true, 0, ok, 1, 2)}),
	} {
		require.Equal(t, checker.Vacuous, r.Verdict, name)
		require.NotEmpty(t, r.Reason, name)
	}
}

func TestWhatIsNoHistoryIsMalformed(t *testing.T) {
	for name, r := range map[string]Report{
		"set: time":    Set([]SetOp{add("1", ok, 2, 1)}, SetOptions{}),
		"set: twice":   Set([]SetOp{add("1", ok, 1, 2), add("1", ok, 1, 2)}, SetOptions{}),
		"queue: twice": Queue([]QueueOp{enq("1", ok, 1), enq("1", ok, 1)}, QueueOptions{}),
		"queue: time":  Queue([]QueueOp{{Call: 2, Ret: 1}}, QueueOptions{}),
		"ids":          UniqueIDs([]IDOp{{Call: 2, Ret: 1}}),
		"counter":      Counter([]CounterOp{{Call: 2, Ret: 1}}),
		"bank: time":   Bank([]BankRead{{Call: 2, Ret: 1}}, twoAccounts),
		"bank: empty":  Bank(nil, BankOptions{}),
		"fork":         LongFork([]SnapshotOp{put("x", 1, 2), put("x", 1, 2)}),
		"reverse":      CausalReverse([]SnapshotOp{put("x", 2, 1)}),
	} {
		require.Equal(t, checker.Malformed, r.Verdict, name)
		require.NotEmpty(t, r.Reason, name)
	}
}

func TestReportsAreJSON(t *testing.T) {
	b, err := json.Marshal(UniqueIDs([]IDOp{{Client: "a", ID: "7", Status: ok}, {Client: "b", ID: "7", Status: ok}}))
	require.NoError(t, err)
	require.JSONEq(t, `{"check":"unique-ids","verdict":"violated","reason":"7 was given to a got 7 [0,0] ok and to b got 7 [0,0] ok",
		"findings":[{"anomaly":"duplicated","subject":"7","sentence":"7 was given to a got 7 [0,0] ok and to b got 7 [0,0] ok",
		"ops":[{"index":0,"text":"a got 7 [0,0] ok"},{"index":1,"text":"b got 7 [0,0] ok"}]}],
		"count":{"duplicated":1},"coverage":[{"name":"identifiers","n":2,"floor":2}]}`, string(b))
}

func TestReportsKeepFewFindingsAndCountAll(t *testing.T) {
	r := NewReport("x")
	r.Allowed(Stale, "", nil, "permitted")
	for range 20 {
		r.Found(Lost, "", nil, "gone")
	}
	require.False(t, r.Wants(Lost))
	require.True(t, r.Wants(Fork))
	done := r.Done()
	require.Equal(t, 20, done.Count[Lost])
	require.Len(t, done.Findings, 9)
	require.Equal(t, "gone", done.Reason)
}

// The bounds of a counter are those of the values that all orders of its possible adds can show.
func TestCounterBoundsAreThoseOfAllSubsets(t *testing.T) {
	bad := 0
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var h []CounterOp
		for range 2 + r.IntN(5) {
			call := r.Int64N(10)
			h = append(h, count(false, r.Int64N(7)-3, []checker.Status{ok, ok, maybe, fail}[r.IntN(4)], call, call+r.Int64N(6)))
		}
		call := r.Int64N(14)
		read := count(true, r.Int64N(9)-4, ok, call, call+r.Int64N(4))
		possible := map[int64]bool{0: true}
		for _, a := range h {
			next := map[int64]bool{}
			for v := range possible {
				certain := a.Status == ok && a.Ret < read.Call
				if !certain {
					next[v] = true
				}
				if certain || a.Status != fail && a.Call <= read.Ret {
					next[v+a.Value] = true
				}
			}
			possible = next
		}
		least, most := int64(1<<60), int64(-1<<60)
		for v := range possible {
			least, most = min(least, v), max(most, v)
		}
		rep := Counter(slices.Insert(h, r.IntN(len(h)), read))
		require.Equal(t, read.Value < least || read.Value > most, rep.Has(OutOfBounds), "seed %d: %s", seed, rep.Reason)
		if rep.Has(OutOfBounds) {
			bad++
		}
	}
	require.Greater(t, bad, 500)
}

// Sorting and comparing neighbours finds a fork exactly if some pair of reads of the same keys is one.
func TestForksAreThoseOfAllPairs(t *testing.T) {
	bad := 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 2))
		h := []SnapshotOp{put("x", 0, 9), put("y", 0, 9), put("z", 0, 9)}
		for range 2 + r.IntN(4) {
			var seen []string
			for _, k := range []string{"x", "y", "z"} {
				if r.IntN(3) > 0 {
					seen = append(seen, k)
				}
			}
			h = append(h, snap(3, seen...))
		}
		want := false
		for _, a := range h[3:] {
			for _, b := range h[3:] {
				want = want || apart(a.Seen, b.Seen) && apart(b.Seen, a.Seen)
			}
		}
		require.Equal(t, want, LongFork(h).Has(Fork), "seed %d", seed)
		if want {
			bad++
		}
	}
	require.Greater(t, bad, 500)
}

func apart(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return !slices.Contains(b, x) })
}

// What Set says of each element is what its definition says, read by read.
func TestSetsAreJudgedByTheDefinition(t *testing.T) {
	met := map[Anomaly]int{}
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 3))
		elements := []string{"a", "b", "c"}
		var h []SetOp
		for _, e := range elements {
			call := r.Int64N(6)
			h = append(h, add(e, []checker.Status{ok, ok, maybe}[r.IntN(3)], call, call+r.Int64N(5)))
		}
		for range 1 + r.IntN(4) {
			var seen []string
			for i, e := range elements {
				if r.IntN(4) > 0 && h[i].Call < 9 {
					seen = append(seen, e)
				}
			}
			call := 6 + r.Int64N(10)
			h = append(h, all(call, call+r.Int64N(3), seen...))
		}
		rep := Set(h, SetOptions{Linearizable: true})
		lost, stale := 0, 0
		for i, e := range elements {
			switch fate(h, i, e) {
			case Lost:
				lost++
			case Stale:
				stale++
			}
		}
		require.Equal(t, lost, rep.Count[Lost], "seed %d", seed)
		require.Equal(t, stale, rep.Count[Stale], "seed %d", seed)
		met[Lost] += lost
		met[Stale] += stale
	}
	require.Greater(t, met[Lost], 200)
	require.Greater(t, met[Stale], 200)
}

// fate says what became of the element that h[i] added, by looking at all reads.
func fate(h []SetOp, i int, e string) Anomaly {
	known := int64(checker.Never)
	if h[i].Status == ok {
		known = h[i].Ret
	}
	present, absent := int64(-1), int64(-1)
	for _, o := range h[3:] {
		if slices.Contains(o.Seen, e) {
			known, present = min(known, o.Ret), max(present, o.Call)
		} else {
			absent = max(absent, o.Call)
		}
	}
	switch {
	case absent <= known:
		return ""
	case present < absent:
		return Lost
	}
	return Stale
}
