package commit_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/commit"
)

// run makes a run of one transaction t of a and b: "a+" and "a-" vote, "aC" and "aA" decide, "aD" is durable, "aX" applies,
// "!" is a fault.
func run(words string) Run {
	r := Run{Events: []Event{{Kind: Begin, Txn: "t", Participants: []string{"a", "b"}}}}
	for w := range strings.FieldsSeq(words) {
		if w == "!" {
			r.Events = append(r.Events, Event{Kind: Fault})
			continue
		}
		e := Event{Txn: "t", Process: w[:1]}
		switch w[1] {
		case '+', '-':
			e.Kind, e.Yes = Vote, w[1] == '+'
		case 'C', 'A':
			e.Kind, e.Yes = Decide, w[1] == 'C'
		case 'D':
			e.Kind = Durable
		case 'X':
			e.Kind = Apply
		}
		r.Events = append(r.Events, e)
	}
	return r
}

func with(r Run, f func(r *Run)) Run { f(&r); return r }

func repaired(r *Run) { r.Repaired = true }
func durable(r *Run)  { r.DurableFirst = true }
func applies(r *Run)  { r.Applies, r.Repaired = true, true }

var cases = []struct {
	name string
	run  Run
	want guarantee.Anomaly
	why  string
}{
	{"split decision", run("a+ b+ ! aC bA"), AC1, "a decides to commit t, but b decides to abort t"},
	{"reversal", run("a+ b+ ! aA aC bC"), AC2, "a reversed its decision on t"},
	{"commit over a no", run("a+ b- aC bC"), AC3, "a decides to commit t, but b votes no on t"},
	{"commit without a vote", run("a+ aC bC"), AC3, "a decides to commit t, but b had not voted"},
	{"commit before a vote", run("a+ aC b+ bC"), AC3, ""},
	{"abort for no reason", run("a+ b+ aA bA"), AC4, "t was aborted, although nothing failed and all voted yes"},
	{"blocked for good", with(run("a+ b+ ! aC"), repaired), AC5, "b never decided t, although everything was repaired"},
	{"told before it was on disk", with(run("a+ b+ aC aD bD bC"), durable), Hasty, "a told its decision on t before it was on disk"},
	{"half applied", with(run("a+ b+ aC bC aX"), applies), Partial, "t was committed, and never applied at b"},
	{"applied though aborted", with(run("a+ b- aA bA aX"), applies), Unwanted, "a applies t, which nobody committed"},
	{"applied too early", with(run("a+ b+ aX aC bC bX"), applies), Unwanted, "a applies t before anyone had committed it"},
	{"voted both ways", run("a+ a- b+ ! aA bA"), VoteTwice, "a voted both ways on t"},
}

func TestEveryAnomalyIsFoundUnderItsName(t *testing.T) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r := Check(tc.run)
			require.Equal(t, checker.Violated, r.Verdict)
			require.True(t, r.Has(tc.want), "%v", r.Count)
			if tc.why != "" {
				require.Equal(t, tc.why, r.Findings[0].Sentence)
			}
		})
	}
}

func TestCleanRunsHold(t *testing.T) {
	for name, r := range map[string]Run{
		"commit": with(run("a+ b+ aC bC aX bX"), applies), "an abort after a fault": with(run("a+ b+ ! aA bA"), repaired),
		"durable": with(run("a+ b+ aD aC bD bC aC"), durable), "blocked while it is broken": run("a+ b+ ! aC bC"),
	} {
		require.Equal(t, checker.Holds, Check(r).Verdict, "%s: %s", name, Check(r).Reason)
	}
}

func TestNothingIsNotOKAndNonsenseIsMalformed(t *testing.T) {
	require.Equal(t, checker.Vacuous, Check(Run{}).Verdict)
	require.Equal(t, checker.Vacuous, Check(run("a+ b- aA bA")).Verdict, "a system that always aborts is not tested")
	require.Equal(t, checker.Vacuous, Check(run("a+ b+ ! aC")).Verdict)
	require.Equal(t, checker.Malformed, Check(run("c+")).Verdict)
	require.Equal(t, checker.Malformed, Check(Run{Events: []Event{{}}}).Verdict)
	require.Equal(t, checker.Malformed, Check(Run{Events: []Event{{Kind: Begin}}}).Verdict)
}

// The safety properties are what their definitions say of thousands of runs that are mostly wrong.
func TestSmallRunsAreJudgedByTheDefinitions(t *testing.T) {
	met := map[guarantee.Anomaly]int{}
	for seed := range uint64(5000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var words []string
		for range 2 + rnd.IntN(7) {
			words = append(words, []string{"a+", "a+", "b+", "b+", "b-", "aC", "bC", "aC", "bC", "aA", "bA", "!"}[rnd.IntN(12)])
		}
		r := with(run(strings.Join(words, " ")), func(r *Run) { r.Repaired = seed%2 == 0 })
		got := Check(r)
		for a, want := range brute(words, r.Repaired) {
			if got.Has(VoteTwice) {
				break
			}
			require.Equal(t, want, got.Has(a), "seed %d: %v: %s", seed, words, a)
			if want {
				met[a]++
			}
		}
	}
	for _, a := range []guarantee.Anomaly{AC1, AC2, AC3, AC4, AC5} {
		require.Greater(t, met[a], 20, a)
	}
}

// brute judges a transaction of a and b by its words.
func brute(words []string, repaired bool) map[guarantee.Anomaly]bool {
	has := func(ws []string, w string) bool { return strings.Contains(" "+strings.Join(ws, " ")+" ", " "+w+" ") }
	first := func(p string) string {
		for _, w := range words {
			if w == p+"C" || w == p+"A" {
				return w[1:]
			}
		}
		return ""
	}
	out := map[guarantee.Anomaly]bool{
		AC1: first("a") != "" && first("b") != "" && first("a") != first("b"),
		AC2: has(words, "aC") && has(words, "aA") || has(words, "bC") && has(words, "bA"),
		AC5: repaired && (first("a") == "" || first("b") == ""),
	}
	for i, w := range words {
		if w[1:] == "C" {
			out[AC3] = !has(words[:i], "a+") || !has(words[:i], "b+")
			break
		}
	}
	for _, w := range words {
		if w[1:] == "C" || w[1:] == "A" {
			out[AC4] = w[1:] == "A" && has(words, "a+") && has(words, "b+") && !has(words, "!")
			break
		}
	}
	return out
}
