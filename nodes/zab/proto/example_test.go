package proto_test

import (
	"fmt"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// A request is a header and the record that its type names.
func Example() {
	frame := (&proto.RequestHeader{Xid: 1, Type: proto.OpGetData}).Append(nil)
	frame = (&proto.GetDataRequest{Path: "/a", Watch: true}).Append(frame)
	fmt.Printf("% x\n", frame)

	d := jute.NewDecoder(frame)
	var h proto.RequestHeader
	var r proto.GetDataRequest
	_, _ = h.Decode(d), r.Decode(d)
	fmt.Println(h.Xid, h.Type, r.Path, r.Watch, d.End())
	// Output:
	// 00 00 00 01 00 00 00 04 00 00 00 02 2f 61 01
	// 1 getData /a true <nil>
}

// A PROPOSAL carries a transaction: its header names the record behind it.
func ExampleTransaction() {
	payload := (&proto.Transaction{
		Header: proto.TxnHeader{ClientID: 0x100, Cxid: 2, Zxid: proto.MakeZxid(1, 5), Type: proto.OpDelete},
		Body:   &proto.DeleteTxn{Path: "/a"},
	}).Append(nil)
	packet := (&proto.QuorumPacket{Type: proto.PacketProposal, Zxid: proto.MakeZxid(1, 5), Data: payload}).Append(nil)

	var p proto.QuorumPacket
	var txn proto.Transaction
	_ = p.Decode(jute.NewDecoder(packet))
	_ = txn.Decode(jute.NewDecoder(p.Data))
	fmt.Println(p.Type, proto.ZxidString(p.Zxid), txn.Header.Type, txn.Body.(*proto.DeleteTxn).Path)
	// Output: PROPOSAL 0x100000005 delete /a
}
