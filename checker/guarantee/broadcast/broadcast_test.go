package broadcast_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/broadcast"
)

// run makes a run of words: "a!m" broadcasts, "a!m/2" in epoch 2, "a:m" delivers, "a^3" restarts after three deliveries.
func run(words string) Run {
	var r Run
	for w := range strings.FieldsSeq(words) {
		i := strings.IndexAny(w, "!:^")
		e := Event{Process: w[:i], Message: w[i+1:], Kind: map[byte]Kind{'!': Broadcast, ':': Deliver, '^': Restart}[w[i]]}
		if m, epoch, ok := strings.Cut(e.Message, "/"); ok {
			e.Message = m
			fmt.Sscan(epoch, &e.Epoch)
		}
		if e.Kind == Restart {
			fmt.Sscan(e.Message, &e.Keep)
			e.Message = ""
		}
		r.Events = append(r.Events, e)
	}
	return r
}

func quiet(r Run, correct ...string) Run {
	r.Quiet, r.Correct = true, correct
	return r
}

var cases = []struct {
	name string
	run  Run
	want guarantee.Anomaly
	why  string
}{
	{"out of thin air", run("a!m a:m b:m b:n"), Integrity, "b delivered n, which nobody had broadcast"},
	{"twice", run("a!m a:m b:m b:m"), Integrity, "b delivered m again"},
	{"twice, later", run("a!m a!n a:m a:n b:m b:n b:m"), Integrity, "b delivered m again"},
	{"two orders", run("a!m a!n a:m a:n b:n b:m"), TotalOrder, "b delivered n as number 1, where a had delivered m"},
	{"a gap", run("a!m a!n a:m a:n b:n"), TotalOrder, ""},
	{"another order after a restart", run("a!m a!n a:m a:n b:m b:n b^0 b:n"), TotalOrder, ""},
	{"more than it had", run("a!m a:m b:m b^2"), Replay, "b came back with 2 deliveries, and had made 1"},
	{"never delivered", quiet(run("a!m a!n a:m b:m"), "a", "b"), Validity, "a broadcast n, and nobody ever delivered it"},
	{"not delivered by all", quiet(run("a!m a!n a:m a:n b:m"), "a", "b"), Agreement, "b never delivered n, which a did"},
	{"delivered only by one that crashed", quiet(run("a!m a!n a:m a:n b:m c:m"), "b", "c"), Agreement, ""},
	{"two primaries", run("a!m/1 b!n/1 a:m a:n b:m"), OnePrimary, "a and b both broadcast in epoch 1"},
	{"a primary's messages swapped", run("a!m/1 a!n/1 a:n b:n a:m"), LocalOrder, "n of epoch 1 was delivered where its primary had broadcast m"},
	{"a primary's message left out", run("a!m/1 a!n/1 a:n b:n"), LocalOrder, ""},
	{"an old epoch after a new one", run("a!m/1 b!n/2 a:n b:n a:m b:m"), GlobalOrder, "m of epoch 1 was delivered after n of epoch 2"},
	{"a primary that was behind", run("a!m/1 a:m b!n/2 b:m b:n a:n"), PrimaryBehind, "b broadcast n in epoch 2 without having delivered m of epoch 1"},
}

func TestEveryAnomalyIsFoundUnderItsName(t *testing.T) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r := Check(tc.run)
			require.Equal(t, checker.Violated, r.Verdict)
			require.True(t, r.Has(tc.want), "%v", r.Count)
			require.NotEmpty(t, r.Findings[0].Ops)
			if tc.why != "" {
				require.Equal(t, tc.why, r.Reason)
			}
		})
	}
}

func TestCleanRunsHold(t *testing.T) {
	for name, r := range map[string]Run{
		"prefixes":            run("a!m b!n a:m a:n b:m"),
		"restart and replay":  quiet(run("a!m a!n a:m b:m a:n b:n b^1 b:n b^0 b:m b:n"), "a", "b"),
		"a crashed sender":    quiet(run("a!m c!n a:m b:m"), "a", "b"),
		"primaries":           quiet(run("a!m/1 a!n/1 a:m b:m b!o/2 b:o a:o"), "b"),
		"a lost epoch's tail": run("a!m/1 a!n/1 a:m b:m b!o/3 b:o a:o"),
	} {
		require.Equal(t, checker.Holds, Check(r).Verdict, "%s: %s", name, Check(r).Reason)
	}
}

