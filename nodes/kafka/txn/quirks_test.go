package txn_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/txn"
)

// shows are, for each defect, what it needs to be seen: each returns "" if all went well.
var shows = map[string]func(w *world) string{
	"completion-drops-another": showOldAnswer,
	"completion-missed":        showTwoAnswers,
	"completion-written-twice": showTwoAnswers,
	"end-with-higher-epoch":    showHigherEpoch,
	"fence-bumps-each-time":    showFenceWithoutJournal,
	"told-before-committed":    showFailover,
	"verification-says-yes":    showLateAppend,
}

func TestEachDefectShowsAndTheCorrectCoordinatorDoesNot(t *testing.T) {
	require.Len(t, shows, len(txn.Defects()))
	for _, d := range txn.Defects() {
		t.Run(d.Name, func(t *testing.T) {
			require.Contains(t, shows, d.Name)
			var q txn.Quirks
			d.Set(&q)
			require.NotEqual(t, txn.Quirks{}, q)
			require.Empty(t, shows[d.Name](newWorld(txn.Quirks{})))
			wrong := shows[d.Name](newWorld(q))
			require.NotEmpty(t, wrong)
			t.Log(wrong)
		})
	}
}

// begun opens a transaction of id t, producer 1000, epoch 0, in a-0 and b-0.
func begun(w *world) {
	w.elect(1)
	w.ask(initRequest("t"))
	w.ask(addTo(0, "a", "b"))
}

func initRequest(id string) *kmsg.InitProducerIDRequest {
	q := kmsg.NewPtrInitProducerIDRequest()
	q.Version, q.TransactionalID, q.TransactionTimeoutMillis = 4, &id, 60_000
	return q
}

func addTo(epoch int16, topics ...string) *kmsg.AddPartitionsToTxnRequest {
	q := kmsg.NewPtrAddPartitionsToTxnRequest()
	q.Version, q.TransactionalID, q.ProducerID, q.ProducerEpoch = 3, "t", 1000, epoch
	for _, topic := range topics {
		x := kmsg.NewAddPartitionsToTxnRequestTopic()
		x.Topic, x.Partitions = topic, []int32{0}
		q.Topics = append(q.Topics, x)
	}
	return q
}

func endRequest(epoch int16, commit bool) *kmsg.EndTxnRequest {
	q := kmsg.NewPtrEndTxnRequest()
	q.Version, q.TransactionalID, q.ProducerID, q.ProducerEpoch, q.Commit = 3, "t", 1000, epoch, commit
	return q
}

// ended says what is wrong if the transaction of t has not come to its end.
func ended(w *world) string {
	w.sleep(15 * time.Second)
	if len(w.broken) > 0 {
		return w.broken[0]
	}
	if s := w.state(); len(s) != 1 || s[0] != "t: producer 1000 epoch 0, CompleteCommit" {
		return fmt.Sprint(s)
	}
	return ""
}

// showTwoAnswers has two brokers answer at one time.
func showTwoAnswers(w *world) string {
	begun(w)
	w.ask(endRequest(0, true))
	w.reply(2, proto.None, nil)
	w.reply(3, proto.None, nil)
	return ended(w)
}

// showOldAnswer has the answer to markers come back when their coordinator has been deposed and elected anew.
func showOldAnswer(w *world) string {
	begun(w)
	w.ask(endRequest(0, true))
	w.c.Resigned(w, 0, 2)
	w.elect(2)
	for range 3 {
		w.reply(2, proto.None, nil)
		w.reply(3, proto.None, nil)
		w.settle()
	}
	return ended(w)
}

func showHigherEpoch(w *world) string {
	begun(w)
	w.ask(endRequest(7, true))
	if code := w.last().(*kmsg.EndTxnResponse).ErrorCode; code != int16(proto.ProducerFenced) {
		return "EndTxn with an epoch that nobody was given: " + proto.Code(code).String()
	}
	return ""
}

