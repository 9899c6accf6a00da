package delivery_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/delivery"
)

func sent(m string, s checker.Status) Op {
	return Op{Client: "p", Message: m, Status: s, Call: 1, Ret: 2}
}

func effect(m string, s checker.Status) Op {
	return Op{Client: "c", Effect: true, Message: m, Status: s, Call: 3, Ret: 4}
}

func move(from, to int64, s checker.Status, outputs ...int64) Transfer {
	return Transfer{Worker: "w", Partition: "p", From: from, To: to, Outputs: outputs, Status: s}
}

func step(s Step, root, tuple string) TreeEvent { return TreeEvent{s, root, tuple} }

const (
	ok    = checker.OK
	maybe = checker.Maybe
	fail  = checker.Fail
)

var cases = []struct {
	name string
	r    guarantee.Report
	want guarantee.Anomaly
	why  string
}{
	{"lost", Messages([]Op{sent("m", ok), sent("n", ok), effect("n", ok)}, AtLeastOnce, true), Lost, "m was acknowledged and never processed"},
	{"lost, because its effect was taken back", Messages([]Op{sent("m", ok), effect("m", fail)}, ExactlyOnce, true), Lost, ""},
	{"duplicated", Messages([]Op{sent("m", ok), effect("m", ok), effect("m", ok)}, ExactlyOnce, true), Duplicated, "c processed m [3,4] ok, and c processed m [3,4] ok"},
	{"duplicated, at most once", Messages([]Op{sent("m", ok), effect("m", ok), effect("m", ok)}, AtMostOnce, false), Duplicated, ""},
	{"duplicated, around an unknown one", Messages([]Op{sent("m", ok), effect("m", ok), effect("m", maybe), effect("m", ok)}, ExactlyOnce, true), Duplicated, ""},
	{"never sent", Messages([]Op{sent("m", ok), effect("m", ok), effect("n", ok)}, AtLeastOnce, true), Unexpected, "c processed n [3,4] ok, which nobody had sent"},
	{"failed", Messages([]Op{sent("m", ok), effect("m", ok), sent("n", fail), effect("n", ok)}, AtLeastOnce, true), Unexpected, ""},
	{"too early", Messages([]Op{{Client: "p", Message: "m", Status: ok, Call: 9, Ret: 9}, effect("m", ok)}, AtLeastOnce, true), Unexpected, ""},
	{"a gap", Transfers([]Transfer{move(0, 2, ok, 0, 1), move(3, 4, ok, 3)}, nil), Lost, "w transfers p [3,4) → [3] ok begins at 3, and nobody moved what is there from offset 2 on"},
	{"an overlap", Transfers([]Transfer{move(0, 2, ok, 0, 1), move(1, 3, ok, 1, 2)}, nil), Duplicated, ""},
	{"an output too few", Transfers([]Transfer{move(0, 2, ok, 0)}, nil), Torn, "w transfers p [0,2) → [0] ok has no output for 1"},
	{"an output too many", Transfers([]Transfer{move(0, 1, ok, 0, 1)}, nil), Torn, "w transfers p [0,1) → [0 1] ok has an output for 1, which it does not cover"},
	{"an output twice", Transfers([]Transfer{move(0, 2, ok, 0, 0, 1)}, nil), Torn, "w transfers p [0,2) → [0 0 1] ok has two outputs for 0"},
	{"an output of an aborted one", Transfers([]Transfer{move(0, 1, ok, 0), move(1, 2, fail, 1)}, nil), Torn, ""},
	{"acknowledged too early", Trees([]TreeEvent{step(Emit, "r", ""), step(Anchor, "r", "a"), step(Process, "r", "r"), step(Ack, "r", "")}, true, false), EarlyAck,
		"r was acknowledged, and 1 of its tuples were not processed"},
	{"grew after its end", Trees([]TreeEvent{step(Emit, "r", ""), step(Process, "r", "r"), step(Ack, "r", ""), step(Anchor, "r", "a"), step(Process, "r", "a")}, true, false), EarlyAck, ""},
	{"acknowledged twice", Trees([]TreeEvent{step(Emit, "r", ""), step(Process, "r", "r"), step(Ack, "r", ""), step(Ack, "r", "")}, true, false), AckTwice, ""},
	{"forgotten", Trees([]TreeEvent{step(Emit, "q", ""), step(Process, "q", "q"), step(Ack, "q", ""), step(Emit, "r", "")}, true, false), Forgotten, "r was neither acknowledged nor failed"},
	{"processed twice for nothing", Trees([]TreeEvent{step(Emit, "r", ""), step(Process, "r", "r"), step(Process, "r", "r"), step(Ack, "r", "")}, true, true), Reworked, ""},
}

func TestEveryAnomalyIsFoundUnderItsName(t *testing.T) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, checker.Violated, tc.r.Verdict)
			require.Equal(t, map[guarantee.Anomaly]int{tc.want: 1}, tc.r.Count)
			if tc.why != "" {
				require.Equal(t, tc.why, tc.r.Reason)
			}
		})
	}
}

