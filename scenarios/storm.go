package scenarios

import (
	"fmt"
	"strings"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/storm"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/sim"
)

// Storm is word count on Storm: a source of lines, a topology on two supervisors with two workers each, two nimbuses, and an ensemble
// of three ZooKeeper servers. Whatever breaks, every line that is acked was counted in full, every tuple is acked or failed in
// time, and in the end all lines are counted.
func Storm() *Scenario {
	return &Scenario{
		Name:     "storm",
		About:    "word count on Storm: at least once, by acker trees, under loss, crashes and reassignments",
		Ops:      120,
		Bugs:     stormBugs(),
		Describe: describeStorm,
		Marks: []string{"an ack overtakes the init of its root", "an acker drops a root", "a tuple times out", "a record is emitted again",
			"a tree is complete after its spout has failed it", "a worker drops a copy", "back-pressure begins or ends", "a queue is full",
			"a nimbus reassigns tasks", "a nimbus declines to lead", "a spout is at max.spout.pending"},
		build: buildStorm,
	}
}

const (
	stormSource   nodes.ID = "source"
	stormParts             = 2
	stormTopology          = "wordcount"
	stormHorizon           = 15 * time.Second
)

// stormSetup is everything about a universe but its faults.
type stormSetup struct {
	lines                  int
	spouts, splits, counts int
	ackers, workers        int
	loss, duplicate        uint64 // of datagrams, in parts of a million, all the time
	every                  time.Duration
	cfg                    storm.Config
}

// stormWorld is the scenario while it is built and run.
type stormWorld struct {
	w      *trial.World
	zoo    *recipeWorld // the ensemble
	setup  stormSetup
	ghost  *stormGhost
	memory *storm.Memory
	short  bool // lines have one word
}

func buildStorm(w *trial.World, s *Scenario) error {
	sw, err := newStormWorld(w, s)
	if err != nil {
		return err
	}
	setup := &sw.setup
	setup.lines = s.Ops
	if w.Options.Ops > 0 {
		setup.lines = w.Options.Ops
	}
	if w.Options.Bug != "" {
		sw.plant(w.Options.Bug)
	}
	sw.weather()
	return sw.populate()
}

// newStormWorld draws the setup.
func newStormWorld(w *trial.World, s *Scenario) (*stormWorld, error) {
	sw := &stormWorld{w: w}
	sw.zoo = &recipeWorld{w: w, servers: []nodes.ID{"z1", "z2", "z3"}, configs: map[nodes.ID]*config.Config{}}
	if err := sw.zoo.drawConfig(); err != nil {
		return nil, err
	}
	ms := time.Millisecond
	sw.setup = stormSetup{
		lines:  s.Ops,
		spouts: 1 + int(w.Draw("spout tasks", 2)), splits: 1 + int(w.Draw("split tasks", 3)), counts: 1 + int(w.Draw("count tasks", 3)),
		ackers: 1 + int(w.Draw("acker tasks", 2)), workers: 2 + int(w.Draw("workers", 2)),
		cfg: stormTimes(),
	}
	c := &sw.setup.cfg
	c.MessageTimeout = w.DrawDuration("message time-out", 400*ms, 800*ms)
	c.SessionTimeout = sw.zoo.timeout
	c.ZooKeeper = sw.zoo.addresses(sw.zoo.servers)
	c.SpoutWait = w.DrawDuration("spout wait", 2*ms, 10*ms)
	c.Startup = w.DrawDuration("start-up", 0, 200*ms)
	c.MaxPending = 4 + int(w.Draw("max pending", 60))
	if w.Chance("short queues", 200_000) {
		c.Queue = 8 + int(w.Draw("queue", 24))
	}
	if w.Draw("links", 3) < 2 {
		c.Links = storm.Datagrams
	}
	if w.Chance("lossy", 500_000) {
		sw.setup.loss = w.Draw("loss", 80_000)
		sw.setup.duplicate = w.Draw("duplicates", 50_000)
	}
	if w.Chance("lines come slowly", 400_000) {
		sw.setup.every = w.DrawDuration("a line every", 5*ms, 60*ms)
	}
	return sw, nil
}

