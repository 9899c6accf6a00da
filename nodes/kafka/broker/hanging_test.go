package broker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// told are the requests that a broker tells clients of.
func told(w *world, t *task.T, conn nodes.Conn) map[int16]int16 {
	r := kmsg.NewPtrApiVersionsRequest()
	r.ClientSoftwareName, r.ClientSoftwareVersion = "test", "1"
	keys := map[int16]int16{}
	for _, k := range ask(w, t, conn, r, 1).(*kmsg.ApiVersionsResponse).ApiKeys {
		keys[k.ApiKey] = k.MaxVersion
	}
	return keys
}

// What looks for transactions that hang is not of Kafka 2.4, so clients hear of it only where the broker is set up to tell. It is served
// in any case.
func TestTransactionsAreDescribedAndListed(t *testing.T) {
	for _, later := range []bool{false, true} {
		w := worldOf(t, 5, ensemble(t), nil, broker.Quirks{}, true)
		c := brokerConfig(t, 1, "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1")
		w.u.Add("b1", func() nodes.Node { return broker.New(broker.Options{Config: c, TellLater: later}) }).Start(0)
		w.client("c1", time.Minute, func(t *task.T, k *client.Cluster) {
			require.NoError(w, k.CreateTopic(t, client.NewTopic{Name: "a", Partitions: 1, Replicas: 1}))
			p := client.NewProducer(k, client.ProducerConfig{TransactionalID: "till"})
			require.NoError(w, p.InitTransactions(t))
			require.NoError(w, p.Begin(t))
			require.Equal(w, client.Acknowledged, p.SendTo(t, client.Record{Topic: "a", Value: []byte("1")}).Wait(t).Outcome)
			id, epoch := p.ID()

			conn := dial(w, t)
			keys := told(w, t, conn)
			for key, v := range map[int16]int16{61: 0, 65: 0, 66: 2} {
				got, tells := keys[key]
				require.Equal(w, later, tells, "key %d", key)
				require.True(w, !later || got == v)
			}
			describe := kmsg.NewPtrDescribeTransactionsRequest()
			describe.TransactionalIDs = []string{"till", "nobody"}
			states := ask(w, t, conn, describe, 2).(*kmsg.DescribeTransactionsResponse).TransactionStates
			require.Len(w, states, 2)
			require.Equal(w, "Ongoing", states[0].State)
			require.Equal(w, id, states[0].ProducerID)
			require.Equal(w, epoch, states[0].ProducerEpoch)
			require.Equal(w, "a", states[0].Topics[0].Topic)
			require.Equal(w, []int32{0}, states[0].Topics[0].Partitions)
			require.EqualValues(w, proto.TransactionalIDNotFound, states[1].ErrorCode)

			for version, want := range []int{1, 1, 0} { // the pattern of version 2 is of another one
				list := kmsg.NewPtrListTransactionsRequest()
				list.Version, list.TransactionalIDPattern = int16(version), kmsg.StringPtr("^safe")
				require.Len(w, ask(w, t, conn, list, 3).(*kmsg.ListTransactionsResponse).TransactionStates, want, "version %d", version)
			}
			require.NoError(w, p.Abort(t))
			t.Close(conn)
		})
	}
}