func TestNothingIsNotOKAndNonsenseIsMalformed(t *testing.T) {
	require.Equal(t, checker.Vacuous, Check(Run{}).Verdict)
	require.Equal(t, "1 processes that delivered, want at least 2", Check(run("a!m a:m")).Reason)
	for _, e := range []Event{{}, {Kind: Deliver, Process: "a"}, {Kind: 9, Process: "a"}, {Kind: Broadcast, Message: "m"}} {
		require.Equal(t, checker.Malformed, Check(Run{Events: []Event{e}}).Verdict)
	}
	require.Equal(t, checker.Malformed, Check(run("a!m b!m")).Verdict)
}

// sequences returns what each process delivered, for runs without restarts.
func sequences(r Run) map[string][]string {
	out := map[string][]string{}
	for _, e := range r.Events {
		if e.Kind == Deliver {
			out[e.Process] = append(out[e.Process], e.Message)
		}
	}
	return out
}

// Safety is judged as the definitions say, on runs that are mostly wrong.
func TestSmallRunsAreJudgedByTheDefinitions(t *testing.T) {
	broken, sound := 0, 0
	for seed := range uint64(20000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		words := "a!m/1 a!n/1 b!o/2"
		for range 2 + rnd.IntN(5) {
			words += " " + string("abc"[rnd.IntN(3)]) + ":" + string("mno"[rnd.IntN(3)])
		}
		r := run(words)
		r.Events[2], r.Events[2+rnd.IntN(len(r.Events)-2)] = r.Events[2+rnd.IntN(len(r.Events)-2)], r.Events[2]
		if slices.IndexFunc(r.Events, func(e Event) bool { return e.Message == "o" && e.Kind == Broadcast }) < 0 {
			continue
		}
		want := bruteSafe(r)
		require.Equal(t, want, Check(r).Verdict != checker.Violated, "seed %d: %v: %s", seed, r.Events, Check(r).Reason)
		if want {
			sound++
		} else {
			broken++
		}
	}
	require.Greater(t, broken, 1000)
	require.Greater(t, sound, 200)
}

// bruteSafe judges a run with messages m, n of epoch 1 and o of epoch 2, pair by pair.
func bruteSafe(r Run) bool {
	sent := map[string]int{}
	for i, e := range r.Events {
		if e.Kind == Broadcast {
			if _, twice := sent[e.Message]; twice {
				return true // malformed, not judged
			}
			sent[e.Message] = i
		}
	}
	for i, e := range r.Events {
		if s, there := sent[e.Message]; e.Kind == Deliver && (!there || s > i) {
			return false
		}
	}
	seqs := sequences(r)
	for _, s := range seqs {
		for i := range s {
			if slices.Contains(s[:i], s[i]) {
				return false
			}
		}
		for _, u := range seqs {
			if n := min(len(s), len(u)); !slices.Equal(s[:n], u[:n]) {
				return false
			}
		}
		o, m, n := slices.Index(s, "o"), slices.Index(s, "m"), slices.Index(s, "n")
		firstSent, secondSent := m, n
		if sent["n"] < sent["m"] {
			firstSent, secondSent = n, m
		}
		switch {
		case secondSent >= 0 && (firstSent < 0 || firstSent > secondSent): // local order
			return false
		case o >= 0 && (m > o || n > o): // global order
			return false
		}
	}
	for _, s := range seqs { // primary integrity
		for _, msg := range s {
			if msg == "o" {
				continue
			}
			had := false
			for _, e := range r.Events[:sent["o"]] {
				had = had || e.Kind == Deliver && e.Process == r.Events[sent["o"]].Process && e.Message == msg
			}
			if !had {
				return false
			}
		}
	}
	return true
}

func BenchmarkCheck(b *testing.B) {
	const n = 100_000
	var r Run
	for i := range n {
		r.Events = append(r.Events, Event{Kind: Broadcast, Process: "p0", Message: fmt.Sprint(i), Epoch: 1})
		for p := range 3 {
			r.Events = append(r.Events, Event{Kind: Deliver, Process: fmt.Sprint("p", p), Message: fmt.Sprint(i)})
		}
	}
	for b.Loop() {
		require.Equal(b, checker.Holds, Check(r).Verdict)
	}
	b.ReportMetric(float64(4*n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
