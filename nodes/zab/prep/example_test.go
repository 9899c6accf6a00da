package prep_test

import (
	"fmt"
	"time"

	"orrery/nodes/zab/prep"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/session"
	"orrery/nodes/zab/tree"
)

// Two requests are judged before the first of them is applied: the second sees what the first will leave.
func Example() {
	t := tree.New(tree.Config{})
	sessions := session.NewLeader(session.Config{Tick: 2 * time.Second}, 1, false, []session.Global{{ID: 7, Timeout: 6 * time.Second}}, 0)
	p := prep.New(t, sessions, prep.Config{})

	everybody := []proto.ACL{{Perms: proto.PermAll, ID: proto.ID{Scheme: "world", ID: "anyone"}}}
	create := &prep.Request{Session: 7, Type: proto.OpCreate, Owner: 1, Body: &proto.CreateRequest{Path: "/lock-", ACL: everybody, Flags: proto.ModeEphemeralSequential}}
	zxid := proto.MakeZxid(1, 0)
	var log []*proto.Transaction
	for range 2 {
		zxid++
		log = append(log, p.Prepare(create, zxid, prep.Moment{Wall: 1000}).Txn)
	}
	for _, txn := range log {
		res := t.Apply(&txn.Header, txn.Body)
		p.Applied(txn.Header.Zxid)
		fmt.Println(res.Path, res.Err, txn.Digest.TreeDigest == t.Digest())
	}
	// Output:
	// /lock-0000000000 OK true
	// /lock-0000000001 OK true
}
