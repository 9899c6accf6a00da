package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/storm"
	"orrery/nodes/storm/trident"
	"orrery/nodes/zab"
)

// Trident is word count on Trident, on the same machines as Storm: each seed draws whether the spout and the state are transactional or
// opaque. Whatever breaks, no word counts twice, and in the end each has counted once.
func Trident() *Scenario {
	return &Scenario{
		Name:     "trident",
		About:    "word count on Trident: exactly once, transactional or opaque, under loss, crashes and two of a task",
		Ops:      100,
		Bugs:     tridentBugs(),
		Describe: describeStorm,
		Marks: []string{"trident: a batch fails", "trident: a batch is committed that was attempted before",
			"trident: a state task has not got the batch that it is to commit", "trident: what an earlier attempt left is taken back",
			"trident: a coordinator finds another one at work", "trident: the store refuses a write", "trident: an opaque batch leaves out a partition"},
		build: buildTrident,
	}
}

// The properties of Trident.
const (
	tridentTwice = "trident: nothing counts twice"
	tridentOrder = "trident: txids are committed in order"
	tridentOnce  = "trident: an attempt is begun once"
	tridentAfter = "trident: a batch begins where the one before it ended"
	tridentFold  = "trident: what is committed is counted once"
)

const tridentStore nodes.ID = "store"

// tridentWorld is the scenario while it is built and run.
type tridentWorld struct {
	*stormWorld
	cfg    trident.Config
	store  *trident.Store
	begun  map[[2]int64]bool
	ranges map[[3]int64]tridentRange // by txid, attempt and partition
	ends   map[[2]int64]int64        // by txid and partition: of the batch that was committed
	wrote  map[int64]int64           // by partition of the store: the txid
	truth  map[string]int64          // the fold of all records
	folded map[string]int64          // the fold of the records before read
	read   [stormParts]int64
	tell   func(trident.Event) // writes a story; nil for nobody
}

type tridentRange struct{ from, to int64 }

func buildTrident(w *trial.World, s *Scenario) error {
	return buildTridentWith(w, s, w.Options.Bug, false)
}

// buildTridentWith builds the universe in which a defect shows, if one is named. cured leaves the defect itself out.
func buildTridentWith(w *trial.World, s *Scenario, bug string, cured bool) error {
	sw, err := newStormWorld(w, s)
	if err != nil {
		return err
	}
	tw := newTridentWorld(sw)
	sw.setup.lines = s.Ops
	if w.Options.Ops > 0 {
		sw.setup.lines = w.Options.Ops
	}
	ms := time.Millisecond
	tw.cfg.Kind = trident.Kind(w.Draw("kind", 2))
	tw.cfg.MaxActive = 1 + int(w.Draw("active batches", 4))
	tw.cfg.BatchSize = 2 + int(w.Draw("batch size", 10))
	if sw.setup.loss > 0 { // for good: a batch that loses one of its tuples is begun anew
		sw.setup.loss = min(sw.setup.loss, 15_000)
		tw.cfg.BatchSize = min(tw.cfg.BatchSize, 4)
	}
	tw.cfg.Interval = w.DrawDuration("batch interval", 5*ms, 60*ms)
	if w.Chance("records come slowly", 600_000) {
		sw.setup.every = w.DrawDuration("a record every", 5*ms, 80*ms)
	}
	sw.setup.cfg.Queue = 0
	if bug != "" {
		tw.plant(bug)
	}
	if cured {
		tw.cfg.Quirks = trident.Quirks{}
	}
	sw.weather()
	return tw.populate()
}

func newTridentWorld(sw *stormWorld) *tridentWorld {
	return &tridentWorld{stormWorld: sw, begun: map[[2]int64]bool{}, ranges: map[[3]int64]tridentRange{}, ends: map[[2]int64]int64{},
		wrote: map[int64]int64{}, truth: map[string]int64{}, folded: map[string]int64{}}
}

// populate adds the machines.
func (tw *tridentWorld) populate() error {
	w, sw := tw.w, tw.stormWorld
	sw.ghost = newStormGhost(sw)
	sw.setup.cfg.MaxPending = 0 // the coordinator bounds its batches itself
	patience := max(sw.setup.cfg.MessageTimeout/6, 60*time.Millisecond)
	c := &tw.cfg
	c.Name, c.Source, c.Partitions, c.Store = "trident", storm.MemorySource(stormSource, patience), stormParts, tridentStore
	c.Keys, c.Patience, c.Probe = strings.Fields, patience, tw.event
	c.Workers, c.Emitters, c.States = sw.setup.workers, sw.setup.spouts, sw.setup.counts
	t := trident.Build(*c).Ackers(sw.setup.ackers)
	if err := t.Validate(); err != nil {
		return err
	}
	records := make([][]string, stormParts)
	for i := range sw.setup.lines {
		p := i % stormParts
		records[p] = append(records[p], tw.counting(sw.line(p, len(records[p]))))
	}
	sw.memory = storm.NewMemory(storm.MemoryConfig{Records: records, Every: sw.setup.every})
	for i, id := range sw.zoo.servers {
		w.AddServer(id, func() nodes.Node {
			zoo := *sw.zoo.configs[id]
			return zab.New(zab.Config{Zoo: &zoo, ID: int64(i + 1)})
		})
	}
	tw.store = trident.NewStore()
	tw.store.Wrote = tw.written
	w.AddClient(stormSource, func() nodes.Node { return sw.memory })
	w.AddClient(tridentStore, func() nodes.Node { return tw.store })
	sw.cluster(t)
	w.Workload, w.Converged = tw, sw.converged
	w.Timescale, w.Horizon, w.Connections = sw.setup.cfg.MessageTimeout, stormHorizon, true
	w.Quorum, w.HealsWhole = func([]nodes.ID) bool { return true }, true
	if w.Families == nil {
		w.Families = []string{"partition", "clog", "loss", "duplicate", "delay", "connection", "crash", "pause"}
	}
	sw.ghost.watch()
	return nil
}

