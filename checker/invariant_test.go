package checker

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var five = Nodes{"n1", "n2", "n3", "n4", "n5"}

func ballot(round uint64, node uint32) Ballot { return Ballot{round, node} }

// breaks asks that err is a breach of property, told in these words.
func breaks(t *testing.T, err error, property, detail string) {
	t.Helper()
	var broken *InvariantError
	require.ErrorAs(t, err, &broken)
	require.Equal(t, property, broken.Property)
	require.Equal(t, property+": "+detail, err.Error())
}

func TestBallotsAreOrderedByRoundThenNode(t *testing.T) {
	require.True(t, ballot(1, 9).Less(ballot(2, 1)))
	require.True(t, ballot(2, 1).Less(ballot(2, 2)))
	require.False(t, ballot(2, 2).Less(ballot(2, 2)))
	require.Equal(t, "2.1", ballot(2, 1).String())
}

func agreementOfFive() *Agreement { return NewAgreement(five, Majority(5)) }

func accept(t *testing.T, a *Agreement, b Ballot, slot, value uint64, nodes ...int) {
	t.Helper()
	for _, n := range nodes {
		require.NoError(t, a.Accepted(n, b, slot, value))
	}
}

func TestAgreementFollowsPaxosThroughALeaderChange(t *testing.T) {
	a := agreementOfFive()
	require.NoError(t, a.Leads(0, ballot(1, 0)))
	require.NoError(t, a.Leads(0, ballot(1, 0)))
	require.NoError(t, a.Proposed(ballot(1, 0), 1, 0xa))
	accept(t, a, ballot(1, 0), 1, 0xa, 0, 1)
	_, chosen := a.Chosen(1)
	require.False(t, chosen)
	accept(t, a, ballot(1, 0), 1, 0xa, 1, 2) // a vote counts once
	value, chosen := a.Chosen(1)
	require.True(t, chosen)
	require.EqualValues(t, 0xa, value)
	require.NoError(t, a.Learned(4, 1, 0xa))

	require.NoError(t, a.Leads(1, ballot(2, 1)))
	require.NoError(t, a.Proposed(ballot(2, 1), 1, 0xa)) // the new leader proposes what it found
	accept(t, a, ballot(2, 1), 1, 0xa, 1, 3, 4)
	require.NoError(t, a.Proposed(ballot(1, 0), 2, 0xb)) // the old one knows nothing of it yet
	require.NoError(t, a.Accepted(0, ballot(1, 0), 2, 0xb))
	require.NoError(t, a.Proposed(ballot(2, 1), 2, 0xc))
	accept(t, a, ballot(2, 1), 2, 0xc, 1, 3, 4)
	a.Forget(2)
	require.NoError(t, a.Learned(2, 1, 0xdead)) // out of memory
	require.NoError(t, a.Learned(2, 2, 0xc))
}

func TestABallotHasOneLeader(t *testing.T) {
	a := agreementOfFive()
	require.NoError(t, a.Leads(0, ballot(1, 0)))
	breaks(t, a.Leads(1, ballot(1, 0)), PropertyOneLeader, "n2 leads ballot 1.0, which n1 leads already")
}

func TestABallotProposesOneValueForASlot(t *testing.T) {
	a := agreementOfFive()
	require.NoError(t, a.Proposed(ballot(1, 0), 7, 1))
	breaks(t, a.Proposed(ballot(1, 0), 7, 2), PropertyOneValue,
		"ballot 1.0 has two values for slot 7: #0000000000000001 and #0000000000000002")
	a = agreementOfFive()
	require.NoError(t, a.Accepted(0, ballot(1, 0), 7, 1))
	breaks(t, a.Accepted(1, ballot(1, 0), 7, 2), PropertyOneValue,
		"ballot 1.0 has two values for slot 7: #0000000000000001 and #0000000000000002")
}

func TestAChosenValueIsProposedByEveryHigherBallot(t *testing.T) {
	a := agreementOfFive()
	accept(t, a, ballot(1, 0), 3, 1, 0, 1, 2)
	breaks(t, a.Proposed(ballot(2, 1), 3, 2), PropertyChosen,
		"ballot 2.1 proposes #0000000000000002 for slot 3, although ballot 1.0 chose #0000000000000001")
}

