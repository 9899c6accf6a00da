package scenarios

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/nodes"
	"orrery/sim/vdisk"
)

// lockColumn is a fault of the table: what happens, once in every 5 leases, at a time that is drawn.
type lockColumn struct {
	name    string
	silence bool
	// lone has one client reach only three of the five caches, so that what it holds is a bare majority.
	lone  bool
	fault func(s *lockSetup, k int) nemesis.Fault
	lasts time.Duration // in percent of a lease; 0 for good
	seldom
	also func(s *lockSetup, k int) nemesis.Fault // at the same time
}

// seldom is how many times it happens; 0 means 6.
type seldom struct{ times int }

func lockClient(k int) nemesis.Target {
	return nemesis.Only(nodes.ID(fmt.Sprintf("c%d", 1+k%lockClients)))
}

// pivot is the cache that any two majorities have in common, if they have one alone; or the only node.
func pivot(s *lockSetup) nemesis.Target { return nemesis.Only(s.nodes[len(s.nodes)/2]) }

func lateWrite(_ *lockSetup, k int) nemesis.Fault {
	return nemesis.Clog{Links: nemesis.OneWay(lockClient(k), nemesis.Only(lockStore)), Clients: true}
}

func cutOff(s *lockSetup, k int) nemesis.Fault {
	return nemesis.ClientCut{Clients: lockClient(k), Nodes: nemesis.Only(s.nodes...)}
}

var lockColumns = []lockColumn{
	{name: "nothing", silence: true},
	{name: "client pauses", silence: true, lasts: 180, fault: func(_ *lockSetup, k int) nemesis.Fault { return nemesis.Pause{Who: lockClient(k)} }},
	{name: "write delayed", silence: true, lasts: 180, fault: lateWrite},
	{name: "cut off, write delayed", silence: true, lasts: 180, fault: lateWrite, also: cutOff},
	{name: "client cut off", silence: true, lasts: 180, fault: cutOff},
	{name: "clock forward", silence: true, lone: true, fault: func(s *lockSetup, _ int) nemesis.Fault {
		return nemesis.ClockBump{Who: pivot(s), By: 2 * s.client.TTL}
	}},
	{name: "clock back", silence: true, lone: true, fault: func(s *lockSetup, _ int) nemesis.Fault {
		return nemesis.ClockBump{Who: pivot(s), By: -2 * s.client.TTL}
	}, seldom: seldom{2}},
	{name: "clocks drift", silence: true, lone: true, seldom: seldom{1}, fault: func(s *lockSetup, _ int) nemesis.Fault {
		return nemesis.Drift{Who: nemesis.Only(append([]nodes.ID{"c2", "c3"}, s.nodes...)...), Rate: 1_000_000}
	}},
	{name: "restart", lone: true, lasts: 5, fault: func(s *lockSetup, _ int) nemesis.Fault {
		return nemesis.Crash{Who: pivot(s), Power: vdisk.LoseUnsynced}
	}},
	{name: "delayed restart", silence: true, lone: true, lasts: 5, fault: func(s *lockSetup, _ int) nemesis.Fault {
		return nemesis.Crash{Who: pivot(s), Power: vdisk.LoseUnsynced}
	}},
}

const lockTableRuns = 30

// lockCell is what came of the runs of one cell.
type lockCell struct {
	setup             lockSetup
	claims            lockClaims
	holders, effects  int // runs in which two believed, in which effects did not exclude each other
	accepted, granted int
}

func (c *lockCell) words() string {
	switch {
	case c.effects > 0:
		return fmt.Sprintf("**broken** %d", c.effects)
	case c.holders > 0:
		return fmt.Sprintf("safe (two believe %d)", c.holders)
	}
	return "safe"
}

// runCell runs the universes of a cell. Nothing is claimed there, so that every run goes on to its end, and what does not hold
// is counted.
func runCell(t *testing.T, v lockVariant, fenced bool, col *lockColumn) *lockCell {
	cell := &lockCell{}
	for seed := range uint64(lockTableRuns) {
		var ghost *lockGhost
		_, err := trial.Run(trial.Options{Seed: seed + 1, Plan: &nemesis.Plan{}}, func(w *trial.World) error {
			s := drawLock(w)
			s.lockVariant, s.fenced, s.silence, s.delay = v, fenced, col.silence, 0
			s.client.Sections, s.client.Think = 1000, s.client.TTL/4
			w.Horizon = 40 * s.client.TTL
			plan := col.plan(w, &s)
			w.Options.Plan = &plan
			cell.setup, cell.claims = s, claimsOf(&s, assume(&plan, &s))
			lw, err := newLockWorld(w, s, lockClaims{})
			if err == nil {
				ghost = lw.watch()
			}
			return err
		})
		require.NoError(t, err)
		cell.accepted += int(ghost.order)
		cell.granted += int(ghost.grants)
		if ghost.broken[lockOneHolder] > 0 {
			cell.holders++
		}
		if ghost.broken[lockEffects] > 0 {
			cell.effects++
		}
	}
	return cell
}