// counting adds a line to the truth.
func (tw *tridentWorld) counting(line string) string {
	for _, word := range strings.Fields(line) {
		tw.truth[word]++
	}
	return line
}

// event is the probe of the topology.
func (tw *tridentWorld) event(e trident.Event) {
	if tw.tell != nil {
		tw.tell(e)
	}
	switch e.Kind {
	case trident.Begun:
		k := [2]int64{e.Txid, e.Attempt}
		tw.w.Asked(tridentOnce)
		if tw.begun[k] {
			tw.ghost.violate(tridentOnce, "%s begins attempt %d of txid %d, which was begun before", e.Worker, e.Attempt, e.Txid)
		}
		tw.begun[k] = true
	case trident.Ranged:
		tw.ranges[[3]int64{e.Txid, e.Attempt, int64(e.Partition)}] = tridentRange{e.From, e.To}
	case trident.Committed:
		tw.committed(e.Txid, e.Attempt)
	}
}

// committed sees a coordinator move on from a txid: it begins where the one before it ended, and the state is the fold of
// everything up to its end. The next one is not under way: its commit begins behind this.
func (tw *tridentWorld) committed(txid, attempt int64) {
	whole := true
	for p := range int64(stormParts) {
		r, known := tw.ranges[[3]int64{txid, attempt, p}]
		if !known {
			whole = false
			continue
		}
		if before, told := tw.ends[[2]int64{txid - 1, p}]; told {
			tw.w.Asked(tridentAfter)
			if r.from != before {
				tw.ghost.violate(tridentAfter, "txid %d is committed from offset %d of partition %d on, and txid %d ended at %d", txid, r.from, p, txid-1, before)
			}
		}
		tw.ends[[2]int64{txid, p}] = r.to
		tw.fold(p, r.to)
	}
	if !whole {
		return
	}
	tw.w.Asked(tridentFold)
	values := tw.store.Values()
	for _, word := range slices.Sorted(maps.Keys(tw.truth)) {
		if values[word] != tw.folded[word] {
			tw.ghost.violate(tridentFold, "txid %d is committed, and %q is counted %d times where it occurs %d times up to there", txid, word, values[word], tw.folded[word])
		}
	}
}

// fold counts the words of a partition up to an offset.
func (tw *tridentWorld) fold(p, to int64) {
	records := tw.memory.Records(int32(p))
	for ; tw.read[p] < to; tw.read[p]++ {
		for _, word := range strings.Fields(records[tw.read[p]]) {
			tw.folded[word]++
		}
	}
}

// written sees each write that the store has taken.
func (tw *tridentWorld) written(partition, txid, attempt int64) {
	last := tw.wrote[partition]
	tw.w.Asked(tridentOrder)
	if txid != last && txid != last+1 {
		tw.ghost.violate(tridentOrder, "partition %d of the state takes txid %d (attempt %d) after txid %d", partition, txid, attempt, last)
	}
	tw.wrote[partition] = txid
	tw.w.Asked(tridentTwice)
	values := tw.store.Values()
	for _, word := range slices.Sorted(maps.Keys(values)) {
		if values[word] > tw.truth[word] {
			tw.ghost.violate(tridentTwice, "%q is counted %d times, and occurs %d times: after txid %d, attempt %d", word, values[word], tw.truth[word], txid, attempt)
		}
	}
}

// Done implements trial.Workload: the state is the fold of the source.
func (tw *tridentWorld) Done() bool { return maps.Equal(tw.store.Values(), tw.truth) }

// Probe implements trial.Workload: more lines.
func (tw *tridentWorld) Probe([]nodes.ID) {
	for p := range int32(stormParts) {
		for range 3 {
			tw.memory.Append(p, tw.counting(tw.line(int(p), len(tw.memory.Records(p)))))
		}
	}
}

// Probed implements trial.Workload.
func (tw *tridentWorld) Probed() (bool, string) {
	return tw.Done(), fmt.Sprintf("the state is %v, and should be %v", tw.store.Values(), tw.truth)
}

// Counted implements trial.Counter: batches and their commits.
func (tw *tridentWorld) Counted() (ok, invoked int) { return tw.ghost.acks, tw.ghost.emissions }
