package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/checker/kafka"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/broker/config"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/log"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	zoo "orrery/nodes/zab/config"
	"orrery/sim"
)

// Kafka is a cluster of brokers and its ZooKeeper ensemble, in one universe. Producers write records, consumers read them, and at
// the end everything is read from the beginning. What has a choice is drawn: how many brokers, servers, topics, partitions and
// replicas, min.insync.replicas and acks, the time-outs, the network and the disks.
func Kafka() *Scenario { return kafkaScenario(kafkaLogShape()) }

func kafkaLogShape() *kafkaShape {
	return &kafkaShape{
		name:    "kafka",
		about:   "a Kafka cluster with its ZooKeeper ensemble: the replicated log, as producers and consumers are promised",
		parts:   []string{"replica", "controller", "zk", "broker", "log"},
		topics:  (*kafkaWorld).drawTopics,
		works:   []kafkaWork{(*kafkaClient).produce, (*kafkaClient).produce, (*kafkaClient).consume},
		finish:  (*kafkaClient).finish,
		options: kafka.Options{Uncommitted: true},
	}
}

// kafkaWork is what a client does.
type kafkaWork func(*kafkaClient, *task.T, *client.Cluster)

// kafkaShape is what tells one scenario of a cluster from another.
type kafkaShape struct {
	name, about string
	parts       []string // of the museum
	topics      func(*kafkaWorld)
	works       []kafkaWork
	finish      kafkaWork // after the heal
	options     kafka.Options
	text        string // of server.properties
	atEnd       func(*kafkaLoad) error
	bare        bool // a defect's conditions are set, and the defect is not: its control
	era         bool // and what brokers of its time did wrong besides is
}

func kafkaScenario(shape *kafkaShape) *Scenario {
	return &Scenario{
		Name:     shape.name,
		About:    shape.about,
		Ops:      kafkaOps,
		Bugs:     shape.bugs(),
		Describe: describeKafka,
		build:    func(w *trial.World, s *Scenario) error { return buildKafka(w, s, shape) },
	}
}

const (
	kafkaOps  = 60
	kafkaPort = 9092
)

// kafkaTopic is a topic of a universe.
type kafkaTopic struct {
	name       string
	partitions int32
	replicas   int16
	minISR     int
	unclean    bool
	settings   []client.Setting
}

// set tells whether a topic has a setting of its own.
func (t *kafkaTopic) set(name string) bool {
	return slices.ContainsFunc(t.settings, func(s client.Setting) bool { return s.Name == name })
}

func (t *kafkaTopic) compacted() bool { return t.set("cleanup.policy") }

// kafkaWorld is the cluster while it is built and run.
type kafkaWorld struct {
	w          *trial.World
	shape      *kafkaShape
	ensemble   []nodes.ID
	brokers    []nodes.ID
	zoo        map[nodes.ID]*zoo.Config
	configs    map[nodes.ID]*config.Config
	quirks     broker.Quirks
	clients    client.Quirks
	fleeting   bool // there is a topic that comes and goes
	static     bool // members are static ones (KIP-345)
	askFirst   bool // followers find where to cut with OffsetForLeaderEpoch
	session    time.Duration
	slowStops  time.Duration // so long at most a StopReplica waits in a broker
	slowest    time.Duration // by which links were made slow, besides what the weather has; 0: they were not
	topics     []kafkaTopic
	text       string // of server.properties, the same for all brokers
	works      []kafkaWork
	racks      bool     // each broker stands in a rack of its own, and consumers ask in their rack
	sticky     bool     // members use the assignors that keep what a member has
	auto       bool     // members commit by themselves
	shared     bool     // two clients use one transactional id
	internal   bool     // the brokers' own topics get other leaders, too
	impatient  bool     // clients give requests up early
	asks       bool     // consumers ask for the ends of partitions
	excused    []string // rules that brokers of a defect's time broke without it, and that are not asked
	written    int32    // how much producers have written already, as it were
	morsels    bool     // consumers fetch a batch at a time
	oldOffsets bool     // offsets are written as before 2.1
	watch      *kafkaWatch
	load       *kafkaLoad
}