// stormTimes are Storm's own times, shortened for a universe that lasts some seconds.
func stormTimes() storm.Config {
	ms := time.Millisecond
	return storm.Config{TaskTimeout: 800 * ms, LaunchTimeout: 2500 * ms, MonitorEvery: 250 * ms, SyncEvery: 250 * ms,
		BeatEvery: 60 * ms, TaskBeatEvery: 120 * ms, RefreshEvery: 400 * ms}
}

// weather tunes the network, the disks and the clocks.
func (sw *stormWorld) weather() {
	w := sw.w
	us, ms := time.Microsecond, time.Millisecond
	w.U.Tune(func(c *sim.Config) {
		c.Net.Delay = sim.Dist{Min: w.DrawDuration("net/min", 50*us, ms), Mean: w.DrawDuration("net/mean", 100*us, 3*ms)}
		c.Net.LossPPM, c.Net.DuplicatePPM = sw.setup.loss, sw.setup.duplicate
		c.Disk.Sync = sim.Dist{Min: w.DrawDuration("disk/min", 20*us, 500*us), Mean: w.DrawDuration("disk/mean", 100*us, 3*ms)}
		c.Clocks = sim.ClockConfig{OffsetMax: 10 * time.Minute, DriftPPM: 200}
		c.Stage = sim.Dist{Mean: w.DrawDuration("a tuple takes", us, ms)}
	})
}

// topology is word count: the second bolt hands each word to the ghost, which is the table that it counts in.
func (sw *stormWorld) topology() (*storm.Topology, error) {
	s := &sw.setup
	patience := s.cfg.MessageTimeout / 8
	t := storm.NewTopology(stormTopology).Workers(s.workers).Ackers(s.ackers)
	t.Spout("lines", s.spouts, storm.FromSource(storm.MemorySource(stormSource, patience), storm.SourceConfig{Partitions: stormParts})).
		Declare("line", "partition", "offset").Blocking()
	t.Bolt("split", s.splits, func() storm.Bolt { return &splitBolt{} }).Declare("word", "partition", "offset", "place").Shuffle("lines")
	t.Bolt("count", s.counts, storm.Basic(func(in *storm.Tuple, _ func(storm.Values)) {
		sw.ghost.counted(int32(in.Values.Int(1)), in.Values.Int(2), int(in.Values.Int(3)))
	})).Fields("split", "word")
	return t, t.Validate()
}

// splitBolt splits lines. Now and then it asks for more time, as a slow bolt does.
type splitBolt struct {
	storm.Bolt
	lines int
}

// Prepare implements storm.Bolt.
func (b *splitBolt) Prepare(c *storm.Context) {
	b.Bolt = storm.Basic(func(in *storm.Tuple, emit func(storm.Values)) {
		for i, word := range strings.Fields(in.Values.String(0)) {
			emit(storm.Values{word, in.Values.Int(1), in.Values.Int(2), int64(i)})
		}
	})()
	b.Bolt.Prepare(c)
}

// Execute implements storm.Bolt.
func (b *splitBolt) Execute(out *storm.Collector, in *storm.Tuple) {
	if b.lines++; b.lines%8 == 0 {
		out.ResetTimeout(in)
	}
	b.Bolt.Execute(out, in)
}

var stormWords = strings.Fields("ant bee cat dog eel fox gnu hen ibis jay")

// line draws a line of one to four words.
func (sw *stormWorld) line(p, o int) string {
	draw := func(what string, n uint64) uint64 {
		return sw.w.U.Draw("workload/"+what, uint64(p)<<32|uint64(o), n)
	}
	bits := draw("words", 10_000)
	var words []string
	length := 1 + draw("length", 4)
	if sw.short {
		length = 1
	}
	for range length {
		words = append(words, stormWords[bits%10])
		bits /= 10
	}
	return strings.Join(words, " ")
}

