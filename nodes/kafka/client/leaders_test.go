package client_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// fetchOf is a fetch of one partition that may be parked for a while.
func fetchOf(partition int32, from int64, park time.Duration) *kmsg.FetchRequest {
	r := kmsg.NewPtrFetchRequest()
	r.ReplicaID, r.MinBytes, r.MaxBytes, r.MaxWaitMillis = -1, 1, 1<<20, int32(park.Milliseconds())
	rt, rp := kmsg.NewFetchRequestTopic(), kmsg.NewFetchRequestTopicPartition()
	rt.Topic, rp.Partition, rp.FetchOffset, rp.PartitionMaxBytes = "a", partition, from, 1<<20
	rt.Partitions = append(rt.Partitions, rp)
	r.Topics = append(r.Topics, rt)
	return r
}

func fetched(t testing.TB, resp kmsg.Response, err error) kmsg.FetchResponseTopicPartition {
	require.NoError(t, err)
	return resp.(*kmsg.FetchResponse).Topics[0].Partitions[0]
}

func TestLeadersAreFoundAgainWhenTheyMove(t *testing.T) {
	w := newToys(t, 3, 1)
	part := tp{Topic: "a", Partition: 0}
	w.run(w.config(), func(t *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{})
		require.Equal(w, client.Acknowledged, p.SendTo(t, client.Record{Topic: "a", Value: []byte("x")}).Wait(t).Outcome)
		l := client.NewLeaders(c)
		resp, err := l.Ask(t, fetchOf(0, 0, 0))
		require.NotEmpty(w, fetched(w, resp, err).RecordBatches)
		w.parts[part].leader, w.parts[part].epoch = 2, 1
		resp, err = l.Ask(t, fetchOf(0, 0, 0))
		require.Equal(w, proto.NotLeaderForPartition, proto.Code(fetched(w, resp, err).ErrorCode), "who led says that it does not any more")
		resp, err = l.Ask(t, fetchOf(0, 0, 0))
		require.NotEmpty(w, fetched(w, resp, err).RecordBatches, "and the next request goes to the one that does")
		_, err = l.Ask(t, kmsg.NewPtrMetadataRequest())
		require.ErrorIs(w, err, client.ErrUnsupported)
		_, err = l.Ask(t, fetchOf(7, 0, 0))
		require.Equal(w, proto.LeaderNotAvailable, client.CodeOf(err))
		l.Close(t)
		p.Close(t)
	})
}

// A broker answers what comes on one connection in order: what is parked of one partition must not hold up another.
func TestAParkedFetchHoldsUpNoOtherPartition(t *testing.T) {
	w := newWorld(t, 3)
	var took time.Duration
	parked := false
	done := w.begin("c1", func(t *task.T, c *client.Cluster) {
		require.NoError(w, c.CreateTopic(t, client.NewTopic{Name: "a", Assignment: [][]int32{{1, 2, 3}, {1, 3, 2}}}))
		p := client.NewProducer(c, client.ProducerConfig{})
		for i := range int32(2) {
			require.Equal(w, client.Acknowledged, p.SendTo(t, client.Record{Topic: "a", Partition: i, Value: strconv.AppendInt(nil, int64(i), 10)}).Wait(t).Outcome)
		}
		l := client.NewLeaders(c)
		for i := range int32(2) { // both have their connections
			resp, err := l.Ask(t, fetchOf(i, 0, 0))
			require.NotEmpty(w, fetched(w, resp, err).RecordBatches)
		}
		t.Go("parked", func(t *task.T) {
			resp, err := l.Ask(t, fetchOf(0, 1, 2*time.Second))
			require.Empty(w, fetched(w, resp, err).RecordBatches)
			parked = true
		})
		t.Sleep(100 * time.Millisecond)
		since := t.Monotonic()
		resp, err := l.Ask(t, fetchOf(1, 0, 0))
		require.NotEmpty(w, fetched(w, resp, err).RecordBatches)
		require.False(w, parked)
		took = t.Monotonic() - since
		t.Wait()
		p.Close(t)
	})
	require.True(t, w.u.RunUntil(func() bool { return *done }, time.Minute), "%v", w.u.Violation())
	require.True(t, parked)
	require.Less(t, took, time.Second)
}
