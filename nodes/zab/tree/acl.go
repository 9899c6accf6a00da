package tree

import (
	"math"

	"orrery/nodes/zab/proto"
)

// The places in the table of ACLs that are always taken.
const (
	aclOpen    uint32 = iota // OPEN_ACL_UNSAFE: anybody may do anything
	aclMissing               // of a znode whose ACL its snapshot did not hold: nobody may do anything
	aclFirst
)

var openACL = []proto.ACL{{Perms: proto.PermAll, ID: proto.ID{Scheme: "world", ID: "anyone"}}}

// ReadOnlyForAll is the ACL of ConfigPath at the beginning (READ_ACL_UNSAFE).
func ReadOnlyForAll() []proto.ACL {
	return []proto.ACL{{Perms: proto.PermRead, ID: proto.ID{Scheme: "world", ID: "anyone"}}}
}

// aclTable holds each ACL once, and counts the znodes that have it (ReferenceCountedACLCache). A znode knows the
// place of its ACL in the table; snapshots use the numbers instead. The two are kept apart on purpose: in the
// original they are one, and a snapshot that was written while ACLs changed can bring a znode together with
// somebody else's ACL.
type aclTable struct {
	entries []aclEntry
	free    []uint32
	byKey   map[string]uint32 // by the encoding of the list
	byID    map[int64]uint32  // by number
	lastID  int64
	scratch []byte
}

type aclEntry struct {
	acl  []proto.ACL
	id   int64
	uses int64
}

func newACLTable() aclTable {
	return aclTable{entries: make([]aclEntry, aclFirst), byKey: map[string]uint32{}, byID: map[int64]uint32{}}
}

func (x *aclTable) encode(acl []proto.ACL) []byte {
	b := x.scratch[:0]
	for i := range acl {
		b = acl[i].Append(b)
	}
	x.scratch = b
	return b
}

// intern returns the place of an ACL, and counts one more use of it.
func (x *aclTable) intern(acl []proto.ACL) uint32 {
	if len(acl) == 0 {
		return aclOpen
	}
	at, known := x.byKey[string(x.encode(acl))]
	if !known {
		x.lastID++
		at = x.add(x.lastID, acl)
	}
	x.entries[at].uses++
	return at
}

// add puts an ACL that is not in the table there, under the number.
func (x *aclTable) add(id int64, acl []proto.ACL) uint32 {
	at := uint32(len(x.entries))
	if n := len(x.free); n > 0 {
		at, x.free = x.free[n-1], x.free[:n-1]
	} else {
		x.entries = append(x.entries, aclEntry{})
	}
	x.entries[at] = aclEntry{acl: acl, id: id}
	x.byKey[string(x.encode(acl))] = at
	x.byID[id] = at
	x.lastID = max(x.lastID, id)
	return at
}

// use counts one more use of what is in the table.
func (x *aclTable) use(at uint32) {
	if at >= aclFirst {
		x.entries[at].uses++
	}
}

// release counts one use less.
func (x *aclTable) release(at uint32) {
	if at < aclFirst {
		return
	}
	x.entries[at].uses--
	if x.entries[at].uses <= 0 {
		x.drop(at)
	}
}

func (x *aclTable) drop(at uint32) {
	e := &x.entries[at]
	if key := x.encode(e.acl); x.byKey[string(key)] == at {
		delete(x.byKey, string(key))
	}
	delete(x.byID, e.id)
	*e = aclEntry{}
	x.free = append(x.free, at)
}

// purge drops what nobody uses: what a snapshot held for znodes that it did not.
func (x *aclTable) purge() {
	for at := aclFirst; int(at) < len(x.entries); at++ {
		if e := x.entries[at]; e.acl != nil && e.uses <= 0 {
			x.drop(at)
		}
	}
}

// get returns the ACL at a place. The one that is missing lets nobody do anything.
func (x *aclTable) get(at uint32) []proto.ACL {
	switch at {
	case aclOpen:
		return openACL
	case aclMissing:
		return []proto.ACL{{}}
	}
	return x.entries[at].acl
}

// number is what a snapshot says for a place.
func (x *aclTable) number(at uint32) int64 {
	switch at {
	case aclOpen:
		return proto.OpenACLUnsafeID
	case aclMissing:
		return math.MaxInt64 // a number that no table has reached
	}
	return x.entries[at].id
}

// numbered is the place that a snapshot's number means; known is false if its table did not hold it.
func (x *aclTable) numbered(id int64) (at uint32, known bool) {
	if id == proto.OpenACLUnsafeID {
		return aclOpen, true
	}
	at, known = x.byID[id]
	if !known {
		at = aclMissing
	}
	return at, known
}

// ACLCount is the number of different ACLs that are in use, besides the open one.
func (t *Tree) ACLCount() int { return len(t.acls.byID) }
