package nemesis

import (
	"fmt"
	"slices"

	"orrery/nodes"
	"orrery/sim"
	"orrery/trace"
)

// retry says that a fault cannot begin yet, but perhaps later: nobody leads.
type retry struct{ reason string }

func (e *retry) Error() string { return e.reason }

// stream is where the draws of a fault come from: one for each family, so that a family
// that is left out disturbs no other.
func (r *run) stream() string { return "nemesis/" + r.entry.Fault.Kind().Family }

// draw draws a number below n, for the decision of this name (and number) of the fault. It
// depends on the entry's own text only, and not on other entries, nor on how long it lasts.
func (r *run) draw(decision string, number, n uint64) uint64 {
	return r.n.u.Draw(r.stream(), trace.Mix(trace.Mix(r.id, trace.String(decision)), number), n)
}

// resolve lists the sets of machines that a target can mean now: the one that
// was drawn, and then others, which are tried if the budget refuses it. It makes the same
// two draws whatever the target is. number tells apart the resolutions of one fault.
func (r *run) resolve(t Target, number uint64) ([][]nodes.ID, error) {
	return r.resolveAmong(t, r.n.c.Nodes, number)
}

func (r *run) resolveAmong(t Target, pool []nodes.ID, number uint64) ([][]nodes.ID, error) {
	n := len(pool)
	size := r.draw("size of "+string(t), number, 1<<32)
	turn := r.draw("who of "+string(t), number, 1<<32)
	if n == 0 {
		return nil, fmt.Errorf("there are no machines to choose from")
	}
	switch t.what() {
	case One:
		return rotations(pool, 1, turn), nil
	case Random:
		return rotations(pool, 1+int(size*uint64(n)>>32), turn), nil
	case Minority:
		most := (n - 1) / 2
		if most == 0 {
			return nil, fmt.Errorf("%d nodes have no minority", n)
		}
		return rotations(pool, 1+int(size*uint64(most)>>32), turn), nil
	case MinorityThird:
		return rotations(pool, max(1, (n-1)/3), turn), nil
	case Majority:
		return rotations(pool, n/2+1, turn), nil
	case All:
		return [][]nodes.ID{slices.Clone(pool)}, nil
	case Leader, Followers:
		id, ok := r.n.c.Leader()
		if !ok {
			return nil, &retry{"no leader"}
		}
		if t.what() == Leader {
			return [][]nodes.ID{{id}}, nil
		}
		return [][]nodes.ID{r.n.c.others([]nodes.ID{id})}, nil
	}
	ids := t.ids()
	for _, id := range ids {
		if r.n.u.Machine(id) == nil {
			return nil, fmt.Errorf("there is no machine %s", id)
		}
	}
	return [][]nodes.ID{ids}, nil
}

// rotations lists the sets of size machines that stand side by side in a shuffled pool,
// beginning with a drawn one. The draw of 0 leaves the pool in its order.
func rotations(pool []nodes.ID, size int, turn uint64) [][]nodes.ID {
	shuffled := shuffle(pool, turn)
	var sets [][]nodes.ID
	for i := range shuffled {
		set := make([]nodes.ID, size)
		for k := range set {
			set[k] = shuffled[(i+k)%len(shuffled)]
		}
		sets = append(sets, sorted(set))
	}
	return sets
}

// shuffle puts things into the order that a draw below 2^32 stands for; 0 is the order
// that they have.
func shuffle[T any](things []T, draw uint64) []T {
	shuffled := slices.Clone(things)
	if draw == 0 {
		return shuffled
	}
	for i := len(shuffled) - 1; i > 0; i-- {
		j := trace.Mix(draw, uint64(i)) % uint64(i+1)
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	}
	return shuffled
}

// resolveLinks lists what a fault of links can be now: the one that was drawn, and then
// others. clients adds the links to clients, where a target stands alone.
func (r *run) resolveLinks(l Links, number uint64, clients bool, f sim.LinkFault) ([]disturbance, error) {
	a, b, arrow := l.split()
	from, err := r.resolve(a, number)
	if err != nil {
		return nil, err
	}
	to := [][]nodes.ID{nil}
	if arrow != "" {
		if to, err = r.resolve(b, number+1<<32); err != nil {
			return nil, err
		}
	}
	var ds []disturbance
	for _, ids := range from {
		d := disturbance{link: f}
		switch arrow {
		case oneWayArrow:
			d.pairs = directed(ids, to[0])
		case bothWayArrow:
			d.pairs = bothWays(ids, to[0])
		default:
			d.whom, d.pairs = ids, bothWays(ids, r.everybody(clients))
		}
		if len(d.pairs) > 0 {
			ds = append(ds, d)
		}
	}
	if len(ds) == 0 {
		return nil, fmt.Errorf("links %s lead from nobody to anybody else", l)
	}
	return ds, nil
}

// everybody is all nodes, and all clients if they are asked for.
func (r *run) everybody(clients bool) []nodes.ID {
	if !clients {
		return r.n.c.Nodes
	}
	return slices.Concat(r.n.c.Nodes, r.n.c.Clients)
}

// directed lists the links from each machine of a to each other one of b.
func directed(a, b []nodes.ID) [][2]nodes.ID {
	var pairs [][2]nodes.ID
	for _, x := range a {
		for _, y := range b {
			if x != y {
				pairs = append(pairs, [2]nodes.ID{x, y})
			}
		}
	}
	return pairs
}

// bothWays lists the links between the machines of a and those of b, each direction once.
func bothWays(a, b []nodes.ID) [][2]nodes.ID {
	pairs := directed(a, b)
	for _, p := range directed(b, a) {
		if !slices.Contains(pairs, p) {
			pairs = append(pairs, p)
		}
	}
	return pairs
}