// populate adds the machines.
func (sw *stormWorld) populate() error {
	w := sw.w
	sw.ghost = newStormGhost(sw)
	t, err := sw.topology()
	if err != nil {
		return err
	}
	records := make([][]string, stormParts)
	for i := range sw.setup.lines {
		p := i % stormParts
		records[p] = append(records[p], sw.line(p, len(records[p])))
	}
	sw.memory = storm.NewMemory(storm.MemoryConfig{Records: records, Every: sw.setup.every, Committed: sw.ghost.committed})
	for i, id := range sw.zoo.servers {
		w.AddServer(id, func() nodes.Node {
			zoo := *sw.zoo.configs[id]
			return zab.New(zab.Config{Zoo: &zoo, ID: int64(i + 1)})
		})
	}
	w.AddClient(stormSource, func() nodes.Node { return sw.memory })
	sw.cluster(t)
	w.Workload = sw
	w.Converged = sw.converged
	w.Timescale = sw.setup.cfg.MessageTimeout
	w.Horizon = stormHorizon
	w.Connections = true
	w.Quorum, w.HealsWhole = func([]nodes.ID) bool { return true }, true
	if w.Families == nil {
		w.Families = []string{"partition", "clog", "loss", "duplicate", "delay", "connection", "crash", "pause"}
	}
	sw.ghost.watch()
	return nil
}

// cluster adds nimbuses, supervisors and workers.
func (sw *stormWorld) cluster(topologies ...*storm.Topology) {
	w, cfg := sw.w, sw.setup.cfg
	cfg.Topologies = topologies
	cfg.Probe = sw.ghost.event
	var names []string
	for _, t := range topologies {
		names = append(names, t.Name)
	}
	nimbuses := []nodes.ID{"nimbus1", "nimbus2"}
	for i, id := range nimbuses {
		c := cfg
		c.Peers = []nodes.ID{nimbuses[1-i]}
		if i == 0 {
			c.Blobs = names
		}
		w.AddServer(id, func() nodes.Node { return storm.NewNimbus(c) })
	}
	for i := range 2 {
		c := cfg
		c.Supervisor = nodes.ID(fmt.Sprintf("s%d", i+1))
		for k := range 2 {
			c.Slots = append(c.Slots, nodes.ID(fmt.Sprintf("w%d", 2*i+k+1)))
		}
		w.AddServer(c.Supervisor, func() nodes.Node { return storm.NewSupervisor(c) })
		for _, id := range c.Slots {
			w.AddServer(id, func() nodes.Node { return storm.NewWorker(c) })
		}
	}
}

// converged tells whether every nimbus leads or stands for it.
func (sw *stormWorld) converged([]nodes.ID) (bool, string) {
	for _, id := range []nodes.ID{"nimbus1", "nimbus2"} {
		if !sw.ghost.stands[id] {
			return false, string(id) + " neither leads nor stands for the leadership"
		}
	}
	return true, ""
}

// Done implements trial.Workload: all lines are committed at the source.
func (sw *stormWorld) Done() bool { return sw.memory.CommittedAll() }

// Stop implements trial.Workload. The topology reads whatever there is.
func (sw *stormWorld) Stop() {}

// Probe implements trial.Workload: more lines.
func (sw *stormWorld) Probe([]nodes.ID) {
	for p := range int32(stormParts) {
		for range 3 {
			sw.memory.Append(p, sw.line(int(p), len(sw.memory.Records(p))))
		}
	}
}

// Probed implements trial.Workload.
func (sw *stormWorld) Probed() (bool, string) {
	return sw.memory.CommittedAll(), "there are lines that nobody has counted"
}

// Counted implements trial.Counter.
func (sw *stormWorld) Counted() (ok, invoked int) { return sw.ghost.acks, sw.ghost.emissions }
