package nemesis

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/trace"
)

// Way says in which directions a cut works, seen from the machines that are cut off.
type Way uint8

// The ways.
const (
	BothDirections Way = iota // they neither hear nor are heard
	Inbound                   // they do not hear, but are heard
	Outbound                  // they hear, but are not heard
)

var wayNames = []string{"both", "in", "out"}

// Side says where the leader is after a split.
type Side uint8

// The sides.
const (
	Anywhere   Side = iota // wherever it happens to be
	InMinority             // on the side that cannot choose
	InMajority             // on the side that can
)

var sideNames = []string{"anywhere", "in-minority", "in-majority"}

var cut = sim.LinkFault{Cut: true}

// Isolate cuts machines off from all other nodes: each from everybody, also from each
// other. Clients still reach them, unless Clients is set: so a deposed leader goes on
// answering. In measurements on Paxos no other fault found more, when it was short.
type Isolate struct {
	Who     Target
	Way     Way
	Clients bool // cut them off from clients too
}

func (f *Isolate) fields() []field {
	return []field{arg(targetValue{&f.Who}), opt("way", wordValue[Way]{&f.Way, wayNames}), opt("clients", flagValue{&f.Clients})}
}

// String implements [Fault].
func (f Isolate) String() string { return write("isolate", &f) }

// Kind implements [Fault].
func (Isolate) Kind() *Kind { return kindNamed("isolate") }

func (f Isolate) begin(r *run) error {
	return r.keep(f.Who.follows(), func(number uint64) ([]disturbance, error) {
		sets, err := r.resolve(f.Who, number)
		var ds []disturbance
		for _, ids := range sets {
			ds = append(ds, disturbance{whom: ids, pairs: f.Way.pairs(ids, r.everybody(f.Clients)), link: cut})
		}
		return ds, err
	})
}

// pairs lists the links between ids and others that are cut.
func (w Way) pairs(ids, others []nodes.ID) [][2]nodes.ID {
	switch w {
	case Inbound:
		return directed(others, ids)
	case Outbound:
		return directed(ids, others)
	}
	return bothWays(ids, others)
}

// Halves splits the nodes into a minority and a majority, of drawn size and members.
// Jepsen's partition-halves, with a say on where the leader goes: both cases matter, and
// chance alone favours the larger side.
type Halves struct {
	Leader  Side
	Clients bool // put every client on one of the sides too; else it reaches all nodes
}

func (f *Halves) fields() []field {
	return []field{opt("leader", wordValue[Side]{&f.Leader, sideNames}), opt("clients", flagValue{&f.Clients})}
}

// String implements [Fault].
func (f Halves) String() string { return write("halves", &f) }

// Kind implements [Fault].
func (Halves) Kind() *Kind { return kindNamed("halves") }

func (f Halves) begin(r *run) error {
	leader, leads := r.n.c.Leader()
	if f.Leader != Anywhere && !leads {
		return &retry{"no leader"}
	}
	minorities, err := r.resolve(Minority, 0)
	if err != nil {
		return err
	}
	if f.Leader != Anywhere {
		minorities = slices.DeleteFunc(minorities, func(ids []nodes.ID) bool {
			return slices.Contains(ids, leader) != (f.Leader == InMinority)
		})
	}
	return r.keep(false, func(uint64) ([]disturbance, error) {
		var ds []disturbance
		for _, ids := range minorities {
			d := r.groups([][]nodes.ID{ids, r.n.c.others(ids)}, f.Clients)
			d.whom = ids
			ds = append(ds, d)
		}
		return ds, nil
	})
}

// groups cuts all links between machines of different groups. If clients take part, each
// is put into a drawn group.
func (r *run) groups(groups [][]nodes.ID, clients bool) disturbance {
	groups = slices.Clone(groups)
	if clients {
		for _, id := range r.n.c.Clients {
			i := r.draw("side of client", trace.String(string(id)), uint64(len(groups)))
			groups[i] = append(slices.Clone(groups[i]), id)
		}
	}
	var pairs [][2]nodes.ID
	for i, a := range groups {
		for _, b := range groups[i+1:] {
			pairs = append(pairs, bothWays(a, b)...)
		}
	}
	return disturbance{pairs: pairs, link: cut}
}

// Split cuts all links between machines of different groups. Machines in no group reach
// everybody.
type Split struct{ Groups Groups }

