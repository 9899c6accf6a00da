package tree

import (
	"slices"
	"strings"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// Reader is who reads: a connection, with its session and the identities under which it acts.
type Reader struct {
	Conn    uint64
	Session int64
	Auth    []proto.ID
}

// Allowed tells whether somebody may do what perm says to a znode with this ACL: see the function Allowed.
func (t *Tree) Allowed(acl []proto.ACL, perm int32, auth []proto.ID) bool {
	return t.cfg.SkipACL || Allowed(acl, perm, auth)
}

// readable returns the znode at the path if the reader may read it; else the error is CodeNoNode or CodeNoAuth.
func (t *Tree) readable(r Reader, path string, perm int32) (*node, proto.ErrCode) {
	at := t.lookup(path)
	if at == 0 {
		return nil, proto.CodeNoNode
	}
	n := t.at(at)
	if !t.Allowed(t.acls.get(n.acl), perm, r.Auth) {
		return nil, proto.CodeNoAuth
	}
	return n, proto.CodeOK
}

// Exists returns the Stat of a znode, or CodeNoNode; if watch is set it leaves a watch in
// either case. The other errors are CodeNoAuth (which servers before 3.9.2 did not ask: ZOOKEEPER-2590), and CodeBadArguments for a path with a zero character in it.
func (t *Tree) Exists(r Reader, path string, watch bool) (proto.Stat, proto.ErrCode) {
	if strings.IndexByte(path, 0) >= 0 {
		return proto.Stat{}, proto.CodeBadArguments
	}
	n, code := t.readable(r, path, proto.PermRead)
	if watch && code != proto.CodeNoAuth {
		t.watch(&t.data, path, r.Conn, modeStandard)
	}
	if code != proto.CodeOK {
		return proto.Stat{}, code
	}
	return t.stat(n), proto.CodeOK
}

// GetData returns the data of a znode, which must not be changed. The errors are CodeNoNode and CodeNoAuth.
func (t *Tree) GetData(r Reader, path string, watch bool) ([]byte, proto.Stat, proto.ErrCode) {
	n, code := t.readable(r, path, proto.PermRead)
	if code != proto.CodeOK {
		return nil, proto.Stat{}, code
	}
	if watch {
		t.watch(&t.data, path, r.Conn, modeStandard)
	}
	return n.data, t.stat(n), proto.CodeOK
}

// GetChildren returns the names of a znode's children, in the order in which they were created on this server: clients must
// not rely on it. The errors are CodeNoNode and CodeNoAuth.
func (t *Tree) GetChildren(r Reader, path string, watch bool) ([]string, proto.Stat, proto.ErrCode) {
	n, code := t.readable(r, path, proto.PermRead)
	if code != proto.CodeOK {
		return nil, proto.Stat{}, code
	}
	if watch {
		t.watch(&t.child, path, r.Conn, modeStandard)
	}
	names := make([]string, 0, n.children)
	for c := n.first; c != 0; c = t.at(c).next {
		names = append(names, t.at(c).name)
	}
	return names, t.stat(n), proto.CodeOK
}

// GetACL returns the ACL of a znode to those who may read or administer it. Those who may only read it
// do not see the hashes of passwords. The errors are CodeNoNode and CodeNoAuth.
func (t *Tree) GetACL(r Reader, path string) ([]proto.ACL, proto.Stat, proto.ErrCode) {
	if t.cfg.Quirks.GetACLNoCheck {
		at := t.lookup(path)
		if at == 0 {
			return nil, proto.Stat{}, proto.CodeNoNode
		}
		return t.acls.get(t.at(at).acl), t.stat(t.at(at)), proto.CodeOK
	}
	n, code := t.readable(r, path, proto.PermRead|proto.PermAdmin)
	if code != proto.CodeOK {
		return nil, proto.Stat{}, code
	}
	acl := t.acls.get(n.acl)
	if !t.Allowed(acl, proto.PermAdmin, r.Auth) {
		acl = redact(acl)
	}
	return acl, t.stat(n), proto.CodeOK
}

// CountBelow is the number of znodes below a path, at any depth. The errors are CodeNoNode and CodeNoAuth.
func (t *Tree) CountBelow(r Reader, path string) (int, proto.ErrCode) {
	if _, code := t.readable(r, path, proto.PermRead); code != proto.CodeOK {
		return 0, code
	}
	top := t.lookup(path)
	switch {
	case path == "": // the other name of the root, to which that itself is below
		return t.count, proto.CodeOK
	case top == root:
		return t.count - 1, proto.CodeOK
	}
	count := -1
	for at := top; at != 0; at = t.following(top, at) {
		count++
	}
	return count, proto.CodeOK
}

// EphemeralsBelow are the reader's own ephemeral znodes whose paths begin with the prefix, sorted.
func (t *Tree) EphemeralsBelow(r Reader, prefix string) []string {
	list := t.Ephemerals(r.Session)
	trimmed := strings.TrimFunc(prefix, func(r rune) bool { return r <= ' ' }) // what Java calls trim
	if trimmed == "" || trimmed == "/" {
		return list
	}
	return slices.DeleteFunc(list, func(path string) bool { return !strings.HasPrefix(path, prefix) })
}

// Read answers a request that changes nothing but watches, at the moment at which it is called. res is nil
// where there is an error and where there is nothing to say. events are what SetWatches has found: they
// are sent before the answer. The error is CodeUnimplemented if the operation is not one of these, and CodeMarshallingError if
// the request is not one of its own.
func (t *Tree) Read(r Reader, op proto.OpCode, req jute.Record) (res jute.Record, events []Event, code proto.ErrCode) {
	switch q := req.(type) {
	case *proto.ExistsRequest:
		var s proto.Stat
		s, code = t.Exists(r, q.Path, q.Watch)
		res = &proto.ExistsResponse{Stat: s}
	case *proto.GetDataRequest:
		res, code = t.readData(r, q)
	case *proto.GetChildrenRequest:
		res, code = t.readChildren(r, q)
	case *proto.GetChildren2Request:
		var names []string
		var s proto.Stat
		names, s, code = t.GetChildren(r, q.Path, q.Watch)
		res = &proto.GetChildren2Response{Children: names, Stat: s}
	case *proto.GetACLRequest:
		var acl []proto.ACL
		var s proto.Stat
		acl, s, code = t.GetACL(r, q.Path)
		res = &proto.GetACLResponse{ACL: acl, Stat: s}
	case *proto.GetAllChildrenNumberRequest:
		var n int
		n, code = t.CountBelow(r, q.Path)
		res = &proto.GetAllChildrenNumberResponse{TotalNumber: int32(n)}
	case *proto.GetEphemeralsRequest:
		res = &proto.GetEphemeralsResponse{Ephemerals: t.EphemeralsBelow(r, q.PrefixPath)}
	case *proto.MultiRequest:
		res, code = t.readMulti(r, q)
	case nil:
		if op != proto.OpWhoAmI {
			return nil, nil, proto.CodeUnimplemented
		}
		res = &proto.WhoAmIResponse{ClientInfo: WhoAmI(r.Auth)}
	default:
		return t.readWatches(r, req)
	}
	if code != proto.CodeOK {
		res = nil
	}
	return res, nil, code
}

func (t *Tree) readData(r Reader, q *proto.GetDataRequest) (jute.Record, proto.ErrCode) {
	data, s, code := t.GetData(r, q.Path, q.Watch)
	return &proto.GetDataResponse{Data: data, Stat: s}, code
}

func (t *Tree) readChildren(r Reader, q *proto.GetChildrenRequest) (jute.Record, proto.ErrCode) {
	names, _, code := t.GetChildren(r, q.Path, q.Watch)
	return &proto.GetChildrenResponse{Children: names}, code
}

// readMulti answers a multiRead. Each part has an error of its own.
func (t *Tree) readMulti(r Reader, q *proto.MultiRequest) (jute.Record, proto.ErrCode) {
	all := &proto.MultiResponse{}
	for _, op := range q.Ops {
		var res jute.Record
		var code proto.ErrCode
		switch x := op.Request.(type) {
		case *proto.GetDataRequest:
			res, code = t.readData(r, x)
		case *proto.GetChildrenRequest:
			res, code = t.readChildren(r, x)
		default:
			return nil, proto.CodeMarshallingError
		}
		part := proto.MultiResult{Type: op.Type, Response: res}
		if code != proto.CodeOK {
			part = proto.MultiResult{Type: proto.OpError, Err: code}
		}
		all.Results = append(all.Results, part)
	}
	return all, proto.CodeOK
}

// readWatches answers what is only about watches.
func (t *Tree) readWatches(r Reader, req jute.Record) (jute.Record, []Event, proto.ErrCode) {
	switch q := req.(type) {
	case *proto.SetWatches:
		return nil, t.SetWatches(r.Conn, &proto.SetWatches2{RelativeZxid: q.RelativeZxid, DataWatches: q.DataWatches,
			ExistWatches: q.ExistWatches, ChildWatches: q.ChildWatches}), proto.CodeOK
	case *proto.SetWatches2:
		return nil, t.SetWatches(r.Conn, q), proto.CodeOK
	case *proto.AddWatchRequest:
		if code := t.AddWatch(r.Conn, q.Path, q.Mode); code != proto.CodeOK {
			return nil, nil, code
		}
		return &proto.ErrorResponse{}, nil, proto.CodeOK
	case *proto.CheckWatchesRequest:
		return nil, nil, t.CheckWatch(r.Conn, q.Path, q.Type)
	case *proto.RemoveWatchesRequest:
		return nil, nil, t.RemoveWatch(r.Conn, q.Path, q.Type)
	}
	return nil, nil, proto.CodeUnimplemented
}

// Znode is what the preparation of requests needs to know of a znode. The slices must not be changed.
type Znode struct {
	Stat     proto.StatPersisted
	Children int
	ACL      []proto.ACL
	Data     []byte
	Digest   uint32
}

// Znode returns the znode at the path, without asking who wants to know; ok is false if there is none.
func (t *Tree) Znode(path string) (z Znode, ok bool) {
	r := t.lookup(path)
	if r == 0 {
		return Znode{}, false
	}
	n := t.at(r)
	return Znode{n.persisted(), int(n.children), t.acls.get(n.acl), n.data, n.digest}, true
}
