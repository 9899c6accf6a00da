package tree

import (
	"maps"
	"slices"
	"time"

	"orrery/nodes/zab/proto"
)

// Config says how a tree behaves. The zero value is what the original does by default.
type Config struct {
	// ExtendedTypes allows znodes with a time to live (zookeeper.extendedTypesEnabled).
	ExtendedTypes bool
	// EnforceQuota refuses what would exceed a hard quota (enforceQuota). Otherwise quotas are only counted.
	EnforceQuota bool
	// SkipACL lets everybody do everything (zookeeper.skipACL).
	SkipACL bool
	// Auth returns the identities under which a connection acts; it decides who is told of a watched event. nil stands
	// for connections without any.
	Auth func(conn uint64) []proto.ID
	// HashSeed keeps clients from choosing names that collide in the index. It shows nowhere.
	HashSeed uint64
	Quirks   Quirks
}

// Tree is the data tree of one server, with its watches and the table of global sessions.
// It is not safe for concurrent use.
type Tree struct {
	arena
	cfg    Config
	index  index
	acls   aclTable
	zxid   int64
	digest uint64
	last   proto.ZxidDigest

	sessions   map[int64]int32 // timeouts in ms
	ephemerals map[int64]*members
	containers members
	ttls       members
	quotas     map[string]bool
	dataSize   int64 // of all paths and data, as far as the original counts them

	data, child watches
	walks       []*Walk
	scratch     []byte
	lately      [latelySlots]found
}

// New returns the tree that a server has that has never seen a transaction: the root, and below it /zookeeper, its
// quota and its config.
func New(cfg Config) *Tree {
	t := empty(cfg)
	t.restoreRoot()
	for _, path := range [...]string{pathZookeeper, pathQuota} {
		t.addSpecial(path)
	}
	t.addConfig()
	return t
}

func empty(cfg Config) *Tree {
	t := &Tree{cfg: cfg, acls: newACLTable(), sessions: map[int64]int32{}, ephemerals: map[int64]*members{}, quotas: map[string]bool{}}
	t.slabs = append(t.slabs, new([slabSize]node)) // place 0 is nobody's
	t.data, t.child = newWatches(), newWatches()
	t.scratch = make([]byte, 0, 128) // a path, or what a digest is of
	return t
}

func (t *Tree) restoreRoot() {
	if r := t.take(); r != root {
		panic("tree: the root is not the first znode")
	}
	t.at(root).data, t.dataSize = []byte{}, 1
	t.changed(root)
}

// addSpecial adds one of the znodes that no transaction has created.
func (t *Tree) addSpecial(path string) ref {
	parent, name, _ := SplitPath(path)
	r := t.add(t.lookup(parent), name, &node{data: []byte{}})
	t.dataSize += int64(len(path))
	return r
}

func (t *Tree) addConfig() ref {
	r := t.addSpecial(ConfigPath)
	n := t.at(r)
	n.acl = t.acls.intern(ReadOnlyForAll())
	n.aversion = -1
	return r
}

// add puts a znode into the tree. Only its own fields need be set.
func (t *Tree) add(parent ref, name string, n *node) ref {
	r := t.take()
	*t.at(r) = *n
	t.at(r).name = name
	t.link(parent, r)
	t.insert(r)
	t.enlist(r)
	t.changed(r)
	return r
}

// SetConfig writes the members of the ensemble into ConfigPath when a server starts to serve, as no
// transaction does: the version of the configuration stands for the zxid. now is in ms since 1970.
func (t *Tree) SetConfig(text []byte, version, now int64) {
	if t.lookup(pathZookeeper) == 0 {
		t.addSpecial(pathZookeeper)
	}
	r := t.lookup(ConfigPath)
	if r == 0 {
		r = t.addConfig()
	}
	n := t.at(r)
	t.dataSize += int64(len(text) - len(n.data))
	n.data, n.version, n.mzxid, n.mtime = text, int32(version), version, now
}

// Zxid is the last transaction that was applied, all of it.
func (t *Tree) Zxid() int64 { return t.zxid }

// SetZxid says that the tree is as of this zxid. A leader does so at the beginning of its epoch, and who loads a snapshot.
func (t *Tree) SetZxid(zxid int64) { t.zxid = zxid }

// Len is the number of znodes, the root and those below /zookeeper among them.
func (t *Tree) Len() int { return t.count }

// DataSize is the number of bytes in all paths and data, approximately: the original's figure.
func (t *Tree) DataSize() int64 { return t.dataSize }

// EphemeralCount is the number of ephemeral znodes.
func (t *Tree) EphemeralCount() int {
	n := 0
	for _, m := range t.ephemerals { // lint:maporder a sum
		n += len(m.refs)
	}
	return n
}

// EphemeralOwners are the sessions that have ephemeral znodes, ascending.
func (t *Tree) EphemeralOwners() []int64 { return slices.Sorted(maps.Keys(t.ephemerals)) }

// Ephemerals are the paths of the session's ephemeral znodes, sorted.
func (t *Tree) Ephemerals(session int64) []string {
	m := t.ephemerals[session]
	if m == nil {
		return nil
	}
	return t.paths(m)
}

func (t *Tree) paths(m *members) []string {
	list := make([]string, len(m.refs))
	for i, r := range m.refs {
		list[i] = t.pathOf(r)
	}
	slices.Sort(list)
	return list
}

// SessionTimeout is the timeout of a global session; ok is false if there is no such session.
func (t *Tree) SessionTimeout(id int64) (timeout time.Duration, ok bool) {
	ms, ok := t.sessions[id]
	return time.Duration(ms) * time.Millisecond, ok
}

// Sessions is the table of global sessions, ascending.
func (t *Tree) Sessions() []proto.SessionEntry {
	list := make([]proto.SessionEntry, 0, len(t.sessions))
	for _, id := range slices.Sorted(maps.Keys(t.sessions)) {
		list = append(list, proto.SessionEntry{SessionID: id, TimeOut: t.sessions[id]})
	}
	return list
}
