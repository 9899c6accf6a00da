package tree

import "math/bits"

// index finds a znode by its parent and its name: a hash table with linear probing, of 8 bytes a slot.
// Nothing ever asks it for an order.
type index struct {
	slots []slot
	used  int
	gone  uint64 // how many znodes have gone
}

// slot is empty if its ref is 0.
type slot struct {
	hash uint32
	ref  ref
}

const firstSlots = 64

// hashOf mixes name and parent by multiplication, eight bytes at a time. The seed is the tree's, so that a client
// that does not know it cannot choose names that collide.
func hashOf(seed uint64, parent ref, name string) uint32 {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93
	h := seed ^ uint64(parent)*k0 ^ uint64(len(name))
	for len(name) >= 8 {
		h = mix(h^word(name), k1)
		name = name[8:]
	}
	var tail uint64
	for i := range len(name) {
		tail = tail<<8 | uint64(name[i])
	}
	h = mix(h^tail, k0)
	return uint32(mix(h, k1))
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// find returns the child of p with that name, or 0.
func (t *Tree) find(p ref, name string) ref {
	x := &t.index
	if len(x.slots) == 0 {
		return 0
	}
	hash := hashOf(t.cfg.HashSeed, p, name)
	mask := uint32(len(x.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := x.slots[i]
		if s.ref == 0 {
			return 0
		}
		if s.hash == hash {
			if n := t.at(s.ref); n.parent == p && n.name == name {
				return s.ref
			}
		}
	}
}

// insert adds a znode whose parent and name are set, and which is not in the index.
func (t *Tree) insert(r ref) {
	x := &t.index
	if 4*(x.used+1) > 3*len(x.slots) {
		x.grow()
	}
	n := t.at(r)
	x.put(slot{hashOf(t.cfg.HashSeed, n.parent, n.name), r})
	x.used++
}

func (x *index) put(s slot) {
	mask := uint32(len(x.slots) - 1)
	i := s.hash & mask
	for x.slots[i].ref != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = s
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]slot, max(firstSlots, 2*len(old)))
	for _, s := range old {
		if s.ref != 0 {
			x.put(s)
		}
	}
}

// forget takes a znode out. The slots behind it move up, so that no probe meets a gap that was not there before.
func (t *Tree) forget(r ref) {
	x := &t.index
	n := t.at(r)
	mask := uint32(len(x.slots) - 1)
	i := hashOf(t.cfg.HashSeed, n.parent, n.name) & mask
	for x.slots[i].ref != r {
		i = (i + 1) & mask
	}
	for j := i; ; {
		j = (j + 1) & mask
		s := x.slots[j]
		if s.ref == 0 {
			break
		}
		if (j-s.hash)&mask >= (j-i)&mask { // the slot s would like lies at or before the gap
			x.slots[i] = s
			i = j
		}
	}
	x.slots[i] = slot{}
	x.used--
	x.gone++
}
