package prep_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/prep"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// chaos is a random schedule: requests are judged and applied, watches set, snapshots begun and taken in between, step
// by step. After each answer the model says what it must have been, and after each snapshot a tree
// that is loaded from it and brought up to date must be the tree that it was taken of.
type chaos struct {
	draw     func(n int) int // in [0, n)
	w        *world
	m        *model
	expected []answerOf // of what is under way
	sessions []int64
	readers  map[string][]proto.ACL // who may hear of the znodes that are there, as applied

	walk   *tree.Walk
	load   *tree.Loader
	broken string
	steps  int
}

// ann is somebody; the others are nobody.
var ann = tree.DigestID("ann:pw")

var acls = [][]proto.ACL{
	{{Perms: proto.PermAll, ID: proto.ID{Scheme: "world", ID: "anyone"}}},
	{{Perms: proto.PermAll, ID: ann}},
	{{Perms: proto.PermAll &^ proto.PermAdmin, ID: proto.ID{Scheme: "world", ID: "anyone"}}, {Perms: proto.PermAdmin, ID: ann}},
	{{Perms: proto.PermRead | proto.PermCreate | proto.PermDelete | proto.PermAdmin, ID: proto.ID{Scheme: "world", ID: "anyone"}}},
}

func newChaos(draw func(int) int, quirks tree.Quirks) *chaos {
	x := &chaos{draw: draw, w: newWorld(tree.Config{Quirks: quirks}, prep.Config{})}
	x.m = newModel(x.w.tree)
	x.readers = map[string][]proto.ACL{"/": acls[0]}
	for range 2 {
		x.open()
		x.drain()
	}
	x.w.auth[uint64(x.sessions[0])] = []proto.ID{ann}
	return x
}

func seeded(seed uint64) func(int) int {
	rng := rand.New(rand.NewPCG(seed, 7))
	return rng.IntN
}

// run plays a schedule and says what broke; "" if nothing did.
func (x *chaos) run(steps int) string {
	for x.steps < steps && x.broken == "" {
		x.steps++
		switch k := x.draw(20); {
		case k < 8:
			x.judge()
		case k < 15:
			x.apply()
		case k < 18:
			x.drain() // the model knows no other state than the last
			x.read()
		case k < 19:
			x.snapshot()
		case x.draw(3) == 0:
			x.finish()
		}
	}
	x.drain()
	x.finish()
	if x.broken == "" {
		x.fail(x.m.differs(x.w.tree))
	}
	return x.broken
}

func (x *chaos) fail(what string) {
	if x.broken == "" {
		x.broken = what
	}
}

func (x *chaos) drain() {
	for len(x.w.pending) > 0 && x.broken == "" {
		x.apply()
	}
}

func (x *chaos) session() int64 { return x.sessions[x.draw(len(x.sessions))] }

func (x *chaos) path() string {
	path := "/" + string(rune('a'+x.draw(3)))
	if x.draw(2) == 0 {
		path += "/" + string(rune('a'+x.draw(3)))
	}
	return path
}

// leaf is a path that is there, and has no children, if there is any.
func (x *chaos) leaf() string {
	var leaves []string
	for _, path := range slices.Sorted(maps.Keys(x.m.nodes)) {
		if !strings.HasPrefix(path, "/zookeeper") && len(x.m.kids(path)) == 0 {
			leaves = append(leaves, path)
		}
	}
	if len(leaves) == 0 {
		return x.path()
	}
	return leaves[x.draw(len(leaves))]
}

func (x *chaos) version() int32 { return int32(x.draw(4)) - 1 }

func (x *chaos) open() {
	id := int64(len(x.sessions) + 1)
	x.sessions = append(x.sessions, id)
	x.submit(&prep.Request{Session: id, Type: proto.OpCreateSession, Body: &proto.CreateSessionTxn{TimeOut: 10_000}})
}

