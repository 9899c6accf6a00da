package txn_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/txn"
)

// TestStories tells what a coordinator does in text. Its language is the switch in tell. Topics a and b have two partitions each, led by
// brokers 2 and 3; __transaction_state and __consumer_offsets have one each.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		w := newWorld(txn.Quirks{})
		datadriven.RunTest(t, path, func(t *testing.T, td *datadriven.TestData) string { return tell(t, w, td) })
	})
}

func number(td *datadriven.TestData, name string, def int) int {
	td.MaybeScanArgs(&testing.T{}, name, &def)
	return def
}

func word(td *datadriven.TestData, name, def string) string {
	td.MaybeScanArgs(&testing.T{}, name, &def)
	return def
}

var codes = []proto.Code{
	proto.None, proto.NotEnoughReplicas, proto.NotEnoughReplicasAfterAppend, proto.NotLeaderForPartition, proto.KafkaStorageError, proto.RequestTimedOut,
	proto.TransactionCoordinatorFenced, proto.InvalidProducerEpoch, proto.UnknownTopicOrPartition, proto.UnsupportedForMessageFormat,
}

func codeNamed(t *testing.T, name string) proto.Code {
	for _, c := range codes {
		if c.String() == name {
			return c
		}
	}
	require.Fail(t, "no such code", name)
	return 0
}

func tell(t *testing.T, w *world, td *datadriven.TestData) string {
	switch td.Cmd {
	case "elect": // this broker, in epoch=
		w.elect(int32(number(td, "epoch", 1)))
	case "resign":
		delete(w.epochs, 0)
		w.c.Resigned(w, 0, int32(number(td, "epoch", -1)))
		w.settle()
	case "failover": // another broker, in epoch=; lost: without what is not committed
		if td.HasArg("lost") {
			w.logs[0] = w.logs[0][:w.hw[0]]
		}
		w.restart()
		w.elect(int32(number(td, "epoch", 2)))
	case "journal": // ok, hold, commit (what is held), replicate (the same, but nobody is told), fail=CODE [lost]
		w.journal(t, td)
	case "cluster": // a-0=BROKER; -1: no leader, gone: deleted
		for _, a := range td.CmdArgs {
			w.setLeader(a.Key, a.Vals[0])
		}
		w.c.MetadataChanged(w)
		w.settle()
	case "init": // version= pid= epoch= timeout=
		q := kmsg.NewPtrInitProducerIDRequest()
		q.Version, q.ProducerID, q.ProducerEpoch = int16(number(td, "version", 4)), int64(number(td, "pid", -1)), int16(number(td, "epoch", -1))
		q.TransactionTimeoutMillis = int32(number(td, "timeout", 60_000))
		if td.HasArg("id") {
			q.TransactionalID = kmsg.StringPtr(word(td, "id", ""))
		}
		w.ask(q)
	case "add", "verify": // id= pid= epoch= version=, partitions in the input
		w.ask(addRequest(t, td))
	case "offsets": // of group g
		q := kmsg.NewPtrAddOffsetsToTxnRequest()
		q.Version, q.TransactionalID, q.Group = 3, word(td, "id", "t"), "g"
		q.ProducerID, q.ProducerEpoch = int64(number(td, "pid", 1000)), int16(number(td, "epoch", 0))
		w.ask(q)
	case "commit", "abort":
		q := kmsg.NewPtrEndTxnRequest()
		q.Version, q.TransactionalID, q.Commit = int16(number(td, "version", 3)), word(td, "id", "t"), td.Cmd == "commit"
		q.ProducerID, q.ProducerEpoch = int64(number(td, "pid", 1000)), int16(number(td, "epoch", 0))
		w.ask(q)
	case "answer": // broker= code=, or lost: the connection broke
		var err error
		if td.HasArg("lost") {
			err = errors.New("connection reset")
		}
		if !w.reply(int32(number(td, "broker", 2)), codeNamed(t, word(td, "code", proto.None.String())), err) {
			return "nothing was sent there\n"
		}
		w.settle()
	case "sleep": // a duration
		d, err := time.ParseDuration(td.CmdArgs[0].Key)
		require.NoError(t, err)
		w.sleep(d)
	case "describe":
		q := kmsg.NewPtrDescribeTransactionsRequest()
		q.TransactionalIDs = []string{word(td, "id", "t")}
		w.ask(q)
	case "list": // states=
		q := kmsg.NewPtrListTransactionsRequest()
		if s := word(td, "states", ""); s != "" {
			q.StateFilters = strings.Split(s, "+")
		}
		w.ask(q)
	case "expiry": // of transactional ids, from the next coordinator on
		w.expiry, _ = time.ParseDuration(td.CmdArgs[0].Key)
	case "show":
		return strings.Join(w.state(), "\n") + "\n"
	case "log": // what the journal has
		return w.journalText()
	default:
		require.Fail(t, "no such command", td.Cmd)
	}
	return w.tell()
}

