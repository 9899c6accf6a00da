package nemesis

import (
	"slices"

	"orrery/nodes"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// HealAll ends everything: no further entry of the plan begins, every fault in force
// ends (also those that somebody else has begun, for they are all in the universe's one
// registry), orders to kill and to spoil writes are taken back, and machines that are
// down are started. What is damaged on disks stays damaged.
func (n *Nemesis) HealAll() {
	n.stop()
	for _, r := range n.runs {
		r.end()
	}
	n.u.HealAll()
	n.revive(slices.Concat(n.c.Nodes, n.c.Clients))
}

// stop lets nothing more begin, and takes back all orders.
func (n *Nemesis) stop() {
	n.over = true
	for _, m := range n.u.Machines() {
		delete(n.orders, m.ID())
		m.KillAtEffect(0, vdisk.LoseNothing)
		m.Disk().Disarm()
	}
}

// HealCore is the second experiment, the one about liveness: it heals the core and leaves
// everything else as it is, for good. Faults of links between two machines of the
// core, or between the core and the clients, end; so do faults of the core's processes,
// clocks and disks; and what is down in the core is started. All else that is
// broken at this moment stays broken: a cut between the core and the others, in
// the direction in which it is cut, and the others' pauses, clocks and disks. Nothing new
// begins. The clients belong to the core.
//
// A fault may touch the core and others at once. So first the part of it that is outside
// is begun as a fault of its own, and then every older fault is ended through
// the universe's registry: no link that stays cut is whole for even an instant.
func (n *Nemesis) HealCore(core []nodes.ID) {
	n.stop()
	n.core = slices.Concat(core, n.c.Clients)
	older := n.u.Faults()
	for _, r := range n.runs {
		for _, p := range r.parts {
			if p.token.InForce() {
				if rest, ok := p.outside(n.core); ok {
					n.disturb(r.name+" for good", &rest)
				}
			}
		}
	}
	n.holdDown()
	for _, r := range n.runs {
		r.end()
	}
	for _, a := range older {
		a.End()
	}
	n.revive(n.core)
}

// holdDown keeps down for good what is down outside the core.
func (n *Nemesis) holdDown() {
	for _, id := range n.c.Nodes {
		if !slices.Contains(n.core, id) && !n.u.Machine(id).Up() {
			n.held[id]++
		}
	}
}

// outside is what of a disturbance does not touch the core; ok is false if that is nothing.
func (d *disturbance) outside(core []nodes.ID) (rest disturbance, ok bool) {
	rest = *d
	rest.pairs = slices.DeleteFunc(slices.Clone(d.pairs), func(p [2]nodes.ID) bool {
		return slices.Contains(core, p[0]) && slices.Contains(core, p[1])
	})
	rest.ids = slices.DeleteFunc(slices.Clone(d.ids), func(id nodes.ID) bool { return slices.Contains(core, id) })
	return rest, len(rest.pairs) > 0 || len(rest.ids) > 0
}

// Core draws a quorum for [Nemesis.HealCore], from the nodes whose memory is whole. It is
// the smallest that can serve. ok is false if there is none: then liveness cannot
// be demanded.
func (n *Nemesis) Core() (core []nodes.ID, ok bool) {
	whole := slices.DeleteFunc(slices.Clone(n.c.Nodes), func(id nodes.ID) bool { return slices.Contains(n.Damaged(), id) })
	whole = shuffle(whole, n.u.Draw("nemesis/core", trace.String("core"), 1<<32))
	for size := range len(whole) + 1 {
		if n.c.Quorum(whole[:size]) {
			return sorted(whole[:size]), true
		}
	}
	return nil, false
}

// Suffices tells whether a core can serve now. Where the nodes themselves change who they need, one that was drawn earlier may not.
func (n *Nemesis) Suffices(core []nodes.ID) bool { return n.c.Quorum(core) }

// Damaged lists the nodes that have lost something for good: on which bits have
// rotted, or whose disk was wiped or set back.
func (n *Nemesis) Damaged() []nodes.ID {
	damaged := slices.Clone(n.atlas.whole)
	for _, p := range n.atlas.pieces {
		damaged = append(damaged, p.ids...)
	}
	return sorted(damaged)
}