func (x *chaos) judge() {
	switch x.draw(16) {
	case 0:
		if len(x.sessions) < 6 {
			x.open()
		}
	case 1:
		if id := x.session(); id != x.sessions[0] { // one stays
			x.submit(&prep.Request{Session: id, Type: proto.OpCloseSession})
		}
	case 2, 3:
		q := &proto.MultiRequest{}
		for range 1 + x.draw(3) {
			op, body := x.part()
			q.Ops = append(q.Ops, proto.MultiOp{Type: op, Request: body})
		}
		x.submit(&prep.Request{Session: x.session(), Type: proto.OpMulti, Body: q})
	case 4:
		x.submit(&prep.Request{Session: x.session(), Type: proto.OpSetACL,
			Body: &proto.SetACLRequest{Path: x.path(), ACL: acls[x.draw(len(acls))], Version: -1}})
	default:
		op, body := x.part()
		x.submit(&prep.Request{Session: x.session(), Type: op, Body: body})
	}
}

// part is what can be in a multi.
func (x *chaos) part() (proto.OpCode, jute.Record) {
	path := x.path()
	switch x.draw(10) {
	case 0, 1:
		return proto.OpDelete, &proto.DeleteRequest{Path: x.leaf(), Version: -1}
	case 2:
		return proto.OpDelete, &proto.DeleteRequest{Path: path, Version: x.version()}
	case 3, 4:
		return proto.OpSetData, &proto.SetDataRequest{Path: path, Data: []byte{'0' + byte(x.draw(10))}, Version: x.version()}
	case 5:
		return proto.OpCheck, &proto.CheckVersionRequest{Path: path, Version: x.version()}
	}
	op := []proto.OpCode{proto.OpCreate, proto.OpCreate2, proto.OpCreateContainer}[x.draw(3)]
	mode := proto.ModeContainer
	if op != proto.OpCreateContainer {
		mode = proto.CreateMode(x.draw(4))
	}
	return op, &proto.CreateRequest{Path: path, Data: []byte{'a'}, ACL: acls[x.draw(4*len(acls))%(3+len(acls))%len(acls)], Flags: mode}
}

// submit lets a request be judged, and asks the model.
func (x *chaos) submit(req *prep.Request) {
	req.Owner, req.Auth = 1, x.w.auth[uint64(req.Session)]
	j := x.w.judge(req)
	want := x.m.do(req, x.w.zxid, x.w.now.Wall)
	if j.Code != want.code {
		x.fail(fmt.Sprintf("%s %+v is answered %s, not %s", req.Type, req.Body, j.Code, want.code))
	}
	x.expected = append(x.expected, want)
}

func (x *chaos) apply() {
	if len(x.w.pending) == 0 {
		return
	}
	want := x.expected[0]
	x.expected = x.expected[1:]
	o := x.w.apply(func() {
		if x.draw(6) == 0 {
			x.snapshot()
		}
	})
	switch {
	case o.res.Err != want.code:
		x.fail(fmt.Sprintf("%s %+v comes to %s, not %s", o.req.Type, o.req.Body, o.res.Err, want.code))
	case o.res.Err == proto.CodeOK && o.res.Path != want.path && o.req.Type != proto.OpMulti:
		x.fail(fmt.Sprintf("%s made %s, not %s", o.req.Type, o.res.Path, want.path))
	case o.code == proto.CodeOK && o.Txn.Digest.TreeDigest != x.w.tree.Digest():
		x.fail(fmt.Sprintf("the digest of %s is not that of the tree", o.req.Type))
	}
	for i, code := range want.parts {
		if o.res.Multi[i].Err != code {
			x.fail(fmt.Sprintf("part %d of a multi comes to %s, not %s", i, o.res.Multi[i].Err, code))
		}
	}
	x.owners()
	x.hear(&o)
}

// owners looks for ephemeral znodes that have outlived their session.
func (x *chaos) owners() {
	for _, id := range x.w.tree.EphemeralOwners() {
		if _, ok := x.w.tree.SessionTimeout(id); !ok {
			x.fail(fmt.Sprintf("session %d is gone, and %v is not", id, x.w.tree.Ephemerals(id)))
		}
	}
}

// snapshot begins one, or takes the next znode of the one that is under way.
func (x *chaos) snapshot() {
	if x.walk == nil {
		x.walk, x.load = x.w.tree.Walk(), tree.NewLoader(x.w.treeCfg)
		for _, s := range x.walk.Sessions() {
			x.load.Session(s)
		}
		for _, e := range x.walk.ACLs() {
			x.load.ACL(e)
		}
		for range 4 { // the root, and those that never change
			x.take()
		}
		return
	}
	x.take()
}

