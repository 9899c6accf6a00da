package isr_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/replica/isr"
)

// fake is a log of which only the epochs and the end are known.
type fake struct {
	starts []start
	end    int64
}

type start struct {
	epoch int32
	at    int64
}

func (l fake) EndOffset() int64 { return l.end }

func (l fake) LatestEpoch() int32 {
	if len(l.starts) == 0 {
		return isr.Unknown
	}
	return l.starts[len(l.starts)-1].epoch
}

func (l fake) EndOffsetFor(epoch int32) (int32, int64) {
	if epoch < 0 || len(l.starts) == 0 || epoch > l.LatestEpoch() {
		return isr.Unknown, isr.Unknown
	}
	for i := len(l.starts) - 1; i >= 0; i-- {
		if l.starts[i].epoch > epoch {
			continue
		}
		if i == len(l.starts)-1 {
			return l.starts[i].epoch, l.end
		}
		return l.starts[i].epoch, l.starts[i+1].at
	}
	return epoch, l.starts[0].at
}

const lag = 30 * time.Second

var rules = isr.Rules{LagTime: lag, MinISR: 1}

// lead is broker 1 leading epoch 5 from offset 10, with all three in the ISR.
func lead() isr.Leader {
	return isr.Lead(1, 5, 10, []int32{1, 2, 3}, []int32{1, 2, 3}, 7, 0)
}

func fetch(l *isr.Leader, broker int32, offset, end int64, at time.Duration) bool {
	return l.Fetched(rules, isr.Fetch{Broker: broker, Offset: offset, Start: 0, BrokerEpoch: isr.Unknown, LeaderEpoch: l.Epoch}, end, at)
}

func TestHighWatermarkIsTheLeastOfTheISR(t *testing.T) {
	l := lead()
	require.EqualValues(t, 4, l.HighWatermark(rules, 4, 12, 0), "nobody has fetched in this epoch")
	fetch(&l, 2, 12, 12, 1)
	require.EqualValues(t, 4, l.HighWatermark(rules, 4, 12, 1))
	fetch(&l, 3, 11, 12, 2)
	require.EqualValues(t, 11, l.HighWatermark(rules, 4, 12, 2))
	require.EqualValues(t, 15, l.HighWatermark(rules, 15, 20, 2), "it never goes down")
}

// A reassignment takes the leader's replica list first and the ISR after it; who is in the ISR may be elected until then.
func TestHighWatermarkWaitsForWhoIsInTheISRAndNoReplica(t *testing.T) {
	l := isr.Lead(1, 5, 0, []int32{1, 2}, []int32{1, 2, 3}, 7, 0)
	r := isr.Rules{LagTime: time.Second, MinISR: 1}
	fetch(&l, 2, 4, 4, 0)
	require.Equal(t, int64(0), l.HighWatermark(r, 0, 4, 0))
	l.Committed([]int32{1, 2}, 8)
	require.Equal(t, int64(4), l.HighWatermark(r, 0, 4, 0))
	require.Nil(t, l.Remote(3), "it is no replica any more")
}

func TestHighWatermarkStandsStillBelowMinISR(t *testing.T) {
	l := isr.Lead(1, 5, 10, []int32{1, 2, 3}, []int32{1}, 7, 0)
	r := rules
	r.MinISR = 2
	require.EqualValues(t, 4, l.HighWatermark(r, 4, 12, 0))
	r.Quirks.HWBelowMinISR = true
	require.EqualValues(t, 12, l.HighWatermark(r, 4, 12, 0))
}

func TestHighWatermarkWaitsForTheProposedISRToo(t *testing.T) {
	l := isr.Lead(1, 5, 10, []int32{1, 2, 3}, []int32{1, 2}, 7, 0)
	fetch(&l, 2, 12, 12, 1)
	fetch(&l, 3, 11, 12, 1)
	l.Propose([]int32{1, 2, 3})
	require.EqualValues(t, []int32{1, 2, 3}, l.Maximal(isr.Quirks{}))
	require.EqualValues(t, 11, l.HighWatermark(rules, 10, 12, 1))
	broken := rules
	broken.Quirks.NoMaximalISR = true
	require.EqualValues(t, 12, l.HighWatermark(broken, 10, 12, 1), "broker 3 may be elected, and has not got offset 11")
	l.Committed([]int32{1, 2, 3}, 8)
	require.EqualValues(t, 11, l.HighWatermark(rules, 10, 12, 1))
}