func buildKafka(w *trial.World, s *Scenario, shape *kafkaShape) error {
	k := &kafkaWorld{w: w, shape: shape, works: shape.works[:len(shape.works):len(shape.works)], zoo: map[nodes.ID]*zoo.Config{}, configs: map[nodes.ID]*config.Config{}}
	if err := k.draw(); err != nil {
		return err
	}
	if w.Options.Bug != "" {
		if err := k.plant(w.Options.Bug); err != nil {
			return err
		}
	}
	if err := k.configure(); err != nil {
		return err
	}
	k.populate()
	k.load = newKafkaLoad(k, s)
	w.Workload = k.load
	w.Finally = k.load.judge
	return nil
}

// draw draws everything about a universe but its faults and what clients do.
func (k *kafkaWorld) draw() error {
	w := k.w
	servers, brokers := []int{1, 1, 3}[w.Draw("ensemble", 3)], []int{3, 3, 3, 5}[w.Draw("brokers", 4)]
	if w.Options.Bug != "" {
		brokers = 3
	}
	if n := w.Options.Nodes; n != 0 {
		servers, brokers = 1, n
	}
	if brokers < 1 || brokers > 9 {
		return fmt.Errorf("%d brokers: a cluster here has from 1 to 9", brokers)
	}
	for i := range servers {
		k.ensemble = append(k.ensemble, nodes.ID(fmt.Sprintf("z%d", i+1)))
	}
	for i := range brokers {
		k.brokers = append(k.brokers, nodes.ID(fmt.Sprintf("b%d", i+1)))
	}
	k.drawWeather()
	k.shape.topics(k)
	k.drawConfig()
	return nil
}

// drawWeather draws the network, the disks, the clocks, and how long what is posted to a stage waits.
func (k *kafkaWorld) drawWeather() {
	w := k.w
	us, ms := time.Microsecond, time.Millisecond
	w.U.Tune(func(c *sim.Config) {
		c.Net.Delay = sim.Dist{Min: w.DrawDuration("net/min", 50*us, ms), Mean: w.DrawDuration("net/mean", 100*us, 3*ms)}
		if w.Chance("net/tail", 300_000) {
			c.Net.Delay.TailPPM, c.Net.Delay.TailMax = 2_000, w.DrawDuration("net/tail max", 20*ms, 300*ms)
		}
		if w.Chance("net/slow pairs", 200_000) {
			c.Net.SlowPairPPM, c.Net.SlowPairMax = 150_000, w.DrawDuration("net/slow pair max", 5*ms, 50*ms)
		}
		c.Net.DialTimeout, c.Net.BreakAfter = w.DrawDuration("net/dial", 300*ms, 2*time.Second), w.DrawDuration("net/break", 500*ms, 4*time.Second)
		c.Disk.Sync = sim.Dist{Min: w.DrawDuration("disk/min", 20*us, 500*us), Mean: w.DrawDuration("disk/mean", 100*us, 5*ms)}
		if w.Chance("disk/tail", 300_000) {
			c.Disk.Sync.TailPPM, c.Disk.Sync.TailMax = 20_000, 100*ms
		}
		c.Clocks = sim.ClockConfig{OffsetMax: 10 * time.Minute, DriftPPM: 200}
		c.LateTimer = sim.Dist{Mean: w.DrawDuration("late timers", 0, ms)}
		if w.Chance("slow stages", 400_000) {
			c.Stage = sim.Dist{Mean: w.DrawDuration("stages", 10*us, 4*ms)}
		}
	})
}

// drawTopics draws what there is to write to.
func (k *kafkaWorld) drawTopics() {
	w := k.w
	for i := range 1 + w.Draw("topics", 4)/2 {
		t := kafkaTopic{name: []string{"orders", "bills", "visits"}[i], partitions: 1 + int32(w.Draw(fmt.Sprintf("partitions %d", i), 2))}
		t.replicas = int16(min([]int{3, 3, 3, 2, 1}[w.Draw(fmt.Sprintf("replicas %d", i), 5)], len(k.brokers)))
		t.minISR = min([]int{2, 1, 2}[w.Draw(fmt.Sprintf("min.insync.replicas %d", i), 3)], int(t.replicas))
		t.unclean = w.Chance(fmt.Sprintf("unclean election %d", i), 60_000)
		k.topics = append(k.topics, t)
	}
}

