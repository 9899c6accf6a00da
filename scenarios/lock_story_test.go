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
	"orrery/nodes/lock"
	"orrery/trace"
)

// lockTeller writes down what matters of a run: faults, who gets the lock and who sees that it has lost it, who gives it
// back, and what the store says.
type lockTeller struct {
	until time.Duration
	words func(*trace.Event) string
	lines []string
	begun bool // somebody has had the lock
}

// Record implements sim.Recorder.
func (l *lockTeller) Record(e *trace.Event) {
	if e.At > l.until {
		return
	}
	say := func(who, what string) {
		l.lines = append(l.lines, fmt.Sprintf("%7.1fms  %-6s %s", float64(e.At)/1e6, who, what))
	}
	switch {
	case e.Kind == trace.FaultOn:
		say("", e.Name+" begins")
	case e.Kind == trace.FaultOff:
		say("", e.Name+" is over")
	case e.Kind == trace.Note && strings.HasPrefix(e.Node, "c"):
		l.begun = l.begun || strings.HasSuffix(e.Text, " has the lock")
		say(e.Node, e.Text)
	case e.Kind == trace.Deliver && (e.Name == "WRITE" || e.Name == "WRITTEN"):
		say(e.Node, l.words(e)+" from "+e.Peer)
	case e.Kind == trace.Deliver && e.Name == "DEL-IF" && e.Node == "cache":
		if l.begun { // there was nothing to give back before
			say(e.Node, l.words(e)+" from "+e.Peer)
		}
	}
}

// TestLockStories plays the stories of testdata/lock: a lock, a seed, and a plan of faults. Two clients, two steps a section.
//
//	go test ./scenarios -run LockStories -rewrite
//
// rewrites what is expected. Read the difference before you keep it.
func TestLockStories(t *testing.T) {
	datadriven.Walk(t, "testdata/lock", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var name, bug string
			var seed uint64
			var until int
			d.ScanArgs(t, "lock", &name)
			d.ScanArgs(t, "seed", &seed)
			d.ScanArgs(t, "until", &until)
			d.MaybeScanArgs(t, "bug", &bug)
			plan, err := nemesis.ParsePlan(path, []byte("mode unrestricted\n"+d.Input+"\n"))
			require.NoError(t, err)
			teller := &lockTeller{until: time.Duration(until) * time.Millisecond, words: describeLock()}
			var ghost *lockGhost
			_, err = trial.Run(trial.Options{Seed: seed, Plan: &plan, Recorder: teller}, func(w *trial.World) (err error) {
				ghost, err = lockStory(w, name, d.HasArg("fenced"), bug)
				return err
			})
			require.NoError(t, err)
			teller.lines = append(teller.lines, fmt.Sprintf("writes of a section after one of a later section: %d", ghost.broken[lockEffects]))
			return strings.Join(teller.lines, "\n") + "\n"
		})
	})
}

func lockStory(w *trial.World, name string, fenced bool, bug string) (*lockGhost, error) {
	ms := time.Millisecond
	s := lockSetup{fenced: fenced, silence: true, clients: 2}
	for _, v := range lockVariants {
		if v.name == name {
			s.lockVariant = v
		}
	}
	s.client = lock.ClientConfig{TTL: 300 * ms, Steps: 2, Think: 20 * ms, Work: 20 * ms, Rest: 30 * ms, Sections: 3}
	if b, ok := lock.BugNamed(bug); ok {
		s.quirks = b.Quirks
	}
	w.Horizon = 2 * time.Second
	lw, err := newLockWorld(w, s, lockClaims{})
	if err != nil {
		return nil, err
	}
	return lw.watch(), nil
}
