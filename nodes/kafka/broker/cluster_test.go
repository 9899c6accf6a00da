package broker_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// create makes a topic, and waits until its partitions have leaders.
func create(t *task.T, c *client.Cluster, topic string, partitions int32, replicas int16, settings ...string) error {
	n := client.NewTopic{Name: topic, Partitions: partitions, Replicas: replicas}
	for i := 0; i+1 < len(settings); i += 2 {
		n.Configs = append(n.Configs, client.Setting{Name: settings[i], Value: settings[i+1]})
	}
	return c.CreateTopic(t, n)
}

// readAll reads a partition from its beginning to its end.
func readAll(w *world, t *task.T, c *client.Cluster, topic string, partition int32, committed bool) (values []string) {
	r := client.NewConsumer(c, client.ConsumerConfig{ReadCommitted: committed})
	defer r.Close(t)
	tp := client.TopicPartition{Topic: topic, Partition: partition}
	require.NoError(w, r.Assign(tp))
	end, err := c.OffsetAt(t, tp, client.Latest, committed)
	for err != nil {
		end, err = c.OffsetAt(t, tp, client.Latest, committed)
	}
	for {
		records, err := r.Poll(t, time.Second)
		require.NoError(w, err)
		for _, one := range records {
			values = append(values, string(one.Value))
		}
		if at, ok := r.Position(tp); ok && at >= end {
			return values
		}
	}
}

func numbers(from, to int) (all []string) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

// send produces numbers, and does not wait.
func send(t *task.T, p *client.Producer, topic string, partition int32, from, to int) (sent []*client.Sent) {
	for i := from; i < to; i++ {
		sent = append(sent, p.SendTo(t, client.Record{Topic: topic, Partition: partition, Value: []byte(fmt.Sprint(i))}))
	}
	return sent
}

// write produces numbers, and requires all of them to be acknowledged.
func write(w *world, t *task.T, p *client.Producer, topic string, partition int32, from, to int) {
	for _, s := range send(t, p, topic, partition, from, to) {
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
		require.Equal(w, numbers(0, 30), readAll(w, t, c, "orders", 0, false))
	})
	dead := w.leader("orders", 0)
	w.kill(dead)
	w.client("c2", time.Minute, func(t *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{})
		write(w, t, p, "orders", 0, 30, 60)
		p.Close(t)
		require.Equal(w, numbers(0, 60), readAll(w, t, c, "orders", 0, false))
	})
	require.NotEqual(t, dead, w.leader("orders", 0))
	w.u.Machine(dead).Start(0)
	w.until(time.Minute, "all replicas are in sync again", func() bool { return w.inSync("orders", 0) == 3 })
}

func TestAnotherBrokerBecomesTheController(t *testing.T) {
	w := newWorld(t, 2, 3)
	w.until(time.Minute, "there is a controller", func() bool { return w.active() != "" })
	first := w.active()
	w.kill(first)
	w.until(time.Minute, "there is another controller", func() bool { return w.active() != "" && w.active() != first })
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 1, 2))
		p := client.NewProducer(c, client.ProducerConfig{})
		write(w, t, p, "orders", 0, 0, 5)
		p.Close(t)
	})
}

// active is the controller.
func (w *world) active() nodes.ID {
	for _, a := range w.bootstrap() {
		if w.u.Machine(a.ID).Up() && w.of(a.ID).Active >= 0 {
			return a.ID
		}
	}
	return ""
}

func TestATopicIsMadeWhenSomebodyWritesToIt(t *testing.T) {
	w := newWorld(t, 9, 3, "num.partitions=2", "default.replication.factor=2")
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		r := kmsg.NewPtrMetadataRequest()
		r.AllowAutoTopicCreation = true
		for _, name := range []string{"greetings", "no/topic"} {
			rt := kmsg.NewMetadataRequestTopic()
			rt.Topic = &name
			r.Topics = append(r.Topics, rt)
		}
		resp, err := c.Any(t, r, 0)
		require.NoError(w, err)
		topics := resp.(*kmsg.MetadataResponse).Topics
		require.Equal(w, int16(proto.LeaderNotAvailable), topics[0].ErrorCode)
		require.Equal(w, int16(proto.InvalidTopicException), topics[1].ErrorCode)
		p := client.NewProducer(c, client.ProducerConfig{})
		write(w, t, p, "greetings", 1, 0, 3)
		p.Close(t)
		ps, err := c.Partitions(t, "greetings")
		require.NoError(w, err)
		require.Len(w, ps, 2)
		require.Len(w, ps[0].Replicas, 2)
	})
}

