package trident_test

import (
	"fmt"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/storm"
	"orrery/nodes/storm/trident"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/sim"
)

// Word count, exactly once: a topology in batches, and the store that it counts in.
func Example() {
	t := trident.Build(trident.Config{Name: "count", Kind: trident.Opaque, Partitions: 1, Store: "store", Keys: strings.Fields,
		Source: storm.MemorySource("source", 100*time.Millisecond)})
	if err := t.Validate(); err != nil {
		fmt.Println(err)
		return
	}
	u := sim.New(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}}})
	u.Add("z", func() nodes.Node {
		c, err := config.Parse("zoo.cfg", []byte("tickTime=2000\ndataDir=/data\nclientPort=2181\n"))
		if err != nil {
			panic(err)
		}
		c.PreAllocSize = 0
		return zab.New(zab.Config{Zoo: c, ID: 1})
	}).Start(0)
	cfg := storm.Config{Topologies: []*storm.Topology{t}, ZooKeeper: []nodes.Addr{{ID: "z", Port: 2181}}, Blobs: []string{"count"},
		Slots: []nodes.ID{"worker"}, Supervisor: "supervisor"}
	u.Add("nimbus", func() nodes.Node { return storm.NewNimbus(cfg) }).Start(0)
	u.Add("supervisor", func() nodes.Node { return storm.NewSupervisor(cfg) }).Start(0)
	u.Add("worker", func() nodes.Node { return storm.NewWorker(cfg) }).Start(0)
	source := storm.NewMemory(storm.MemoryConfig{Records: [][]string{{"to be or not to be", "that is the question"}}})
	u.Add("source", func() nodes.Node { return source }).Start(0)
	store := trident.NewStore()
	u.Add("store", func() nodes.Node { return store }).Start(0)
	u.RunUntil(func() bool { return store.Values()["question"] == 1 }, 5*time.Minute)
	fmt.Println(store.Values())
	// Output: map[be:2 is:1 not:1 or:1 question:1 that:1 the:1 to:2]
}
