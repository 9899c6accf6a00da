package lessons_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/lessons"
	lostack "orrery/lessons/01-lost-acknowledgement"
	clocks "orrery/lessons/03-clocks-lie"
	detector "orrery/lessons/04-failure-detector"
	majority "orrery/lessons/06-any-two-majorities"
	dueling "orrery/lessons/07-dueling-proposers"
	chosen "orrery/lessons/08-chosen-for-ever"
	forgotten "orrery/lessons/09-forgotten-promise"
	holes "orrery/lessons/10-holes"
	leases "orrery/lessons/12-lease-reads"
	commit "orrery/lessons/25-two-and-three-phases"
	fsyncgate "orrery/lessons/26-fsyncgate"
	fencing "orrery/lessons/27-fencing"
	"orrery/lessons/decree"
	"orrery/lessons/stage"
	"orrery/nodes"
)

// What a learner may write who has understood half of it. None of it passes.

type sameNumber map[nodes.ID]uint64

func (f sameNumber) New(client nodes.ID, seq uint64) bool {
	fresh := f[client] != seq
	f[client] = seq
	return fresh
}

type oneForAll struct{ last uint64 }

func (f *oneForAll) New(_ nodes.ID, seq uint64) bool {
	fresh := seq > f.last
	f.last = max(f.last, seq)
	return fresh
}

type mayFor time.Duration

func (m mayFor) MayAct(now, heard time.Duration) bool        { return now-heard < time.Duration(m) }
func (m mayFor) MayAnswer(now, confirmed time.Duration) bool { return now-confirmed < time.Duration(m) }

// laterClock adds what it takes for a good clock.
type laterClock time.Duration

func (c laterClock) Stamp(now, _ int64) int64 { return now + int64(c) }

// atLeast equals what was seen, and does not exceed it.
type atLeast struct{}

func (atLeast) Stamp(now, seen int64) int64 { return max(now, seen) }

// thisMany is right for one number of acceptors.
type thisMany int

func (n thisMany) Enough(answers, _ int) bool { return answers >= int(n) }

type constantly time.Duration

func (c constantly) Wait(int, *rand.Rand) time.Duration { return time.Duration(c) }

type firstVote struct{}

func (firstVote) Value(promises []decree.P1b, own string) string {
	for _, p := range promises {
		if p.Voted != (decree.Ballot{}) {
			return p.Value
		}
	}
	return own
}

type never struct{}

func (never) Wrote(nodes.Env, uint64, nodes.ID, nodes.Message) {}
func (never) Synced(nodes.Env, uint64)                         {}
func (never) Accept(uint64) bool                               { return false }

// lastOnly keeps one answer, the last.
type lastOnly struct {
	n  uint64
	to nodes.ID
	m  nodes.Message
}

func (l *lastOnly) Wrote(_ nodes.Env, n uint64, to nodes.ID, m nodes.Message) {
	*l = lastOnly{n, to, m}
}
func (l *lastOnly) Synced(env nodes.Env, _ uint64) {
	if l.m != nil {
		env.Send(l.to, l.m)
		l.m = nil
	}
}

// inOrderOrNever executes what is next, and forgets what is not.
type inOrderOrNever struct{ done uint64 }

func (e *inOrderOrNever) Chosen(slot uint64, command string) []string {
	if slot < e.done+1 {
		return []string{command} // and what it hears of again it executes again
	}
	if slot > e.done+1 {
		return nil
	}
	e.done = slot
	return []string{command}
}

// byMajority decides by what most of those who answer know.
type byMajority struct{}

func (byMajority) Decide(mine commit.State, states map[nodes.ID]commit.State) commit.Decision {
	knows := 0
	for _, s := range states {
		switch s {
		case commit.Committed:
			return commit.Commit
		case commit.Aborted:
			return commit.Abort
		case commit.PreCommitted:
			knows++
		}
	}
	if mine == commit.PreCommitted {
		knows++
	}
	switch total := len(states) + 1; {
	case knows >= 2:
		return commit.Commit
	case total-knows >= 2:
		return commit.Abort
	}
	return commit.Wait
}

// abortsAlone gives up.
type abortsAlone struct{}

func (abortsAlone) Decide(commit.State, map[nodes.ID]commit.State) commit.Decision {
	return commit.Abort
}

// goesOn takes a failed sync for none, and counts on the next one.
type goesOn struct{}

func (goesOn) SyncFailed(nodes.Env, uint64, error) {}

type nextNumber struct{ last uint64 }

func (g *nextNumber) Accept(token uint64) bool {
	ok := token == g.last+1
	if ok {
		g.last = token
	}
	return ok
}

func TestWhatIsHalfRightDoesNotPass(t *testing.T) {
	for _, c := range []struct {
		lesson int
		v      stage.Variant
	}{
		{1, lostack.Variant("the same number", "", func() lostack.Filter { return sameNumber{} })},
		{1, lostack.Variant("one number for all clients", "", func() lostack.Filter { return &oneForAll{} })},
		{3, clocks.Variant("a margin", "", func() clocks.Rule { return laterClock(time.Second) })},
		{3, clocks.Variant("not behind", "", func() clocks.Rule { return atLeast{} })},
		{6, majority.Variant("two", "", func() majority.Rule { return thisMany(2) })},
		{4, detector.Variant("twice the patience", "", func() detector.Rule { return mayFor(2 * detector.SuspectAfter) })},
		{4, detector.Variant("never", "", func() detector.Rule { return mayFor(0) })},
		{7, dueling.Variant("no wait", "", func() dueling.Patience { return constantly(0) })},
		{7, dueling.Variant("100 ms", "", func() dueling.Patience { return constantly(100 * time.Millisecond) })},
		{8, chosen.Variant("the first vote", "", func() chosen.Rule { return firstVote{} })},
		{9, forgotten.Variant("never tells", "", func() forgotten.Teller { return never{} })},
		{9, forgotten.Variant("tells the last at any sync", "", func() forgotten.Teller { return &lastOnly{} })},
		{10, holes.Variant("executes twice", "", func() holes.Executor { return &inOrderOrNever{} })},
		{12, leases.Variant("three times the patience", "", func() leases.Rule { return mayFor(3 * leases.Patience) })},
		{12, leases.Variant("never", "", func() leases.Rule { return mayFor(-time.Hour) })},
		{25, commit.Variant("by majority", "", func() commit.Rule { return byMajority{} })},
		{25, commit.Variant("aborts alone", "", func() commit.Rule { return abortsAlone{} })},
		{26, fsyncgate.Variant("goes on", "", func() fsyncgate.Policy { return goesOn{} })},
		{27, fencing.Variant("takes nothing", "", func() fencing.Gate { return never{} })},
		{27, fencing.Variant("the next number alone", "", func() fencing.Gate { return &nextNumber{} })},
	} {
		l, err := lessons.Numbered(c.lesson)
		require.NoError(t, err)
		isRefused(t, l, &c.v)
	}
}

// isRefused: one of the seeds that a learner's variant must pass shows what is wrong with this one, or the demonstration does, by
// which lesson --check begins.
func isRefused(t *testing.T, l *lessons.Lesson, v *stage.Variant) {
	t.Run(l.Dir+": "+v.Name, func(t *testing.T) {
		out, err := l.Prove(v, l.Proof, nil)
		require.NoError(t, err)
		require.NotZero(t, out.Failed, "it passes all %d seeds", l.Proof)
		t.Logf("seed %d: %s: %s", out.Failed, out.Property, out.Detail)
	})
}
