package prep_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// originalWalk is the original's way to take a snapshot: of each znode it notes the names of the children
// when the znode has its turn, and looks each up by its path when that has. So it may meet a later znode of that name, and below it
// children that its parent did not have.
type originalWalk struct {
	w     *world
	todo  []string // paths that are still to come, the next one last
	taken []taken
	zxid  int64
	heads tree.Walk
}

type taken struct {
	path  string
	entry proto.NodeEntry
	acl   []proto.ACL
}

func beginOriginal(w *world) *originalWalk {
	head := w.tree.Walk()
	defer head.Close()
	return &originalWalk{w: w, todo: []string{""}, zxid: head.Zxid(), heads: *head}
}

// step takes the next znode, if there is one.
func (o *originalWalk) step() bool {
	if len(o.todo) == 0 {
		return false
	}
	path := o.todo[len(o.todo)-1]
	o.todo = o.todo[:len(o.todo)-1]
	z, ok := o.w.tree.Znode(path)
	if !ok {
		return true // deleted since
	}
	o.taken = append(o.taken, taken{path, proto.NodeEntry{Data: z.Data, Stat: z.Stat}, z.ACL})
	names, _, _ := o.w.tree.GetChildren(tree.Reader{Auth: []proto.ID{{Scheme: "super"}}}, path, false)
	for _, name := range names {
		o.todo = append(o.todo, path+"/"+name)
	}
	return true
}

// load makes a tree of what was taken. ACLs that the table did not hold get a number that it does not hold.
func (o *originalWalk) load(t *testing.T) *tree.Tree {
	l := tree.NewLoader(o.w.treeCfg)
	for _, s := range o.heads.Sessions() {
		l.Session(s)
	}
	byACL := map[string]int64{}
	key := func(acl []proto.ACL) string {
		var b []byte
		for i := range acl {
			b = acl[i].Append(b)
		}
		return string(b)
	}
	for _, e := range o.heads.ACLs() {
		l.ACL(e)
		byACL[key(e.ACL)] = e.ID
	}
	for _, n := range o.taken {
		id, known := byACL[key(n.acl)]
		if !known {
			id = 1 << 40
		}
		if n.path == "" || n.path == "/zookeeper" || n.path == "/zookeeper/quota" {
			id = proto.OpenACLUnsafeID
		}
		n.entry.ACL = id
		require.NoError(t, l.Node(n.path, n.entry))
	}
	loaded, err := l.Finish(o.zxid)
	require.NoError(t, err)
	return loaded
}

func TestReplayOverASnapshotOfTheOriginalIsTheTreeItself(t *testing.T) {
	differ := 0
	for seed := range uint64(1500) {
		x := newChaos(seeded(seed), tree.Quirks{})
		play := func(steps int) {
			for range steps {
				x.judge()
				x.apply()
			}
		}
		play(x.draw(30))
		o := beginOriginal(x.w)
		for range 4 {
			o.step()
		}
		for more := true; more; {
			play(x.draw(4))
			more = o.step()
		}
		x.drain()
		require.Empty(t, x.broken)
		loaded := o.load(t)
		if loaded.Digest() != x.w.tree.Digest() {
			differ++
		}
		replay(loaded, x.w.log, x.w.tree.Zxid())
		require.Empty(t, differences(x.w.tree, loaded), "seed %d from %#x", seed, o.zxid)
	}
	require.Greater(t, differ, 500, "most snapshots are fuzzy")
}
