package kafka_test

import (
	"fmt"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	brokerconfig "orrery/nodes/kafka/broker/config"
	"orrery/nodes/kafka/client"
	"orrery/nodes/storm"
	"orrery/nodes/storm/kafka"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	zoo "orrery/nodes/zab/config"
	"orrery/sim"
)

// Word count over a topic: a broker, a ZooKeeper server, and a topology whose spout reads what a producer has written.
func Example() {
	words := map[string]int{}
	bootstrap := []nodes.Addr{client.Addr("broker", 9092)}
	t := storm.NewTopology("wordcount")
	t.Spout("lines", 1, storm.FromSource(kafka.Source(kafka.Config{Bootstrap: bootstrap, Topic: "lines", ID: "wordcount"}),
		storm.SourceConfig{Partitions: 1})).Declare("line", "partition", "offset").Blocking()
	t.Bolt("count", 1, storm.Basic(func(in *storm.Tuple, _ func(storm.Values)) {
		for w := range strings.FieldsSeq(in.Values.String(0)) {
			words[w]++
		}
	})).Shuffle("lines")
	if err := t.Validate(); err != nil {
		fmt.Println(err)
		return
	}
	u := universe(t)
	u.Add("producer", func() nodes.Node {
		return task.New(broker.Codec(), func(t *task.T) {
			c := client.New(client.Config{Bootstrap: bootstrap})
			for c.CreateTopic(t, client.NewTopic{Name: "lines", Partitions: 1, Replicas: 1}) != nil {
				t.Sleep(time.Second)
			}
			p := client.NewProducer(c, client.ProducerConfig{})
			for _, line := range []string{"to be or", "not to be"} {
				p.Send(t, client.Record{Topic: "lines", Value: []byte(line)}).Wait(t)
			}
		})
	}).Start(0)
	u.RunUntil(func() bool { return words["not"] == 1 && words["be"] == 2 }, 5*time.Minute)
	fmt.Println(words)
	// Output: map[be:2 not:1 or:1 to:2]
}

// universe is one of each: a server of ZooKeeper, a broker, a nimbus, a supervisor, a worker.
func universe(t *storm.Topology) *sim.Universe {
	u := sim.New(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}}})
	u.Add("z", func() nodes.Node {
		c, err := zoo.Parse("zoo.cfg", []byte("tickTime=2000\ndataDir=/data\nclientPort=2181\n"))
		if err != nil {
			panic(err)
		}
		c.PreAllocSize = 0
		return zab.New(zab.Config{Zoo: c, ID: 1})
	}).Start(0)
	u.Add("broker", func() nodes.Node {
		c, err := brokerconfig.Parse("server.properties", []byte("broker.id=1\nlisteners=PLAINTEXT://:9092\nlog.dirs=/kafka\nzookeeper.connect=z:2181\n"))
		if err != nil {
			panic(err)
		}
		return broker.New(broker.Options{Config: c})
	}).Start(0)
	cfg := storm.Config{Topologies: []*storm.Topology{t}, ZooKeeper: []nodes.Addr{{ID: "z", Port: 2181}}, Blobs: []string{t.Name},
		Slots: []nodes.ID{"worker"}, Supervisor: "supervisor"}
	u.Add("nimbus", func() nodes.Node { return storm.NewNimbus(cfg) }).Start(0)
	u.Add("supervisor", func() nodes.Node { return storm.NewSupervisor(cfg) }).Start(0)
	u.Add("worker", func() nodes.Node { return storm.NewWorker(cfg) }).Start(0)
	return u
}