// showFenceWithoutJournal has a producer try again and again to take over while the journal takes nothing.
func showFenceWithoutJournal(w *world) string {
	begun(w)
	w.fail, w.lost = proto.NotEnoughReplicas, true
	for range 40_000 {
		w.ask(initRequest("t"))
	}
	w.lines, w.dones = nil, nil
	w.fail = proto.None
	w.ask(initRequest("t"))
	w.reply(2, proto.None, nil)
	w.reply(3, proto.None, nil)
	w.settle()
	w.ask(initRequest("t"))
	if len(w.broken) > 0 {
		return w.broken[0]
	}
	if r := w.last().(*kmsg.InitProducerIDResponse); r.ErrorCode != 0 || r.ProducerEpoch != 2 {
		return answer(r)
	}
	return ""
}

// showFailover has a coordinator fail when it has told a verdict, or not.
func showFailover(w *world) string {
	begun(w)
	w.hold = true
	w.ask(endRequest(0, true))
	_, told := w.last().(*kmsg.EndTxnResponse)
	w.logs[0] = w.logs[0][:w.hw[0]]
	w.hold = false
	w.restart()
	w.elect(2)
	w.ask(endRequest(0, false))
	if code := w.last().(*kmsg.EndTxnResponse).ErrorCode; told && code == 0 {
		return "told that it is committed, and then that it is aborted"
	}
	return ""
}

// showLateAppend has a broker ask about an append that comes after the end of its transaction.
func showLateAppend(w *world) string {
	begun(w)
	w.ask(endRequest(0, false))
	w.reply(2, proto.None, nil)
	w.reply(3, proto.None, nil)
	w.settle()
	q := kmsg.NewPtrAddPartitionsToTxnRequest()
	q.Version = 4
	x := kmsg.NewAddPartitionsToTxnRequestTransaction()
	x.TransactionalID, x.ProducerID, x.VerifyOnly = "t", 1000, true
	p := kmsg.NewAddPartitionsToTxnRequestTransactionTopic()
	p.Topic, p.Partitions = "a", []int32{0}
	x.Topics = append(x.Topics, p)
	q.Transactions = append(q.Transactions, x)
	w.ask(q)
	if r := w.last().(*kmsg.AddPartitionsToTxnResponse); r.Transactions[0].Topics[0].Partitions[0].ErrorCode == 0 {
		return "the append is let through, and no coordinator knows of it"
	}
	return ""
}

// The hazard of every coordinator before KIP-890 part 2: KAFKA-17754.
func TestALateEndTxnEndsTheNextTransactionOfTheSameEpoch(t *testing.T) {
	w := newWorld(txn.Quirks{})
	begun(w)
	late := endRequest(0, true) // delayed on its way; the client gives it up, tries once more, and goes on
	w.ask(endRequest(0, true))
	w.reply(2, proto.None, nil)
	w.reply(3, proto.None, nil)
	w.settle()
	w.ask(addTo(0, "a"))
	w.ask(late)
	require.Equal(t, "EndTxn: NONE", answer(w.last()))
	require.Equal(t, []string{"t: producer 1000 epoch 0, PrepareCommit -> CompleteCommit a-0"}, w.state())
}

func TestEpochsThatAreUsedUpMakeANewProducerID(t *testing.T) {
	w := newWorld(txn.Quirks{})
	w.elect(1)
	for range 32767 {
		w.ask(initRequest("t"))
	}
	last := w.last().(*kmsg.InitProducerIDResponse)
	require.Equal(t, int64(1000), last.ProducerID)
	require.Equal(t, int16(32766), last.ProducerEpoch)

	own := initRequest("t")
	own.ProducerID, own.ProducerEpoch = 1000, 32766
	for range 2 { // the second is the same question, for the answer to the first was lost
		w.ask(own)
		require.Equal(t, "InitProducerId: producer 1001 epoch 0", answer(w.last()))
	}
	w.ask(addTo(32766, "a"))
	require.Equal(t, "AddPartitionsToTxn: a-0 INVALID_PRODUCER_ID_MAPPING", answer(w.last()))
	require.Empty(t, w.broken)
}

