package tree

// ref is the place of a znode in the arena; 0 is none.
type ref uint32

const root ref = 1

// node is a znode: 136 bytes, besides its data and the bytes of its name. There is no table of paths: a znode knows its name and
// its parent, and is found by these two. Places instead of pointers keep it small, and
// keep the garbage collector from tracing what is known to be alive.
type node struct {
	czxid, mzxid, pzxid int64
	ctime, mtime        int64 // in ms since 1970
	owner               int64 // see OwnerKind

	data []byte // nil is null, which is not the same as empty
	name string

	version, aversion int32
	cversion          int32  // how many children were ever created
	acl               uint32 // place in the table of ACLs
	digest            uint32 // as it is counted in the digest of the tree

	parent      ref
	first, last ref // the children, in the order of their creation
	prev, next  ref // the siblings; next is also the list of free places
	children    uint32
	member      uint32 // its place in the list of its session's ephemerals, of the containers, or of the TTL znodes
}

// A slab is small, for most trees of a universe are, and each server's is made anew whenever it starts or catches up.
const (
	slabBits = 6
	slabSize = 1 << slabBits
)

// arena holds the znodes, in slabs that never move.
type arena struct {
	slabs []*[slabSize]node
	used  ref // places that were ever taken
	free  ref
	count int
}

func (a *arena) at(r ref) *node { return &a.slabs[r>>slabBits][r&(slabSize-1)] }

// take returns an empty place.
func (a *arena) take() ref {
	a.count++
	if r := a.free; r != 0 {
		n := a.at(r)
		a.free, n.next = n.next, 0
		return r
	}
	a.used++
	if int(a.used>>slabBits) == len(a.slabs) {
		a.slabs = append(a.slabs, new([slabSize]node))
	}
	return a.used
}

// give returns the place for the next that takes one.
func (a *arena) give(r ref) {
	a.count--
	*a.at(r) = node{next: a.free}
	a.free = r
}

// link makes r the last child of p.
func (a *arena) link(p, r ref) {
	parent, n := a.at(p), a.at(r)
	n.parent, n.prev, n.next = p, parent.last, 0
	if parent.last == 0 {
		parent.first = r
	} else {
		a.at(parent.last).next = r
	}
	parent.last = r
	parent.children++
}

// unlink takes r from its siblings.
func (a *arena) unlink(r ref) {
	n := a.at(r)
	parent := a.at(n.parent)
	if n.prev == 0 {
		parent.first = n.next
	} else {
		a.at(n.prev).next = n.next
	}
	if n.next == 0 {
		parent.last = n.prev
	} else {
		a.at(n.next).prev = n.prev
	}
	parent.children--
}

// appendPath appends the path of r; that of the root is "".
func (a *arena) appendPath(b []byte, r ref) []byte {
	if r == root {
		return b
	}
	n := a.at(r)
	b = a.appendPath(b, n.parent)
	b = append(b, '/')
	return append(b, n.name...)
}
