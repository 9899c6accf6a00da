package prep_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"orrery/nodes/zab/prep"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// model is what the tree must be, as simply as it can be said: a map from paths, and one request after
// the other.
type model struct {
	nodes    map[string]*modelNode
	sessions map[int64]bool // false: closed
	data     []modelWatch
	child    []modelWatch
}

type modelNode struct {
	stat proto.Stat // with Cversion as the count of creations, and the owner as it is stored
	data string
	acl  []proto.ACL
	kind tree.OwnerKind
}

type modelWatch struct {
	conn  int64
	path  string
	modes string // of s, p and r
}

// answerOf is what the model says a client is told.
type answerOf struct {
	code  proto.ErrCode
	path  string
	parts []proto.ErrCode
}

func newModel(t *tree.Tree) *model {
	m := &model{nodes: map[string]*modelNode{}, sessions: map[int64]bool{}}
	for _, path := range []string{"/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"} {
		z, _ := t.Znode(path)
		m.nodes[path] = &modelNode{data: string(z.Data), acl: z.ACL, stat: proto.Stat{Version: z.Stat.Version, Aversion: z.Stat.Aversion, Mzxid: z.Stat.Mzxid, Mtime: z.Stat.Mtime}}
	}
	return m
}

func (m *model) kids(path string) (names []string) {
	prefix := strings.TrimSuffix(path, "/") + "/"
	for p := range m.nodes {
		if rest, ok := strings.CutPrefix(p, prefix); ok && rest != "" && !strings.Contains(rest, "/") {
			names = append(names, rest)
		}
	}
	slices.Sort(names)
	return names
}

func parent(path string) string {
	i := strings.LastIndex(path, "/")
	return path[:max(i, 1)]
}

func (m *model) may(n *modelNode, perm int32, auth []proto.ID) bool {
	for _, a := range n.acl {
		if a.Perms&perm != 0 && (a.ID.Scheme == "world" || slices.Contains(auth, a.ID)) {
			return true
		}
	}
	return false
}

// do executes a request, and returns the answer and what watches see.
func (m *model) do(req *prep.Request, zxid, now int64) answerOf {
	switch q := req.Body.(type) {
	case *proto.MultiRequest:
		saved := m.clone()
		a := answerOf{}
		for _, op := range q.Ops {
			code := proto.CodeRuntimeInconsistency
			if a.code == proto.CodeOK {
				part := *req
				part.Type, part.Body = op.Type, op.Request
				code = m.do(&part, zxid, now).code
				a.code = code
			}
			a.parts = append(a.parts, code)
		}
		if a.code != proto.CodeOK {
			m.nodes = saved
			for i := 0; a.parts[i] != a.code; i++ {
				a.parts[i] = proto.CodeOK
			}
		}
		return a
	case *proto.CreateSessionTxn:
		m.sessions[req.Session] = true
		return answerOf{}
	}
	if !m.sessions[req.Session] && req.Type != proto.OpCloseSession {
		return answerOf{code: proto.CodeSessionExpired}
	}
	switch q := req.Body.(type) {
	case *proto.CreateRequest:
		return m.create(req, q, zxid, now)
	case *proto.DeleteRequest:
		return answerOf{code: m.delete(req, q, zxid), path: q.Path}
	case *proto.SetDataRequest:
		n, code := m.node(q.Path, proto.PermWrite, req.Auth)
		if code == proto.CodeOK && q.Version != -1 && q.Version != n.stat.Version {
			code = proto.CodeBadVersion
		}
		if code == proto.CodeOK {
			n.data, n.stat.Mzxid, n.stat.Mtime = string(q.Data), zxid, now
			n.stat.Version++
		}
		return answerOf{code: code, path: q.Path}
	case *proto.SetACLRequest:
		n, code := m.node(q.Path, proto.PermAdmin, req.Auth)
		if code == proto.CodeOK && q.Version != -1 && q.Version != n.stat.Aversion {
			code = proto.CodeBadVersion
		}
		if code == proto.CodeOK {
			n.acl, _ = tree.FixACL(q.ACL, req.Auth)
			n.stat.Aversion++
		}
		return answerOf{code: code, path: q.Path}
	case *proto.CheckVersionRequest:
		n, code := m.node(q.Path, proto.PermRead, req.Auth)
		if code == proto.CodeOK && q.Version != -1 && q.Version != n.stat.Version {
			code = proto.CodeBadVersion
		}
		return answerOf{code: code, path: q.Path}
	case nil:
		m.sessions[req.Session] = false
		for path, n := range m.nodes {
			if n.kind == tree.OwnerSession && n.stat.EphemeralOwner == req.Session {
				delete(m.nodes, path)
				m.nodes[parent(path)].stat.Pzxid = zxid
			}
		}
	}
	return answerOf{}
}