func (f *Split) fields() []field { return []field{arg(groupsValue{&f.Groups})} }

// String implements [Fault].
func (f Split) String() string { return write("split", &f) }

// Kind implements [Fault].
func (Split) Kind() *Kind { return kindNamed("split") }

func (f Split) begin(r *run) error {
	for _, group := range f.Groups.split() {
		for _, id := range group {
			if r.n.u.Machine(id) == nil {
				return fmt.Errorf("there is no machine %s", id)
			}
		}
	}
	_, err := r.put(r.groups(f.Groups.split(), false))
	return err
}

// RandomGroups puts every node into one of Count groups, with equal chances.
type RandomGroups struct {
	Count   int
	Clients bool // the clients too
}

func (f *RandomGroups) fields() []field {
	return []field{arg(countValue{&f.Count, 16}), opt("clients", flagValue{&f.Clients})}
}

// String implements [Fault].
func (f RandomGroups) String() string { return write("random-groups", &f) }

// Kind implements [Fault].
func (RandomGroups) Kind() *Kind { return kindNamed("random-groups") }

func (f RandomGroups) begin(r *run) error {
	groups := make([][]nodes.ID, f.Count)
	for i, id := range r.n.c.Nodes {
		g := r.draw("group", uint64(i), uint64(f.Count))
		groups[g] = append(groups[g], id)
	}
	d := r.groups(groups, f.Clients)
	if len(d.pairs) == 0 {
		return fmt.Errorf("all nodes were drawn into one group")
	}
	_, err := r.put(d)
	return err
}

// MajoritiesRing puts the nodes into a drawn circle, and lets each reach only its nearest
// neighbours on both sides, as many as make a majority with itself. Every node sees a
// majority, and no two see the same one (Jepsen).
type MajoritiesRing struct{}

func (f *MajoritiesRing) fields() []field { return nil }

// String implements [Fault].
func (f MajoritiesRing) String() string { return write("majorities-ring", &f) }

// Kind implements [Fault].
func (MajoritiesRing) Kind() *Kind { return kindNamed("majorities-ring") }

func (f MajoritiesRing) begin(r *run) error {
	n := len(r.n.c.Nodes)
	reach := (n/2 + 1) / 2 // on each side; with an even majority one side would have one more
	if 2*reach+1 >= n {
		return fmt.Errorf("in a ring of %d nodes every node sees all others", n)
	}
	ring := shuffle(r.n.c.Nodes, r.draw("ring", 0, 1<<32))
	var pairs [][2]nodes.ID
	for i := range ring {
		for j := range ring {
			if distance := (j - i + n) % n; distance > reach && n-distance > reach {
				pairs = append(pairs, [2]nodes.ID{ring[i], ring[j]})
			}
		}
	}
	_, err := r.put(disturbance{pairs: pairs, link: cut})
	return err
}

// Bridge splits the nodes into two halves that do not reach each other, and one
// node that reaches both (Jepsen; partial partitions, OSDI 2020).
type Bridge struct {
	Over Target // of which the first is the bridge
}

func (f *Bridge) fields() []field { return []field{arg(targetValue{&f.Over})} }

// String implements [Fault].
func (f Bridge) String() string { return write("bridge", &f) }

// Kind implements [Fault].
func (Bridge) Kind() *Kind { return kindNamed("bridge") }

func (f Bridge) begin(r *run) error {
	turn := r.draw("halves", 0, 1<<32)
	return r.first(f.Over, func(ids []nodes.ID) error {
		rest := shuffle(r.n.c.others(ids[:1]), turn)
		if len(rest) < 2 {
			return fmt.Errorf("a bridge needs a node on each side")
		}
		half := len(rest) / 2
		_, err := r.put(disturbance{whom: ids[:1], pairs: bothWays(rest[:half], rest[half:]), link: cut})
		return err
	})
}

// OneWayCut cuts links in one direction: messages arrive on the way back only.
type OneWayCut struct{ Links Links }

func (f *OneWayCut) fields() []field { return []field{arg(linksValue{&f.Links})} }

// String implements [Fault].
func (f OneWayCut) String() string { return write("one-way", &f) }

// Kind implements [Fault].
func (OneWayCut) Kind() *Kind { return kindNamed("one-way") }

func (f OneWayCut) begin(r *run) error { return r.keepLinks(f.Links, false, cut) }

