package prep_test

import (
	"fmt"
	"slices"

	"orrery/nodes/zab/proto"
)

// hear compares the events of a transaction with those that the model's watches see.
func (x *chaos) hear(o *outcome) {
	var want []string
	if o.code == proto.CodeOK {
		body := onWire(o.Txn).Body
		if multi, ok := body.(*proto.MultiTxn); ok {
			for _, part := range multi.Txns {
				sub, err := proto.DecodeTxn(part.Type, part.Data)
				if err != nil {
					panic(err)
				}
				want = append(want, x.seen(sub)...)
			}
		} else {
			want = x.seen(body)
		}
	}
	if o.req.Type == proto.OpCloseSession { // its connection is closed with it
		gone := func(w modelWatch) bool { return w.conn == o.req.Session }
		x.m.data, x.m.child = slices.DeleteFunc(x.m.data, gone), slices.DeleteFunc(x.m.child, gone)
	}
	var got []string
	for _, e := range o.events {
		got = append(got, fmt.Sprintf("s%d %s %s", e.Conn, e.Type, e.Path))
		if e.Zxid != o.Txn.Header.Zxid || e.State != proto.KeeperSyncConnected {
			x.fail(fmt.Sprintf("an event says zxid %#x and %s", e.Zxid, e.State))
		}
	}
	if !slices.Equal(got, want) {
		x.fail(fmt.Sprintf("%s is heard as %v, not %v", o.req.Type, got, want))
	}
}

// seen is what the watches see of one transaction that has been applied. The ACLs that decide who hears are those of
// the moment: those of the model may be ahead, and so the chaos keeps them apart.
func (x *chaos) seen(body any) []string {
	switch q := body.(type) {
	case *proto.CreateTxn:
		return x.created(q.Path, q.ACL)
	case *proto.CreateContainerTxn:
		return x.created(q.Path, q.ACL)
	case *proto.DeleteTxn:
		return x.deleted(q.Path)
	case *proto.SetDataTxn:
		return x.tell(&x.m.data, q.Path, proto.EventNodeDataChanged, x.readers[q.Path], nil)
	case *proto.SetACLTxn:
		x.readers[q.Path] = q.ACL
	case *proto.CloseSessionTxn:
		var list []string
		for _, path := range q.Paths2Delete {
			list = append(list, x.deleted(path)...)
		}
		return list
	}
	return nil
}

func (x *chaos) created(path string, acl []proto.ACL) []string {
	x.readers[path] = acl
	list := x.tell(&x.m.data, path, proto.EventNodeCreated, acl, nil)
	return append(list, x.tell(&x.m.child, parent(path), proto.EventNodeChildrenChanged, x.readers[parent(path)], nil)...)
}

func (x *chaos) deleted(path string) []string {
	acl := x.readers[path]
	delete(x.readers, path)
	var knows []int64
	list := x.tell(&x.m.data, path, proto.EventNodeDeleted, acl, &knows)
	list = append(list, x.tell(&x.m.child, path, proto.EventNodeDeleted, acl, &knows)...)
	return append(list, x.tell(&x.m.child, parent(path), proto.EventNodeChildrenChanged, x.readers[parent(path)], nil)...)
}

// tell fires the watches of a table at a path. knows are those who have heard already.
func (x *chaos) tell(list *[]modelWatch, path string, what proto.EventType, acl []proto.ACL, knows *[]int64) []string {
	hear, left := fire(*list, path)
	*list = left
	var told []string
	for _, conn := range hear {
		may := x.m.may(&modelNode{acl: acl}, proto.PermRead, x.w.auth[uint64(conn)])
		if may && (knows == nil || !slices.Contains(*knows, conn)) {
			told = append(told, fmt.Sprintf("s%d %s %s", conn, what, path))
		}
	}
	if knows != nil {
		*knows = append(*knows, hear...)
	}
	return told
}
