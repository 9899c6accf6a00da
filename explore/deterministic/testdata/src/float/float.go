package float

import "orrery/nodes"

type node struct {
	nodes.Node
	load float64
}

const share = 2.0 / 3

func (n *node) bad(f float64) int {
	if n.load > share { // want `n.load > share is floating point.*use integers`
		return 1
	}
	n.load *= 2        // want `n.load is floating point`
	return int(n.load) // want `int\(n.load\) cuts a float`
}

func (n *node) good(k int) int {
	n.load = 3
	return k*2/3 + int(share*3)
}