// drawConfig draws what server.properties says, the same for all brokers. Time-outs are short, so that much can happen.
func (k *kafkaWorld) drawConfig() {
	w := k.w
	k.session = w.DrawDuration("zookeeper.session.timeout.ms", 400, 1500) * time.Millisecond
	k.static = w.Chance("static members", 250_000)
	k.askFirst = w.Chance("followers ask first", 300_000)
	var b strings.Builder
	ms := func(key string, lo, hi time.Duration) { fmt.Fprintf(&b, "%s=%d\n", key, w.DrawDuration(key, lo, hi)) }
	ms("replica.lag.time.max.ms", 300, 2000)
	ms("replica.fetch.wait.max.ms", 50, 300)
	ms("replica.fetch.backoff.ms", 10, 100)
	ms("replica.high.watermark.checkpoint.interval.ms", 50, 2000)
	ms("replica.socket.timeout.ms", 400, 2000)
	ms("controller.socket.timeout.ms", 400, 2000)
	ms("request.timeout.ms", 500, 2000)
	ms("log.retention.check.interval.ms", 500, 5000)
	ms("log.cleaner.backoff.ms", 300, 3000)
	if w.Chance("small segments", 300_000) {
		ms("log.segment.bytes", 200, 1000)
	}
	if w.Chance("flushes", 300_000) {
		fmt.Fprintf(&b, "log.flush.interval.messages=%d\n", 1+w.Draw("log.flush.interval.messages", 8))
	}
	fmt.Fprintf(&b, "auto.leader.rebalance.enable=%v\nleader.imbalance.check.interval.seconds=1\n", w.Chance("rebalance", 500_000))
	if w.Chance("no fetch sessions", 150_000) {
		b.WriteString("max.incremental.fetch.session.cache.slots=0\n")
	}
	k.text = b.String() + k.shape.text
}

// configure makes the configurations of servers and brokers.
func (k *kafkaWorld) configure() error {
	text, connect := "", ""
	tick := k.session / 6 / time.Millisecond * time.Millisecond
	for i, id := range k.ensemble {
		if len(k.ensemble) > 1 {
			text += fmt.Sprintf("server.%d=%s:2888:3888\n", i+1, id)
		}
		connect += fmt.Sprintf(",%s:2181", id)
	}
	for i, id := range k.ensemble {
		c, err := zoo.Parse("zoo.cfg", []byte(fmt.Sprintf("tickTime=%d\ninitLimit=10\nsyncLimit=5\ndataDir=/data\nclientPort=2181\n%s", tick/time.Millisecond, text)))
		if err != nil {
			return err
		}
		if len(k.ensemble) > 1 {
			if err := c.Identify(int64(i + 1)); err != nil {
				return err
			}
		}
		c.PreAllocSize, c.SnapCount = 0, 1000
		c.NotificationMin, c.NotificationMax = tick, 8*tick
		k.zoo[id] = c
	}
	for i, id := range k.brokers {
		c, err := config.Parse("server.properties", []byte(fmt.Sprintf(kafkaProperties, i+1, connect[1:], k.session/time.Millisecond, min(3, len(k.brokers)), min(2, len(k.brokers)))+k.rack(i)+k.text))
		if err != nil {
			return err
		}
		k.abides(c)
		k.configs[id] = c
	}
	return nil
}

// rack is where a broker stands.
func (k *kafkaWorld) rack(i int) string {
	if !k.racks {
		return ""
	}
	return fmt.Sprintf("broker.rack=r%d\n", i+1)
}

