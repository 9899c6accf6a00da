package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/nodes"
	"orrery/nodes/storm"
	"orrery/nodes/storm/trident"
	"orrery/nodes/zab/config"
)

// tridentTeller writes down what becomes of batches.
type tridentTeller struct {
	stormTeller
	tw *tridentWorld
}

// batch tells what the coordinator and the emitter do.
func (l *tridentTeller) batch(e trident.Event) {
	switch e.Kind {
	case trident.Begun:
		l.say(string(e.Worker), "the coordinator begins attempt %d of txid %d", e.Attempt, e.Txid)
	case trident.Ranged:
		var words []string
		if e.From < e.To {
			words = l.tw.memory.Records(e.Partition)[e.From:e.To]
		}
		l.say(string(e.Worker), "the emitter puts %v of partition %d into txid %d, attempt %d", words, e.Partition, e.Txid, e.Attempt)
	case trident.StoodDown:
		l.say(string(e.Worker), "the coordinator finds that another one is at work")
	}
}

// wrote tells what the store has taken.
func (l *tridentTeller) wrote(partition, txid, attempt int64) {
	values := l.tw.store.Values()
	var list []string
	for _, word := range slices.Sorted(maps.Keys(values)) {
		list = append(list, fmt.Sprintf("%s %d", word, values[word]))
	}
	l.say("store", "takes txid %d, attempt %d, of state %d: %s", txid, attempt, partition, strings.Join(list, ", "))
}

// tridentStory is a few records of one word, one emitter, two states, two workers.
func tridentStory(w *trial.World, l *tridentTeller, kind trident.Kind, records int, bug string) error {
	sw := &stormWorld{w: w, short: true}
	sw.zoo = &recipeWorld{w: w, servers: []nodes.ID{"z1", "z2", "z3"}, configs: map[nodes.ID]*config.Config{}}
	if err := sw.zoo.drawConfig(); err != nil {
		return err
	}
	ms := time.Millisecond
	sw.setup = stormSetup{lines: records, spouts: 1, splits: 1, counts: 2, ackers: 1, workers: 2, every: 60 * ms, cfg: stormTimes()}
	c := &sw.setup.cfg
	c.Links, c.MessageTimeout, c.SpoutWait, c.BeatEvery = storm.Datagrams, 400*ms, 5*ms, 60*ms
	c.SessionTimeout, c.ZooKeeper = sw.zoo.timeout, sw.zoo.addresses(sw.zoo.servers)
	tw := newTridentWorld(sw)
	l.sw, l.tw = sw, tw
	tw.cfg.Kind, tw.cfg.MaxActive, tw.cfg.BatchSize, tw.cfg.Interval = kind, 1, 2, 100*ms
	if bug != "" {
		tw.cfg.Quirks.Plant(bug)
	}
	sw.weather()
	if err := tw.populate(); err != nil {
		return err
	}
	tw.tell = l.batch
	tw.store.Wrote = func(partition, txid, attempt int64) {
		l.wrote(partition, txid, attempt)
		tw.written(partition, txid, attempt)
	}
	return nil
}

// TestTridentStories plays the stories of testdata/trident: a few words, a seed, and a plan of faults.
//
//	go test ./scenarios -run TridentStories -rewrite
//
// rewrites what is expected. Read the difference before you keep it.
func TestTridentStories(t *testing.T) {
	datadriven.Walk(t, "testdata/trident", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var seed uint64
			var bug string
			records := 8
			d.ScanArgs(t, "seed", &seed)
			d.MaybeScanArgs(t, "records", &records)
			d.MaybeScanArgs(t, "bug", &bug)
			kind := trident.Transactional
			if d.HasArg("opaque") {
				kind = trident.Opaque
			}
			plan, err := nemesis.ParsePlan(path, []byte("mode unrestricted\n"+d.Input+"\n"))
			require.NoError(t, err)
			teller := &tridentTeller{}
			r, err := trial.Run(trial.Options{Seed: seed, Plan: &plan, Recorder: teller}, func(w *trial.World) error { return tridentStory(w, teller, kind, records, bug) })
			require.NoError(t, err)
			if r.Property != "" {
				teller.lines = append(teller.lines, "violated: "+r.Property+": "+r.Detail)
			}
			return strings.Join(teller.lines, "\n") + "\n"
		})
	})
}
