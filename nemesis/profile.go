package nemesis

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/trace"
)

// Profile says what sort of plans are drawn.
type Profile struct {
	// Mode is the mode of all plans, if Fixed is set; else the seed chooses: one plan of
	// twenty is unrestricted, one of ten calm, and the others are budgeted.
	Mode  Mode
	Fixed bool
	// Families are those that plans may draw on, see [SelectFamilies]; none of them is
	// left out then. nil means that the seed chooses among all of them.
	Families []string
}

// ProfileNamed returns the profile of that name: a mode ("calm", "budgeted",
// "unrestricted"), or "" or "mixed" for all modes.
func ProfileNamed(name string) (Profile, error) {
	if name == "" || name == "mixed" {
		return Profile{}, nil
	}
	i := slices.Index(modeNames, name)
	if i < 0 {
		return Profile{}, fmt.Errorf("%s", unknown("profile", name, append(slices.Clone(modeNames), "mixed")))
	}
	return Profile{Mode: Mode(i), Fixed: true}, nil
}

// Generate draws a plan for a cluster, whose functions it does not call. Nothing begins or
// ends after the horizon. draw gives a number below n (or any 64 bits if n is 0) for the
// decision id of a stream, as [orrery/sim.Universe.Draw] does; the plan is a function
// of what it gives, in integers.
//
// Plans are of four sorts, since no one of them finds everything (swarm testing: what matters is
// what is left out):
//
//   - nothing happens, 10 %;
//   - one family alone, 20 %, so that nothing else gets in its way;
//   - a swarm, 35 %: each family with one half;
//   - a scheme, 35 %: an order of faults of which one prepares the next, as in
//     the histories of known defects. See schemes.
//
// Durations are log-uniform around the cluster's time scale T, from 0.1 T to 30 T, and
// half of them between 0.5 T and 2 T, because what just fails to time out, and what
// just does, takes other ways through a protocol. Half of the faults that have a
// target aim at the leader. Short isolations of one node are the most frequent fault,
// because measurements found nothing better.
func Generate(draw func(stream string, id, n uint64) uint64, p Profile, c *Cluster, horizon time.Duration) Plan {
	cluster := c.withDefaults()
	g := &generator{draw: draw, c: &cluster, t: cluster.Timescale, horizon: horizon, chosen: p.Families}
	g.mode = g.drawMode(p)
	sort := draw(generalStream, trace.String("sort"), 100)
	g.span = min(logUniform(5*g.t, 24*g.t, draw(generalStream, trace.String("span"), 1<<32)), horizon)
	if g.mode != Calm {
		g.generate(sort)
	}
	return Plan{Mode: g.mode, Entries: g.sorted()}
}

// generalStream is where a plan's sort is drawn from; what is in it comes from the streams
// of its families.
const generalStream = "nemesis/plan"

func (g *generator) drawMode(p Profile) Mode {
	v := g.draw(generalStream, trace.String("mode"), 100)
	switch {
	case p.Fixed:
		return p.Mode
	case v >= 95:
		return Unrestricted
	case v < 10 && p.Families == nil:
		return Calm
	default:
		return Budgeted
	}
}

// generator draws a plan.
type generator struct {
	draw    func(stream string, id, n uint64) uint64
	c       *Cluster
	t       time.Duration // the time scale
	horizon time.Duration // nothing happens after it
	span    time.Duration // most begins in it
	mode    Mode
	chosen  []string // families that were asked for

	stream string
	index  uint64 // of the entry that is being drawn, in its stream
	list   []Entry
}

// generate draws the entries. sort is below 100.
func (g *generator) generate(sort uint64) {
	var usable []string
	for _, f := range families {
		if g.has(f.Name) && g.makesSense(f.Name) {
			usable = append(usable, f.Name)
		}
	}
	if len(usable) == 0 {
		return
	}
	alone := usable[g.draw(generalStream, trace.String("alone"), uint64(len(usable)))]
	switch {
	case sort < 22:
		g.family(alone)
	case sort < 61:
		for _, name := range usable {
			if g.draw(generalStream, trace.String("with "+name), 1000) >= g.leftOut(name) {
				g.family(name)
			}
		}
	default:
		g.scheme()
	}
	if len(g.list) == 0 && g.chosen != nil {
		g.family(alone)
	}
}

// has tells whether a family may be drawn on at all.
func (g *generator) has(family string) bool {
	return g.chosen == nil || slices.Contains(g.chosen, family)
}

// leftOut is with which probability, in thousandths, a swarm leaves a family out: a half, unless it
// was asked for. What destroys something uses up the budget for the rest of the run, so it is left
// out more often.
func (g *generator) leftOut(name string) uint64 {
	switch {
	case g.chosen != nil:
		return 0
	case name == "rot" || name == "amnesia":
		return 800
	}
	return 500
}

// makesSense tells whether a family can do anything to the cluster.
func (g *generator) makesSense(name string) bool {
	switch name {
	case "connection":
		return g.c.Connections
	case "rot":
		return g.c.AllowCorrupt || g.c.AllowLies
	case "amnesia":
		return g.c.AllowWipe || g.c.AllowLies
	case "partition", "clog", "loss", "duplicate", "delay", "corrupt":
		return len(g.c.Nodes)+len(g.c.Clients) > 1
	}
	return true
}

// below draws a number below n, for a decision about the entry that is being drawn.
func (g *generator) below(decision string, n uint64) uint64 {
	return g.draw(g.stream, trace.Mix(trace.String(decision), g.index), n)
}

// chance draws whether something of so many percent happens.
func (g *generator) chance(decision string, percent uint64) bool {
	return g.below(decision, 100) >= 100-percent
}

// between draws a duration, log-uniformly.
func (g *generator) between(decision string, lo, hi time.Duration) time.Duration {
	return round(logUniform(lo, hi, g.below(decision, 1<<32)))
}

// round cuts a duration to three digits or so, so that plans are short to read.
func round(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d / unit * unit
}

// add adds an entry that begins at a time and lasts for a while, as far as the horizon
// allows. A duration of 0 means that the fault ends by itself.
func (g *generator) add(at time.Duration, f Fault, lasts time.Duration) {
	at = at.Truncate(time.Millisecond)
	e := Entry{At: at, Fault: f}
	if lasts > 0 {
		e.Until = min(at+max(lasts, time.Microsecond), g.horizon)
	}
	if at < g.horizon && e.check() == nil {
		g.list = append(g.list, e)
	}
}

// sorted is the entries in the order of their time.
func (g *generator) sorted() []Entry {
	slices.SortStableFunc(g.list, func(a, b Entry) int { return int(min(max(a.At-b.At, -1), 1)) })
	return g.list
}

// one draws a node by its name: for faults of which several must hit the same one.
func (g *generator) one(decision string) Target {
	return Only(g.c.Nodes[g.below(decision, uint64(len(g.c.Nodes)))])
}

// client draws a client by its name, or the empty target if there is none.
func (g *generator) client(decision string) nodes.ID {
	if len(g.c.Clients) == 0 {
		return ""
	}
	return g.c.Clients[g.below(decision, uint64(len(g.c.Clients)))]
}