// Two consumers of a group share the partitions; when one dies without a word the other one has them all.
func TestAGroupSharesThePartitionsOfATopic(t *testing.T) {
	w := newWorld(t, 10, 3)
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 4, 3))
		p := client.NewProducer(c, client.ProducerConfig{})
		for i := range int32(4) {
			write(w, t, p, "orders", i, 0, 10)
		}
		p.Close(t)
	})
	assigned := map[nodes.ID]int{}
	read := 0
	member := func(id nodes.ID) func(t *task.T, c *client.Cluster) {
		return func(t *task.T, c *client.Cluster) {
			r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", SessionTimeout: 6 * time.Second, Heartbeat: time.Second, AutoCommit: time.Second})
			require.NoError(w, r.Subscribe("orders"))
			for {
				records, err := r.Poll(t, time.Second)
				if err != nil && !errors.Is(err, client.ErrCommit) {
					require.NoError(w, err)
				}
				read += len(records)
				assigned[id] = len(r.Assignment())
			}
		}
	}
	w.begin("c2", member("c2"))
	w.begin("c3", member("c3"))
	w.until(time.Minute, "the group shares", func() bool { return assigned["c2"] == 2 && assigned["c3"] == 2 && read >= 40 })
	w.kill("c2")
	w.until(time.Minute, "the other one has them all", func() bool { return assigned["c3"] == 4 })
	w.client("c4", time.Minute, func(t *task.T, c *client.Cluster) {
		t.Sleep(3 * time.Second) // until the other one has committed
		names, err := c.Groups(t)
		require.NoError(w, err)
		require.Equal(w, []string{"g"}, names)
		g, err := c.DescribeGroup(t, "g")
		require.NoError(w, err)
		require.Equal(w, "Stable", g.State)
		require.Len(w, g.Members, 1)
		offsets, err := c.GroupOffsets(t, "g")
		require.NoError(w, err)
		require.Len(w, offsets, 4)
	})
}

func TestATransactionIsReadWholeOrNotAtAll(t *testing.T) {
	w := newWorld(t, 11, 3)
	w.client("c1", 2*time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 2, 3))
		p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "tx"})
		require.NoError(w, p.InitTransactions(t))
		for n := range 4 {
			require.NoError(w, p.Begin(t))
			write(w, t, p, "orders", 0, 10*n, 10*n+5)
			write(w, t, p, "orders", 1, 10*n, 10*n+5)
			if n%2 == 1 {
				require.NoError(w, p.Abort(t))
				continue
			}
			outcome, err := p.Commit(t)
			require.NoError(w, err)
			require.Equal(w, client.Acknowledged, outcome)
		}
		require.NoError(w, p.Begin(t))
		write(w, t, p, "orders", 0, 100, 103) // and stays open
		t.Sleep(time.Second)
		want := slices.Concat(numbers(0, 5), numbers(20, 25))
		require.Equal(w, want, readAll(w, t, c, "orders", 0, true))
		require.Equal(w, want, readAll(w, t, c, "orders", 1, true))
		require.Len(w, readAll(w, t, c, "orders", 0, false), 23)

		again := client.NewProducer(c, client.ProducerConfig{TransactionalID: "tx"})
		require.NoError(w, again.InitTransactions(t))
		_, err := p.Commit(t)
		require.Error(w, err, "another instance has taken over")
		require.NoError(w, again.Begin(t))
		write(w, t, again, "orders", 1, 200, 201)
		_, err = again.Commit(t)
		require.NoError(w, err)
		require.Equal(w, append(want, "200"), readAll(w, t, c, "orders", 1, true))
	})
}

// A broker that is asked to end hands over what it leads first: nobody waits for its session to expire.
func TestABrokerThatShutsDownHandsOverWhatItLeads(t *testing.T) {
	w := newWorld(t, 12, 3)
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 3, 3))
		p := client.NewProducer(c, client.ProducerConfig{})
		write(w, t, p, "orders", 0, 0, 5)
		p.Close(t)
	})
	leaving := w.leader("orders", 0)
	w.client("operator", time.Minute, func(t *task.T, _ *client.Cluster) { t.Send(leaving, broker.Terminate{}) })
	asked := w.u.Now()
	w.until(time.Minute, "it has ended", func() bool { return !w.u.Machine(leaving).Up() })
	require.ErrorIs(t, w.u.Machine(leaving).Exit(), broker.ErrShutdown)
	require.Less(t, w.u.Now()-asked, time.Second)
	for p := range 3 {
		require.NotEqual(t, leaving, w.leader("orders", p))
	}
	w.client("c2", 2*time.Second, func(t *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{})
		write(w, t, p, "orders", 0, 5, 10)
		p.Close(t)
		require.Equal(w, numbers(0, 10), readAll(w, t, c, "orders", 0, false))
	})
	w.u.Machine(leaving).Start(0)
	w.until(time.Minute, "it is back", func() bool { return w.inSync("orders", 0) == 3 })
}