func TestAFollowerAboutToJoinHoldsTheHighWatermark(t *testing.T) {
	l := isr.Lead(1, 5, 10, []int32{1, 2, 3}, []int32{1, 2}, 7, 0)
	fetch(&l, 2, 12, 12, 1)
	fetch(&l, 3, 12, 12, 1)
	fetch(&l, 2, 14, 14, 2)
	require.EqualValues(t, 12, l.HighWatermark(rules, 10, 14, 2))
	require.EqualValues(t, 14, l.HighWatermark(rules, 10, 14, lag+2), "but not for ever")
}

func TestCaughtUpIsWhoHadTheEndOfTheFetchBefore(t *testing.T) {
	l := lead()
	fetch(&l, 2, 10, 10, 1*time.Second)
	fetch(&l, 3, 10, 10, 1*time.Second)
	fetch(&l, 2, 10, 20, 2*time.Second)                    // it has missed offsets 10 to 19
	fetch(&l, 2, 20, 30, 20*time.Second)                   // it has what there was at its last fetch: caught up at 2 s
	require.Empty(t, l.Lagging(rules, 30, 31*time.Second)) // broker 3: since 1 s
	require.Equal(t, []int32{3}, l.Lagging(rules, 30, 32*time.Second))
	require.Equal(t, []int32{2, 3}, l.Lagging(rules, 30, 33*time.Second))
}

func TestNobodyIsJudgedWhileAChangeIsInFlight(t *testing.T) {
	l := lead()
	fetch(&l, 2, 10, 10, 0)
	require.Equal(t, []int32{3}, l.Lagging(rules, 10, lag+1))
	l.Propose(l.Without([]int32{3}))
	require.Empty(t, l.Lagging(rules, 10, lag+1))
	l.Committed([]int32{1, 2}, 8)
	fetch(&l, 3, 10, 10, lag+2)
	require.True(t, l.MayJoin(rules, 3, 10))
	l.Propose(l.With(3))
	require.False(t, l.MayJoin(rules, 3, 10))
	l.Abandon()
	require.True(t, l.MayJoin(rules, 3, 10))
}

func TestJoiningAsksForEverythingAtOnce(t *testing.T) {
	at := func(offset int64, f func(*isr.Fetch), q isr.Quirks) bool {
		l := isr.Lead(1, 5, 10, []int32{1, 2, 3}, []int32{1, 2}, 7, 0)
		x := isr.Fetch{Broker: 3, Offset: offset, BrokerEpoch: 1, LeaderEpoch: 5}
		if f != nil {
			f(&x)
		}
		r := isr.Rules{LagTime: lag, MinISR: 1, Quirks: q, Eligible: func(b int32, e int64) bool { return b == 3 && (e == 1 || e == isr.Unknown) }}
		l.Fetched(r, x, 12, 1)
		return l.MayJoin(r, 3, 8)
	}
	require.True(t, at(10, nil, isr.Quirks{}))
	require.False(t, at(9, nil, isr.Quirks{}), "the log must reach the beginning of the leader's epoch (KAFKA-7128)")
	require.True(t, at(9, nil, isr.Quirks{NoEpochStart: true}))
	require.False(t, at(7, nil, isr.Quirks{NoEpochStart: true}), "the high watermark")
	require.True(t, at(7, nil, isr.Quirks{ExpandWithoutHW: true}))
	older := func(x *isr.Fetch) { x.LeaderEpoch = 4 }
	require.False(t, at(12, older, isr.Quirks{}), "a fetch of another leader epoch")
	require.True(t, at(12, older, isr.Quirks{ExpandUnfenced: true}))
	restarted := func(x *isr.Fetch) { x.BrokerEpoch = 0 }
	require.False(t, at(12, restarted, isr.Quirks{}), "it is not the broker that the metadata knows (KIP-903)")
	require.True(t, at(12, restarted, isr.Quirks{NoBrokerEpochCheck: true}))
	require.True(t, at(12, restarted, isr.Quirks{IneligibleJoins: true}))
}

func TestAFetchFromBeforeARestartDoesNotCount(t *testing.T) {
	l := lead()
	require.True(t, l.Fetched(rules, isr.Fetch{Broker: 2, Offset: 3, BrokerEpoch: 9, LeaderEpoch: 5}, 12, 1))
	require.False(t, l.Fetched(rules, isr.Fetch{Broker: 2, Offset: 12, BrokerEpoch: 8, LeaderEpoch: 5}, 12, 2))
	require.EqualValues(t, 3, l.Remote(2).End)
	require.Equal(t, []int64{isr.Unknown, 9}, l.Epochs([]int32{1, 2}))
}

