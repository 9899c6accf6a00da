package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/txn"
)

func TestATransactionEndsAsItsCoordinatorHasDecided(t *testing.T) {
	commits := map[txn.State]bool{txn.PrepareCommit: true, txn.CompleteCommit: true}
	aborts := map[txn.State]bool{txn.PrepareAbort: true, txn.CompleteAbort: true}
	for state := txn.Empty; state <= txn.PrepareEpochFence; state++ {
		of := &kafkaTxn{state: state}
		require.Equal(t, commits[state], of.decided(true), state)
		require.Equal(t, aborts[state], of.decided(false), state)
	}
}

// Who retries a marker for want of an answer may write it twice: the second one ends nothing, or what has begun since.
func TestAMarkerEndsWhatIsOpen(t *testing.T) {
	data, marker := kafkaEntry{present: true, txn: true, pid: 7}, kafkaEntry{present: true, txn: true, control: true, pid: 7}
	other := kafkaEntry{present: true, txn: true, pid: 8}
	p := &kafkaPart{committed: []kafkaEntry{other, data, other, marker, marker, data, {}}}
	var open []bool
	for at := range int64(len(p.committed)) + 1 {
		open = append(open, p.open(7, at))
	}
	require.Equal(t, []bool{false, false, true, true, false, false, true, true}, open)
}

// A partition that is added to a transaction holds the markers of those before it, and only those.
func TestAMarkerBelongsToATransactionIfItCameAfterItsPartitionDid(t *testing.T) {
	a, b := log.TopicPartition{Topic: "a"}, log.TopicPartition{Topic: "b"}
	of := map[log.TopicPartition]*kafkaPart{a: {committed: make([]kafkaEntry, 3)}, b: {committed: make([]kafkaEntry, 5)}}
	g := &kafkaWatch{byTP: of}
	grow := func() {
		of[a].committed, of[b].committed = append(of[a].committed, kafkaEntry{}), append(of[b].committed, kafkaEntry{})
	}
	var was *kafkaTxn
	step := func(state txn.State, parts ...log.TopicPartition) []int64 {
		now := &kafkaTxn{pid: 1, state: state, parts: parts}
		now.joins(g, was)
		was = now
		grow()
		return now.from
	}
	require.Equal(t, []int64{3}, step(txn.Ongoing, a))
	require.Equal(t, []int64{3, 6}, step(txn.Ongoing, a, b))
	require.Equal(t, []int64{3, 6}, step(txn.PrepareCommit, a, b))
	require.Empty(t, step(txn.CompleteCommit))
	require.Equal(t, []int64{7}, step(txn.Ongoing, a), "the next transaction")
	require.Equal(t, []int64{7}, step(txn.PrepareAbort, a))
	was.pid = 2
	require.Equal(t, []int64{9}, step(txn.Ongoing, a), "of another producer")
}

func TestTheRulesOfVerdictsAreAskedInAPipeline(t *testing.T) {
	asked := map[string]uint64{}
	for seed := uint64(1); seed <= 5; seed++ {
		r, err := KafkaExactlyOnce().Run(trial.Options{Seed: seed})
		require.NoError(t, err)
		require.NotEqual(t, checker.Violated, r.Verdict, r.Detail)
		for _, rule := range []string{kafkaCarried, kafkaVerdict} {
			asked[rule] += r.Asked[rule]
		}
	}
	require.Greater(t, asked[kafkaCarried], uint64(100))
	require.Greater(t, asked[kafkaVerdict], uint64(5))
}

// No defect of the museum writes a marker that contradicts its coordinator: what would, a universe's end is told of here.
func TestAMarkerThatContradictsItsCoordinatorIsSeen(t *testing.T) {
	broken := ""
	shape := kafkaExactlyOnceShape()
	shape.atEnd = func(l *kafkaLoad) error {
		g := l.k.watch
		for _, p := range g.parts {
			for at, e := range p.committed {
				if now := g.txns.of(e.pid); e.control && now != nil && p.open(e.pid, int64(at)) {
					now.state = map[bool]txn.State{true: txn.CompleteCommit, false: txn.CompleteAbort}[e.commit]
					g.ends(p, int64(at), e)
					require.Nil(t, l.k.w.U.Violation(), "it says so too")
					now.state = map[bool]txn.State{true: txn.CompleteAbort, false: txn.CompleteCommit}[e.commit]
					g.ends(p, int64(at), e)
					broken = l.k.w.U.Violation().Property
					return nil
				}
			}
		}
		return nil
	}
	_, err := kafkaScenario(shape).Run(trial.Options{Seed: 1, Nemesis: []string{}})
	require.NoError(t, err)
	require.Equal(t, kafkaVerdict, broken)
}
