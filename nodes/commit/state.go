package commit

import (
	"encoding/binary"
	"slices"
)

// AppendState appends all that the future of a machine of two-phase commit can depend on, besides its disk and the time: two
// machines with equal states and equal disks behave alike. It is for searches that recognise states. Three-phase commit and
// Paxos Commit look at clocks, and have no such state.
func (n *Node) AppendState(b []byte) []byte {
	b = append(b, bits(n.ready))
	for _, v := range []uint64{n.epoch, n.next, n.serial, n.wal.Last() - n.wal.Durable()} {
		b = binary.AppendUvarint(b, v)
	}
	for i := range n.waiting {
		d := &n.waiting[i]
		b = append(binary.AppendUvarint(b, d.lsn-n.wal.Durable()), byte(d.step))
		b = appendName(b, d.id)
		b = append(append(b, d.to...), 0)
	}
	for _, p := range n.parts {
		b = appendName(append(b, 1), p.id)
		b = binary.AppendUvarint(b, p.serial)
		b = append(b, byte(p.state), byte(p.ends), bits(p.voted, p.known, p.frozen, p.heuristic))
	}
	for _, id := range n.ended {
		o := n.done[id]
		b = append(appendName(append(b, 2), id), bits(o.commit, o.heuristic, o.yes))
	}
	for _, f := range n.floors {
		b = binary.AppendUvarint(appendName(append(b, 3), f.id), f.below)
	}
	for _, t := range n.txns {
		b = binary.AppendUvarint(appendName(append(b, 4), t.id), t.serial)
		b = append(b, byte(t.state), bits(t.durable, t.frozen))
		for _, id := range t.peers { // a set, without the order in which they came
			b = append(b, bits(slices.Contains(t.answers, id)))
		}
	}
	for i := range n.clients {
		c := &n.clients[i]
		b = append(append(append(b, 5), c.client...), bits(c.reply != nil))
		b = binary.AppendUvarint(b, c.request)
	}
	for _, i := range n.items {
		b = append(append(append(b, 6), i.Key...), 0)
		b = binary.AppendVarint(b, i.Amount)
		for _, v := range i.List {
			b = binary.AppendVarint(b, v)
		}
	}
	return b
}

func appendName(b []byte, id TxnID) []byte {
	b = append(append(b, id.Coord...), 0)
	for _, v := range []uint64{id.Epoch, id.N, id.Attempt} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

func bits(flags ...bool) (b byte) {
	for i, set := range flags {
		if set {
			b |= 1 << i
		}
	}
	return b
}
