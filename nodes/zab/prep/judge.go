package prep

import (
	"slices"
	"strings"
	"time"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// may tells whether the requester may do that to the znode.
func (j *judgement) may(r *record, perm int32) bool { return j.p.tree.Allowed(r.ACL, perm, j.req.Auth) }

// nextVersion is the version behind the present one, or CodeBadVersion if another is expected. -1, which in requests
// stands for any, is left out (ZOOKEEPER-4743).
func nextVersion(now, expected int32) (int32, proto.ErrCode) {
	if expected != -1 && expected != now {
		return 0, proto.CodeBadVersion
	}
	if now+1 == -1 {
		return 0, proto.CodeOK
	}
	return now + 1, proto.CodeOK
}

// parentOf is the parent of a path that is to be deleted, which must not be one of those that are always there.
func parentOf(path string) (string, proto.ErrCode) {
	parent, _, ok := tree.SplitPath(path)
	if !ok || strings.IndexByte(path, 0) >= 0 || tree.IsSpecial(path) {
		return "", proto.CodeBadArguments
	}
	return parent, proto.CodeOK
}

func (j *judgement) delete(q *proto.DeleteRequest) (jute.Record, proto.ErrCode) {
	if code := j.p.sessions.Check(j.req.Session, j.req.Owner); code != proto.CodeOK {
		return nil, code
	}
	parentPath, code := parentOf(q.Path)
	if code != proto.CodeOK {
		return nil, code
	}
	parent, code := j.p.find(parentPath)
	switch {
	case code != proto.CodeOK:
		return nil, code
	case !j.may(&parent, proto.PermDelete):
		return nil, proto.CodeNoAuth
	}
	node, code := j.p.find(q.Path)
	if code != proto.CodeOK {
		return nil, code
	}
	if _, code := nextVersion(node.Stat.Version, q.Version); code != proto.CodeOK {
		return nil, code
	}
	if node.Children > 0 {
		return nil, proto.CodeNotEmpty
	}
	return j.deleted(parent, node), proto.CodeOK
}

func (j *judgement) deleteContainer(q *proto.DeleteContainerRequest) (jute.Record, proto.ErrCode) {
	parentPath, code := parentOf(q.Path)
	if code != proto.CodeOK {
		return nil, code
	}
	node, code := j.p.find(q.Path)
	switch {
	case code != proto.CodeOK:
		return nil, code
	case node.Children > 0:
		return nil, proto.CodeNotEmpty
	case j.p.tree.OwnerKind(node.Stat.EphemeralOwner) == tree.OwnerSession:
		return nil, proto.CodeBadVersion
	}
	parent, code := j.p.find(parentPath)
	if code != proto.CodeOK {
		return nil, code
	}
	return j.deleted(parent, node), proto.CodeOK
}

// deleted makes the transaction, and notes how it will leave parent and znode.
func (j *judgement) deleted(parent, node record) jute.Record {
	parent.Children--
	parent.Stat.Pzxid = j.zxid
	j.p.put(parent, j.zxid)
	node.gone = true
	j.p.put(node, j.zxid)
	return &proto.DeleteTxn{Path: node.path}
}

func (j *judgement) setData(q *proto.SetDataRequest) (jute.Record, proto.ErrCode) {
	node, code := j.written(q.Path, proto.PermWrite)
	if code != proto.CodeOK {
		return nil, code
	}
	if code := j.p.tree.CheckQuota(q.Path, false, len(node.Data), len(q.Data)); code != proto.CodeOK {
		return nil, code
	}
	version, code := nextVersion(node.Stat.Version, q.Version)
	if code != proto.CodeOK {
		return nil, code
	}
	node.Stat.Version, node.Stat.Mtime, node.Stat.Mzxid = version, j.at.Wall, j.zxid
	node.Data = q.Data
	j.p.put(node, j.zxid)
	return &proto.SetDataTxn{Path: q.Path, Data: q.Data, Version: version}, proto.CodeOK
}

func (j *judgement) setACL(q *proto.SetACLRequest) (jute.Record, proto.ErrCode) {
	if code := j.p.sessions.Check(j.req.Session, j.req.Owner); code != proto.CodeOK {
		return nil, code
	}
	if !tree.ValidPath(q.Path) {
		return nil, proto.CodeBadArguments
	}
	acl, code := tree.FixACL(q.ACL, j.req.Auth)
	if code != proto.CodeOK {
		return nil, code
	}
	node, code := j.written(q.Path, proto.PermAdmin)
	if code != proto.CodeOK {
		return nil, code
	}
	version, code := nextVersion(node.Stat.Aversion, q.Version)
	if code != proto.CodeOK {
		return nil, code
	}
	node.Stat.Aversion, node.ACL = version, acl
	j.p.put(node, j.zxid)
	return &proto.SetACLTxn{Path: q.Path, ACL: acl, Version: version}, proto.CodeOK
}

func (j *judgement) check(q *proto.CheckVersionRequest) (jute.Record, proto.ErrCode) {
	node, code := j.written(q.Path, proto.PermRead)
	if code != proto.CodeOK {
		return nil, code
	}
	version, code := nextVersion(node.Stat.Version, q.Version)
	if code != proto.CodeOK {
		return nil, code
	}
	return &proto.CheckVersionTxn{Path: q.Path, Version: version}, proto.CodeOK
}

// written returns the znode that a request of a session is about, if the requester may do that to it.
func (j *judgement) written(path string, perm int32) (record, proto.ErrCode) {
	if code := j.p.sessions.Check(j.req.Session, j.req.Owner); code != proto.CodeOK {
		return record{}, code
	}
	if !tree.ValidPath(path) {
		return record{}, proto.CodeBadArguments
	}
	node, code := j.p.find(path)
	if code == proto.CodeOK && !j.may(&node, perm) {
		return record{}, proto.CodeNoAuth
	}
	return node, code
}

func (j *judgement) createSession(q *proto.CreateSessionTxn) (jute.Record, proto.ErrCode) {
	j.p.sessions.Track(j.req.Session, time.Duration(q.TimeOut)*time.Millisecond, j.at.Mono)
	if code := j.p.sessions.SetOwner(j.req.Session, j.req.Owner); code != proto.CodeOK {
		return nil, code
	}
	return &proto.CreateSessionTxn{TimeOut: q.TimeOut}, proto.CodeOK
}

// closeSession collects the session's ephemeral znodes: those of the tree and those that are under way. From here
// on nothing of the session is accepted, so that there can be no more.
func (j *judgement) closeSession() (jute.Record, proto.ErrCode) {
	paths := j.p.tree.Ephemerals(j.req.Session)
	mine := make(map[string]bool, len(paths))
	for _, path := range paths {
		mine[path] = true
	}
	for _, r := range j.p.queue {
		switch {
		case r.gone:
			delete(mine, r.path)
		case r.Stat.EphemeralOwner == j.req.Session && !mine[r.path]:
			mine[r.path] = true
			paths = append(paths, r.path)
		}
	}
	slices.Sort(paths)
	paths = slices.Compact(slices.DeleteFunc(paths, func(path string) bool { return !mine[path] }))
	for _, path := range paths {
		parentPath, _, _ := tree.SplitPath(path)
		parent, code := j.p.find(parentPath)
		if code != proto.CodeOK {
			panic("prep: an ephemeral znode without its parent: " + path)
		}
		node, _ := j.p.find(path)
		j.deleted(parent, node)
	}
	if !j.p.cfg.Quirks.NoClosingFlag {
		j.p.sessions.SetClosing(j.req.Session)
	}
	return &proto.CloseSessionTxn{Paths2Delete: paths}, proto.CodeOK
}
