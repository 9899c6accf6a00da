package anyorder

import (
	"maps"
	"reflect"
	"slices"
	"sort"
	"strings"

	"orrery/nodes"
)

type peer struct {
	acked, weight int
	alive         bool
	log           []int
}

type node struct {
	nodes.Node
	peers map[nodes.ID]*peer
	acked map[nodes.ID]int
	sum   int
	bits  uint64
	best  int
}

type byName []nodes.ID

func (b byName) Len() int           { return len(b) }
func (b byName) Less(i, j int) bool { return b[i] < b[j] }
func (b byName) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

func (n *node) collected() []nodes.ID {
	var all, alive, again []nodes.ID
	for id := range n.peers {
		all = append(all, id)
	}
	slices.Sort(all)
	for id, p := range n.peers {
		if !p.alive || strings.HasPrefix(string(id), "x") {
			continue
		}
		alive = append(alive, id)
	}
	sort.Slice(alive, func(i, j int) bool { return alive[i] < alive[j] })
	for id := range n.peers {
		again = append(again, id)
	}
	sort.Sort(byName(again))
	return all
}

func (n *node) summed() int {
	count := 0
	for range n.peers {
		count++
	}
	for id, p := range n.peers {
		n.sum += p.weight
		n.bits |= uint64(p.acked)
		count++
		if p.acked > n.best {
			n.best = p.acked
		}
		if n.acked[id] > 3 {
			delete(n.acked, id)
		}
		for _, e := range p.log {
			half := e / 2
			half++
			n.sum += half
		}
	}
	return count
}

func (n *node) asked(limit int) (found bool) {
	for _, p := range n.peers {
		if p.acked > limit {
			found = true
			break
		}
	}
	for id := range n.peers {
		if id == "n1" {
			return true
		}
	}
	return found
}

func (n *node) filled() (map[nodes.ID]int, map[int]bool) {
	byID, seen := make(map[nodes.ID]int), make(map[int]bool)
	for id, p := range n.peers {
		byID[id] = p.acked
		seen[p.weight] = true
		p.alive = false
	}
	for id := range n.peers {
		delete(n.peers, id)
	}
	return byID, seen
}

func (n *node) more(next map[nodes.ID]int) (largest int) {
	for id, p := range n.peers {
		largest = max(largest, p.acked)
		var twice = p.weight * 2
		switch {
		case p.alive:
			n.sum += twice
		default:
			n.acked[id] += n.acked[id]
		}
	}
	return largest
}

func (n *node) iterated() {
	for _, id := range slices.Sorted(maps.Keys(n.peers)) {
		n.peers[id] = nil
	}
	keys := slices.Collect(maps.Keys(n.peers))
	slices.Sort(keys)
	values := slices.Collect(maps.Values(n.acked))
	slices.SortFunc(values, func(a, b int) int { return a - b })
	for v := range maps.Values(n.acked) {
		n.sum += v
	}
	copied := maps.Collect(maps.All(n.acked))
	maps.Insert(copied, maps.All(n.acked))
	found := reflect.ValueOf(n.acked).MapKeys()
	sort.Slice(found, func(i, j int) bool { return found[i].String() < found[j].String() })
	for i, id := range keys {
		n.best, n.sum = i, len(id)
	}
}

func generic[S ~[]E, E any](s S, f func(E)) {
	for _, e := range s {
		f(e)
	}
}
