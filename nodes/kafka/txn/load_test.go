package txn_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/txn"
)

// put appends a committed record to the journal, as another coordinator would have.
func (w *world) put(key, value []byte) {
	var b record.Builder
	b.Reset(record.Fields{BaseOffset: int64(len(w.logs[0])), LeaderEpoch: 1})
	b.Add(0, key, value)
	w.logs[0] = append(w.logs[0], entry{b.Batch(), 1})
	w.hw[0] = int64(len(w.logs[0]))
}

func TestNothingIsDecidedByHalfAJournal(t *testing.T) {
	for name, value := range map[string][]byte{"of a later version": {0, 9, 1, 2, 3}, "cut off": {0, 0, 1}, "of no state": nil} {
		w := newWorld(txn.Quirks{})
		w.elect(1)
		w.ask(initRequest("t"))
		if value == nil {
			v := kmsg.NewTxnMetadataValue()
			v.State = 42
			value = v.AppendTo(nil)
		}
		k := kmsg.NewTxnMetadataKey()
		k.TransactionalID = "u"
		w.put(k.AppendTo(nil), value)
		w.restart()
		w.elect(2)
		w.sleep(time.Minute)
		w.ask(initRequest("t"))
		require.Equal(t, "InitProducerId: COORDINATOR_LOAD_IN_PROGRESS", answer(w.last()), name)
	}
}

func TestALongJournalIsLoadedInSteps(t *testing.T) {
	w := newWorld(txn.Quirks{})
	w.elect(1)
	for range 20 {
		w.ask(initRequest("t"))
	}
	w.restart()
	w.epochs[0] = 2
	w.c.Elected(w, 0, 2)
	steps := 0
	for ; len(w.state()) == 0 || w.state()[0] != "t: producer 1000 epoch 19, Empty"; steps++ {
		q := kmsg.NewPtrListTransactionsRequest()
		w.c.Handle(w, 1, txn.Peer{}, q) // between two steps others are served
		w.drain()
		require.Equal(t, int16(proto.CoordinatorLoadInProgress), w.last().(*kmsg.ListTransactionsResponse).ErrorCode)
		require.True(t, w.c.Fire(w, nodes.Tag{Name: "txn/load"}))
		require.Less(t, steps, 100)
	}
	require.Greater(t, steps, 5)
}

func TestWhoWaitsIsToldWhenTheCoordinatorGoes(t *testing.T) {
	w := newWorld(txn.Quirks{})
	begun(w)
	w.hold = true
	q := addTo(0, "a")
	q.Version = 4
	for _, topic := range []string{"a", "b"} {
		x := kmsg.NewAddPartitionsToTxnRequestTransaction()
		x.TransactionalID, x.ProducerID = "t", 1000
		p := kmsg.NewAddPartitionsToTxnRequestTransactionTopic()
		p.Topic, p.Partitions = topic, []int32{1}
		x.Topics = append(x.Topics, p)
		q.Transactions = append(q.Transactions, x)
	}
	before := len(w.dones)
	w.ask(q)
	require.Len(t, w.dones, before, "the first of the two waits for the journal")
	w.c.Resigned(w, 0, 2)
	w.settle()
	require.Equal(t, "AddPartitionsToTxn: [t a-1 NOT_COORDINATOR] [t b-1 CONCURRENT_TRANSACTIONS]", answer(w.last()))
	w.hold = false
	w.settle()
	require.Len(t, w.dones, before+1, "and is told once")
	require.False(t, w.c.Fire(w, nodes.Tag{Name: "group/expire"}))
	require.False(t, w.c.Handle(w, 1, txn.Peer{}, kmsg.NewPtrFetchRequest()))
}

// The start of a transaction is what the clock of the coordinator before says. This one's may be far behind.
func TestATransactionOfAClockThatIsAheadTimesOut(t *testing.T) {
	w := newWorld(txn.Quirks{})
	w.now = time.Hour
	begun(w)
	w.now = 0
	w.restart()
	w.elect(2)
	require.Contains(t, w.state()[0], "Ongoing")
	w.sleep(59 * time.Second)
	require.Contains(t, w.state()[0], "Ongoing")
	w.sleep(30 * time.Second)
	require.Contains(t, w.state()[0], "PrepareAbort")
}
