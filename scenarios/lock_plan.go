package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/nodes"
	"orrery/nodes/lock"
	"orrery/sim/vdisk"
)

// lockNames are the machines that a target names; none if it is a word that stands for some.
func lockNames(t nemesis.Target) []nodes.ID {
	var ids []nodes.ID
	for _, word := range strings.Fields(string(t)) {
		id := nodes.ID(word)
		switch {
		case id == lockStore, len(word) == 2 && strings.Contains("crn", word[:1]), id == "db", id == "cache":
			ids = append(ids, id)
		default:
			return nil
		}
	}
	return ids
}

// lockFaults draws the faults of one universe.
type lockFaults struct {
	w     *trial.World
	s     *lockSetup
	index int
}

// drawLockPlan draws a plan: one that keeps all assumptions, or one that keeps only some of them. The general nemesis does not
// know what a lock rests on, and clients are not among what it breaks.
func drawLockPlan(w *trial.World, s *lockSetup) nemesis.Plan {
	g := &lockFaults{w: w, s: s}
	plan := nemesis.Plan{}
	if profile, err := nemesis.ProfileNamed(w.Options.Profile); err == nil && profile.Fixed {
		plan.Mode = profile.Mode
	} else if w.Chance("calm", 50_000) {
		plan.Mode = nemesis.Calm
	}
	if plan.Mode == nemesis.Calm {
		return plan
	}
	if s.slowLinks {
		by := g.between("slow by", 8, 15)
		plan.Entries = append(plan.Entries, nemesis.Entry{At: time.Millisecond, Until: w.Horizon - time.Millisecond,
			Fault: nemesis.Delay{Links: nemesis.BothWays(g.everybody(), nemesis.Only(s.nodes...)), By: by, Jitter: by / 8, Clients: true}})
	}
	broken := w.Draw("assumptions are broken", 2) == 1
	for i := range 2 + int(w.Draw("faults", 7)) {
		g.index = i
		e := g.entry(broken, i == 0)
		plan.Entries = append(plan.Entries, e)
		// What a paused client or a slow link still has for the store may find it just restarted.
		if down := g.between("down before", 5, 30); broken && g.outlasts(e) && g.below("restart", 3) == 0 {
			plan.Entries = append(plan.Entries, nemesis.Entry{At: e.Until - down, Until: e.Until - g.between("just", 0, 2) - time.Millisecond,
				Fault: nemesis.Crash{Who: nemesis.Only(lockStore), Power: vdisk.LoseUnsynced}})
		}
	}
	slices.SortStableFunc(plan.Entries, func(a, b nemesis.Entry) int { return int(a.At - b.At) })
	return plan
}

// outlasts tells whether a fault can keep a write from the store for longer than a lease.
func (g *lockFaults) outlasts(e nemesis.Entry) bool {
	switch e.Fault.(type) {
	case nemesis.Clog, nemesis.Pause:
		return e.Until-e.At >= g.s.client.TTL/2
	}
	return false
}

func (g *lockFaults) below(what string, n uint64) uint64 {
	return g.w.Draw(fmt.Sprintf("fault %d/%s", g.index, what), n)
}

// between draws a duration between two shares of a lease, in percent.
func (g *lockFaults) between(what string, lo, hi time.Duration) time.Duration {
	ttl := g.s.client.TTL
	d := ttl*lo/100 + time.Duration(g.below(what, uint64(ttl*(hi-lo)/100)+1))
	return d.Truncate(100 * time.Microsecond)
}

func (g *lockFaults) client() nemesis.Target {
	return nemesis.Only(nodes.ID(fmt.Sprintf("c%d", 1+g.below("client", uint64(g.s.clients)))))
}

func (g *lockFaults) everybody() nemesis.Target {
	var ids []nodes.ID
	for i := range g.s.clients {
		ids = append(ids, nodes.ID(fmt.Sprintf("c%d", i+1)))
	}
	return nemesis.Only(ids...)
}

func (g *lockFaults) lockNode() nemesis.Target {
	return nemesis.Only(g.s.nodes[g.below("node", uint64(len(g.s.nodes)))])
}

