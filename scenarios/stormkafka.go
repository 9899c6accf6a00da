package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	brokerconfig "orrery/nodes/kafka/broker/config"
	kafkaclient "orrery/nodes/kafka/client"
	"orrery/nodes/storm"
	stormtopic "orrery/nodes/storm/kafka"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	"orrery/sim/vdisk"
)

// StormKafka is word count over a Kafka topic, end to end in one universe: an ensemble of three ZooKeeper servers, three brokers, a producer, and
// Storm with its nimbuses, supervisors and workers. Whatever the producer was told is written, is counted in full.
func StormKafka() *Scenario {
	return &Scenario{
		Name:     "storm-kafka",
		About:    "word count over a Kafka topic: ensemble, brokers, producer and topology in one universe",
		Ops:      60,
		Describe: describeStorm,
		Marks:    []string{"a tuple times out", "a record is emitted again", "a nimbus reassigns tasks"},
		build:    buildStormKafka,
	}
}

// stormKafkaCounted is the promise from end to end.
const stormKafkaCounted = "storm-kafka: what was acknowledged is counted"

const stormKafkaTopic = "lines"

// stormKafkaWorld is the scenario while it is built and run.
type stormKafkaWorld struct {
	*stormWorld
	brokers  []nodes.ID
	lines    map[int32]map[int64]string // that were acknowledged, by partition and offset
	sent     int
	want     int
	unsure   int
	finished bool // the producer has done what it had to
}

func buildStormKafka(w *trial.World, s *Scenario) error {
	sw, err := newStormWorld(w, s)
	if err != nil {
		return err
	}
	k := &stormKafkaWorld{stormWorld: sw, brokers: []nodes.ID{"b1", "b2", "b3"}, lines: map[int32]map[int64]string{}, want: s.Ops}
	if w.Options.Ops > 0 {
		k.want = w.Options.Ops
	}
	sw.setup.loss, sw.setup.duplicate, sw.setup.cfg.Queue = 0, 0, 0
	sw.weather()
	sw.ghost = newStormGhost(sw)
	t, err := k.topology()
	if err != nil {
		return err
	}
	if err := k.populate(t); err != nil {
		return err
	}
	sw.ghost.watch()
	sw.ghost.rough = true // brokers elect their leaders while the topology reads
	k.kills()
	w.Workload, w.Converged = k, sw.converged
	w.Timescale, w.Horizon, w.Connections = sw.setup.cfg.MessageTimeout, 30*time.Second, true
	w.Quorum, w.HealsWhole = func([]nodes.ID) bool { return true }, true
	w.Families = []string{"partition", "clog", "delay", "connection", "pause"}
	return nil
}

// topology is word count with a spout that reads the topic.
func (k *stormKafkaWorld) topology() (*storm.Topology, error) {
	s := &k.setup
	source := stormtopic.Source(stormtopic.Config{Bootstrap: k.bootstrap(), Topic: stormKafkaTopic, ID: stormTopology, Patience: s.cfg.MessageTimeout / 12})
	t := storm.NewTopology(stormTopology).Workers(s.workers).Ackers(s.ackers)
	t.Spout("lines", s.spouts, storm.FromSource(source, storm.SourceConfig{Partitions: stormParts})).Declare("line", "partition", "offset").Blocking()
	t.Bolt("split", s.splits, func() storm.Bolt { return &splitBolt{} }).Declare("word", "partition", "offset", "place").Shuffle("lines")
	t.Bolt("count", s.counts, storm.Basic(func(in *storm.Tuple, _ func(storm.Values)) {
		k.ghost.counted(int32(in.Values.Int(1)), in.Values.Int(2), int(in.Values.Int(3)))
	})).Fields("split", "word")
	return t, t.Validate()
}

// bootstrap are the brokers' addresses.
func (k *stormKafkaWorld) bootstrap() []nodes.Addr {
	var list []nodes.Addr
	for _, id := range k.brokers {
		list = append(list, nodes.Addr{ID: id, Port: 9092})
	}
	return list
}

// populate adds the machines.
func (k *stormKafkaWorld) populate(t *storm.Topology) error {
	w, zoo := k.w, k.zoo
	for i, id := range zoo.servers {
		w.AddServer(id, func() nodes.Node {
			c := *zoo.configs[id]
			return zab.New(zab.Config{Zoo: &c, ID: int64(i + 1)})
		})
	}
	for i, id := range k.brokers {
		c, err := brokerconfig.Parse("server.properties", []byte(fmt.Sprintf("broker.id=%d\nlisteners=PLAINTEXT://:9092\nlog.dirs=/kafka\n"+
			"zookeeper.connect=z1:2181,z2:2181,z3:2181\nzookeeper.session.timeout.ms=%d\noffsets.topic.num.partitions=1\n"+
			"transaction.state.log.num.partitions=1\nmin.insync.replicas=2\nreplica.lag.time.max.ms=2000\nreplica.fetch.backoff.ms=50\n",
			i+1, zoo.timeout.Milliseconds())))
		if err != nil {
			return err
		}
		w.AddServer(id, func() nodes.Node { return broker.New(broker.Options{Config: c}) })
	}
	w.AddClient("producer", func() nodes.Node { return task.New(broker.Codec(), k.produce) })
	k.cluster(t)
	return nil
}

