package nemesis

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"orrery/nodes"
)

// maxVoters is how many nodes the budget can be kept for: one bit each.
const maxVoters = 64

// briefly is the longest time, in time scales, for which a budgeted nemesis may
// disturb any number of nodes. Whatever ends so soon is weather: a system that is
// live at all serves again afterwards, and the short partitions and the crashes of
// everybody at once are among the best finders of bugs.
const briefly = 3

// overBudget refuses a fault because it would leave no quorum.
type overBudget struct{ tolerates int }

func (e *overBudget) Error() string {
	return fmt.Sprintf("would leave no healthy quorum; the cluster tolerates %d", e.tolerates)
}

// admit tells whether the budget allows that d begins as well, on behalf of r. It asks
// for a set of nodes that can serve, all of which are up and whole and reach each
// other: so it counts what is down, isolated, paused, stuck and damaged together, and a
// node that is in several of these states once.
func (n *Nemesis) admit(r *run, d *disturbance) error {
	if n.mode != Budgeted || r.isBrief(d) || !d.costs(n.c.Timescale) {
		return nil
	}
	g := n.healthGraph()
	g.apply(d, n.c.Timescale)
	if !g.hasQuorum(n.c.Quorum) {
		return &overBudget{n.c.Tolerates}
	}
	return nil
}

// isBrief tells whether a disturbance is over so soon that it does not count.
func (r *run) isBrief(d *disturbance) bool {
	e := &r.entry
	return e.Until > 0 && e.Until-e.At <= briefly*r.n.c.Timescale || d.lasts > 0 && d.lasts <= briefly*r.n.c.Timescale
}

// costs tells whether a disturbance takes anything from the healthy part of the cluster.
func (d *disturbance) costs(scale time.Duration) bool { return d.disables(scale) || d.cuts(scale) }

// disables tells whether the machines of the disturbance do not serve while it lasts.
func (d *disturbance) disables(scale time.Duration) bool {
	return d.down || d.proc.Pause || d.proc.Slow >= scale/100 && d.proc.Slow > 0 ||
		d.disk.Stall || d.disk.Full || d.disk.SyncErrorPPM > 0 || d.disk.WriteErrorPPM > 0 || d.disk.ReadErrorPPM > 0 ||
		d.disk.SlowSync.Min+d.disk.SlowSync.Mean >= scale/2
}

// cuts tells whether its links are as good as cut.
func (d *disturbance) cuts(scale time.Duration) bool {
	f := &d.link
	return f.Cut || f.Hold || f.LossPPM+f.CorruptPPM+f.CorruptUnseenPPM > million/2 ||
		f.Delay.Min+f.Delay.Mean >= scale/2 ||
		f.RefuseDials || f.HangDials || f.ResetPPM > million/10
}

// health is which nodes are healthy, and which of them reach each other both ways.
// Bit i stands for the i-th node.
type health struct {
	ids     []nodes.ID
	healthy uint64
	reach   []uint64
}

// healthGraph is the health of the cluster as it is now, without what is brief.
func (n *Nemesis) healthGraph() *health {
	g := &health{ids: n.c.Nodes, healthy: ones(len(n.c.Nodes)), reach: make([]uint64, len(n.c.Nodes))}
	for i := range g.reach {
		g.reach[i] = g.healthy
	}
	for i, id := range g.ids {
		m := n.u.Machine(id)
		if slices.Contains(n.atlas.whole, id) || m != nil && !m.Up() && !n.isBrieflyDown(id) {
			g.healthy &^= 1 << i
		}
	}
	for _, r := range n.runs {
		if r.state != Installed {
			continue
		}
		for _, p := range r.parts {
			if p.token.InForce() && !r.isBrief(&p.disturbance) {
				g.apply(&p.disturbance, n.c.Timescale)
			}
		}
	}
	return g
}

// isBrieflyDown tells whether a machine is down only because of faults that are brief.
func (n *Nemesis) isBrieflyDown(id nodes.ID) bool {
	found := false
	for _, r := range n.runs {
		for _, p := range r.parts {
			if p.down && p.token.InForce() && slices.Contains(p.ids, id) {
				if !r.isBrief(&p.disturbance) {
					return false
				}
				found = true
			}
		}
	}
	return found
}

func (g *health) apply(d *disturbance, scale time.Duration) {
	if d.disables(scale) {
		for _, id := range d.ids {
			if i := slices.Index(g.ids, id); i >= 0 {
				g.healthy &^= 1 << i
			}
		}
	}
	if d.cuts(scale) {
		for _, p := range d.pairs {
			i, j := slices.Index(g.ids, p[0]), slices.Index(g.ids, p[1])
			if i >= 0 && j >= 0 && i != j {
				g.reach[i] &^= 1 << j
				g.reach[j] &^= 1 << i
			}
		}
	}
}

// hasQuorum tells whether some nodes that are healthy and all reach each other are a
// quorum. It walks over the maximal cliques, as Bron and Kerbosch do.
func (g *health) hasQuorum(quorum func([]nodes.ID) bool) bool {
	return g.extend(0, g.healthy, 0, quorum)
}

func (g *health) extend(clique, candidates, done uint64, quorum func([]nodes.ID) bool) bool {
	if candidates == 0 {
		return done == 0 && quorum(g.members(clique))
	}
	// Of a node and those that reach it, every maximal clique has one.
	pivot := bits.TrailingZeros64(candidates)
	for rest := candidates &^ (g.reach[pivot] &^ (1 << pivot)); rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		near := g.reach[i] &^ (1 << i)
		if g.extend(clique|1<<i, candidates&near, done&near, quorum) {
			return true
		}
		candidates &^= 1 << i
		done |= 1 << i
	}
	return false
}

func (g *health) members(set uint64) []nodes.ID {
	var ids []nodes.ID
	for ; set != 0; set &= set - 1 {
		ids = append(ids, g.ids[bits.TrailingZeros64(set)])
	}
	return ids
}

func ones(n int) uint64 { return 1<<n - 1 }

// atlas knows which copies of what have been damaged for good, so that enough
// copies of everything stay whole for the system to recover: at most f nodes ever hold a
// damaged copy of the same piece. It is kept in every mode, for no protocol survives the
// loss of all copies.
type atlas struct {
	tolerates int
	whole     []nodes.ID // nodes of which any piece may be damaged
	pieces    []piece
}

type piece struct {
	name string
	ids  []nodes.ID
}

// allows tells whether the copy of a piece on a node may be damaged; name "" stands for
// all that the node has.
func (a *atlas) allows(id nodes.ID, name string) bool {
	if name != "" {
		return a.count(a.of(name), id) <= a.tolerates
	}
	if a.count(nil, id) > a.tolerates {
		return false
	}
	for i := range a.pieces {
		if a.count(&a.pieces[i], id) > a.tolerates {
			return false
		}
	}
	return true
}

// count is on how many nodes a piece would be damaged if it were on id as well.
func (a *atlas) count(p *piece, id nodes.ID) int {
	ids := append(slices.Clone(a.whole), id)
	if p != nil {
		ids = append(ids, p.ids...)
	}
	return len(sorted(ids))
}

// add notes that the copy of a piece on a node has been damaged.
func (a *atlas) add(id nodes.ID, name string) {
	switch p := a.of(name); {
	case name == "":
		a.whole = sorted(append(a.whole, id))
	case p == nil:
		a.pieces = append(a.pieces, piece{name, []nodes.ID{id}})
	default:
		p.ids = sorted(append(p.ids, id))
	}
}

func (a *atlas) of(name string) *piece {
	i := slices.IndexFunc(a.pieces, func(p piece) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &a.pieces[i]
}