func (w *world) journal(t *testing.T, td *datadriven.TestData) {
	w.fail, w.lost = proto.None, td.HasArg("lost")
	switch {
	case td.HasArg("hold"):
		w.hold = true
	case td.HasArg("replicate"):
		w.hw[0] = int64(len(w.logs[0]))
	case td.HasArg("fail"):
		w.fail, w.hold = codeNamed(t, word(td, "fail", "")), false
	default: // ok, commit
		w.hold = false
	}
	w.settle()
}

func (w *world) setLeader(partition, broker string) {
	topic, p, _ := strings.Cut(partition, "-")
	n, _ := strconv.Atoi(p)
	tp := log.TopicPartition{Topic: topic, Partition: int32(n)}
	if broker == "gone" {
		delete(w.leaders, tp)
		return
	}
	b, _ := strconv.Atoi(broker)
	w.leaders[tp] = int32(b)
}

func addRequest(t *testing.T, td *datadriven.TestData) *kmsg.AddPartitionsToTxnRequest {
	q := kmsg.NewPtrAddPartitionsToTxnRequest()
	q.Version = int16(number(td, "version", 3))
	id, pid, epoch := word(td, "id", "t"), int64(number(td, "pid", 1000)), int16(number(td, "epoch", 0))
	q.TransactionalID, q.ProducerID, q.ProducerEpoch = id, pid, epoch
	if td.Cmd == "verify" {
		q.Version = 4
	}
	x := kmsg.NewAddPartitionsToTxnRequestTransaction()
	x.TransactionalID, x.ProducerID, x.ProducerEpoch, x.VerifyOnly = id, pid, epoch, true
	for _, f := range strings.Fields(td.Input) {
		topic, p, ok := strings.Cut(f, "-")
		require.True(t, ok, f)
		n, err := strconv.Atoi(p)
		require.NoError(t, err)
		a := kmsg.NewAddPartitionsToTxnRequestTopic()
		a.Topic, a.Partitions = topic, []int32{int32(n)}
		q.Topics = append(q.Topics, a)
		b := kmsg.NewAddPartitionsToTxnRequestTransactionTopic()
		b.Topic, b.Partitions = topic, []int32{int32(n)}
		x.Topics = append(x.Topics, b)
	}
	if q.Version >= 4 {
		q.Topics, q.Transactions = nil, append(q.Transactions, x)
	}
	return q
}

// journalText is the journal, a record a line.
func (w *world) journalText() string {
	var out strings.Builder
	for i, e := range w.logs[0] {
		var r record.Reader
		if err := r.Reset(e.bytes); err != nil {
			return err.Error()
		}
		var rec record.Record
		for r.Next(&rec) {
			k, v := kmsg.NewTxnMetadataKey(), kmsg.NewTxnMetadataValue()
			if err := k.ReadFrom(rec.Key); err != nil {
				return err.Error()
			}
			fmt.Fprintf(&out, "%d leader epoch %d, %s: ", i, e.epoch, k.TransactionalID)
			if rec.Value == nil {
				out.WriteString("tombstone\n")
				continue
			}
			if err := v.ReadFrom(rec.Value); err != nil {
				return err.Error()
			}
			fmt.Fprintf(&out, "%s producer %d epoch %d\n", v.State, v.ProducerID, v.ProducerEpoch)
		}
	}
	return out.String()
}
