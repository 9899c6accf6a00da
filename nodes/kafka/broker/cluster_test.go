package broker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

// create makes a topic, and waits until its partitions have leaders.
func create(t *task.T, c *client.Cluster, topic string, partitions int32, replicas int16, settings ...string) error {
	r := kmsg.NewPtrCreateTopicsRequest()
	r.TimeoutMillis = 10_000
	rt := kmsg.NewCreateTopicsRequestTopic()
	rt.Topic, rt.NumPartitions, rt.ReplicationFactor = topic, partitions, replicas
	for i := 0; i+1 < len(settings); i += 2 {
		s := kmsg.NewCreateTopicsRequestTopicConfig()
		s.Name, s.Value = settings[i], &settings[i+1]
		rt.Configs = append(rt.Configs, s)
	}
	r.Topics = append(r.Topics, rt)
	code := func(resp kmsg.Response) proto.Code {
		return proto.Code(resp.(*kmsg.CreateTopicsResponse).Topics[0].ErrorCode)
	}
	resp, err := c.Controller(t, r, code)
	if err == nil && code(resp) != proto.None {
		err = &client.CodeError{Code: code(resp)}
	}
	return err
}

// readAll reads a partition from its beginning to where its leader says that it ends.
func readAll(t *task.T, c *client.Cluster, topic string, partition int32, committed bool) (values []string, err error) {
	for offset := int64(0); ; {
		if err := c.Refresh(t, topic); err != nil {
			return nil, err
		}
		ps, err := c.Partitions(t, topic)
		if err != nil {
			return nil, err
		}
		r := kmsg.NewPtrFetchRequest()
		r.Version, r.ReplicaID, r.MaxWaitMillis, r.MaxBytes = 11, -1, 100, 1<<20
		if committed {
			r.IsolationLevel = 1
		}
		rt := kmsg.NewFetchRequestTopic()
		rt.Topic = topic
		rp := kmsg.NewFetchRequestTopicPartition()
		rp.Partition, rp.FetchOffset, rp.PartitionMaxBytes, rp.CurrentLeaderEpoch = partition, offset, 1<<20, -1
		rt.Partitions = append(rt.Partitions, rp)
		r.Topics = append(r.Topics, rt)
		resp, err := c.Do(t, ps[partition].Leader, r, 5*time.Second)
		if err != nil {
			t.Sleep(50 * time.Millisecond)
			continue
		}
		p := resp.(*kmsg.FetchResponse).Topics[0].Partitions[0]
		if p.ErrorCode != 0 {
			t.Sleep(50 * time.Millisecond)
			continue
		}
		end := p.HighWatermark
		if committed {
			end = p.LastStableOffset
		}
		before := offset
		for rest := p.RecordBatches; ; {
			b, more, err := record.Next(rest)
			if err != nil {
				break
			}
			rest, offset = more, b.NextOffset()
			var rd record.Reader
			var one record.Record
			if err := rd.Reset(b); err != nil {
				return nil, err
			}
			for !b.Control() && rd.Next(&one) {
				values = append(values, string(one.Value))
			}
		}
		if offset >= end {
			return values, nil
		}
		if offset == before {
			t.Sleep(20 * time.Millisecond)
		}
	}
}

func numbers(from, to int) (all []string) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

// write produces numbers, and requires all of them to be acknowledged.
func write(w *world, t *task.T, p *client.Producer, topic string, partition int32, from, to int) {
	var sent []*client.Sent
	for i := from; i < to; i++ {
		sent = append(sent, p.SendTo(t, client.Record{Topic: topic, Partition: partition, Value: []byte(fmt.Sprint(i))}))
	}
	for _, s := range sent {
		r := s.Wait(t)
		require.Equal(w, client.Acknowledged, r.Outcome, "%v", r.Err)
	}
}

func TestAClusterServesThroughTheDeathOfALeader(t *testing.T) {
	w := newWorld(t, 1, 3)
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 2, 3, "min.insync.replicas", "2"))
		p := client.NewProducer(c, client.ProducerConfig{})
		write(w, t, p, "orders", 0, 0, 30)
		p.Close(t)
		values, err := readAll(t, c, "orders", 0, false)
		require.NoError(w, err)
		require.Equal(w, numbers(0, 30), values)
	})
	dead := w.leader("orders", 0)
	w.kill(dead)
	w.client("c2", time.Minute, func(t *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{})
		write(w, t, p, "orders", 0, 30, 60)
		p.Close(t)
		values, err := readAll(t, c, "orders", 0, false)
		require.NoError(w, err)
		require.Equal(w, numbers(0, 60), values)
	})
	require.NotEqual(t, dead, w.leader("orders", 0))
	w.u.Machine(dead).Start(0)
	w.until(time.Minute, "all replicas are in sync again", func() bool { return w.inSync("orders", 0) == 3 })
}

// inSync is how many replicas the ISR of a partition has, by its leader's metadata.
func (w *world) inSync(topic string, partition int) int {
	for _, t := range w.of(w.leader(topic, partition)).Topics {
		if t.Topic == topic {
			return len(t.Partitions[partition].ISR)
		}
	}
	return 0
}

func TestAnotherBrokerBecomesTheController(t *testing.T) {
	w := newWorld(t, 2, 3)
	active := func() nodes.ID {
		for _, a := range w.bootstrap() {
			if w.u.Machine(a.ID).Up() && w.of(a.ID).Active >= 0 {
				return a.ID
			}
		}
		return ""
	}
	w.until(time.Minute, "there is a controller", func() bool { return active() != "" })
	first := active()
	w.kill(first)
	w.until(time.Minute, "there is another controller", func() bool { return active() != "" && active() != first })
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 1, 2))
		p := client.NewProducer(c, client.ProducerConfig{})
		write(w, t, p, "orders", 0, 0, 5)
		p.Close(t)
	})
}