// entry draws a fault. The first cuts a client off from the lock, which always bites.
func (g *lockFaults) entry(broken, first bool) nemesis.Entry {
	ttl := g.s.client.TTL
	// Short pauses must not add up, so each has a slot of its own.
	slot := ttl + time.Duration(g.index)*5*ttl/2
	at := (slot + g.between("at", 0, 40)).Truncate(time.Millisecond)
	if first {
		return nemesis.Entry{At: at, Fault: nemesis.ClientCut{Clients: g.client(), Nodes: nemesis.Only(g.s.nodes...)}, Until: at + g.between("lasts", 100, 300)}
	}
	f, lasts := g.kept()
	if broken && g.below("breaks", 3) > 0 {
		f, lasts = g.broken()
	}
	return nemesis.Entry{At: at, Fault: f, Until: at + max(lasts, time.Millisecond)}
}

// kept draws a fault that keeps to all assumptions.
func (g *lockFaults) kept() (nemesis.Fault, time.Duration) {
	medium := g.between("medium", 30, 400)
	switch g.below("kept", 15) {
	case 0, 1:
		return nemesis.Pause{Who: g.client()}, g.between("short", 1, 100/lockPauseShare)
	case 2, 3:
		return nemesis.ClientCut{Clients: g.client(), Nodes: nemesis.Only(g.s.nodes...)}, medium
	case 4:
		return nemesis.ClientCut{Clients: g.client(), Nodes: nemesis.Only(lockStore)}, medium
	case 5:
		return nemesis.ClientCut{Clients: g.client(), Nodes: g.lockNode(), Way: nemesis.Way(g.below("way", 3))}, medium
	case 6:
		return nemesis.ClockBump{Who: g.client(), By: g.sign(g.between("bump", 50, 1000))}, medium
	case 7:
		return nemesis.Loss{Links: nemesis.Around(nemesis.All), P: nemesis.PPM(50_000 + 50_000*g.below("loss", 6)), Clients: true}, medium
	case 8:
		return nemesis.Duplicate{Links: nemesis.Around(nemesis.All), P: nemesis.PPM(200_000 + 200_000*g.below("twice", 4)), Clients: true}, medium
	case 9:
		return nemesis.Crash{Who: nemesis.Only(lockStore), Power: vdisk.LoseUnsynced}, g.between("down", 5, 150)
	case 10:
		return nemesis.Drift{Who: g.client(), Rate: int64(g.sign(lockClockPPM))}, 2 * medium
	}
	if g.below("slow links", 4) == 0 { // to the lock, not to the resource
		by := g.between("by", 2, 15)
		return nemesis.Delay{Links: nemesis.BothWays(g.everybody(), nemesis.Only(g.s.nodes...)), By: by, Jitter: by / 8, Clients: true}, medium
	}
	if !g.s.keepsMemory() {
		return nemesis.Pause{Who: g.lockNode()}, g.between("paused", 10, 200)
	}
	return nemesis.Crash{Who: g.lockNode(), Power: vdisk.LoseUnsynced}, g.between("lock node down", 5, 150)
}

// broken draws a fault that breaks an assumption.
func (g *lockFaults) broken() (nemesis.Fault, time.Duration) {
	medium := g.between("medium", 30, 400)
	switch g.below("broken", 8) {
	case 0, 1, 2:
		return nemesis.Pause{Who: g.client()}, g.between("long", 50, 250)
	case 3, 4:
		return nemesis.Clog{Links: nemesis.OneWay(g.client(), nemesis.Only(lockStore)), Clients: true}, g.between("held", 50, 250)
	case 5:
		return nemesis.ClockBump{Who: g.lockNode(), By: g.sign(g.between("bump", 30, 300))}, medium
	case 6:
		return nemesis.Drift{Who: [2]nemesis.Target{g.client(), g.lockNode()}[g.below("whose", 2)], Rate: int64(g.sign(200_000))}, 2 * medium
	}
	return nemesis.Crash{Who: g.lockNode(), Power: vdisk.LoseUnsynced}, g.between("lock node down briefly", 1, 30)
}

func (g *lockFaults) sign(d time.Duration) time.Duration {
	if g.below("sign", 2) == 0 {
		return -d
	}
	return d
}

// keepsMemory tells whether what the lock's nodes know of it survives a restart, or is waited for.
func (s *lockSetup) keepsMemory() bool { return s.kind != lock.OnCaches || s.silence }
