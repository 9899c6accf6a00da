package synod

import (
	"encoding/binary"

	"orrery/nodes"
	"orrery/nodes/internal/wire"
)

// AppendState appends all that the node's future can depend on, and nothing else: two nodes with
// equal states and equal disks behave alike. It is for searches that recognise states.
func (n *Node) AppendState(b []byte) []byte {
	b = n.disk.append(b)
	b = append(b, flag(n.ready)|flag(n.named)<<1, byte(n.phase), byte(n.attempts))
	for i := range n.waiting {
		r := &n.waiting[i]
		b = binary.AppendUvarint(b, r.n-n.durable)
		b = wire.AppendString(b, string(r.to))
		b = codec{}.Append(b, &r.m)
	}
	b = append(b, byte(len(n.waiting)))
	if n.phase != 0 {
		b = appendBallot(b, n.ballot)
		b = appendBallot(b, n.highest)
		b = wire.AppendString(b, n.value)
		b = n.appendSet(b, n.promises)
		b = n.appendSet(b, n.votes)
	}
	return wire.AppendString(b, n.learnt)
}

// appendSet appends a set of acceptors without the order in which they came.
func (n *Node) appendSet(b []byte, set []nodes.ID) []byte {
	for _, a := range n.cfg.Acceptors {
		count := byte(0)
		for _, id := range set {
			if id == a {
				count++
			}
		}
		b = append(b, count)
	}
	return b
}

func flag(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// Ignores tells whether a message makes no difference, now or ever: an answer that is not to the
// present attempt, or that comes after its phase has ended.
func (n *Node) Ignores(p []byte) bool {
	if len(p) == 0 || p[0] != P1b && p[0] != P2b || n.cfg.Quirks.CountsStalePromises {
		return false
	}
	r := wire.NewReader(p[1:])
	if b := readBallot(&r); b != n.ballot {
		return true
	}
	return p[0] == P1b && n.phase != 1 || p[0] == P2b && n.phase == 0
}

// Unsynced is how many of the records that were written are not known to be durable.
func (n *Node) Unsynced() uint64 { return n.written - n.durable }

// SyncsRecord tells whether the sync of that tag will make anything durable that is not so yet.
func (n *Node) SyncsRecord(tag nodes.Tag) (ahead uint64, ok bool) {
	if tag.Name != "record" || tag.N <= n.durable {
		return 0, false
	}
	return tag.N - n.durable, true
}

// AppendLastRecord appends the last whole record of a file's content p: what a node would find there.
func AppendLastRecord(b, p []byte) []byte {
	last := p
	for len(p) >= 8 {
		n := int(binary.BigEndian.Uint32(p))
		if n > len(p)-8 {
			break
		}
		last, p = p[:8+n], p[8+n:]
	}
	return append(b, last...)
}

// RecordFile is the name of the file that holds a node's record.
const RecordFile = recordFile

// Told is a vote that an acceptor has told somebody of: from then on it may count.
type Told struct {
	Ballot Ballot
	Value  string
}

// ToldBy is the vote that a message tells of, if it does.
func ToldBy(m nodes.Message) (Told, bool) {
	p, ok := m.(*Message)
	if !ok || p.Type != P2b || p.Ballot.Less(p.Promised) {
		return Told{}, false
	}
	return Told{p.Ballot, p.Value}, true
}
