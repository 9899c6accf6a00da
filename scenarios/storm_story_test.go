package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/nodes"
	"orrery/nodes/storm"
	"orrery/nodes/zab/config"
	"orrery/trace"
)

// stormTeller writes down what tasks do, by the names of their components.
type stormTeller struct {
	sw    *stormWorld
	lines []string
}

func (l *stormTeller) say(who, format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf("%6.0fms  %-9s %s", float64(l.sw.w.U.Now())/1e6, who, fmt.Sprintf(format, args...)))
}

// Record implements sim.Recorder: faults, and what happens to processes.
func (l *stormTeller) Record(e *trace.Event) {
	switch e.Kind {
	case trace.FaultOn:
		l.say("", "%s begins", e.Name)
	case trace.FaultOff:
		l.say("", "%s is over", e.Name)
	case trace.Note:
		if strings.HasPrefix(e.Node, "w") || strings.HasPrefix(e.Node, "nimbus") {
			l.say(e.Node, "%s", e.Text)
		}
	}
}

// short are the first four digits of an id.
func shortID(id uint64) string { return fmt.Sprintf("%04x", id>>48) }

// task tells what a task does.
func (l *stormTeller) task(e storm.Event) {
	names := []string{"", "lines", "split", "count", "acker"}
	if e.Task < 1 || int(e.Task) >= len(names) {
		return
	}
	who := names[e.Task]
	switch e.Kind {
	case storm.SpoutEmitted:
		_, o := storm.RecordOf(e.Message)
		l.say(who, "emits line %d under root %s", o, shortID(e.Root))
	case storm.Emitted:
		l.say(who, "emits a word")
	case storm.Executed:
		l.say(who, "acks its input")
	case storm.AckerTook:
		var s storm.Transfer
		s.Type = e.Type
		l.say(who, "takes %s of root %s: %s, the sum is %s", s.Kind(), shortID(e.Root), shortID(e.Val), shortID(e.Sum))
	case storm.AckerDropped:
		l.say(who, "forgets root %s", shortID(e.Root))
	case storm.SpoutAcked:
		_, o := storm.RecordOf(e.Message)
		l.say(who, "is told that line %d is complete", o)
	case storm.SpoutFailed:
		_, o := storm.RecordOf(e.Message)
		l.say(who, "gives line %d up", o)
	}
}

// stormStory is one line, one task of each component, on two workers.
func stormStory(w *trial.World, l *stormTeller, bug string) error {
	sw := &stormWorld{w: w}
	l.sw = sw
	sw.zoo = &recipeWorld{w: w, servers: []nodes.ID{"z1", "z2", "z3"}, configs: map[nodes.ID]*config.Config{}}
	if err := sw.zoo.drawConfig(); err != nil {
		return err
	}
	ms := time.Millisecond
	sw.setup = stormSetup{lines: 1, spouts: 1, splits: 1, counts: 1, ackers: 1, workers: 2, cfg: stormTimes()}
	c := &sw.setup.cfg
	c.Links, c.MessageTimeout, c.SpoutWait, c.BeatEvery = storm.Datagrams, 400*ms, 5*ms, 60*ms
	c.SessionTimeout, c.ZooKeeper = sw.zoo.timeout, sw.zoo.addresses(sw.zoo.servers)
	if bug != "" {
		c.Quirks.Plant(bug)
	}
	sw.weather()
	if err := sw.populate(); err != nil {
		return err
	}
	sw.ghost.tell = l.task
	return nil
}

// TestStormStories plays the stories of testdata/storm: a line of words, a seed, and a plan of faults.
//
//	go test ./scenarios -run StormStories -rewrite
//
// rewrites what is expected. Read the difference before you keep it.
func TestStormStories(t *testing.T) {
	datadriven.Walk(t, "testdata/storm", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var seed uint64
			var bug string
			d.ScanArgs(t, "seed", &seed)
			d.MaybeScanArgs(t, "bug", &bug)
			plan, err := nemesis.ParsePlan(path, []byte("mode unrestricted\n"+d.Input+"\n"))
			require.NoError(t, err)
			teller := &stormTeller{}
			r, err := trial.Run(trial.Options{Seed: seed, Plan: &plan, Recorder: teller}, func(w *trial.World) error { return stormStory(w, teller, bug) })
			require.NoError(t, err)
			if r.Property != "" {
				teller.lines = append(teller.lines, "violated: "+r.Property)
			}
			return strings.Join(teller.lines, "\n") + "\n"
		})
	})
}
