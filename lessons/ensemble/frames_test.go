package ensemble_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/lessons/ensemble"
	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// behind puts records behind their length.
func behind(records ...jute.Record) []byte {
	p := make([]byte, 4)
	for _, r := range records {
		p = r.Append(p)
	}
	binary.BigEndian.PutUint32(p, uint32(len(p)-4))
	return p
}

func TestWhatConnectionsCarryIsSaidInZooKeepersWords(t *testing.T) {
	proposal := (&proto.QuorumPacket{Type: proto.PacketProposal, Zxid: proto.MakeZxid(1, 3)}).Append(nil)
	commit := (&proto.QuorumPacket{Type: proto.PacketCommit, Zxid: proto.MakeZxid(1, 2)}).Append(nil)
	for _, c := range []struct {
		from, to nodes.ID
		bytes    []byte
		words    string
	}{
		{"z1", "z2", (&proto.Hello{Version: proto.HelloV1, SID: 1, Addr: "z1:3888"}).Append(nil), "here is z1, for elections"},
		{"z1", "z2", behind(&proto.Notification{Leader: 3, Zxid: 0x100000002, Version: 2}), "LOOKING votes for z3, with 100000002"},
		{"z3", "z2", proposal, "PROPOSAL 100000003"},
		{"z3", "z2", append(commit, proposal...), "COMMIT 100000002, PROPOSAL 100000003"},
		{"z3", "z2", (&proto.QuorumPacket{Type: proto.PacketPing}).Append(nil), "PING"},
		{"z3", "z2", proposal[:7], ""},
		{"c1", "z2", behind(&proto.ConnectRequest{TimeOut: 300, Passwd: make([]byte, 16)}), "a session, please"},
		{"z2", "c1", behind(&proto.ConnectResponse{TimeOut: 300, SessionID: 0x2a, Passwd: make([]byte, 16)}), "session 2a, for 300 ms"},
		{"c1", "z2", behind(&proto.RequestHeader{Xid: 1, Type: proto.OpCreate}, &proto.CreateRequest{Path: "/x"}), "create"},
		{"z2", "c1", behind(&proto.ReplyHeader{Xid: 1, Err: proto.CodeNoNode}), "reply: NONODE"},
		{"z2", "c1", behind(&proto.ReplyHeader{Xid: proto.XidNotification}), "a watch has fired"},
		{"c1", "z2", []byte("ruok"), ""},
	} {
		require.Equal(t, c.words, ensemble.Frame(c.from, c.to, c.bytes))
	}
}
