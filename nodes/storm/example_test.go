package storm_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/storm"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/sim"
)

// counter is a bolt with a state of its own.
type counter struct{ counts map[string]int }

func (*counter) Prepare(*storm.Context) {}

func (c *counter) Execute(out *storm.Collector, in *storm.Tuple) {
	c.counts[in.Values.String(0)]++
	out.Ack(in)
}

// Word count: lines from a source, split into words, counted by word.
func Example() {
	counts := map[string]int{}
	t := storm.NewTopology("wordcount").Workers(2)
	t.Spout("lines", 1, storm.FromSource(storm.MemorySource("source", 100*time.Millisecond), storm.SourceConfig{Partitions: 1})).
		Declare("line", "partition", "offset").Blocking()
	t.Bolt("split", 2, storm.Basic(func(in *storm.Tuple, emit func(storm.Values)) {
		for w := range strings.FieldsSeq(in.Values.String(0)) {
			emit(storm.Values{w})
		}
	})).Declare("word").Shuffle("lines")
	t.Bolt("count", 2, func() storm.Bolt { return &counter{counts} }).Fields("split", "word")
	if err := t.Validate(); err != nil {
		fmt.Println(err)
		return
	}
	u := sim.New(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}}})
	source := storm.NewMemory(storm.MemoryConfig{Records: [][]string{{"the cow jumped over the moon", "the man in the moon"}}})
	start(u, storm.Config{Topologies: []*storm.Topology{t}}, source)
	u.RunUntil(source.CommittedAll, 5*time.Minute)
	for _, w := range slices.Sorted(maps.Keys(counts)) {
		fmt.Print(w, " ", counts[w], " ")
	}
	fmt.Println()
	// Output: cow 1 in 1 jumped 1 man 1 moon 2 over 1 the 4
}

// start adds a ZooKeeper server, a nimbus, a supervisor with two slots, and the source.
func start(u *sim.Universe, cfg storm.Config, source *storm.Memory) {
	u.Add("z", func() nodes.Node {
		c, err := config.Parse("zoo.cfg", []byte("tickTime=2000\ndataDir=/data\nclientPort=2181\n"))
		if err != nil {
			panic(err)
		}
		c.PreAllocSize = 0
		return zab.New(zab.Config{Zoo: c, ID: 1})
	}).Start(0)
	cfg.ZooKeeper = []nodes.Addr{{ID: "z", Port: 2181}}
	nimbus := cfg
	nimbus.Blobs = []string{"wordcount"}
	u.Add("nimbus", func() nodes.Node { return storm.NewNimbus(nimbus) }).Start(0)
	supervisor := cfg
	supervisor.Slots = []nodes.ID{"w1", "w2"}
	u.Add("supervisor", func() nodes.Node { return storm.NewSupervisor(supervisor) }).Start(0)
	worker := cfg
	worker.Supervisor = "supervisor"
	for _, id := range supervisor.Slots {
		u.Add(id, func() nodes.Node { return storm.NewWorker(worker) }).Start(0)
	}
	u.Add("source", func() nodes.Node { return source }).Start(0)
}
