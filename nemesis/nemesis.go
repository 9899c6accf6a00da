package nemesis

import (
	"fmt"
	"slices"

	"orrery/nodes"
	"orrery/sim"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// Nemesis carries out a plan in a universe. It acts through scripts of the universe
// alone, and what it draws depends on the entries of its plan, each by itself.
type Nemesis struct {
	u    *sim.Universe
	c    Cluster
	mode Mode
	runs []*run

	over    bool             // healed: nothing more begins
	core    []nodes.ID       // whom alone to keep up after HealCore; nil for all
	held    map[nodes.ID]int // how many faults keep a machine down
	orders  map[nodes.ID]*run
	killing bool // a process ends because the nemesis has just killed it
	lost    uint64
	halts   map[nodes.ID]*halts
	atlas   atlas
}

// Install schedules the plan in a universe to which the machines of the cluster have been
// added. It panics if the cluster or the plan is not valid: that is a defect of
// the program; what people write goes through [ParsePlan].
func (p Plan) Install(u *sim.Universe, c *Cluster) *Nemesis {
	if err := c.Validate(); err != nil {
		panic(err.Error())
	}
	n := &Nemesis{
		u: u, c: c.withDefaults(), mode: p.Mode,
		held: map[nodes.ID]int{}, orders: map[nodes.ID]*run{}, halts: map[nodes.ID]*halts{},
	}
	n.atlas.tolerates = n.c.Tolerates
	seen := map[string]int{}
	for _, e := range p.Entries {
		if err := e.check(); err != nil {
			panic("nemesis: " + err.Error())
		}
		// The identity does not depend on when the fault ends, so that a shrinker that makes it
		// shorter does not change whom it hits.
		text := fmt.Sprintf("%v %s", e.At, e.Fault)
		seen[text]++
		key := text
		if seen[text] > 1 {
			key = fmt.Sprintf("%s #%d", text, seen[text])
		}
		r := &run{n: n, entry: e, id: trace.Mix(trace.String(text), uint64(seen[text])), key: key, name: e.Fault.String()}
		n.runs = append(n.runs, r)
		u.After(e.At-u.Now(), "nemesis: begin "+key, r.start)
	}
	u.Observe(sim.Observer{Ended: n.ended})
	return n
}

// disturb puts a disturbance in force.
func (n *Nemesis) disturb(name string, d *disturbance) *sim.Active {
	switch {
	case d.down:
		n.hold(d.ids)
		return n.u.Begin(name, func() { n.letGo(d.ids) })
	case d.link != sim.LinkFault{}:
		return n.u.DisturbLinks(name, d.pairs, d.link)
	case d.proc != sim.ProcessFault{}:
		return n.u.DisturbProcesses(name, d.ids, d.proc)
	case d.clock != sim.ClockFault{}:
		return n.u.DisturbClocks(name, d.ids, d.clock)
	default:
		return n.u.DisturbDisks(name, d.ids, d.disk)
	}
}

// hold keeps machines down until as many letGo have been called.
func (n *Nemesis) hold(ids []nodes.ID) {
	for _, id := range ids {
		n.held[id]++
	}
}

// letGo starts those of the machines that nobody else keeps down.
func (n *Nemesis) letGo(ids []nodes.ID) {
	for _, id := range ids {
		if n.held[id]--; n.held[id] == 0 {
			n.u.Machine(id).Start(0)
		}
	}
}

// kill ends the processes of machines, and returns how many there were. What was lost is
// added to the losses of the fault.
func (n *Nemesis) kill(r *run, ids []nodes.ID, how vdisk.CrashMode) (killed uint64) {
	for _, id := range ids {
		m := n.u.Machine(id)
		if !m.Up() {
			continue
		}
		n.killing = true
		r.loss = r.loss.Add(m.Kill(how))
		n.killing = false
		killed++
	}
	return killed
}

// order has the next effects of a process counted, and the process killed at the n-th.
func (n *Nemesis) order(r *run, id nodes.ID, effect int, how vdisk.CrashMode) {
	n.orders[id] = r
	n.u.Machine(id).KillAtEffect(effect, how)
}

// countermand takes an order back, if it is still this fault's.
func (n *Nemesis) countermand(r *run, id nodes.ID) {
	if n.orders[id] == r {
		delete(n.orders, id)
		n.u.Machine(id).KillAtEffect(0, vdisk.LoseNothing)
	}
}

// ended sees the end of every process: one that an order has killed, or one that has
// stopped by itself, and which somebody must start again.
func (n *Nemesis) ended(m *sim.Machine, _ nodes.Node) {
	lost := n.u.Stats().BytesLost - n.lost
	n.lost += lost
	if n.killing {
		return
	}
	if m.Exit() != nil {
		n.supervise(m)
		return
	}
	if r := n.orders[m.ID()]; r != nil {
		delete(n.orders, m.ID())
		r.strike(1)
		r.loss.Bytes += int64(lost)
		r.onKill(m)
	}
}

// isNode tells whether a machine is a node of the cluster.
func (n *Nemesis) isNode(id nodes.ID) bool { return slices.Contains(n.c.Nodes, id) }
