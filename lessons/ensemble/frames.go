package ensemble

import (
	"encoding/binary"
	"fmt"
	"strings"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// most is more bytes than anything that an ensemble of a lesson says has.
const most = 1 << 20

// Frame says what bytes on a connection say, for stage.Scene: servers are called z1, z2, …, and whoever else is a client. It is ""
// for what does not stand alone, such as a part of a snapshot.
func Frame(from, to nodes.ID, bytes []byte) string {
	switch {
	case !isServer(from):
		return request(bytes)
	case !isServer(to):
		return reply(bytes)
	}
	if w := vote(bytes); w != "" {
		return w
	}
	return packets(bytes)
}

func isServer(id nodes.ID) bool { return strings.HasPrefix(string(id), "z") }

// framed is what stands behind a length, if that is all there is.
func framed(p []byte) (*jute.Decoder, bool) {
	if len(p) < 4 || int(binary.BigEndian.Uint32(p)) != len(p)-4 {
		return nil, false
	}
	return jute.NewDecoder(p[4:]), true
}

// vote is what is said in an election.
func vote(p []byte) string {
	var h proto.Hello
	if d := jute.NewDecoder(p); h.Decode(d) == nil && h.Version != proto.HelloLegacy && len(d.Rest()) == 0 {
		return fmt.Sprintf("here is z%d, for elections", h.SID)
	}
	d, whole := framed(p)
	if !whole {
		return ""
	}
	var n proto.Notification
	if n.Decode(d) != nil {
		return ""
	}
	return fmt.Sprintf("%v votes for z%d, with %x", n.State, n.Leader, n.Zxid)
}

// packets is what leader and learner say to each other.
func packets(p []byte) string {
	var said []string
	for len(p) > 0 {
		n, err := proto.QuorumPacketSize(p, most)
		if err != nil || n == 0 {
			return ""
		}
		var q proto.QuorumPacket
		if q.Decode(jute.NewDecoder(p[:n])) != nil {
			return ""
		}
		said, p = append(said, packet(&q)), p[n:]
	}
	return strings.Join(said, ", ")
}

func packet(q *proto.QuorumPacket) string {
	switch q.Type {
	case proto.PacketPing, proto.PacketRequest, proto.PacketRevalidate, proto.PacketUpToDate:
		return q.Type.String()
	}
	return fmt.Sprintf("%v %x", q.Type, q.Zxid)
}

// request is what a client says. Its first words have no header.
func request(p []byte) string {
	d, whole := framed(p)
	if !whole {
		return ""
	}
	var first proto.ConnectRequest
	if len(p) >= 4+44 && first.Decode(jute.NewDecoder(p[4:])) == nil && len(first.Passwd) == 16 {
		if first.SessionID == 0 {
			return "a session, please"
		}
		return fmt.Sprintf("session %x again, please", first.SessionID)
	}
	var h proto.RequestHeader
	if h.Decode(d) != nil {
		return ""
	}
	return h.Type.String()
}

// reply is what a client is told.
func reply(p []byte) string {
	d, whole := framed(p)
	if !whole {
		return ""
	}
	var first proto.ConnectResponse
	if first.Decode(jute.NewDecoder(p[4:])) == nil && len(first.Passwd) == 16 {
		return fmt.Sprintf("session %x, for %d ms", first.SessionID, first.TimeOut)
	}
	var h proto.ReplyHeader
	if h.Decode(d) != nil {
		return ""
	}
	switch {
	case h.Xid == proto.XidNotification:
		return "a watch has fired"
	case h.Err != proto.CodeOK:
		return fmt.Sprintf("reply: %v", h.Err)
	}
	return "reply"
}
