package checker

// DurableFirst is the general ghost of "persist before you tell", for protocols with one log: positions in it grow, the
// disk makes them durable in order, and every answer depends on a position. A position is whatever grows: an offset, a
// record number, a zxid.
type DurableFirst struct {
	nodes   Nodes
	durable []uint64
	told    []uint64
}

// NewDurableFirst returns a ghost for the given nodes.
func NewDurableFirst(nodes Nodes) *DurableFirst {
	return &DurableFirst{nodes: nodes, durable: make([]uint64, len(nodes)), told: make([]uint64, len(nodes))}
}

// Durable says that everything up to position survives every crash of node from now on.
func (d *DurableFirst) Durable(node int, position uint64) {
	d.durable[node] = max(d.durable[node], position)
}

// Told says that node told someone something that stands on everything up to position; what names it, for the error.
func (d *DurableFirst) Told(node int, position uint64, what string) error {
	if position > d.durable[node] {
		return broken(PropertyDurableFirst, "%s told %s, which stands on position %d, when its disk held only %d for sure",
			d.nodes.name(node), what, position, d.durable[node])
	}
	d.told[node] = max(d.told[node], position)
	return nil
}

// Truncated says that node dropped its log above position on purpose (a follower that gives way to its leader): it
// takes back nothing that it told in its own name.
func (d *DurableFirst) Truncated(node int, position uint64) {
	d.durable[node] = min(d.durable[node], position)
	d.told[node] = min(d.told[node], position)
}

// Restarted says that node came up with everything up to position on its disk.
func (d *DurableFirst) Restarted(node int, position uint64) error {
	if position < d.told[node] {
		return broken(PropertyNeverForgets, "%s restarts with its log up to position %d, after it had told what stands on %d",
			d.nodes.name(node), position, d.told[node])
	}
	d.durable[node] = position
	return nil
}