func TestNothingIsChosenBelowAHigherProposalOfAnotherValue(t *testing.T) {
	a := agreementOfFive()
	require.NoError(t, a.Proposed(ballot(2, 1), 3, 2))
	accept(t, a, ballot(1, 0), 3, 1, 0, 1)
	breaks(t, a.Accepted(2, ballot(1, 0), 3, 1), PropertyChosen,
		"slot 3: ballot 1.0 chose #0000000000000001, although the higher ballot 2.1 had proposed #0000000000000002")
}

func TestTwoBallotsNeverChooseTwoValues(t *testing.T) {
	a := agreementOfFive()
	accept(t, a, ballot(1, 0), 3, 1, 0, 1)
	accept(t, a, ballot(2, 1), 3, 2, 2, 3, 4)
	breaks(t, a.Accepted(4, ballot(1, 0), 3, 1), PropertyChosen,
		"slot 3: ballot 1.0 chose #0000000000000001 and ballot 2.1 chose #0000000000000002")
}

func TestNobodyLearnsWhatWasNotChosen(t *testing.T) {
	a := agreementOfFive()
	accept(t, a, ballot(1, 0), 3, 1, 0, 1)
	breaks(t, a.Learned(4, 3, 1), PropertyChosen,
		"n5 learnt #0000000000000001 in slot 3, where no quorum had accepted anything at one ballot")
	a = agreementOfFive()
	accept(t, a, ballot(1, 0), 3, 1, 0, 1, 2)
	breaks(t, a.Learned(4, 3, 2), PropertyChosen,
		"n5 learnt #0000000000000002 in slot 3, where ballot 1.0 chose #0000000000000001")
}

func TestQuorumsMayBeFlexible(t *testing.T) {
	a := NewAgreement(five, AtLeast(2))
	accept(t, a, ballot(1, 0), 1, 1, 0, 4)
	_, chosen := a.Chosen(1)
	require.True(t, chosen)
}

// disk is what an acceptor finds when it restarts.
type disk map[uint64]struct {
	ballot Ballot
	value  uint64
}

func (d disk) vote(slot uint64) (Ballot, uint64, bool) {
	v, ok := d[slot]
	return v.ballot, v.value, ok
}

func TestAnAcceptorThatKeepsItsWordPasses(t *testing.T) {
	a := NewAcceptors(five)
	a.WatchDurability()
	a.DurablePromise(0, ballot(1, 0))
	require.NoError(t, a.Promised(0, ballot(1, 0)))
	for slot := uint64(1); slot <= 10; slot++ {
		a.DurableVote(0, ballot(1, 0), slot, slot)
		require.NoError(t, a.Accepted(0, ballot(1, 0), slot, slot))
		require.NoError(t, a.Accepted(0, ballot(1, 0), slot, slot)) // told twice
	}
	a.SnapshotCovers(0, 8)
	d := disk{}
	d[9] = struct {
		ballot Ballot
		value  uint64
	}{ballot(1, 0), 9}
	d[10] = struct {
		ballot Ballot
		value  uint64
	}{ballot(2, 1), 99} // a later vote that it told nobody
	require.NoError(t, a.Restarted(0, ballot(3, 0), 0, d.vote))
	require.NoError(t, a.Restarted(0, ballot(3, 0), 12, disk{}.vote), "a newer snapshot covers the rest")
	a.Wiped(0)
	require.NoError(t, a.Restarted(0, Ballot{}, 0, disk{}.vote))
}

func TestAnAcceptorNeverForgetsAPromise(t *testing.T) {
	a := NewAcceptors(five)
	require.NoError(t, a.Promised(2, ballot(4, 1)))
	breaks(t, a.Restarted(2, ballot(3, 1), 0, disk{}.vote), PropertyNeverForgets,
		"n3 restarts with the promise 3.1, after it had promised 4.1")
	breaks(t, a.Promised(2, ballot(3, 1)), PropertyNeverForgets, "n3 promises ballot 3.1 after it had promised 4.1")
	breaks(t, a.Accepted(2, ballot(3, 1), 1, 1), PropertyNeverForgets, "n3 votes at ballot 3.1 in slot 1 after it had promised 4.1")
}

