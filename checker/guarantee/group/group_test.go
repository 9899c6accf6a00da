package group_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/group"
)

var topics = map[string][]string{"t": {"t-0", "t-1"}, "u": {"u-0"}}

func sub(member string, topics ...string) Event {
	return Event{Kind: Subscribe, Member: member, Topics: topics}
}

// gen makes a generation in which a and b have these partitions.
func gen(n int64, a, b []string) Event {
	return Event{Kind: Assign, Generation: n, Assignments: []Assignment{{"a", a}, {"b", b}}}
}

func at(k Kind, member, partition string, generation, offset int64) Event {
	return Event{Kind: k, Member: member, Partition: partition, Generation: generation, Offset: offset}
}

type ps = []string

// base is two generations in which t-1 moves from a to b.
var base = []Event{sub("a", "t"), gen(1, ps{"t-0", "t-1"}, nil), at(Begin, "a", "t-1", 1, 0), at(Commit, "a", "t-1", 1, 5), sub("b", "t"),
	gen(2, ps{"t-0"}, ps{"t-1"}), at(Refused, "a", "t-1", 1, 6), at(Begin, "b", "t-1", 2, 5), at(Commit, "b", "t-1", 2, 7)}

func run(more ...Event) Run {
	return Run{Topics: topics, Events: append(append([]Event{}, base...), more...), Ends: map[string]int64{"t-1": 9}}
}

func incremental(r Run) Run { r.Incremental = true; return r }

var cases = []struct {
	name string
	run  Run
	want guarantee.Anomaly
	why  string
}{
	{"two owners", run(gen(3, ps{"t-0", "t-1"}, ps{"t-1"})), TwoOwners, "generation 3 assigned t-1 to a and to b"},
	{"nobody", run(gen(3, ps{"t-0"}, nil)), Unowned, "generation 3 assigned t-1 to nobody, and a had subscribed to t"},
	{"not asked for", run(gen(3, ps{"t-0", "u-0"}, ps{"t-1"})), NotAsked, "generation 3 assigned u-0 to a, which had not subscribed to u"},
	{"a generation again", run(gen(2, ps{"t-0"}, ps{"t-1"})), Generations, "generation 2 came after generation 2"},
	{"a commit of the past", run(at(Commit, "b", "t-1", 1, 8)), StaleCommit, "b committed t-1 in generation 1, and it was generation 2 by then"},
	{"a commit by another", run(at(Commit, "a", "t-1", 2, 8)), StaleCommit, "a committed t-1, which generation 2 had not assigned to it"},
	{"a commit that goes back", run(at(Commit, "b", "t-1", 2, 6)), CommitBack, "b committed t-1 at 6, after 7"},
	{"a commit behind the end", run(at(Commit, "b", "t-1", 2, 10)), CommitBehind, "b committed t-1 at 10, and the log ends at 9"},
	{"a start that skips", run(gen(3, ps{"t-1"}, ps{"t-0"}), at(Begin, "a", "t-1", 3, 8)), WrongStart, "a began to read t-1 at 8, and 7 was committed"},
	{"a start by who does not own it", run(at(Begin, "a", "t-1", 2, 7)), NotOwner, "a began to read t-1, which generation 2 had not assigned to it"},
	{"taken and not given up", incremental(run(at(Take, "b", "t-1", 2, 0), gen(3, ps{"t-0", "t-1"}, nil), at(Take, "a", "t-1", 3, 0))), TwoOwners,
		"a took t-1, which b had not given up"},
	{"taken and not assigned", run(at(Take, "a", "t-1", 2, 0)), NotOwner, ""},
}

func TestEveryAnomalyIsFoundUnderItsName(t *testing.T) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r := Check(tc.run)
			require.Equal(t, checker.Violated, r.Verdict)
			require.Equal(t, map[guarantee.Anomaly]int{tc.want: 1}, r.Count)
			if tc.why != "" {
				require.Equal(t, tc.why, r.Reason)
			}
		})
	}
}

func TestCleanRunsHold(t *testing.T) {
	for name, r := range map[string]Run{
		"in turn":     run(),
		"cooperative": incremental(run(at(Take, "b", "t-1", 2, 0), gen(3, ps{"t-0"}, nil), at(Give, "b", "t-1", 3, 0), gen(4, ps{"t-0", "t-1"}, nil), at(Take, "a", "t-1", 4, 0))),
		"reset":       run(at(Reset, "", "t-1", 0, 0), gen(3, ps{"t-1"}, ps{"t-0"}), at(Begin, "a", "t-1", 3, 0), at(Commit, "a", "t-1", 3, 1)),
		"left":        run(sub("a"), gen(3, nil, ps{"t-0", "t-1"})),
	} {
		require.Equal(t, checker.Holds, Check(r).Verdict, "%s: %s", name, Check(r).Reason)
	}
}

func TestNothingIsNotOKAndNonsenseIsMalformed(t *testing.T) {
	require.Equal(t, "0 generations, want at least 2", Check(Run{}).Reason)
	require.Equal(t, checker.Vacuous, Check(Run{Topics: topics, Events: []Event{sub("a", "t"), gen(1, ps{"t-0", "t-1"}, nil), gen(2, ps{"t-0", "t-1"}, nil)}}).Verdict)
	for _, e := range []Event{{}, {Kind: Subscribe}, at(Commit, "a", "x-0", 1, 1), gen(1, ps{"x-0"}, nil)} {
		require.Equal(t, checker.Malformed, Check(Run{Topics: topics, Events: []Event{e}}).Verdict)
	}
}

// A generation is fair exactly if each partition that is wanted appears once, with a member that wants it.
func TestGenerationsAreJudgedByTheDefinition(t *testing.T) {
	fair := 0
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 1))
		wants := map[string][]string{"a": {"t"}, "b": {[]string{"t", "u"}[r.IntN(2)]}}
		var has [2]ps
		for _, p := range []string{"t-0", "t-1", "u-0"} {
			for m := range has {
				if r.IntN(2) == 0 {
					has[m] = append(has[m], p)
				}
			}
		}
		want := true
		for _, p := range []string{"t-0", "t-1", "u-0"} {
			owners, asked := 0, false
			for m, name := range []string{"a", "b"} {
				wanted := wants[name][0] == p[:1]
				asked = asked || wanted
				for _, q := range has[m] {
					if p == q {
						owners++
						want = want && wanted
					}
				}
			}
			want = want && owners <= 1 && (owners == 1 || !asked)
		}
		got := Check(Run{Topics: topics, Events: []Event{sub("a", wants["a"]...), sub("b", wants["b"]...), gen(1, has[0], has[1])}})
		require.Equal(t, want, got.Verdict != checker.Violated, "seed %d: %v %v: %s", seed, wants, has, got.Reason)
		if want {
			fair++
		}
	}
	require.Greater(t, fair, 100)
}
