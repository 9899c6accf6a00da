package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
)

// lagging is a cluster in which broker 3 has stopped to fetch and broker 1 is about to propose an ISR without it: the proposal is
// held.
func lagging(t *testing.T, q replica.Quirks) *world {
	w := three(t, replica.Config{Quirks: q}, 1)
	w.pass(time.Second)
	w.held[[2]int32{3, 1}] = true
	w.held[[2]int32{1, 0}] = true
	w.b(1).produce(1, "before") // who has everything does not lag, though it never fetches
	w.pass(60 * time.Second)
	require.Equal(t, []int32{1, 2}, w.lead1().Pending)
	return w
}

func (w *world) lead1() replica.PartitionView { return w.b(1).m.View().Partitions[0] }

// settleStorage lets the storage answer.
func (w *world) settleStorage() {
	delete(w.held, [2]int32{1, 0})
	w.run()
}

func TestAShrinkCommitsWhatWaitedForWhoIsGone(t *testing.T) {
	w := lagging(t, replica.Quirks{})
	c := w.b(1).produce(-1, "a")
	w.run()
	require.Empty(t, w.b(1).produced(c), "both ISRs count while the change is in flight")
	w.settleStorage()
	require.Equal(t, "offset 1", w.b(1).produced(c))
	require.Equal(t, []int32{1, 2}, w.states[tp].ISR)
}

func TestAStateThatHasChangedIsReadAndTaken(t *testing.T) {
	w := lagging(t, replica.Quirks{})
	w.states[tp].Version += 3 // somebody has written it, in the same leader epoch
	w.settleStorage()
	require.Empty(t, w.lead1().Pending)
	require.Equal(t, []int32{1, 2, 3}, w.lead1().ISR)
	require.EqualValues(t, 3, w.lead1().Version)
	w.pass(20 * time.Second)
	require.Equal(t, []int32{1, 2}, w.lead1().ISR, "the next change goes through")
}

func TestAChangeOfUnknownOutcomeIsWrittenAgain(t *testing.T) {
	for _, carriedOut := range []bool{false, true} {
		w := lagging(t, replica.Quirks{})
		i := slices.IndexFunc(w.mail, func(l *letter) bool { return l.alter != nil })
		l := w.mail[i]
		if carriedOut {
			w.alter(&letter{alter: l.alter, from: 0, inc: -1})
			require.Equal(t, []int32{1, 2}, w.states[tp].ISR)
		}
		w.mail = slices.Delete(w.mail, i, i+1)
		w.lose(l)
		w.settleStorage()
		require.Equal(t, []int32{1, 2}, w.lead1().ISR)
		require.Equal(t, w.states[tp].Version, w.lead1().Version)
		require.Empty(t, w.lead1().Pending)
	}
}

func TestALateWriteDoesNotUndoAnother(t *testing.T) {
	w := lagging(t, replica.Quirks{})
	i := slices.IndexFunc(w.mail, func(l *letter) bool { return l.alter != nil })
	late := w.mail[i]
	w.mail = slices.Delete(w.mail, i, i+1)
	w.lose(late)
	w.settleStorage() // read, and written once more
	clear(w.held)
	w.pass(5 * time.Second)
	require.Equal(t, []int32{1, 2, 3}, w.lead1().ISR)
	w.alter(&letter{alter: late.alter, from: 0, inc: -1})
	require.Equal(t, []int32{1, 2, 3}, w.states[tp].ISR, "its version is the old one")
}

func TestTheStorageIsAskedUntilItAnswers(t *testing.T) {
	w := lagging(t, replica.Quirks{})
	delete(w.held, [2]int32{1, 0})
	w.cut[[2]int32{1, 0}] = true
	w.pass(5 * time.Second)
	require.Equal(t, []int32{1, 2}, w.lead1().Pending, "the outcome is not known")
	clear(w.cut)
	w.pass(time.Second)
	require.Empty(t, w.lead1().Pending)
	require.Equal(t, []int32{1, 2}, w.lead1().ISR)
}

// awaited tells whether broker 1 shows that what became of its change will be known.
func (w *world) awaited() (yes bool) {
	w.b(1).m.Glances(func(g replica.Glance) { yes = g.Awaited })
	return yes
}

func TestAChangeInFlightIsAwaited(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		w := lagging(t, replica.Quirks{ISRChangeStuck: stuck})
		require.True(t, w.awaited(), "the storage is asked")
		delete(w.held, [2]int32{1, 0})
		w.cut[[2]int32{1, 0}] = true
		w.run()
		require.Equal(t, []int32{1, 2}, w.lead1().Pending)
		require.Equal(t, !stuck, w.awaited(), "the answer was lost")
		clear(w.cut)
		w.pass(5 * time.Second)
		require.Equal(t, stuck, len(w.lead1().Pending) > 0)
	}
	w := lagging(t, replica.Quirks{})
	w.elect(2, 1, 2, 3)
	w.settleStorage()
	require.True(t, w.awaited(), "the controller will say")
}

func TestADeposedLeaderChangesNothingMore(t *testing.T) {
	w := lagging(t, replica.Quirks{})
	w.elect(2, 1, 2, 3)
	w.settleStorage()
	w.pass(60 * time.Second)
	require.Equal(t, []int32{1, 2}, w.lead1().Pending)
	require.Equal(t, []int32{1, 2, 3}, w.states[tp].ISR)
	w.tell(1)
	w.run()
	require.Equal(t, "following", w.lead1().Role)
}