func TestAnAcceptorNeverForgetsAVote(t *testing.T) {
	at := func(b Ballot, value uint64) disk {
		d := disk{}
		v := d[6]
		v.ballot, v.value = b, value
		d[6] = v
		return d
	}
	for _, test := range []struct {
		d    disk
		want string
	}{
		{disk{}, "n1 restarts without its vote in slot 6, told at ballot 2.0"},
		{at(ballot(1, 0), 5), "n1 restarts with a vote at ballot 1.0 in slot 6, after it had told one at 2.0"},
		{at(ballot(2, 0), 5), "n1 restarts with a vote for #0000000000000005 in slot 6 at ballot 2.0, where it had told #0000000000000007"},
	} {
		a := NewAcceptors(five)
		require.NoError(t, a.Accepted(0, ballot(2, 0), 6, 7))
		a.SnapshotCovers(0, 5)
		breaks(t, a.Restarted(0, ballot(2, 0), 0, test.d.vote), PropertyNeverForgets, test.want)
	}
}

func TestAnAcceptorVotesForOneValueAtABallot(t *testing.T) {
	a := NewAcceptors(five)
	require.NoError(t, a.Accepted(0, ballot(2, 0), 6, 7))
	breaks(t, a.Accepted(0, ballot(2, 0), 6, 8), PropertyOneValue,
		"n1 votes for #0000000000000008 in slot 6 at ballot 2.0, at which it had voted for #0000000000000007")
}

func TestAnAcceptorTellsNothingThatACrashCouldUndo(t *testing.T) {
	a := NewAcceptors(five)
	a.WatchDurability()
	a.DurablePromise(0, ballot(1, 0))
	breaks(t, a.Promised(0, ballot(2, 0)), PropertyDurableFirst, "n1 promises ballot 2.0, but its disk holds only 1.0 for sure")
	a.DurableVote(0, ballot(2, 0), 4, 1)
	require.NoError(t, a.Accepted(0, ballot(2, 0), 4, 1))
	breaks(t, a.Accepted(0, ballot(3, 0), 4, 1), PropertyDurableFirst,
		"n1 votes at ballot 3.0 in slot 4, but its disk holds only its vote at 2.0 for sure")
	breaks(t, a.Accepted(0, ballot(3, 0), 5, 1), PropertyDurableFirst,
		"n1 votes at ballot 3.0 in slot 5, but its disk holds only its vote at 0.0 for sure")
}

func TestWhatIsToldIsDurable(t *testing.T) {
	d := NewDurableFirst(five)
	d.Durable(1, 10)
	require.NoError(t, d.Told(1, 10, "an acknowledgement"))
	breaks(t, d.Told(1, 11, "an acknowledgement"), PropertyDurableFirst,
		"n2 told an acknowledgement, which stands on position 11, when its disk held only 10 for sure")
	require.NoError(t, d.Restarted(1, 12))
	require.NoError(t, d.Told(1, 12, "a vote"))
	breaks(t, d.Restarted(1, 9), PropertyNeverForgets, "n2 restarts with its log up to position 9, after it had told what stands on 12")
	d.Truncated(1, 8)
	require.NoError(t, d.Restarted(1, 9))
}

func TestAppliedSequencesArePrefixesOfOne(t *testing.T) {
	a := NewApplied(five)
	apply := func(node int, from, to uint64) {
		t.Helper()
		for slot := from; slot <= to; slot++ {
			require.NoError(t, a.Applied(node, slot, slot*slot))
		}
	}
	apply(0, 1, 100)
	apply(1, 1, 60)
	require.NoError(t, a.Restarted(1, 40)) // its snapshot
	apply(1, 41, 100)
	require.NoError(t, a.Installed(2, 90))
	apply(2, 91, 110)
	a.Forget(95)
	apply(0, 101, 105)
	apply(3, 1, 110) // from nothing, past what was folded
	require.NoError(t, a.Restarted(4, 50))
	apply(4, 51, 110) // what it had in 1 to 50 is not known, what follows is
	require.EqualValues(t, 110, a.Last(4))
	require.NoError(t, a.StateAt(0, 105, 7))
	require.NoError(t, a.StateAt(3, 105, 7))
}

