package scenarios

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/trace"
)

// discoveryTeller writes down who is up, and who believes what.
type discoveryTeller struct {
	w     *trial.World
	lines []string
}

// Record implements sim.Recorder.
func (l *discoveryTeller) Record(e *trace.Event) {
	who, what := e.Node, e.Text
	switch {
	case e.Kind == trace.FaultOn:
		who, what = "", e.Name+" begins"
	case e.Kind == trace.FaultOff:
		who, what = "", e.Name+" is over"
	case e.Kind != trace.Note || strings.HasPrefix(e.Node, "z"):
		return
	}
	l.lines = append(l.lines, fmt.Sprintf("%6.0fms  %-6s %s", float64(l.w.U.Now())/1e6, who, what))
}

// discoveryStory is two servers that go down once each, one client, and a configuration that is changed a few times.
func discoveryStory(w *trial.World, l *discoveryTeller, bug string) error {
	l.w = w
	r := &recipeWorld{w: w, servers: []nodes.ID{"z1", "z2", "z3"}, configs: map[nodes.ID]*config.Config{}, log: newRecipeLog()}
	if err := r.drawConfig(); err != nil {
		return err
	}
	d := &discoveryWorld{recipeWorld: r, ops: 4}
	d.plant(bug)
	d.populate(2, 1, 1)
	w.HealsWhole = true
	return nil
}

// TestDiscoveryStories plays the stories of testdata/discovery: a seed, and a plan of faults.
//
//	go test ./scenarios -run DiscoveryStories -rewrite
//
// rewrites what is expected. Read the difference before you keep it.
func TestDiscoveryStories(t *testing.T) {
	datadriven.Walk(t, "testdata/discovery", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var seed uint64
			var bug string
			d.ScanArgs(t, "seed", &seed)
			d.MaybeScanArgs(t, "bug", &bug)
			plan, err := nemesis.ParsePlan(path, []byte("mode budgeted\n"+d.Input+"\n"))
			require.NoError(t, err)
			teller := &discoveryTeller{}
			r, err := trial.Run(trial.Options{Seed: seed, Plan: &plan, Recorder: teller}, func(w *trial.World) error { return discoveryStory(w, teller, bug) })
			require.NoError(t, err)
			for i, line := range teller.lines {
				teller.lines[i] = strings.TrimRight(line, " ")
			}
			if r.Property != "" {
				teller.lines = append(teller.lines, "violated: "+r.Property+": "+r.Detail)
			}
			return strings.Join(teller.lines, "\n") + "\n"
		})
	})
}