func TestWhoIsNotEligibleIsProposedAgainWhenItIs(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.elect(1, 1, 2)
	w.tell(1, 2, 3)
	w.held[[2]int32{1, 0}] = true
	w.pass(2 * time.Second)
	require.Equal(t, []int32{1, 2, 3}, w.lead1().Pending)
	w.b(3).crash(false)
	w.b(3).boot()
	w.settleStorage()
	require.Empty(t, w.lead1().Pending, "it has restarted since")
	require.Equal(t, []int32{1, 2}, w.states[tp].ISR)
	w.tell(3)
	w.pass(3 * time.Second)
	require.Equal(t, []int32{1, 2, 3}, w.states[tp].ISR)
}

func TestAFollowerBehindTheLeadersLogBeginsAnew(t *testing.T) {
	w := behind(t, replica.Quirks{})
	require.Equal(t, w.b(1).dump(t, all), w.b(3).dump(t, all))
	require.EqualValues(t, 2, w.b(3).m.Log(tp).StartOffset())
	require.EqualValues(t, 3, w.b(3).m.Log(tp).HighWatermark())
}

// behind is a cluster in which the leader has deleted what broker 3 would have fetched next, and broker 3 is back.
func behind(t require.TestingT, q replica.Quirks) *world {
	w := three(t, replica.Config{Quirks: q}, 1)
	w.pass(time.Second)
	w.b(3).crash(false)
	w.elect(1, 1, 2)
	w.tell(1, 2)
	w.run()
	w.b(1).produce(-1, "a")
	w.b(1).produce(-1, "b")
	w.b(1).produce(-1, "c")
	w.pass(time.Second)
	w.b(1).deleteRecords(2)
	w.pass(time.Second)
	w.b(3).boot()
	w.tell(3)
	w.pass(5 * time.Second)
	return w
}

func TestATruncationHoldsUpTheElection(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.b(1).produce(-1, "a")
	w.pass(time.Second)
	w.cut[[2]int32{2, 1}], w.cut[[2]int32{3, 1}] = true, true
	w.b(1).produce(1, "x")
	w.elect(2, 1, 2, 3)
	w.tell(2)
	w.run()
	w.b(1).slow = true
	clear(w.cut)
	w.tell(1, 3)
	w.pass(2 * time.Second)
	require.True(t, w.lead1().Busy)
	w.elect(1, 1, 2, 3)
	w.tell(1)
	w.run()
	require.Equal(t, "idle", w.lead1().Role, "the log is being cut")
	require.Equal(t, "NOT_LEADER_FOR_PARTITION", w.b(1).produced(w.b(1).produce(1, "y")))
	w.b(1).do(func(nodes.Env) {})
	for len(w.b(1).syncs) > 0 {
		w.b(1).endSync(0)
	}
	w.b(1).slow = false
	require.Equal(t, "leading", w.lead1().Role)
	require.Equal(t, "0:a@1", w.b(1).dump(t, all))
}

// DeleteRecords may leave a log that starts within a batch; a follower that begins anew copies the batch whole.
func TestAFollowerMayBeginWithinABatch(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.b(3).crash(true)
	w.elect(1, 1, 2)
	w.tell(1, 2)
	w.b(1).ask(produce(-1, 8, batch(record.Fields{}, "a", "b", "c")))
	w.pass(time.Second)
	w.b(1).deleteRecords(1)
	w.pass(time.Second)
	w.b(3).boot()
	w.tell(3)
	w.pass(5 * time.Second)
	require.Equal(t, "[0:a 1:b 2:c] hw 3 lso 3 start 1", w.b(3).fetchOne(consume(1, -1, 11)), "a client skips what is before its offset")
	require.EqualValues(t, 1, w.b(3).m.Log(tp).StartOffset())
	require.Equal(t, []int32{1, 2, 3}, w.states[tp].ISR)
}

// The outcome of an expansion is lost, and then broker 3's log: it must not be proposed again by what it was.
func TestWhoHasLostItsLogIsNotProposedAgain(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.elect(1, 1, 2)
	w.tell(1, 2, 3)
	w.held[[2]int32{1, 0}] = true
	w.b(1).produce(-1, "a")
	w.pass(2 * time.Second)
	require.Equal(t, []int32{1, 2, 3}, w.lead1().Pending)
	w.b(3).crash(true)
	w.b(3).boot()
	w.cut[[2]int32{3, 1}] = true
	w.tell(3)
	w.run()
	w.fetchAs(1, 3, 0, 2, w.b(3).epoch)
	i := slices.IndexFunc(w.mail, func(l *letter) bool { return l.alter != nil })
	l := w.mail[i]
	w.mail = slices.Delete(w.mail, i, i+1)
	w.lose(l)
	w.settleStorage()
	require.Equal(t, []int32{1, 2}, w.states[tp].ISR)
	require.Equal(t, []int32{1, 2}, w.lead1().ISR)
	require.Empty(t, w.lead1().Pending)
	clear(w.cut)
	w.pass(5 * time.Second)
	require.Equal(t, []int32{1, 2, 3}, w.states[tp].ISR)
	require.Equal(t, "0:a@1", w.b(3).dump(t, all))
}