func TestADifferentCommandIsSeenAtOnce(t *testing.T) {
	a := NewApplied(five)
	require.NoError(t, a.Applied(0, 1, 5))
	breaks(t, a.Applied(1, 1, 6), PropertyPrefix, "n2 applies #0000000000000006 in slot 1, where n1 applied #0000000000000005")
}

func TestADifferentCommandBelowTheFoldIsSeenWhenTheFoldIsReached(t *testing.T) {
	a := NewApplied(five)
	for slot := uint64(1); slot <= 10; slot++ {
		require.NoError(t, a.Applied(0, slot, slot))
	}
	a.Forget(5)
	for slot := uint64(1); slot <= 4; slot++ {
		require.NoError(t, a.Applied(1, slot, slot+slot/3)) // wrong at 3 and 4
	}
	breaks(t, a.Applied(1, 5, 5), PropertyPrefix, "n2 applied other commands in slots 1 to 5 than the others")
}

func TestApplyingHasNoGapsAndNoRepeats(t *testing.T) {
	a := NewApplied(five)
	require.NoError(t, a.Applied(0, 1, 1))
	breaks(t, a.Applied(0, 3, 3), PropertyPrefix, "n1 applies slot 3 when slot 2 is next")
	breaks(t, a.Applied(0, 1, 1), PropertyPrefix, "n1 applies slot 1 when slot 2 is next")
	breaks(t, a.Installed(1, 2), PropertyPrefix, "n2 installs a snapshot up to slot 2, when nobody has applied more than 1")
}

func TestARestartedNodeAppliesTheSameAgain(t *testing.T) {
	a := NewApplied(five)
	for slot := uint64(1); slot <= 3; slot++ {
		require.NoError(t, a.Applied(0, slot, slot))
	}
	require.NoError(t, a.Restarted(0, 1))
	breaks(t, a.Applied(0, 2, 9), PropertyPrefix, "n1 applies #0000000000000009 in slot 2, where n1 applied #0000000000000002")
}

func TestEqualPrefixesMakeEqualStates(t *testing.T) {
	a := NewApplied(five)
	require.NoError(t, a.StateAt(0, 8, 1))
	require.NoError(t, a.StateAt(0, 8+stateRing, 2))
	require.NoError(t, a.StateAt(1, 8, 9), "out of memory")
	breaks(t, a.StateAt(1, 8+stateRing, 3), PropertyPrefix,
		"the state of n2 after slot 1032 is #0000000000000003, and that of n1 is #0000000000000002")
}

func TestWhatWasAcknowledgedIsThereOnce(t *testing.T) {
	h := NewHeld()
	for _, v := range []string{"a", "b", "c", "d"} {
		h.Attempted("log", v)
	}
	h.Acked("log", "a")
	h.Acked("log", "b")
	require.NoError(t, h.Found("log", "a"))
	require.NoError(t, h.Found("log", "c"))
	breaks(t, h.Found("log", "c"), PropertyHoldsAcked, "log=c is there 2 times at the end")
	breaks(t, h.Found("log", "z"), PropertyHoldsAcked, "log=z is there at the end, and nobody wrote it")
	counts, err := h.Check()
	breaks(t, err, PropertyHoldsAcked, "1 of 2 acknowledged writes are lost: log=b")
	require.Equal(t, HeldCounts{Attempted: 4, Acked: 2, Found: 2, Lost: 1, Recovered: 1}, counts)
	require.NoError(t, h.Found("log", "b"))
	_, err = h.Check()
	require.NoError(t, err)
}

func TestTheFinalStateIsWhatTheHistoryAddsUpTo(t *testing.T) {
	h := parseHistory(t, `
c1 put x=1 [1,2] ok
c1 put x=2 [3,4] ok
c2 put y=1 [1,2] maybe
c2 delete z [3,4] ok
c3 put w=1 [1,2] fail`)
	none := Options{Floors: &Floors{}}
	for _, test := range []struct {
		final []Pair
		want  Verdict
	}{
		{[]Pair{{"x", "2"}}, Holds},
		{[]Pair{{"x", "2"}, {"y", "1"}}, Holds},
		{[]Pair{{"x", "1"}, {"y", "1"}}, Violated},
		{nil, Violated},
		{[]Pair{{"x", "2"}, {"z", "9"}}, Violated},
		{[]Pair{{"w", "1"}, {"x", "2"}}, Violated},
		{[]Pair{{"never named", "1"}, {"x", "2"}}, Violated},
	} {
		require.Equal(t, test.want, Linearizable(WithFinalReads(h, test.final), KV, none).Verdict, "%v", test.final)
	}
}

