package tree

import (
	"math"

	"orrery/nodes/zab/proto"
)

// OwnerKind is what the ephemeralOwner of a znode says: nobody, a session, or that it
// is a container or has a time to live.
type OwnerKind uint8

// The kinds of owner (EphemeralType).
const (
	OwnerNone OwnerKind = iota
	OwnerSession
	OwnerContainer
	OwnerTTL
)

const (
	// ContainerOwner is the ephemeralOwner of a container.
	ContainerOwner int64 = math.MinInt64
	// MaxTTL is the longest time to live, in ms: about 34 years.
	MaxTTL int64 = 1<<40 - 1

	extendedMask = int64(-1) << 56 // 0xff in the highest byte: no server has that number
	featureMask  = int64(0xffff) << 40
)

// TTLOwner is the ephemeralOwner of a znode with a time to live in ms. ok is false
// if there can be no such time.
func TTLOwner(ttl int64) (owner int64, ok bool) {
	if ttl <= 0 || ttl > MaxTTL {
		return 0, false
	}
	return extendedMask | ttl, true
}

// ownerKind is what the owner means here: without extended types, 0xff in the highest byte is a
// session like any other. Features that are not known are taken for a session too.
func (c *Config) ownerKind(owner int64) OwnerKind {
	switch {
	case owner == 0:
		return OwnerNone
	case owner == ContainerOwner:
		return OwnerContainer
	case c.ExtendedTypes && owner&extendedMask == extendedMask && owner&featureMask == 0:
		return OwnerTTL
	}
	return OwnerSession
}

// OwnerKind is what the owner of a znode of this tree means.
func (t *Tree) OwnerKind(owner int64) OwnerKind { return t.cfg.ownerKind(owner) }

// members is a set of znodes that lets them go in no time: each knows its place.
type members struct{ refs []ref }

func (t *Tree) join(m *members, r ref) {
	t.at(r).member = uint32(len(m.refs))
	m.refs = append(m.refs, r)
}

func (t *Tree) leave(m *members, r ref) {
	i, last := t.at(r).member, len(m.refs)-1
	m.refs[i] = m.refs[last]
	t.at(m.refs[i]).member = i
	m.refs = m.refs[:last]
}

// enlist puts a znode on the list of those of its owner.
func (t *Tree) enlist(r ref) {
	owner := t.at(r).owner
	switch t.cfg.ownerKind(owner) {
	case OwnerNone:
	case OwnerContainer:
		t.join(&t.containers, r)
	case OwnerTTL:
		t.join(&t.ttls, r)
	case OwnerSession:
		m := t.ephemerals[owner]
		if m == nil {
			m = &members{}
			t.ephemerals[owner] = m
		}
		t.join(m, r)
	}
}

// delist takes a znode from the list of those of its owner.
func (t *Tree) delist(r ref) {
	owner := t.at(r).owner
	switch t.cfg.ownerKind(owner) {
	case OwnerNone:
	case OwnerContainer:
		t.leave(&t.containers, r)
	case OwnerTTL:
		t.leave(&t.ttls, r)
	case OwnerSession:
		m := t.ephemerals[owner]
		t.leave(m, r)
		if len(m.refs) == 0 {
			delete(t.ephemerals, owner)
		}
	}
}

// stat is what clients are told of a znode.
func (t *Tree) stat(n *node) proto.Stat {
	s := proto.Stat{
		Czxid: n.czxid, Mzxid: n.mzxid, Pzxid: n.pzxid, Ctime: n.ctime, Mtime: n.mtime,
		Version: n.version, Aversion: n.aversion,
		Cversion:   2*n.cversion - int32(n.children), // creations and deletions
		DataLength: int32(len(n.data)), NumChildren: int32(n.children),
	}
	if t.cfg.ownerKind(n.owner) == OwnerSession {
		s.EphemeralOwner = n.owner
	}
	return s
}
