package election

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// lan is a network of servers in one place.
var lan = sim.NetConfig{Delay: sim.Dist{Min: 200 * time.Microsecond, Mean: 300 * time.Microsecond, TailPPM: 2000, TailMax: 50 * time.Millisecond},
	BreakAfter: 3 * time.Second, DialTimeout: 2 * time.Second}

// weather is one schedule of faults: what happens in 15 s, after which everything is well.
type weather struct {
	participants, observers int
	text                    string
	next                    string // the text of an ensemble that is proposed and not yet agreed on
	change                  func(*Config)
	restarts                bool // nothing but restarts of one server, and short ones
}

const trouble = 15 * time.Second

// settlesWithin is how long a healthy ensemble may take to settle. It usually takes 3 s. What one attempt may cost: a connection
// that has died unnoticed (3 s), the longest pause between two notifications (1 s here), and the patience with a leader that
// is none (1 s); and one attempt may fail because servers still speak of a leader that they are about to give up.
const settlesWithin = 20 * time.Second

// play runs one schedule, and returns what was violated, and how long the ensemble took to settle.
func (x weather) play(seed uint64) (w *toyWorld, took time.Duration) {
	text := x.text
	if text == "" {
		text = members(x.participants, x.observers)
	}
	w = newToys(sim.Config{Seed: seed, Net: lan, Stage: sim.Dist{Mean: 100 * time.Microsecond, TailPPM: 5000, TailMax: 20 * time.Millisecond}},
		text, func(c *Config) {
			c.NotificationMax, c.ConnectTimeout = time.Second, 2*time.Second
			if x.change != nil {
				x.change(c)
			}
		})
	if x.next != "" {
		var err error
		if w.next, err = config.ParseQuorum("next", []byte(x.next)); err != nil {
			panic(err)
		}
	}
	rng := rand.New(rand.NewPCG(seed, 3))
	all := w.u.Machines()
	for i, m := range all {
		m.Start(time.Duration(rng.IntN(1000)) * time.Millisecond)
		w.disks[i].epoch = int64(rng.IntN(3))
		w.disks[i].zxid = int64(rng.IntN(2))
	}
	for at := time.Duration(rng.IntN(3)) * time.Second; at < trouble; at += time.Duration(rng.IntN(3000)) * time.Millisecond {
		w.u.After(at, "trouble", x.strike(w, rng))
	}
	w.u.After(trouble, "heal", func() {
		w.u.HealAll()
		for _, m := range all {
			m.Start(0)
		}
	})
	w.u.Run(trouble)
	if w.broken != "" {
		return w, 0
	}
	if !w.u.RunUntil(func() bool { return w.broken != "" || w.settled() }, trouble+settlesWithin) {
		w.fail("a leader is found in time", "after %v without trouble:\n%s", settlesWithin, w.states())
	}
	return w, w.u.Now() - trouble
}

// strike returns one thing that goes wrong.
func (x weather) strike(w *toyWorld, rng *rand.Rand) func() {
	all := w.u.Machines()
	victim := all[rng.IntN(len(all))]
	lasts := time.Duration(rng.IntN(4000)) * time.Millisecond
	kind := rng.IntN(6)
	if x.restarts {
		kind, lasts = 0, lasts/8
	}
	switch kind {
	case 0, 1: // a restart
		how := vdisk.CrashMode(vdisk.LoseNothing)
		if rng.IntN(2) == 0 {
			how = vdisk.LoseUnsynced
		}
		return func() { victim.Kill(how); victim.Start(lasts) }
	case 2: // one is cut off
		return x.cut(w, []nodes.ID{victim.ID()}, lasts)
	case 3: // the ensemble is split
		var side []nodes.ID
		for _, m := range all {
			if rng.IntN(2) == 0 {
				side = append(side, m.ID())
			}
		}
		return x.cut(w, side, lasts)
	case 4: // frames break their connections
		return func() {
			f := w.u.DisturbLinks("resets", allPairs(w), sim.LinkFault{ResetPPM: 100_000})
			w.u.After(lasts, "end", f.End)
		}
	default: // one is slow to run
		return func() {
			f := w.u.DisturbProcesses("pause", []nodes.ID{victim.ID()}, sim.ProcessFault{Pause: true})
			w.u.After(lasts, "end", f.End)
		}
	}
}

func (x weather) cut(w *toyWorld, side []nodes.ID, lasts time.Duration) func() {
	return func() {
		var links [][2]nodes.ID
		for _, p := range allPairs(w) {
			in := func(id nodes.ID) bool { return contains(side, id) }
			if in(p[0]) != in(p[1]) {
				links = append(links, p)
			}
		}
		f := w.u.DisturbLinks("cut", links, sim.LinkFault{Cut: true})
		w.u.After(lasts, "end", f.End)
	}
}

func contains(ids []nodes.ID, id nodes.ID) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}

func allPairs(w *toyWorld) [][2]nodes.ID {
	var ids []nodes.ID
	for _, m := range w.u.Machines() {
		ids = append(ids, m.ID())
	}
	return pairs(ids, ids)
}

func scaled(n uint64) uint64 {
	if testing.Short() {
		return n / 10
	}
	return n
}

// TestElections: whatever happens, votes are cast as they must be, and once it is over a leader is found in time.
func TestElections(t *testing.T) {
	hierarchy := members(6, 0) + "group.1=1:2\ngroup.2=3:4\ngroup.3=5:6\nweight.2=0\nweight.5=3\n"
	for name, x := range map[string]weather{
		"three":              {participants: 3},
		"five":               {participants: 5},
		"three and observer": {participants: 3, observers: 1},
		"groups":             {text: hierarchy},
		"reconfiguration":    {participants: 5, next: members(3, 0) + "version=100000007"},
	} {
		t.Run(name, func(t *testing.T) {
			worst := time.Duration(0)
			for seed := range scaled(80) {
				w, took := x.play(seed)
				if w.broken != "" {
					t.Fatalf("seed %d: %s", seed, w.broken)
				}
				worst = max(worst, took)
			}
			t.Logf("the slowest settled within %v", worst)
		})
	}
}

func TestTwoRunsOfASeedAreOne(t *testing.T) {
	a, _ := weather{participants: 5}.play(7)
	b, _ := weather{participants: 5}.play(7)
	if a.u.Hash() != b.u.Hash() {
		t.Error("two hashes of one seed")
	}
	if fmt.Sprint(a.lines) != fmt.Sprint(b.lines) {
		t.Error("two stories of one seed")
	}
}
