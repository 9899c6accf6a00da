package prep_test

import (
	"testing"

	"orrery/nodes/zab/prep"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// BenchmarkPrepareAndApply judges and applies sequential creations, of which a hundred are always under way.
func BenchmarkPrepareAndApply(b *testing.B) {
	w := newWorld(tree.Config{}, prep.Config{})
	id := w.open()
	w.do(&prep.Request{Session: id, Owner: 1, Type: proto.OpCreate, Body: &proto.CreateRequest{Path: "/q", ACL: acls[0]}})
	req := &prep.Request{Session: id, Owner: 1, Type: proto.OpCreate,
		Body: &proto.CreateRequest{Path: "/q/n-", Data: make([]byte, 100), ACL: acls[0], Flags: proto.ModePersistentSequential}}
	var pending []*proto.Transaction
	b.ReportAllocs()
	for b.Loop() {
		w.zxid++
		pending = append(pending, w.prep.Prepare(req, w.zxid, w.now).Txn)
		if len(pending) > 100 {
			w.tree.Apply(&pending[0].Header, pending[0].Body)
			w.prep.Applied(pending[0].Header.Zxid)
			pending = pending[1:]
		}
	}
}