func (f OneWayCut) valid() error {
	if _, _, arrow := f.Links.split(); arrow != oneWayArrow {
		return fmt.Errorf("%q is not one way; want links such as \"n1 -> n2\"", string(f.Links))
	}
	return nil
}

// Cut cuts links: those between two nodes that all others still reach, for instance.
type Cut struct{ Links Links }

func (f *Cut) fields() []field { return []field{arg(linksValue{&f.Links})} }

// String implements [Fault].
func (f Cut) String() string { return write("cut", &f) }

// Kind implements [Fault].
func (Cut) Kind() *Kind { return kindNamed("cut") }

func (f Cut) begin(r *run) error { return r.keepLinks(f.Links, false, cut) }

// Blackout cuts all links between nodes.
type Blackout struct{}

func (f *Blackout) fields() []field { return nil }

// String implements [Fault].
func (f Blackout) String() string { return write("blackout", &f) }

// Kind implements [Fault].
func (Blackout) Kind() *Kind { return kindNamed("blackout") }

func (f Blackout) begin(r *run) error {
	_, err := r.put(disturbance{pairs: directed(r.n.c.Nodes, r.n.c.Nodes), link: cut})
	return err
}

// Flap isolates machines for a while, again and again, and lets them be for a while in
// between. With a target that follows, each time whoever it means by then.
type Flap struct {
	Who    Target
	Period time.Duration // of one isolation and one pause after it, on average; 0 means T
	Way    Way
}

func (f *Flap) fields() []field {
	return []field{arg(targetValue{&f.Who}), opt("period", durationValue{&f.Period, false}),
		opt("way", wordValue[Way]{&f.Way, wayNames})}
}

// String implements [Fault].
func (f Flap) String() string { return write("flap", &f) }

// Kind implements [Fault].
func (Flap) Kind() *Kind { return kindNamed("flap") }

func (f Flap) begin(r *run) error {
	period := f.Period
	if period == 0 {
		period = r.n.c.Timescale
	}
	r.mark()
	return r.first(f.Who, func(ids []nodes.ID) error {
		d := disturbance{whom: ids, pairs: f.Way.pairs(ids, r.n.c.Nodes), link: cut, lasts: period}
		p, err := r.put(d)
		if err != nil {
			return err
		}
		r.cycle(period, p, func(number uint64) *part {
			if f.Who.follows() {
				if sets, err := r.resolve(f.Who, number); err == nil {
					d.whom, d.pairs = sets[0], f.Way.pairs(sets[0], r.n.c.Nodes)
				}
			}
			p, _ := r.put(d)
			return p
		})
		return nil
	})
}

// cycle takes a part back and has the next one made, by turns, each after about half of a
// period.
func (r *run) cycle(period time.Duration, p *part, next func(number uint64) *part) {
	number := uint64(0)
	var turn func()
	turn = func() {
		number++
		if p != nil {
			r.take(p)
			p = nil
		} else {
			p = next(number)
		}
		r.after(r.around(period/2, "cycle", number), "cycle", turn)
	}
	r.after(r.around(period/2, "cycle", 0), "cycle", turn)
}

// ClientCut cuts clients off from nodes, and leaves the nodes alone: so a client talks
// to a minority, or only to a leader that has been deposed.
type ClientCut struct {
	Clients Target // of the clients: one, all, c1, …
	Nodes   Target
	Way     Way // seen from the clients
}

func (f *ClientCut) fields() []field {
	return []field{arg(targetValue{&f.Clients}), arg(targetValue{&f.Nodes}), opt("way", wordValue[Way]{&f.Way, wayNames})}
}

// String implements [Fault].
func (f ClientCut) String() string { return write("client-cut", &f) }

// Kind implements [Fault].
func (ClientCut) Kind() *Kind { return kindNamed("client-cut") }

func (f ClientCut) begin(r *run) error {
	return r.keep(f.Nodes.follows(), func(number uint64) ([]disturbance, error) {
		clients, err := r.resolveAmong(f.Clients, r.n.c.Clients, 0)
		if err != nil {
			return nil, err
		}
		others, err := r.resolve(f.Nodes, number+1<<32)
		if err != nil {
			return nil, err
		}
		return []disturbance{{whom: clients[0], pairs: f.Way.pairs(clients[0], others[0]), link: cut}}, nil
	})
}
