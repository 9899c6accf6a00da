package paxos

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"orrery/nodes"
)

// The encoding, on the wire and on disk alike: integers as uvarints, byte strings and names
// behind their length, ballots as round and name.

var errWire = errors.New("paxos: malformed bytes")

func appendBytes(b, p []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(p)))
	return append(b, p...)
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendBallot(b []byte, x Ballot) []byte {
	b = binary.AppendUvarint(b, x.Round)
	return appendString(b, string(x.Node))
}

func appendSlot(b []byte, s Slot) []byte { return binary.AppendUvarint(b, uint64(s)) }

// reader takes an encoding apart. After the first mistake it yields zeros, and done
// reports it.
type reader struct {
	p     []byte
	bad   bool
	names *names
}

func (r *reader) fail() { r.p, r.bad = nil, true }

func (r *reader) uint() uint64 {
	if len(r.p) > 0 && r.p[0] < 0x80 { // the common case
		v := r.p[0]
		r.p = r.p[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.p)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.p = r.p[n:]
	return v
}

func (r *reader) slot() Slot { return Slot(r.uint()) }

// bytes shares the reader's memory.
func (r *reader) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.p)) {
		r.fail()
		return nil
	}
	v := r.p[:n:n]
	r.p = r.p[n:]
	return v
}

func (r *reader) byte() byte {
	if len(r.p) == 0 {
		r.fail()
		return 0
	}
	v := r.p[0]
	r.p = r.p[1:]
	return v
}

func (r *reader) bool() bool {
	v := r.byte()
	if v > 1 {
		r.fail()
	}
	return v == 1
}

func (r *reader) id() nodes.ID {
	p := r.bytes()
	if r.names == nil {
		return nodes.ID(p)
	}
	return r.names.intern(p)
}

func (r *reader) ballot() Ballot {
	round := r.uint()
	return Ballot{Round: round, Node: r.id()}
}

// count reads how many items follow, of which each takes at least size bytes.
func (r *reader) count(size int) int {
	n := r.uint()
	if n > uint64(len(r.p)/size) {
		r.fail()
		return 0
	}
	return int(n)
}

// done reports a mistake, or bytes that are left over.
func (r *reader) done() error {
	if r.bad || len(r.p) > 0 {
		return errWire
	}
	return nil
}

// names keeps one string for each of the few names that occur, so that reading a ballot
// allocates nothing.
type names struct{ known []nodes.ID }

func (n *names) intern(p []byte) nodes.ID {
	for _, id := range n.known {
		if string(id) == string(p) {
			return id
		}
	}
	id := nodes.ID(p)
	if len(n.known) < 2*MaxMembers {
		n.known = append(n.known, id)
	}
	return id
}

// ValueHash is a 64-bit hash of a slot's value, the same on every machine. It is for
// comparing, not against malice.
func ValueHash(value []byte) uint64 {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93
	h := uint64(len(value)) ^ k1
	for len(value) >= 8 {
		h = fold(h^binary.LittleEndian.Uint64(value), k0)
		value = value[8:]
	}
	var last uint64
	for i, c := range value {
		last |= uint64(c) << (8 * i)
	}
	return fold(fold(h^last, k1), k0)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo ^ a
}

// chainHash is the hash of a log whose first slots have the hash chain and whose slot has
// the given value.
func chainHash(chain uint64, slot Slot, value []byte) uint64 {
	return fold(chain^fold(uint64(slot), 0xa0761d6478bd642f), ValueHash(value)|1)
}