func TestFencing(t *testing.T) {
	require.Equal(t, isr.Current, isr.Fence(5, 5))
	require.Equal(t, isr.Fenced, isr.Fence(4, 5))
	require.Equal(t, isr.Future, isr.Fence(6, 5))
	require.Equal(t, isr.Current, isr.Fence(isr.Unknown, 5))
}

func TestTruncationMeetsTheLeadersHistory(t *testing.T) {
	for _, c := range []struct {
		name             string
		leader, follower fake
		to               int64 // in the end
	}{
		{"nothing diverges", fake{[]start{{1, 0}}, 5}, fake{[]start{{1, 0}}, 3}, 3},
		{"a tail of the same epoch", fake{[]start{{1, 0}, {2, 3}}, 5}, fake{[]start{{1, 0}}, 4}, 3},
		{"an epoch that the leader never had (KIP-279)", fake{[]start{{1, 0}, {3, 2}}, 3}, fake{[]start{{1, 0}, {2, 1}}, 2}, 1},
		{"both have epochs that the other has not", fake{[]start{{1, 0}, {4, 4}, {6, 8}}, 9}, fake{[]start{{1, 0}, {2, 2}, {3, 5}, {5, 7}}, 8}, 2},
		{"an epoch without a record", fake{[]start{{1, 0}, {3, 5}}, 6}, fake{[]start{{1, 0}, {2, 5}}, 5}, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.to, byAsking(t, c.leader, c.follower), "by asking")
			require.Equal(t, c.to, byFetching(t, c.leader, c.follower), "by fetching")
		})
	}
}

// cut is the log cut to an offset.
func (l fake) cut(to int64) fake {
	var kept []start
	for _, s := range l.starts {
		if s.at < to {
			kept = append(kept, s)
		}
	}
	return fake{kept, min(l.end, to)}
}

func byAsking(t *testing.T, leader, f fake) int64 {
	for range 10 {
		e, end := leader.EndOffsetFor(f.LatestEpoch())
		to, again := isr.AfterAnswer(isr.Quirks{}, f, 0, isr.EpochEnd{Epoch: e, End: end})
		f = f.cut(to)
		if !again {
			return f.end
		}
	}
	require.Fail(t, "it never ends")
	return 0
}

func byFetching(t *testing.T, leader, f fake) int64 {
	for range 10 {
		d, diverges, known := isr.Diverging(leader, f.LatestEpoch(), f.end)
		require.True(t, known)
		if !diverges {
			return f.end
		}
		f = f.cut(isr.AfterDivergence(isr.Quirks{}, f, d))
	}
	require.Fail(t, "it never ends")
	return 0
}

func TestTheDefectsOfTruncation(t *testing.T) {
	leader := fake{[]start{{1, 0}, {3, 2}}, 3}
	f := fake{[]start{{1, 0}, {2, 1}}, 2}
	e, end := leader.EndOffsetFor(2)
	to, again := isr.AfterAnswer(isr.Quirks{EpochAnswerIgnored: true}, f, 0, isr.EpochEnd{Epoch: e, End: end})
	require.EqualValues(t, 2, to, "offset 1 stays, which the leader has of another epoch")
	require.False(t, again)
	require.Equal(t, isr.CutToHW, isr.First(isr.Quirks{TruncateToHW: true}, f, false))
	require.Equal(t, isr.CutNothing, isr.First(isr.Quirks{NeverTruncates: true}, f, false))
	require.Equal(t, isr.AskFirst, isr.First(isr.Quirks{}, f, true))
	require.Equal(t, isr.FetchFirst, isr.First(isr.Quirks{}, f, false))
	require.Equal(t, isr.CutToHW, isr.First(isr.Quirks{}, fake{}, false), "an empty log has nothing to ask about")
}

func TestAnUnknownEpochIsOutOfRange(t *testing.T) {
	_, _, known := isr.Diverging(fake{[]start{{3, 0}}, 4}, 5, 2)
	require.False(t, known)
	_, diverges, known := isr.Diverging(fake{[]start{{3, 0}}, 4}, isr.Unknown, 2)
	require.True(t, known)
	require.False(t, diverges, "who does not say what it has fetched is not told")
}

func TestACloneSharesNothing(t *testing.T) {
	l := lead()
	c := l.Clone()
	fetch(&c, 2, 12, 12, 1)
	c.Propose([]int32{1})
	c.ISR[0] = 9
	require.Equal(t, lead(), l)
}
