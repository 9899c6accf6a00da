package maporder

import (
	"maps"
	"reflect"
	"slices"
	"sort"
	"sync"

	"orrery/nodes"
)

type node struct {
	nodes.Node
	peers map[nodes.ID]int
	list  []nodes.ID
	last  nodes.ID
	sum   int
	share float64
	text  string
	names map[int]nodes.ID
}

func (n *node) bad(env nodes.Env) nodes.ID {
	for id := range n.peers { // want `range over the map n.peers has another order at each run, and its body calls env.Send; range over slices.Sorted`
		env.Send(id, nil)
	}
	for id := range n.peers { // want `collects into n.list, which is not sorted afterwards`
		n.list = append(n.list, id)
	}
	for id := range n.peers { // want `which round comes last decides n.last`
		n.last = id
	}
	for _, v := range n.peers { // want `adds up n.share, which is no integer`
		n.share += float64(v)
	}
	for id := range n.peers { // want `adds up n.text, which is no integer`
		n.text += string(id)
	}
	for id, v := range n.peers { // want `two rounds may write the same element of n.names`
		n.names[v] = id
	}
	for id, v := range n.peers { // want `a round reads n.sum, which others write`
		if n.sum < 3 && id != n.last {
			n.sum += v
		}
	}
	for _, v := range n.peers { // want `n.sum is written in two ways`
		n.sum += v
		n.sum *= 2
	}
	for id, v := range n.peers { // want `ends early, so that chance decides which rounds there are`
		n.sum += v
		if id == n.last {
			break
		}
	}
	for _, v := range n.peers { // want `whichever round comes first decides how the loop ends`
		if v > 3 {
			return "a"
		}
		if v > 2 {
			return "b"
		}
	}
	for id := range n.peers { // want `what it deletes may or may not have had its round`
		delete(n.peers, id+"x")
	}
	for n.last = range n.peers { // want `the last key is left in a variable`
	}
	for id := range n.peers { // want `two rounds may write the same element of n.peers`
		v := n.peers[id]
		id = id[:1]
		n.peers[id] = v
	}
	for _, v := range n.peers { // want `does more than collect, delete and sum`
		defer println(v)
	}
	for _, v := range n.peers { // want `depends on the order`
		n.sum <<= v
	}
	for id := range n.peers { // want `whichever round comes first returns id`
		return id
	}
	return ""
}

func (n *node) chained(next map[nodes.ID]nodes.ID) {
	for id := range next { // want `a round reads n.peers, which others write`
		n.peers[next[id]] += n.peers[id]
	}
	for id, p := range n.peers { // want `collects into n.list, which is not sorted afterwards`
		switch {
		case p > 3:
			n.list = append(n.list, id)
		}
	}
	for _, p := range n.peers { // want `n.sum is written in two ways`
		n.sum = max(n.sum, p)
		n.sum = min(n.sum, 3)
	}
	for _, p := range n.peers { // want `which round comes last decides n.share`
		n.share = max(n.share, float64(p)) // NaN has no order
	}
	for id := range n.peers { // want `two rounds may write the same element of n.peers`
		alias := &id
		_ = alias
		n.peers[id] = len(id)
	}
}

func (n *node) badIterators(s *sync.Map) { // want `sync.Map`
	keys := slices.Collect(maps.Keys(n.peers)) // want `maps.Keys has another order at each run`
	_ = keys
	for _, v := range slices.Collect(maps.Values(n.peers)) { // want `maps.Values`
		n.list = append(n.list, nodes.ID(rune(v)))
	}
	for id := range maps.Keys(n.peers) { // want `the range over the map n.peers`
		n.last = id
	}
	s.Range(func(k, v any) bool { return true }) // want `sync.Map.Range reaches outside the universe; use a plain map`
	_ = reflect.ValueOf(n.peers).MapKeys()       // want `MapKeys has another order`
	_ = reflect.ValueOf(n.peers).MapRange()      // want `reflect.Value.MapRange`
}

func generic[M ~map[K]V, K comparable, V any](m M, f func(K)) {
	for k := range m { // want `its body calls f`
		f(k)
	}
}

func closure(m map[int]int) (keys []int) {
	func() {
		for k := range m { // want `collects into keys, which is not sorted afterwards`
			keys = append(keys, k)
		}
	}()
	sort.Ints(keys[:0])
	return keys
}
