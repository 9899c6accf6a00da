package scenarios

import (
	"fmt"
	"strings"

	"orrery/checker"
	"orrery/checker/zookeeper"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// What the wire says, in the words of the checker.

// zkAnswer puts an answer into the history.
func zkAnswer(r *zookeeper.Op, d *client.Done) {
	r.Code = int32(d.Err)
	switch b := d.Response.(type) {
	case *proto.Create2Response:
		if r.Kind == zookeeper.Create {
			r.Created, r.Stat = b.Path, zkStat(&b.Stat)
		}
	case *proto.SetDataResponse:
		r.Stat = zkStat(&b.Stat)
	case *proto.ExistsResponse:
		r.Stat = zkStat(&b.Stat)
	case *proto.GetDataResponse:
		r.Got, r.Stat = string(b.Data), zkStat(&b.Stat)
	case *proto.GetChildren2Response:
		r.Children, r.Stat = b.Children, zkStat(&b.Stat)
	case *proto.MultiResponse:
		for i := range b.Results {
			part := &b.Results[i]
			if part.Type == proto.OpError && part.Err != proto.CodeOK && part.Err != proto.CodeRuntimeInconsistency {
				r.Code = int32(part.Err)
			}
			if c, ok := part.Response.(*proto.Create2Response); ok && i < len(r.Subs) {
				r.Subs[i].Created = c.Path
			}
		}
	}
	if r.Kind == zookeeper.Sync && r.Code != zookeeper.OK {
		r.Code = zookeeper.OK // a setACL, which the checker does not know; its answer has a zxid like any other
	}
}

func zkStat(s *proto.Stat) *zookeeper.Stat {
	return &zookeeper.Stat{Czxid: s.Czxid, Mzxid: s.Mzxid, Pzxid: s.Pzxid, Version: s.Version, Cversion: s.Cversion,
		EphemeralOwner: s.EphemeralOwner, NumChildren: s.NumChildren}
}

// zkLogged is a committed transaction in the checker's log.
func zkLogged(t *proto.Transaction) zookeeper.Txn {
	x := zkTxnOf(t.Header.Type, t.Body)
	x.Zxid, x.Session, x.Xid = t.Header.Zxid, t.Header.ClientID, t.Header.Cxid
	switch t.Header.Type {
	case proto.OpCloseSession:
		x.Kind = zookeeper.Close
	case proto.OpReconfig:
		x.Kind = 0 // what it changes is no client's
	}
	return x
}

func zkTxnOf(op proto.OpCode, body jute.Record) zookeeper.Txn {
	switch b := body.(type) {
	case *proto.CreateTxn:
		return zookeeper.Txn{Kind: zookeeper.Create, Path: b.Path, Data: string(b.Data), Ephemeral: b.Ephemeral}
	case *proto.CreateContainerTxn:
		return zookeeper.Txn{Kind: zookeeper.Create, Path: b.Path, Data: string(b.Data)}
	case *proto.DeleteTxn:
		return zookeeper.Txn{Kind: zookeeper.Delete, Path: b.Path}
	case *proto.SetDataTxn:
		return zookeeper.Txn{Kind: zookeeper.SetData, Path: b.Path, Data: string(b.Data)}
	case *proto.CheckVersionTxn:
		return zookeeper.Txn{Kind: zookeeper.CheckVersion, Path: b.Path}
	case *proto.MultiTxn:
		x := zookeeper.Txn{Kind: zookeeper.Multi}
		for i := range b.Txns {
			part := &b.Txns[i]
			r := zkBody(part.Type)
			if r == nil || r.Decode(jute.NewDecoder(part.Data)) != nil {
				return zookeeper.Txn{} // it failed
			}
			x.Subs = append(x.Subs, zkTxnOf(part.Type, r))
		}
		return x
	}
	return zookeeper.Txn{}
}

// zkBody is an empty record of a part of a multi that was carried out; nil for an error.
func zkBody(t proto.OpCode) jute.Record {
	switch t {
	case proto.OpCreate, proto.OpCreate2:
		return &proto.CreateTxn{}
	case proto.OpDelete:
		return &proto.DeleteTxn{}
	case proto.OpSetData:
		return &proto.SetDataTxn{}
	case proto.OpCheck:
		return &proto.CheckVersionTxn{}
	}
	return nil
}

// zkAct is a request in the words of a story.
func zkAct(r *zookeeper.Op) string {
	switch r.Kind {
	case zookeeper.Create:
		kind := "create"
		if r.Ephemeral {
			kind += " -e"
		}
		if r.Sequential {
			kind += " -s"
		}
		return fmt.Sprintf("%s %s %q", kind, r.Path, zkShort(r.Data))
	case zookeeper.SetData:
		return fmt.Sprintf("set %s %q", r.Path, zkShort(r.Data))
	case zookeeper.Delete:
		return "delete " + r.Path
	case zookeeper.Multi:
		return fmt.Sprintf("multi of %d", len(r.Subs))
	case zookeeper.GetData:
		return "get " + r.Path
	case zookeeper.GetChildren:
		return "ls " + r.Path
	case zookeeper.Exists:
		return "stat " + r.Path
	case zookeeper.Close:
		return "close"
	}
	return "sync " + r.Path
}

// zkShort is what is written, without what only makes it large.
func zkShort(data string) string {
	if short := strings.TrimRight(data, ".-"); len(data) > len(short)+8 {
		return fmt.Sprintf("%s…%d B", short, len(data))
	}
	return data
}

// The properties of one-shot watches that hold across reconnections, too: a client sets its watches again with the last zxid that
// it has seen, and is told of what has happened since.
const (
	zkMissed = "watch-missed"      // a read shows a change of which a watch has said nothing
	zkType   = "watch-of-the-type" // an exists watch begins with NodeCreated, and a data watch never sees it
)

// zkLeft are the watches that a session has left and that have not fired.
type zkLeft struct {
	data  map[string]int64 // by path, the mzxid that was seen
	exist map[string]bool
	child map[string]int64 // by path, the pzxid that was seen
}

func (l *zkLeft) clear() {
	l.data, l.exist, l.child = map[string]int64{}, map[string]bool{}, map[string]int64{}
}

// answered takes an answer: what it shows must not differ from what a watch was left on.
func (l *zkLeft) answered(r *zookeeper.Op) error {
	read := r.Kind == zookeeper.GetData || r.Kind == zookeeper.Exists || r.Kind == zookeeper.GetChildren
	if !read || r.Code != zookeeper.OK && r.Code != zookeeper.NoNode {
		return nil
	}
	here := r.Code == zookeeper.OK
	missed := func(what string) error {
		return &checker.InvariantError{Property: zkMissed, Detail: fmt.Sprintf("is shown %s %s at %#x, and its watch has said nothing", r.Path, what, r.Zxid)}
	}
	if mzxid, ok := l.data[r.Path]; ok && (!here || r.Stat.Mzxid != mzxid) {
		return missed("changed")
	}
	if l.exist[r.Path] && here {
		return missed("created")
	}
	if pzxid, ok := l.child[r.Path]; ok && (!here || r.Stat.Pzxid != pzxid) {
		return missed("with other children")
	}
	switch {
	case !r.Watch:
	case r.Kind == zookeeper.GetChildren && here:
		l.child[r.Path] = r.Stat.Pzxid
	case r.Kind != zookeeper.GetChildren && here:
		l.data[r.Path] = r.Stat.Mzxid
	case r.Kind == zookeeper.Exists:
		l.exist[r.Path] = true
	}
	return nil
}

// fired takes an event, which uses watches up.
func (l *zkLeft) fired(t zookeeper.EventType, path string) error {
	_, data := l.data[path]
	var err error
	switch {
	case t == zookeeper.NodeCreated && data:
		err = &checker.InvariantError{Property: zkType, Detail: fmt.Sprintf("left a watch on the data of %s, which was there, and is told that it was created", path)}
	case t == zookeeper.NodeDataChanged && l.exist[path] && !data:
		err = &checker.InvariantError{Property: zkType, Detail: fmt.Sprintf("left a watch on %s, which was not there, and is told that its data have changed", path)}
	}
	if t == zookeeper.NodeChildrenChanged {
		delete(l.child, path)
		return err
	}
	delete(l.data, path)
	delete(l.exist, path)
	if t == zookeeper.NodeDeleted {
		delete(l.child, path)
	}
	return err
}