// take takes the next znode of the snapshot, and tells whether there was one.
func (x *chaos) take() bool {
	path, e, ok := x.walk.Next()
	if !ok {
		return false
	}
	if err := x.load.Node(path, e); err != nil {
		x.fail(err.Error())
	}
	return true
}

// finish takes the rest of the snapshot, and brings a tree that is loaded from it up to date.
func (x *chaos) finish() {
	if x.walk == nil || x.broken != "" {
		return
	}
	for x.take() {
	}
	loaded, err := x.load.Finish(x.walk.Zxid())
	if err != nil {
		x.fail(err.Error())
		return
	}
	replay(loaded, x.w.log, x.w.tree.Zxid())
	if d := differences(x.w.tree, loaded); len(d) > 0 {
		x.fail(fmt.Sprintf("a snapshot from %#x differs:\n live     %s\n replayed %s", x.walk.Zxid(), d[0], d[1]))
	}
	x.walk.Close()
	x.walk = nil
}

// read sets or removes watches, or reads an ACL.
func (x *chaos) read() {
	id := x.session()
	r := tree.Reader{Conn: uint64(id), Session: id, Auth: x.w.auth[uint64(id)]}
	t, m, path := x.w.tree, x.m, x.path()
	if x.draw(8) == 0 {
		path = "/"
	}
	n := m.nodes[path]
	readable := n != nil && m.may(n, proto.PermRead, r.Auth)
	switch x.draw(8) {
	case 0:
		if _, code := t.Exists(r, path, true); code != proto.CodeNoAuth {
			m.data = watch(m.data, id, path, "s")
		}
	case 1:
		if _, _, code := t.GetData(r, path, true); code == proto.CodeOK {
			m.data = watch(m.data, id, path, "s")
		}
	case 2, 3:
		if _, _, code := t.GetChildren(r, path, true); code == proto.CodeOK {
			m.child = watch(m.child, id, path, "s")
		}
	case 4:
		t.AddWatch(r.Conn, path, proto.WatchPersistent)
		m.data, m.child = watch(m.data, id, path, "p"), watch(m.child, id, path, "p")
	case 5:
		t.AddWatch(r.Conn, path, proto.WatchPersistentRecursive)
		m.data = watch(m.data, id, path, "r")
	case 6:
		x.setWatches(id, path)
	case 7:
		acl, _, code := t.GetACL(r, path)
		for _, a := range acl {
			if a.ID == ann && !slices.Contains(r.Auth, ann) {
				x.fail(fmt.Sprintf("session %d sees the hash in the ACL of %s", id, path))
			}
		}
		if readable != (code == proto.CodeOK) && n != nil && !m.may(n, proto.PermAdmin, r.Auth) {
			x.fail(fmt.Sprintf("getACL of %s is answered %s", path, code))
		}
	}
}

// setWatches lets a connection set three watches again.
func (x *chaos) setWatches(id int64, path string) {
	since := max(x.w.zxid-int64(x.draw(8)), 1)
	s := &proto.SetWatches2{RelativeZxid: since, DataWatches: []string{path}, ExistWatches: []string{path}, ChildWatches: []string{path}}
	var want []proto.EventType
	m := x.m
	n := m.nodes[path]
	switch {
	case n == nil:
		want = append(want, proto.EventNodeDeleted, proto.EventNodeDeleted)
		m.data = watch(m.data, id, path, "s")
	default:
		if n.stat.Mzxid > since {
			want = append(want, proto.EventNodeDataChanged)
		} else {
			m.data = watch(m.data, id, path, "s")
		}
		want = append(want, proto.EventNodeCreated)
		if n.stat.Pzxid > since {
			want = append(want, proto.EventNodeChildrenChanged)
		} else {
			m.child = watch(m.child, id, path, "s")
		}
	}
	var got []proto.EventType
	for _, e := range x.w.tree.SetWatches(uint64(id), s) {
		got = append(got, e.Type)
	}
	if !slices.Equal(got, want) {
		x.fail(fmt.Sprintf("setting the watches of %s again fires %v, not %v", path, got, want))
	}
}