func TestAHealedCoreConvergesServesAndHolds(t *testing.T) {
	l := NewLiveness(five, LivenessConfig{Converge: 10 * time.Second, Serve: 5 * time.Second, Served: 2})
	l.Applied(0, 0, 100)
	l.Applied(0, 1, 40)
	l.Applied(0, 4, 500) // not of the core
	require.NoError(t, l.Check(time.Hour), "nothing is expected before the heal")
	l.Healed(20*time.Second, []int{0, 1, 2})
	require.Equal(t, Converging, l.Phase())
	l.Applied(22*time.Second, 1, 100)
	l.Served(23*time.Second, 22*time.Second, nil) // too early to count
	l.Applied(24*time.Second, 2, 101)
	require.Equal(t, Serving, l.Phase())
	l.Served(25*time.Second, 23*time.Second, nil) // begun before the core had converged
	l.Served(25*time.Second, 24*time.Second, errors.New("no leader"))
	l.Served(26*time.Second, 25*time.Second, nil)
	require.Equal(t, Serving, l.Phase())
	l.Served(27*time.Second, 26*time.Second, nil)
	require.Equal(t, Holding, l.Phase())
	require.NoError(t, l.Check(time.Hour))
	require.NoError(t, l.Held(nil))
	require.Equal(t, Done, l.Phase())
}

func TestACoreThatDoesNotCatchUpIsNamed(t *testing.T) {
	l := NewLiveness(five, LivenessConfig{Converge: 10 * time.Second})
	l.Applied(0, 0, 100)
	l.Healed(20*time.Second, []int{0, 1, 2})
	l.Applied(21*time.Second, 1, 100)
	require.NoError(t, l.Check(30*time.Second))
	breaks(t, l.Check(31*time.Second), PropertyConverge, "n3 has applied 0 of 100, 11s after the core {n1 n2 n3} was healed")
}

func TestACoreThatServesNobodySaysWhy(t *testing.T) {
	l := NewLiveness(five, LivenessConfig{Serve: 5 * time.Second, Served: 3})
	l.Healed(20*time.Second, []int{0, 1, 2})
	require.Equal(t, Serving, l.Phase(), "there was nothing to catch up with")
	breaks(t, l.Check(26*time.Second), PropertyServe,
		"0 of 3 new operations succeeded in the 6s since the core {n1 n2 n3} had converged; none was answered")
	l.Served(21*time.Second, 20*time.Second, nil)
	l.Served(22*time.Second, 21*time.Second, errors.New("no leader"))
	breaks(t, l.Check(26*time.Second), PropertyServe,
		"1 of 3 new operations succeeded in the 6s since the core {n1 n2 n3} had converged; 1 failed, the first with: no leader")
	lost := broken(PropertyHoldsAcked, "1 of 2 acknowledged writes are lost: x=1")
	require.Equal(t, lost, l.Held(lost))
	require.Equal(t, Serving, l.Phase())
}

func TestInvariantsDoNotAllocateWhileTheyHold(t *testing.T) {
	a, acceptors, applied := agreementOfFive(), NewAcceptors(five), NewApplied(five)
	slot := uint64(0)
	event := func() {
		slot++
		for n := range 3 {
			require.NoError(t, a.Accepted(n, ballot(1, 0), slot, slot))
			require.NoError(t, acceptors.Accepted(n, ballot(1, 0), slot, slot))
			acceptors.SnapshotCovers(n, slot-1)
		}
		require.NoError(t, a.Learned(0, slot, slot))
		require.NoError(t, applied.Applied(0, slot, slot))
		a.Forget(slot)
		applied.Forget(slot)
	}
	for range 100 {
		event()
	}
	require.Zero(t, testing.AllocsPerRun(1000, event))
}
