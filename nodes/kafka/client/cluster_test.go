package client_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/broker/config"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	zoo "orrery/nodes/zab/config"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// properties are those of brokers in a small world, in which time is short.
const properties = `listeners=PLAINTEXT://:9092
log.dirs=/kafka
zookeeper.connect=z1:2181
zookeeper.session.timeout.ms=3000
offsets.topic.num.partitions=2
offsets.topic.replication.factor=3
transaction.state.log.num.partitions=2
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
min.insync.replicas=2
group.initial.rebalance.delay.ms=0
replica.lag.time.max.ms=3000
broker.id=`

// world is three brokers of our own, one ZooKeeper server, and clients.
type world struct {
	testing.TB
	u *sim.Universe
}

func newWorld(t testing.TB, seed uint64) *world {
	w := &world{t, sim.New(sim.Config{Seed: seed, Net: sim.NetConfig{Delay: sim.Dist{Min: 100 * time.Microsecond, Mean: 500 * time.Microsecond}},
		Disk: sim.DiskConfig{Sync: sim.Dist{Min: 50 * time.Microsecond, Mean: 100 * time.Microsecond}}})}
	z, err := zoo.Parse("zoo.cfg", []byte("dataDir=/data\nclientPort=2181\ntickTime=1000\nsnapCount=1000\n"))
	require.NoError(t, err)
	z.PreAllocSize = 0
	w.u.Add("z1", func() nodes.Node { c := *z; return zab.New(zab.Config{Zoo: &c}) }).Start(0)
	for i := range 3 {
		c, err := config.Parse("server.properties", []byte(properties+fmt.Sprint(i+1)))
		require.NoError(t, err)
		w.u.Add(nodes.ID(fmt.Sprint("b", i+1)), func() nodes.Node { return broker.New(broker.Options{Config: c}) }).Start(0)
	}
	return w
}

// begin starts a body on a machine of its own.
func (w *world) begin(name nodes.ID, body func(t *task.T, c *client.Cluster)) *bool {
	done := new(bool)
	w.u.Add(name, func() nodes.Node {
		return task.New(nodes.JSONCodec(), func(t *task.T) {
			var boot []nodes.Addr
			for i := range 3 {
				boot = append(boot, client.Addr(fmt.Sprint("b", i+1), 9092))
			}
			c := client.New(client.Config{Bootstrap: boot, RequestTimeout: 5 * time.Second, APITimeout: 2 * time.Minute})
			body(t, c)
			c.Close(t)
			*done = true
		})
	}).Start(0)
	return done
}

// finish runs until all are done.
func (w *world) finish(all ...*bool) {
	w.Helper()
	ok := w.u.RunUntil(func() bool { return !slices.ContainsFunc(all, func(d *bool) bool { return !*d }) }, w.u.Now()+20*time.Minute)
	require.Nil(w, w.u.Violation())
	require.True(w, ok, "somebody is stuck")
}

func (w *world) run(name nodes.ID, body func(t *task.T, c *client.Cluster)) {
	w.finish(w.begin(name, body))
}

// weather breaks links, for so long: each second one machine's links reset frames, hold them, or are cut, for half of it.
func (w *world) weather(until time.Duration) {
	faults := []sim.LinkFault{{ResetPPM: 300_000}, {Hold: true}, {Cut: true}, {RefuseDials: true, ResetPPM: 100_000}, {Delay: sim.Dist{Min: 200 * time.Millisecond}}}
	for i, at := 0, w.u.Now()+300*time.Millisecond; at < until; i, at = i+1, at+time.Second {
		w.u.After(at-w.u.Now(), "weather", func() {
			machines := w.u.Machines()
			one := machines[(i*7+int(w.u.Seed()))%len(machines)].ID()
			var pairs [][2]nodes.ID
			for _, m := range machines {
				if other := m.ID(); other != one {
					pairs = append(pairs, [2]nodes.ID{one, other}, [2]nodes.ID{other, one})
				}
			}
			a := w.u.DisturbLinks("links", pairs, faults[(i+int(w.u.Seed()/5))%len(faults)])
			w.u.After(500*time.Millisecond, "calm", a.End)
		})
	}
}

// storm kills one broker after the other, for so long, and starts it again.
func (w *world) storm(until time.Duration) {
	for i, at := 0, w.u.Now()+500*time.Millisecond; at < until; i, at = i+1, at+4*time.Second {
		id := nodes.ID(fmt.Sprint("b", (i+int(w.u.Seed()))%3+1))
		w.u.After(at-w.u.Now(), "kill", func() { w.u.Machine(id).Kill(vdisk.LoseNothing) })
		w.u.After(at-w.u.Now()+1500*time.Millisecond, "start", func() { w.u.Machine(id).Start(0) })
	}
}