// produce creates the topic, and writes lines one after another. Of a line that was not acknowledged nothing is known.
func (k *stormKafkaWorld) produce(t *task.T) {
	c := kafkaclient.New(kafkaclient.Config{Bootstrap: k.bootstrap(), RequestTimeout: time.Second})
	for {
		err := c.CreateTopic(t, kafkaclient.NewTopic{Name: stormKafkaTopic, Partitions: stormParts, Replicas: 3})
		if names, listed := c.Topics(t, false); err == nil || listed == nil && slices.Contains(names, stormKafkaTopic) {
			break
		}
		t.Sleep(100 * time.Millisecond)
	}
	p := kafkaclient.NewProducer(c, kafkaclient.ProducerConfig{DeliveryTimeout: 5 * time.Second})
	for n := 0; ; {
		if n >= k.want {
			k.finished = true
			t.Sleep(50 * time.Millisecond)
			continue
		}
		line := k.line(n%stormParts, n)
		r := p.SendTo(t, kafkaclient.Record{Topic: stormKafkaTopic, Partition: int32(n % stormParts), Value: []byte(line)}).Wait(t)
		n++
		k.sent = n
		switch {
		case r.Outcome == kafkaclient.Acknowledged && r.Offset >= 0:
			m := k.lines[r.Partition]
			if m == nil {
				m = map[int64]string{}
				k.lines[r.Partition] = m
			}
			m[r.Offset] = line
		case r.Err != nil && strings.Contains(r.Err.Error(), "PRODUCER"): // it was fenced, or forgotten
			p = kafkaclient.NewProducer(c, kafkaclient.ProducerConfig{DeliveryTimeout: 5 * time.Second})
			k.unsure++
		default:
			k.unsure++
		}
	}
}

// kills kills processes now and then, brokers and workers alike; what they had written stays.
func (k *stormKafkaWorld) kills() {
	w, u := k.w, k.w.U
	victims := slices.Concat(k.brokers, []nodes.ID{"w1", "w2", "w3", "w4", "s1", "nimbus1"})
	for i := range int(w.Draw("how many kills", 4)) {
		name := func(what string) string { return fmt.Sprintf("kill %d/%s", i, what) }
		id := victims[w.Draw(name("who"), uint64(len(victims)))]
		down := w.DrawDuration(name("for"), 100*time.Millisecond, 2*time.Second)
		u.After(w.DrawDuration(name("at"), 2*time.Second, 12*time.Second), name("begins"), func() {
			u.Strike(fmt.Sprintf("kill(%s)", id), 1)
			u.Machine(id).Kill(vdisk.LoseNothing)
			u.Machine(id).Start(down)
		})
	}
}

// missing is an acknowledged line that is not counted in full; ok is false if there is none.
func (k *stormKafkaWorld) missing() (what string, ok bool) {
	for _, p := range slices.Sorted(maps.Keys(k.lines)) {
		for _, o := range slices.Sorted(maps.Keys(k.lines[p])) {
			words := len(strings.Fields(k.lines[p][o]))
			if k.ghost.counts[p][o] != uint64(1)<<words-1 {
				return fmt.Sprintf("line %d of partition %d (%q)", o, p, k.lines[p][o]), true
			}
		}
	}
	return "", false
}

// Done implements trial.Workload.
func (k *stormKafkaWorld) Done() bool {
	_, missing := k.missing()
	return k.finished && !missing
}

// Probe implements trial.Workload: some more lines.
func (k *stormKafkaWorld) Probe([]nodes.ID) {
	k.finished = false
	k.want = k.sent + 4
}

// Probed implements trial.Workload.
func (k *stormKafkaWorld) Probed() (bool, string) {
	what, missing := k.missing()
	k.w.Asked(stormKafkaCounted)
	return k.finished && !missing, "the producer has not ended, or a line is not counted: " + what
}

// Stop implements trial.Workload: the producer writes no more lines.
func (k *stormKafkaWorld) Stop() { k.want = min(k.want, k.sent) }

// Counted implements trial.Counter: lines that were acknowledged.
func (k *stormKafkaWorld) Counted() (ok, invoked int) { return k.sent - k.unsure, k.sent }