// kafkaProperties is what is the same in all universes.
const kafkaProperties = `broker.id=%d
listeners=PLAINTEXT://:9092
log.dirs=/kafka
zookeeper.connect=%s
zookeeper.session.timeout.ms=%d
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=%d
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=%[4]d
transaction.state.log.min.isr=%d
transaction.abort.timed.out.transaction.cleanup.interval.ms=200
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=100
controlled.shutdown.retry.backoff.ms=100
`

// populate adds the servers and brokers.
func (k *kafkaWorld) populate() {
	w := k.w
	k.watch = watchKafka(k)
	for i, id := range k.ensemble {
		w.AddServer(id, func() nodes.Node {
			c := *k.zoo[id]
			return zab.New(zab.Config{Zoo: &c, ID: int64(i + 1), Probe: k.watch.delivered})
		})
	}
	for _, id := range k.brokers {
		w.AddServer(id, func() nodes.Node {
			return broker.New(broker.Options{Config: k.configs[id], EpochRequests: k.askFirst, OldOffsets: k.oldOffsets, SlowStops: k.slowStops, Quirks: k.quirks})
		})
	}
	w.Timescale = k.session
	w.Horizon = 20 * time.Second
	w.Connections = true
	w.HealsWhole = true
	w.Leader = k.leader
	w.Converged = k.converged
	w.Tolerates = (len(k.brokers) + 1) / 2
	w.Quorum = k.quorum
	if w.Families == nil {
		w.Families = []string{"partition", "clog", "delay", "connection", "crash", "pause", "clock", "disk", "hunt"}
	}
}

// quorum tells whether there is a majority of the ensemble, and a broker, among these. Everything is healed in the end, so no more
// than that is needed of a plan.
func (k *kafkaWorld) quorum(healthy []nodes.ID) bool {
	servers, brokers := 0, 0
	for _, id := range healthy {
		if slices.Contains(k.ensemble, id) {
			servers++
		} else {
			brokers++
		}
	}
	return servers > len(k.ensemble)/2 && brokers > 0
}

// of is the broker that runs on a machine; nil if none does, or it has not booted.
func (k *kafkaWorld) of(id nodes.ID) *broker.Broker {
	if b, up := k.w.U.Machine(id).Node().(*broker.Broker); up && b.Replicas() != nil {
		return b
	}
	return nil
}

// server is the server of the ensemble that runs on a machine, and serves.
func (k *kafkaWorld) server(id nodes.ID) *zab.Server {
	if s, up := k.w.U.Machine(id).Node().(*zab.Server); up && s.Booted() && s.Serves() && s.Settled() {
		return s
	}
	return nil
}

// leader is who leads, whom faults like to hit: by turns the leader of a partition, the controller, and the leader of the ensemble.
func (k *kafkaWorld) leader() (nodes.ID, bool) {
	turn := int(k.w.U.Now()/(700*time.Millisecond)) % 5
	if turn == 3 {
		for _, id := range k.brokers {
			if b := k.of(id); b != nil {
				if _, ok := b.Controller().Active(); ok {
					return id, true
				}
			}
		}
	}
	if turn == 4 && len(k.ensemble) > 1 {
		for _, id := range k.ensemble {
			if s := k.server(id); s != nil {
				if _, leads := s.Leads(); leads {
					return id, true
				}
			}
		}
	}
	p := k.watch.parts[turn%len(k.watch.parts)]
	if p.state.Leader < 1 {
		return "", false
	}
	return k.brokerID(p.state.Leader), true
}

func (k *kafkaWorld) brokerID(n int32) nodes.ID { return k.brokers[n-1] }

func (k *kafkaWorld) topic(tp log.TopicPartition) *kafkaTopic {
	i := slices.IndexFunc(k.topics, func(t kafkaTopic) bool { return t.name == tp.Topic })
	if i < 0 {
		return nil
	}
	return &k.topics[i]
}

// bootstrap are the brokers' addresses.
func (k *kafkaWorld) bootstrap() (all []nodes.Addr) {
	for _, id := range k.brokers {
		all = append(all, nodes.Addr{ID: id, Port: kafkaPort})
	}
	return all
}