func TestCleanHistoriesHold(t *testing.T) {
	for name, r := range map[string]guarantee.Report{
		"exactly once":            Messages([]Op{sent("m", ok), effect("m", fail), effect("m", ok), sent("n", maybe)}, ExactlyOnce, true),
		"an unknown effect":       Messages([]Op{sent("m", ok), sent("n", ok), effect("m", ok), effect("n", maybe)}, ExactlyOnce, true),
		"at least once":           Messages([]Op{sent("m", ok), effect("m", ok), effect("m", ok)}, AtLeastOnce, true),
		"at most once":            Messages([]Op{sent("m", ok), sent("n", ok), effect("m", ok)}, AtMostOnce, true),
		"transfers":               Transfers([]Transfer{move(2, 5, ok, 4, 2, 3), move(0, 2, ok, 0, 1), move(5, 5, ok), move(5, 9, fail)}, nil),
		"an unknown transfer":     Transfers([]Transfer{move(3, 4, ok, 3), move(4, 6, maybe), move(6, 7, ok, 6)}, map[string]int64{"p": 3}),
		"a tree":                  Trees([]TreeEvent{step(Emit, "r", ""), step(Anchor, "r", "a"), step(Process, "r", "r"), step(Process, "r", "a"), step(Ack, "r", "")}, true, true),
		"a tree that was retried": Trees([]TreeEvent{step(Emit, "q", ""), step(Fail, "q", ""), step(Emit, "r", ""), step(Process, "r", "r"), step(Ack, "r", "")}, true, false),
	} {
		require.Equal(t, checker.Holds, r.Verdict, "%s: %s", name, r.Reason)
	}
}

func TestNothingIsNotOKAndNonsenseIsMalformed(t *testing.T) {
	for name, r := range map[string]guarantee.Report{"messages": Messages(nil, ExactlyOnce, true), "transfers": Transfers(nil, nil), "trees": Trees(nil, true, true),
		"messages without an end": Messages([]Op{sent("m", ok), effect("m", ok)}, ExactlyOnce, false)} {
		require.Equal(t, checker.Vacuous, r.Verdict, name)
	}
	for name, r := range map[string]guarantee.Report{
		"promise": Messages(nil, 0, true), "twice": Messages([]Op{sent("m", ok), sent("m", ok)}, ExactlyOnce, true), "time": Messages([]Op{{Call: 2, Ret: 1}}, ExactlyOnce, true),
		"range": Transfers([]Transfer{move(2, 1, ok)}, nil), "step": Trees([]TreeEvent{{}}, true, true),
		"root": Trees([]TreeEvent{step(Ack, "r", "")}, true, true), "again": Trees([]TreeEvent{step(Emit, "r", ""), step(Emit, "r", "")}, true, true),
	} {
		require.Equal(t, checker.Malformed, r.Verdict, name)
	}
}

// Transactions without an unknown end hold exactly if every offset up to the last has one output, by who covers it.
func TestTransfersAreJudgedOffsetByOffset(t *testing.T) {
	sound := 0
	for seed := range uint64(6000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var h []Transfer
		at := int64(0)
		for range 1 + r.IntN(4) {
			from := at
			if r.IntN(6) == 0 {
				from = max(0, at+r.Int64N(3)-1)
			}
			x := move(from, from+1+r.Int64N(3), ok)
			at = x.To
			for o := x.From; o < x.To; o++ {
				if r.IntN(15) > 0 {
					x.Outputs = append(x.Outputs, o)
				}
			}
			h = append(h, x)
		}
		covered := map[int64]int{}
		want, end := true, int64(0)
		for _, x := range h {
			for o := x.From; o < x.To; o++ {
				covered[o]++
				want = want && slices.Contains(x.Outputs, o)
			}
			end = max(end, x.To)
		}
		for o := range end {
			want = want && covered[o] == 1
		}
		r.Shuffle(len(h), func(i, j int) { h[i], h[j] = h[j], h[i] })
		got := Transfers(h, nil)
		require.Equal(t, want, got.Verdict == checker.Holds, "seed %d: %v: %s", seed, h, got.Reason)
		if want {
			sound++
		}
	}
	require.Greater(t, sound, 1000)
}

// Messages are judged as their counts are.
func TestMessagesAreJudgedByTheirCounts(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 2))
		var h []Op
		want := map[guarantee.Anomaly]bool{}
		for _, m := range []string{"m", "n"} {
			s := []checker.Status{ok, maybe}[r.IntN(2)]
			h = append(h, sent(m, s))
			n := r.IntN(3)
			for range n {
				h = append(h, effect(m, ok))
			}
			want[Lost] = want[Lost] || s == ok && n == 0
			want[Duplicated] = want[Duplicated] || n > 1
		}
		got := Messages(h, ExactlyOnce, true)
		require.Equal(t, want[Lost], got.Has(Lost))
		require.Equal(t, want[Duplicated], got.Has(Duplicated))
	}
}
