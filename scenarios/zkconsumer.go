package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	brokerconfig "orrery/nodes/kafka/broker/config"
	"orrery/nodes/kafka/zkconsumer"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/sim"
)

// ZKConsumer is a group of consumers as Kafka 0.8 had them, which has no coordinator: who is there, who owns what and how far the group has read are
// znodes, and each consumer decides for itself. An ensemble, brokers, a topic, a producer, and consumers that come, go, stand still for longer
// than their session, are killed and cut off.
func ZKConsumer() *Scenario {
	return &Scenario{
		Name:     "zkconsumer",
		About:    "consumers of the ZooKeeper era share a topic's partitions without a coordinator: herd, split brain, and what holds all the same",
		Ops:      zkcRecords,
		Bugs:     zkcBugs(),
		Describe: describeZKConsumer,
		Marks: []string{"zkconsumer: partition is owned by another", "zkconsumer: session is over", "zkconsumer: rebalance succeeds at a later attempt",
			"zkconsumer: rebalance given up"},
		build: buildZKConsumer,
	}
}

const (
	zkcRecords  = 100
	zkcTopic    = "visits"
	zkcGroup    = "g"
	zkcProducer = nodes.ID("producer")
	zkcSquatter = nodes.ID("stuck")
	zkcHorizon  = 14 * time.Second
)

// zkcWorld is the scenario while it is built and run.
type zkcWorld struct {
	*recipeWorld // the ensemble
	brokers      []nodes.ID
	members      []*zkcMember
	fresh        []*zkcMember // that come after the heal
	partitions   int32
	group        zkconsumer.Config // the same for all members
	ghost        *zkcGhost

	want, sent, acked int // records
	created           bool
	finished          bool // the producer has written what it was to
	squats            bool // somebody holds a partition, and does not know the rules
	squatting         bool
	over              bool
	quiet             bool // consumers stay
}

// zkcMember is a machine on which a consumer runs, now and then.
type zkcMember struct {
	id       nodes.ID
	rounds   int // times that it leaves
	done     int
	stays    bool // once it has left as often as it should
	consumer *zkconsumer.Consumer
	up       bool
}

func buildZKConsumer(w *trial.World, s *Scenario) error {
	r := &recipeWorld{w: w, servers: []nodes.ID{"z1", "z2", "z3"}, configs: map[nodes.ID]*config.Config{}}
	r.drawWeather()
	if err := r.drawConfig(); err != nil {
		return err
	}
	k := &zkcWorld{recipeWorld: r, brokers: []nodes.ID{"b1", "b2", "b3"}, want: s.Ops}
	if w.Options.Ops > 0 {
		k.want = w.Options.Ops
	}
	k.drawGroup()
	if w.Options.Bug != "" {
		k.plant(w.Options.Bug)
	}
	k.ghost = newZKCGhost(k)
	if err := k.populate(); err != nil {
		return err
	}
	k.drawTroubles()
	w.Workload, w.Converged, w.Leader = k, k.converged, r.leader
	w.Timescale, w.Horizon, w.Connections = r.timeout, zkcHorizon, true
	w.Quorum, w.HealsWhole = func([]nodes.ID) bool { return true }, true
	w.U.Observe(sim.Observer{After: k.ghost.after, Ended: k.ghost.ended})
	if w.Families == nil {
		w.Families = []string{"partition", "clog", "delay", "connection", "pause"}
	}
	return nil
}

// drawGroup draws the topic and what consumers are told. Retries last longer than a session, as Kafka's documentation asks for: who holds
// a partition is gone before the others give up.
func (k *zkcWorld) drawGroup() {
	w, ms := k.w, time.Millisecond
	k.partitions = 3 + int32(w.Draw("partitions", 6))
	k.group = zkconsumer.Config{
		Group: zkcGroup, Topics: []string{zkcTopic}, Reset: zkconsumer.Smallest,
		Streams:    1 + int(w.Draw("streams", 2)),
		Strategy:   []zkconsumer.Strategy{zkconsumer.Range, zkconsumer.RoundRobin}[w.Draw("strategy", 2)],
		MaxRetries: 8 + int(w.Draw("rebalance.max.retries", 5)),
		Backoff:    k.timeout / 4,
		AutoCommit: w.DrawDuration("auto.commit.interval.ms", 100*ms, 1500*ms),
		FetchWait:  w.DrawDuration("fetch.wait.max.ms", 20*ms, 150*ms),
		FetchPause: 50 * ms,
	}
	k.squats = w.Chance("stuck", 500_000)
}

// populate adds the machines.
func (k *zkcWorld) populate() error {
	w := k.w
	for i, id := range k.servers {
		w.AddServer(id, func() nodes.Node {
			c := *k.configs[id]
			return zab.New(zab.Config{Zoo: &c, ID: int64(i + 1), Probe: k.ghost.watch})
		})
	}
	connect := ""
	for _, id := range k.servers {
		connect += fmt.Sprintf(",%s:2181", id)
	}
	for i, id := range k.brokers {
		c, err := brokerconfig.Parse("server.properties", fmt.Appendf(nil, "broker.id=%d\nlisteners=PLAINTEXT://:9092\nlog.dirs=/kafka\nzookeeper.connect=%s\n"+
			"zookeeper.session.timeout.ms=%d\noffsets.topic.num.partitions=1\nmin.insync.replicas=2\nreplica.lag.time.max.ms=2000\nreplica.fetch.backoff.ms=50\n",
			i+1, connect[1:], k.timeout.Milliseconds()))
		if err != nil {
			return err
		}
		w.AddServer(id, func() nodes.Node { return broker.New(broker.Options{Config: c}) })
	}
	w.AddClient(zkcProducer, func() nodes.Node { return task.New(broker.Codec(), k.produce) })
	for i := range 2 + int(w.Draw("consumers", 3)) {
		m := &zkcMember{id: nodes.ID(fmt.Sprintf("c%d", i+1)), rounds: int(w.Draw(fmt.Sprintf("rounds %d", i+1), 4)), stays: true}
		if k.quiet {
			m.rounds = 0
		}
		k.members = append(k.members, m)
		k.addMember(m)
	}
	if k.squats {
		w.AddClient(zkcSquatter, func() nodes.Node { return task.New(broker.Codec(), k.squat) })
	}
	return nil
}

func (k *zkcWorld) addMember(m *zkcMember) {
	k.w.AddClient(m.id, func() nodes.Node { return task.New(broker.Codec(), func(t *task.T) { k.live(t, m) }) })
}

// all are all members there have been.
func (k *zkcWorld) all() []*zkcMember { return slices.Concat(k.members, k.fresh) }

// converged tells whether the ensemble and the brokers serve.
func (k *zkcWorld) converged([]nodes.ID) (bool, string) {
	if ok, why := k.recipeWorld.converged(k.servers); !ok {
		return false, why
	}
	for _, id := range k.brokers {
		b, up := k.w.U.Machine(id).Node().(*broker.Broker)
		switch {
		case !up || b.Replicas() == nil:
			return false, fmt.Sprintf("%s is down (%v)", id, k.w.U.Machine(id).Exit())
		case !b.Serves() || len(b.Lives()) < len(k.brokers):
			return false, fmt.Sprintf("%s does not serve, or does not know all brokers", id)
		}
	}
	return true, ""
}