// plan is the column's plan for one universe. It is unrestricted, so that there is no liveness phase.
func (col *lockColumn) plan(w *trial.World, s *lockSetup) nemesis.Plan {
	p := nemesis.Plan{Mode: nemesis.Unrestricted}
	if col.lone && len(s.nodes) == 5 {
		p.Entries = append(p.Entries, nemesis.Entry{At: time.Millisecond, Fault: nemesis.ClientCut{Clients: "c1", Nodes: nemesis.Only(s.nodes[3:]...)}})
	}
	times := col.times
	if times == 0 {
		times = 6
	}
	ttl := s.client.TTL
	for k := 0; k < times && col.fault != nil; k++ {
		at := ttl + time.Duration(k)*6*ttl + w.DrawDuration(fmt.Sprintf("table/at %d", k), 0, 3*ttl)
		e := nemesis.Entry{At: at.Truncate(time.Millisecond), Fault: col.fault(s, k)}
		if col.lasts > 0 {
			e.Until = e.At + (ttl * col.lasts / 100).Truncate(time.Millisecond)
		}
		p.Entries = append(p.Entries, e)
		if col.also != nil {
			p.Entries = append(p.Entries, nemesis.Entry{At: e.At, Fault: col.also(s, k), Until: e.Until})
		}
	}
	return p
}

const (
	lockTableFile  = "../docs/locks.md"
	lockTableBegin = "<!-- generated by: go test ./scenarios -run WhoIsSafe -rewrite -->\n"
	lockTableEnd   = "<!-- end of what is generated -->\n"
)

// The table of docs/locks.md is what the runs say, what is claimed is never broken, and what is not claimed of a
// resource without fencing is broken in these runs where the literature says that it is.
func TestWhoIsSafeUnderWhichFault(t *testing.T) {
	if testing.Short() {
		t.Skip("2,400 universes take some seconds")
	}
	var b bytes.Buffer
	b.WriteString(lockTableBegin + "\n| lock |")
	for i := range lockColumns {
		b.WriteString(" " + lockColumns[i].name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(lockColumns)) + "\n")
	got := map[string]*lockCell{}
	for _, v := range lockVariants {
		for _, fenced := range []bool{false, true} {
			name := v.name
			if fenced {
				name += ", fenced"
			}
			fmt.Fprintf(&b, "| %s |", name)
			for i := range lockColumns {
				col := &lockColumns[i]
				c := runCell(t, v, fenced, col)
				got[name+"/"+col.name] = c
				fmt.Fprintf(&b, " %s |", c.words())
				require.Greater(t, c.accepted, 20*lockTableRuns, "%s, %s: hardly anything was written", name, col.name)
				if c.claims.effects {
					require.Zero(t, c.effects, "%s, %s", name, col.name)
				}
				if c.claims.oneHolder {
					require.Zero(t, c.holders, "%s, %s", name, col.name)
				}
			}
			b.WriteString("\n")
		}
	}
	for _, cell := range []string{"row/client pauses", "cache/client pauses", "redlock/client pauses", "paxos/client pauses", "paxos/cut off, write delayed",
		"redlock/cut off, write delayed", "cache/clock forward", "redlock/clock forward", "row/clock forward", "cache/restart", "redlock/restart"} {
		assert.NotZero(t, got[cell].effects, "%s was expected to break", cell)
	}
	fmt.Fprintf(&b, "\n%s", lockTableEnd)
	text, err := os.ReadFile(lockTableFile)
	require.NoError(t, err)
	head, rest, found := strings.Cut(string(text), lockTableBegin)
	require.True(t, found)
	_, tail, found := strings.Cut(rest, lockTableEnd)
	require.True(t, found)
	want := head + b.String() + tail
	if f := flag.Lookup("rewrite"); f != nil && f.Value.String() == "true" {
		require.NoError(t, os.WriteFile(lockTableFile, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text), "run go test ./scenarios -run WhoIsSafe -rewrite, and read the difference")
}