func (m *model) node(path string, perm int32, auth []proto.ID) (*modelNode, proto.ErrCode) {
	n := m.nodes[path]
	switch {
	case n == nil:
		return nil, proto.CodeNoNode
	case !m.may(n, perm, auth):
		return nil, proto.CodeNoAuth
	}
	return n, proto.CodeOK
}

func (m *model) create(req *prep.Request, q *proto.CreateRequest, zxid, now int64) answerOf {
	p, code := m.node(parent(q.Path), proto.PermCreate, req.Auth)
	acl, bad := tree.FixACL(q.ACL, req.Auth)
	if bad != proto.CodeOK {
		return answerOf{code: bad}
	}
	if code != proto.CodeOK {
		return answerOf{code: code}
	}
	path := q.Path
	if q.Flags.IsSequential() {
		path += fmt.Sprintf("%010d", p.stat.Cversion)
	}
	switch {
	case m.nodes[path] != nil:
		return answerOf{code: proto.CodeNodeExists}
	case p.kind == tree.OwnerSession:
		return answerOf{code: proto.CodeNoChildrenForEphemerals}
	}
	n := &modelNode{data: string(q.Data), acl: acl, stat: proto.Stat{Czxid: zxid, Mzxid: zxid, Pzxid: zxid, Ctime: now, Mtime: now}}
	switch {
	case req.Type == proto.OpCreateContainer || q.Flags == proto.ModeContainer && req.Type == proto.OpMulti:
		n.kind = tree.OwnerContainer
	case q.Flags.IsEphemeral():
		n.kind, n.stat.EphemeralOwner = tree.OwnerSession, req.Session
	}
	m.nodes[path] = n
	p.stat.Cversion++
	p.stat.Pzxid = zxid
	return answerOf{path: path}
}

func (m *model) delete(req *prep.Request, q *proto.DeleteRequest, zxid int64) proto.ErrCode {
	if tree.IsSpecial(q.Path) {
		return proto.CodeBadArguments
	}
	p, code := m.node(parent(q.Path), proto.PermDelete, req.Auth)
	if code != proto.CodeOK {
		return code
	}
	n := m.nodes[q.Path]
	switch {
	case n == nil:
		return proto.CodeNoNode
	case q.Version != -1 && q.Version != n.stat.Version:
		return proto.CodeBadVersion
	case len(m.kids(q.Path)) > 0:
		return proto.CodeNotEmpty
	}
	delete(m.nodes, q.Path)
	p.stat.Pzxid = zxid
	return proto.CodeOK
}

func (m *model) clone() map[string]*modelNode {
	nodes := map[string]*modelNode{}
	for path, n := range m.nodes {
		c := *n
		nodes[path] = &c
	}
	return nodes
}

// differs says where a tree is not what it must be; "" if nowhere.
func (m *model) differs(t *tree.Tree) string {
	if t.Len() != len(m.nodes) {
		return fmt.Sprintf("%d znodes, not %d", t.Len(), len(m.nodes))
	}
	admin := tree.Reader{Auth: []proto.ID{{Scheme: "super"}}}
	for _, path := range slices.Sorted(maps.Keys(m.nodes)) {
		n := m.nodes[path]
		want := n.stat
		kids := m.kids(path)
		want.NumChildren, want.DataLength = int32(len(kids)), int32(len(n.data))
		want.Cversion = 2*want.Cversion - want.NumChildren
		data, got, code := t.GetData(admin, path, false)
		if code != proto.CodeOK || string(data) != n.data || got != want {
			return fmt.Sprintf("%s is %s %q %+v, not %q %+v", path, code, data, got, n.data, want)
		}
		names, _, _ := t.GetChildren(admin, path, false)
		slices.Sort(names)
		if !slices.Equal(names, kids) {
			return fmt.Sprintf("%s has %v, not %v", path, names, kids)
		}
		if acl, _, _ := t.GetACL(admin, path); !slices.Equal(acl, n.acl) {
			return fmt.Sprintf("%s has ACL %v, not %v", path, acl, n.acl)
		}
	}
	return ""
}

// watch adds a mode to those in which a connection watches a path.
func watch(list []modelWatch, conn int64, path, mode string) []modelWatch {
	for i := range list {
		if w := &list[i]; w.conn == conn && w.path == path {
			if !strings.Contains(w.modes, mode) {
				w.modes += mode
			}
			return list
		}
	}
	return append(list, modelWatch{conn, path, mode})
}

// fire returns who hears of an event, and the watches that are left.
func fire(list []modelWatch, path string) (hear []int64, left []modelWatch) {
	for _, w := range list {
		at := w.path == path
		below := strings.HasPrefix(path, strings.TrimSuffix(w.path, "/")+"/") && strings.Contains(w.modes, "r")
		if (at || below) && !slices.Contains(hear, w.conn) {
			hear = append(hear, w.conn)
		}
		if at {
			w.modes = strings.ReplaceAll(w.modes, "s", "")
		}
		if w.modes != "" {
			left = append(left, w)
		}
	}
	return hear, left
}