// A leader that is cut off from ZooKeeper alone loses its leaderships, and takes part again when it is back, without a restart.
func TestABrokerWhoseSessionExpiresRegistersAgain(t *testing.T) {
	w := newWorld(t, 13, 3)
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 1, 3, "min.insync.replicas", "2"))
		p := client.NewProducer(c, client.ProducerConfig{})
		write(w, t, p, "orders", 0, 0, 5)
		p.Close(t)
	})
	old := w.leader("orders", 0)
	before := w.of(old).Epoch
	cut := w.u.DisturbLinks("cut", [][2]nodes.ID{{old, "z1"}, {"z1", old}}, sim.LinkFault{Cut: true})
	w.until(time.Minute, "another one leads", func() bool { return w.leader("orders", 0) != old })
	w.client("c2", time.Minute, func(t *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{})
		write(w, t, p, "orders", 0, 5, 10)
		p.Close(t)
	})
	cut.End()
	w.until(time.Minute, "it is registered anew, and in sync", func() bool { return w.of(old).Epoch > before && w.inSync("orders", 0) == 3 })
	require.Equal(t, uint32(1), w.u.Machine(old).Incarnation())
	w.client("c3", time.Minute, func(t *task.T, c *client.Cluster) {
		require.Equal(w, numbers(0, 10), readAll(w, t, c, "orders", 0, false))
	})
}

// What min.insync.replicas brokers have acknowledged is still there when one of them has lost all that it had not flushed.
func TestALossOfPowerOfOneBrokerLosesNothingThatWasAcknowledged(t *testing.T) {
	for seed := range uint64(6) {
		w := newWorld(t, 20+seed, 3)
		w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
			require.NoError(w, create(t, c, "orders", 1, 3, "min.insync.replicas", "2"))
			p := client.NewProducer(c, client.ProducerConfig{})
			write(w, t, p, "orders", 0, 0, 20)
			p.Close(t)
		})
		dead := w.leader("orders", 0)
		w.u.Machine(dead).Kill(vdisk.LoseUnsynced)
		w.u.Machine(dead).Start(time.Duration(seed) * time.Second)
		w.client("c2", time.Minute, func(t *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{})
			write(w, t, p, "orders", 0, 20, 30)
			p.Close(t)
			require.Equal(w, numbers(0, 30), readAll(w, t, c, "orders", 0, false))
		})
		w.until(time.Minute, "all replicas are in sync again", func() bool { return w.inSync("orders", 0) == 3 })
	}
}

func TestABrokerShowsItsStateAsJSON(t *testing.T) {
	w := newWorld(t, 18, 3)
	text, err := json.Marshal(broker.New(broker.Options{Config: brokerConfig(t, 1)}).Inspect())
	require.NoError(t, err, "also before it has booted")
	require.Contains(t, string(text), `"Stage":"starting"`)
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 1, 3))
		_, err := c.SetGroupOffsets(t, "g", []client.Offset{{TopicPartition: client.TopicPartition{Topic: "orders"}, LeaderEpoch: -1}})
		require.NoError(w, err)
		p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "tx"})
		require.NoError(w, p.InitTransactions(t))
		require.NoError(w, p.Begin(t))
		write(w, t, p, "orders", 0, 0, 3)
	})
	var all string
	for _, a := range w.bootstrap() {
		text, err := json.Marshal(w.of(a.ID))
		require.NoError(t, err)
		all += string(text)
	}
	for _, part := range []string{`"Stage":"running"`, `"Topic":"orders"`, `"Group":"g"`, `"TransactionalID":"tx"`, `"State":"Ongoing"`, `"Active":1`} {
		require.Contains(t, all, part)
	}
}

func TestADirectoryBelongsToOneBrokerOfOneCluster(t *testing.T) {
	w := newWorld(t, 14, 1)
	w.until(time.Minute, "it has settled", func() bool { _, err := w.u.Machine("b1").Disk().Size("meta.properties"); return err == nil })
	w.u.Run(w.u.Now() + time.Second)
	w.kill("b1")
	foreign := w.u.Machine("b1").Disk()
	meta, err := foreign.ReadFile("meta.properties")
	require.NoError(t, err)
	require.Regexp(t, `(?s)version=0\nbroker.id=1\ncluster.id=.{22}\n`, string(meta))
	require.NoError(t, foreign.WriteAt("meta.properties", []byte("#\nversion=0\nbroker.id=7"), 0))
	w.u.Machine("b1").Start(0)
	w.u.Run(w.u.Now() + time.Second)
	require.ErrorContains(t, w.u.Machine("b1").Exit(), "the log directory belongs to broker 7")
}

func TestABrokerWithoutZooKeeperGivesUp(t *testing.T) {
	w := newWorld(t, 15, 1)
	w.kill("b1")
	w.kill("z1")
	w.u.Machine("b1").Start(0)
	w.u.Run(w.u.Now() + time.Minute)
	require.ErrorContains(t, w.u.Machine("b1").Exit(), "no session with ZooKeeper")
}