func TestTheLastEpochIsForFencing(t *testing.T) {
	w := newWorld(txn.Quirks{})
	w.elect(1)
	for range 32767 {
		w.ask(initRequest("t"))
	}
	w.ask(addTo(32766, "a"))
	w.ask(initRequest("t"))
	require.Equal(t, "InitProducerId: CONCURRENT_TRANSACTIONS", answer(w.last()))
	w.ask(addTo(32767, "a"))
	require.Equal(t, "AddPartitionsToTxn: a-0 PRODUCER_FENCED", answer(w.last()))
	w.reply(2, proto.None, nil)
	w.settle()
	w.ask(initRequest("t"))
	require.Equal(t, "InitProducerId: producer 1001 epoch 0", answer(w.last()))
	require.Empty(t, w.broken)
}

func TestProducerIDsComeInBlocks(t *testing.T) {
	w := newWorld(txn.Quirks{})
	asks := 0
	w.on = func(e txn.Event) {
		if _, ok := e.(txn.NeedProducerIDs); ok {
			asks++
		}
	}
	for i := range 2500 {
		w.ask(kmsg.NewPtrInitProducerIDRequest())
		require.Equal(t, int64(1000+i), w.last().(*kmsg.InitProducerIDResponse).ProducerID)
		require.LessOrEqual(t, asks, i/1000+2)
	}
	w.noIDs = true
	for range 500 {
		w.ask(kmsg.NewPtrInitProducerIDRequest())
	}
	require.Equal(t, int64(3999), w.last().(*kmsg.InitProducerIDResponse).ProducerID, "what is in store lasts")
	for range 1000 {
		w.ask(kmsg.NewPtrInitProducerIDRequest())
	}
	require.Equal(t, "InitProducerId: COORDINATOR_LOAD_IN_PROGRESS", answer(w.last()))
	w.noIDs = false
	w.ask(kmsg.NewPtrInitProducerIDRequest())
	require.Equal(t, "InitProducerId: producer 4000 epoch 0", answer(w.last()))
}

func TestMarkersWaitUntilTheClusterIsKnown(t *testing.T) {
	w := newWorld(txn.Quirks{})
	begun(w)
	w.ask(endRequest(0, true))
	known := w.leaders
	w.leaders = map[log.TopicPartition]int32{}
	w.restart()
	w.elect(2)
	w.sleep(time.Second)
	require.Equal(t, []string{"t: producer 1000 epoch 0, PrepareCommit -> CompleteCommit a-0 b-0"}, w.state())
	w.leaders = known
	w.c.MetadataChanged(w)
	w.settle()
	require.Equal(t, []int32{2, 3}, w.brokers())
	w.reply(2, proto.None, errors.New("connection reset"))
	w.settle()
	require.Equal(t, []int32{3}, w.brokers())
	w.sleep(time.Second)
	require.Equal(t, []int32{2, 3}, w.brokers())
}

// table is A8's, as KIP-98 and KIP-360 have it.
var table = map[txn.State]string{
	txn.Empty: "Empty CompleteCommit CompleteAbort", txn.Ongoing: "Empty Ongoing CompleteCommit CompleteAbort",
	txn.PrepareCommit: "Ongoing", txn.PrepareAbort: "Ongoing PrepareEpochFence", txn.CompleteCommit: "PrepareCommit",
	txn.CompleteAbort: "PrepareAbort", txn.Dead: "Empty CompleteCommit CompleteAbort", txn.PrepareEpochFence: "Ongoing",
}

func TestTransitionsAreThoseOfTheTable(t *testing.T) {
	for to, from := range table {
		got := ""
		for s := txn.Empty; s <= txn.PrepareEpochFence; s++ {
			if to.MayFollow(s) {
				got += " " + s.String()
			}
		}
		require.Equal(t, " "+from, got, to)
		named, ok := txn.StateNamed(to.String())
		require.True(t, ok)
		require.Equal(t, to, named)
	}
	require.False(t, txn.State(8).MayFollow(txn.Empty))
	require.Equal(t, "Unknown", txn.State(-1).String())
}