// topic makes a topic on all three brokers.
func (w *world) topic(t *task.T, c *client.Cluster, name string, partitions int32) {
	for {
		err := c.CreateTopic(t, client.NewTopic{Name: name, Partitions: partitions, Replicas: 3})
		if err == nil || err.Error() == "kafka: TOPIC_ALREADY_EXISTS" {
			return
		}
		t.Sleep(200 * time.Millisecond)
	}
}

// all reads a partition from its beginning to its present end.
func (w *world) all(t *task.T, c *client.Cluster, p tp, committed bool) (values []string) {
	r := client.NewConsumer(c, client.ConsumerConfig{ReadCommitted: committed})
	require.NoError(w, r.Assign(p))
	end, err := c.OffsetAt(t, p, client.Latest, committed)
	require.NoError(w, err)
	for {
		records, err := r.Poll(t, time.Second)
		require.NoError(w, err)
		for _, rec := range records {
			values = append(values, string(rec.Value))
		}
		if at, ok := r.Position(p); ok && at >= end {
			return values
		}
	}
}

func TestWhatIsAcknowledgedIsThereOnceAndInOrderThroughAStorm(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed=%#x", seed), func(t *testing.T) {
			w := newWorld(t, seed)
			results := map[string]client.Result{}
			w.run("c1", func(t *task.T, c *client.Cluster) { w.topic(t, c, "a", 2) })
			w.storm(w.u.Now() + 20*time.Second)
			if seed%2 == 1 {
				w.weather(w.u.Now() + 20*time.Second)
			}
			w.run("c2", func(t *task.T, c *client.Cluster) {
				p := client.NewProducer(c, client.ProducerConfig{BatchSize: 200})
				var sent []*client.Sent
				for i := range 300 {
					r := client.Record{Topic: "a", Partition: int32(i % 2), Value: []byte(fmt.Sprintf("%04d", i))}
					sent = append(sent, p.SendTo(t, r))
					t.Sleep(50 * time.Millisecond)
				}
				for i, s := range sent {
					results[fmt.Sprintf("%04d", i)] = s.Wait(t)
				}
				p.Close(t)
			})
			w.run("c3", func(t *task.T, c *client.Cluster) {
				n := 0
				for part := range int32(2) {
					values := w.all(t, c, tp{Topic: "a", Partition: part}, false)
					require.True(w, slices.IsSorted(values), "%v", values)
					require.Len(w, slices.Compact(slices.Clone(values)), len(values), "something is there twice")
					for v, r := range results {
						if r.Partition == part && r.Outcome != client.Indeterminate {
							require.Equal(w, r.Outcome == client.Acknowledged, slices.Contains(values, v), "%s %v", v, r)
						}
						if r.Partition == part && r.Outcome == client.Acknowledged {
							n++
						}
					}
				}
				require.Greater(w, n, 250, "the storm was survived by little")
			})
		})
	}
}

// copyAll reads a topic, as a member of a group, and writes what it reads to another, in transactions; each value once.
func copyAll(w *world, stop *bool, id string) func(t *task.T, c *client.Cluster) {
	return func(t *task.T, c *client.Cluster) {
		for !*stop {
			copySome(w, t, c, stop, id)
		}
	}
}

// copySome goes on until the producer is of no more use.
func copySome(w *world, t *task.T, c *client.Cluster, stop *bool, id string) {
	r := client.NewConsumer(c, client.ConsumerConfig{Group: "copy", ReadCommitted: true, Heartbeat: 500 * time.Millisecond, SessionTimeout: 6 * time.Second,
		Assignors: []client.Assignor{client.CooperativeAssignor}, MaxRecords: 20, PollInterval: 10 * time.Second})
	defer r.Close(t)
	p := client.NewProducer(c, client.ProducerConfig{TransactionalID: id, TransactionTimeout: 10 * time.Second})
	if p.InitTransactions(t) != nil || r.Subscribe("a") != nil {
		t.Sleep(time.Second)
		return
	}
	defer p.Close(t)
	for !*stop {
		records, err := r.Poll(t, 200*time.Millisecond)
		if err != nil || len(records) == 0 {
			continue
		}
		if p.Begin(t) != nil {
			return
		}
		for _, rec := range records {
			p.SendTo(t, client.Record{Topic: "b", Partition: rec.Partition, Value: rec.Value})
		}
		err = p.SendOffsets(t, r.Positions(), r.GroupMetadata())
		if err == nil {
			_, err = p.Commit(t)
		}
		if err == nil {
			continue
		}
		// What was read is not written: it must be read again, by whoever has the partitions now.
		_ = p.Abort(t)
		return
	}
}

