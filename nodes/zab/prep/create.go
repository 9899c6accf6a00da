package prep

import (
	"fmt"
	"strings"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// newNode is what is asked for by create and its like.
type newNode struct {
	path string
	data []byte
	acl  []proto.ACL
	mode proto.CreateMode
	ttl  int64 // -1 for an operation that has none
}

// create judges create, create2, createContainer and createTTL. The order in which the errors are looked for is
// the original's.
func (j *judgement) create(t proto.OpCode, n newNode) (jute.Record, proto.ErrCode) {
	if code := j.checkMode(t, &n); code != proto.CodeOK {
		return nil, code
	}
	parentPath, _, ok := tree.SplitPath(n.path)
	if !ok || strings.IndexByte(n.path, 0) >= 0 {
		return nil, proto.CodeBadArguments
	}
	acl, code := tree.FixACL(n.acl, j.req.Auth)
	if code != proto.CodeOK {
		return nil, code
	}
	parent, code := j.p.find(parentPath)
	switch {
	case code != proto.CodeOK:
		return nil, code
	case !j.may(&parent, proto.PermCreate):
		return nil, proto.CodeNoAuth
	}
	if n.mode.IsSequential() { // beyond 2147483647 it turns negative, as there
		n.path += fmt.Sprintf("%010d", parent.Stat.Cversion)
	}
	if !tree.ValidPath(n.path) {
		return nil, proto.CodeBadArguments
	}
	if _, code := j.p.find(n.path); code == proto.CodeOK {
		return nil, proto.CodeNodeExists
	}
	if j.p.tree.OwnerKind(parent.Stat.EphemeralOwner) == tree.OwnerSession {
		return nil, proto.CodeNoChildrenForEphemerals
	}
	if code := j.p.tree.CheckQuota(n.path, true, 0, len(n.data)); code != proto.CodeOK {
		return nil, code
	}
	n.acl = acl
	return j.created(t, &n, parent), proto.CodeOK
}

// checkMode looks at the flags, and at the session.
func (j *judgement) checkMode(t proto.OpCode, n *newNode) proto.ErrCode {
	_, ttlOK := tree.TTLOwner(n.ttl)
	switch {
	case !n.mode.Valid():
		return proto.CodeBadArguments
	case n.mode.IsTTL() && !j.p.cfg.ExtendedTypes:
		return proto.CodeUnimplemented
	case n.mode.IsTTL() != (t == proto.OpCreateTTL), n.mode.IsTTL() && !ttlOK:
		return proto.CodeBadArguments
	case !n.mode.IsEphemeral():
		return j.p.sessions.Check(j.req.Session, j.req.Owner)
	case j.req.Refused != proto.CodeOK:
		return j.req.Refused
	}
	return j.p.sessions.CheckGlobal(j.req.Session, j.req.Owner)
}

// created makes the transaction, and notes how it will leave the parent and the new znode.
func (j *judgement) created(t proto.OpCode, n *newNode, parent record) jute.Record {
	cversion := parent.Stat.Cversion + 1
	owner := int64(0)
	var txn jute.Record
	switch t {
	case proto.OpCreateContainer:
		owner = tree.ContainerOwner
		txn = &proto.CreateContainerTxn{Path: n.path, Data: n.data, ACL: n.acl, ParentCVersion: cversion}
	case proto.OpCreateTTL:
		owner, _ = tree.TTLOwner(n.ttl)
		txn = &proto.CreateTTLTxn{Path: n.path, Data: n.data, ACL: n.acl, ParentCVersion: cversion, TTL: n.ttl}
	default:
		if n.mode.IsEphemeral() {
			owner = j.req.Session
		}
		txn = &proto.CreateTxn{Path: n.path, Data: n.data, ACL: n.acl, Ephemeral: n.mode.IsEphemeral(), ParentCVersion: cversion}
	}
	parent.Children++
	parent.Stat.Cversion, parent.Stat.Pzxid = cversion, j.zxid
	j.p.put(parent, j.zxid)
	j.p.put(record{path: n.path, Znode: tree.Znode{ACL: n.acl, Data: n.data, Stat: proto.StatPersisted{
		Czxid: j.zxid, Mzxid: j.zxid, Pzxid: j.zxid, Ctime: j.at.Wall, Mtime: j.at.Wall, EphemeralOwner: owner}}}, j.zxid)
	return txn
}