func TestCopyingInTransactionsLosesNothingAndDoublesNothing(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed=%#x", seed), func(t *testing.T) {
			w := newWorld(t, seed)
			var want []string
			w.run("c1", func(t *task.T, c *client.Cluster) {
				w.topic(t, c, "a", 2)
				w.topic(t, c, "b", 2)
				p := client.NewProducer(c, client.ProducerConfig{})
				for i := range 200 {
					v := fmt.Sprintf("%04d", i)
					r := p.SendTo(t, client.Record{Topic: "a", Partition: int32(i % 2), Value: []byte(v)}).Wait(t)
					require.Equal(w, client.Acknowledged, r.Outcome)
					want = append(want, v)
				}
			})
			w.storm(w.u.Now() + 12*time.Second)
			if seed%2 == 1 {
				w.weather(w.u.Now() + 12*time.Second)
			}
			stop := false
			one, two := w.begin("c2", copyAll(w, &stop, "x")), w.begin("c3", copyAll(w, &stop, "y"))
			w.u.After(25*time.Second, "stop", func() { stop = true })
			w.finish(one, two)
			w.run("c4", func(t *task.T, c *client.Cluster) {
				var got []string
				for part := range int32(2) {
					values := w.all(t, c, tp{Topic: "b", Partition: part}, true)
					require.True(w, slices.IsSorted(values))
					got = append(got, values...)
				}
				slices.Sort(got)
				require.Equal(w, want, got)
			})
		})
	}
}

func TestMembersOnOneMachineDoNotHoldEachOtherUp(t *testing.T) {
	w := newWorld(t, 1)
	var members []*client.Consumer
	w.run("c1", func(t *task.T, c *client.Cluster) {
		w.topic(t, c, "a", 4)
		for range 2 {
			r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", Heartbeat: 200 * time.Millisecond})
			members = append(members, r)
			t.Go("member", func(t *task.T) {
				require.NoError(w, r.Subscribe("a"))
				for until := t.Monotonic() + 10*time.Second; t.Monotonic() < until; {
					_, err := r.Poll(t, 100*time.Millisecond)
					require.NoError(w, err)
				}
			})
		}
		t.Wait()
		for _, r := range members {
			require.Len(w, r.Assignment(), 2)
			r.Close(t)
		}
	})
	require.Less(t, w.u.Now(), 30*time.Second)
}

// TestAGroupReadsEverythingAtLeastOnceThoughItsMembersDie also kills the members: what they had read and not committed
// is read again.
func TestAGroupReadsEverythingAtLeastOnceThoughItsMembersDie(t *testing.T) {
	assignors := []client.Assignor{client.RangeAssignor, client.RoundRobinAssignor, client.StickyAssignor, client.CooperativeAssignor}
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed=%#x", seed), func(t *testing.T) {
			w := newWorld(t, seed)
			seen := map[string]int{}
			w.run("c1", func(t *task.T, c *client.Cluster) { w.topic(t, c, "a", 4) })
			for i := range 3 {
				w.begin(nodes.ID(fmt.Sprint("m", i+1)), func(t *task.T, c *client.Cluster) {
					r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", Assignors: assignors[seed%4 : seed%4+1], AutoCommit: 500 * time.Millisecond,
						SessionTimeout: 6 * time.Second, Heartbeat: 500 * time.Millisecond, PollInterval: 8 * time.Second, MaxRecords: 3})
					require.NoError(w, r.Subscribe("a"))
					for {
						records, err := r.Poll(t, 100*time.Millisecond)
						if err != nil {
							t.Sleep(100 * time.Millisecond)
						}
						for _, rec := range records {
							seen[string(rec.Value)]++
						}
						t.Sleep(10 * time.Millisecond)
					}
				})
			}
			w.storm(w.u.Now() + 15*time.Second)
			for i := range 4 {
				id := nodes.ID(fmt.Sprint("m", i%3+1))
				w.u.After(time.Duration(3*i+2)*time.Second, "kill", func() { w.u.Machine(id).Kill(vdisk.LoseNothing) })
				w.u.After(time.Duration(3*i+4)*time.Second, "start", func() { w.u.Machine(id).Start(0) })
			}
			w.run("c2", func(t *task.T, c *client.Cluster) {
				p := client.NewProducer(c, client.ProducerConfig{})
				for i := range 400 {
					r := value(i)
					r.Partition = int32(i % 4)
					require.Equal(w, client.Acknowledged, p.SendTo(t, r).Wait(t).Outcome)
					t.Sleep(20 * time.Millisecond)
				}
			})
			require.True(t, w.u.RunUntil(func() bool { return len(seen) == 400 }, w.u.Now()+time.Minute), "%d of 400 were read", len(seen))
			var offsets []client.Offset
			w.run("c3", func(t *task.T, c *client.Cluster) {
				t.Sleep(2 * time.Second)
				var err error
				offsets, err = c.GroupOffsets(t, "g")
				require.NoError(w, err)
			})
			require.Len(t, offsets, 4)
			for _, o := range offsets {
				require.EqualValues(t, 100, o.Offset)
			}
		})
	}
}
