package scenarios

import (
	"encoding/binary"
	"fmt"
	"strings"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/trace"
)

// describeZooKeeper says what connections carry in ZooKeeper's own words. They are streams, whose pieces end where the network lets them: what
// is said by several pieces is told with the last of them, and what cannot be read, such as a part of a snapshot, is left to the servers'
// notes. The events must be asked of in their order.
func describeZooKeeper() func(*trace.Event) string {
	h := &zkHearer{begun: map[zkPair][]byte{}}
	return func(e *trace.Event) string {
		if e.Kind != trace.Received || len(e.Payload) == 0 {
			return ""
		}
		if e.Seq == h.last.seq && e.Sub == h.last.sub { // it is asked of again
			return h.said
		}
		h.last.seq, h.last.sub = e.Seq, e.Sub
		h.said = h.hear(e)
		return h.said
	}
}

// zkPair are who speaks and who hears. Between two servers there are several connections: elections have one of their own.
type zkPair struct {
	from, to string
	kind     zkTalk
}

type zkTalk uint8

const (
	zkVotes zkTalk = iota // of FastLeaderElection
	zkQuorumTalk
	zkAsked
	zkAnswers
)

// zkHearer puts pieces together.
type zkHearer struct {
	begun map[zkPair][]byte // what has come of a message that is not yet whole
	last  struct {
		seq uint64
		sub uint32
	}
	said string
}

// zkMostHeard is how much of a message is waited for.
const zkMostHeard = 64 << 10

// hear takes a piece. It goes on with what has begun, if the two together make sense, or begins something.
func (h *zkHearer) hear(e *trace.Event) string {
	kinds := []zkTalk{zkVotes, zkQuorumTalk}
	switch {
	case !zkServer(e.Peer):
		kinds = []zkTalk{zkAsked}
	case !zkServer(e.Node):
		kinds = []zkTalk{zkAnswers}
	}
	for _, k := range kinds { // whole by itself
		if said, rest, ok := k.read(e.Payload); ok && len(rest) == 0 && len(h.begun[zkPair{e.Peer, e.Node, k}]) == 0 {
			return strings.Join(said, ", ")
		}
	}
	for _, goesOn := range []bool{true, false} {
		for _, k := range kinds {
			if said, ok := h.joined(zkPair{e.Peer, e.Node, k}, e.Payload, goesOn); ok {
				return said
			}
		}
	}
	return ""
}

// joined takes a piece for one of a kind: for one that goes on with what has begun, or for one with which something begins.
func (h *zkHearer) joined(at zkPair, piece []byte, goesOn bool) (string, bool) {
	begun := h.begun[at]
	if goesOn != (len(begun) > 0) {
		return "", false
	}
	said, rest, ok := at.kind.read(append(begun[:len(begun):len(begun)], piece...))
	if !ok || len(rest) > zkMostHeard || !goesOn && len(rest) < 4 { // of so few bytes nobody can tell what they begin
		delete(h.begun, at)
		return "", false
	}
	h.begun[at] = rest
	return strings.Join(said, ", "), true
}

// zkServer tells whether a machine is a member of the ensemble; the others are clients.
func zkServer(id string) bool {
	return len(id) > 1 && id[0] == 'z' && strings.Trim(id[1:], "0123456789") == ""
}

// read reads all that is whole; ok is false if the bytes are not of this kind.
func (k zkTalk) read(p []byte) (said []string, rest []byte, ok bool) {
	for len(p) > 0 {
		n, valid := k.size(p)
		switch {
		case !valid:
			return nil, nil, false
		case n == 0 || len(p) < n:
			return said, p, true
		}
		words, valid := k.words(p[:n])
		if !valid {
			return nil, nil, false
		}
		said, p = append(said, words), p[n:]
	}
	return said, nil, true
}

// size is how long the message is with which p begins, 0 if that cannot be told yet; ok is false if it is none.
func (k zkTalk) size(p []byte) (n int, ok bool) {
	if k == zkQuorumTalk {
		n, err := proto.QuorumPacketSize(p, 1<<20)
		return n, err == nil && (len(p) < 4 || zkPacketType(p))
	}
	if len(p) < 4 {
		return 0, true
	}
	if k == zkVotes {
		if v := int64(binary.BigEndian.Uint32(p)); v == 0xffffffff { // it says who it is
			if len(p) < 20 {
				return 0, true
			}
			return 20 + int(binary.BigEndian.Uint32(p[16:])&0xffff), true
		}
	}
	size := int(int32(binary.BigEndian.Uint32(p)))
	return 4 + size, size >= 0 && size < zkMostHeard && (k != zkVotes || size >= 28 && size < 4096 && (len(p) < 8 || binary.BigEndian.Uint32(p[4:]) <= 3))
}

// zkPacketType tells whether a quorum packet may begin so.
func zkPacketType(p []byte) bool {
	t := binary.BigEndian.Uint32(p)
	return t >= uint32(proto.PacketRequest) && t <= uint32(proto.PacketInformAndActivate)
}

// words are what a whole message says.
func (k zkTalk) words(p []byte) (string, bool) {
	switch k {
	case zkVotes:
		return zkVoteWords(p)
	case zkQuorumTalk:
		var q proto.QuorumPacket
		if q.Decode(jute.NewDecoder(p)) != nil {
			return "", false
		}
		return zkPacketWords(&q), true
	case zkAsked:
		return zkRequestWords(p[4:])
	}
	return zkAnswerWords(p[4:])
}

func zkVoteWords(p []byte) (string, bool) {
	if binary.BigEndian.Uint32(p) == 0xffffffff {
		return fmt.Sprintf("here is server %d", int64(binary.BigEndian.Uint64(p[8:]))), true
	}
	var n proto.Notification
	if n.Decode(jute.NewDecoder(p[4:])) != nil {
		return "", false
	}
	return fmt.Sprintf("notification: %v, leader=%d zxid=%x round=%d epoch=%d", n.State, n.Leader, uint64(n.Zxid), n.ElectionEpoch, n.PeerEpoch), true
}

func zkPacketWords(q *proto.QuorumPacket) string {
	switch q.Type {
	case proto.PacketPing, proto.PacketRevalidate, proto.PacketUpToDate:
		return q.Type.String()
	case proto.PacketRequest:
		var r proto.LearnerRequest
		if r.Decode(jute.NewDecoder(q.Data)) != nil {
			return q.Type.String()
		}
		return fmt.Sprintf("%v %s", q.Type, r.Type)
	case proto.PacketProposal, proto.PacketInform:
		var t proto.Transaction
		if t.Decode(jute.NewDecoder(q.Data)) == nil {
			return strings.TrimRight(fmt.Sprintf("%v %x %s %s", q.Type, uint64(q.Zxid), t.Header.Type, zkTxnPath(t.Body)), " ")
		}
	}
	return fmt.Sprintf("%v %x", q.Type, uint64(q.Zxid))
}

// zkTxnPath is the znode that a transaction is about.
func zkTxnPath(body jute.Record) string {
	switch b := body.(type) {
	case *proto.CreateTxn:
		return b.Path
	case *proto.CreateContainerTxn:
		return b.Path
	case *proto.DeleteTxn:
		return b.Path
	case *proto.SetDataTxn:
		return b.Path
	case *proto.SetACLTxn:
		return b.Path
	case *proto.MultiTxn:
		return fmt.Sprintf("of %d", len(b.Txns))
	}
	return ""
}

// zkRequestWords is what a client says. Its first words have no header.
func zkRequestWords(p []byte) (string, bool) {
	var first proto.ConnectRequest
	if len(p) >= 44 && first.Decode(jute.NewDecoder(p)) == nil && len(first.Passwd) == 16 {
		if first.SessionID == 0 {
			return "a new session, please", true
		}
		return fmt.Sprintf("session %x again, please", uint64(first.SessionID)), true
	}
	d := jute.NewDecoder(p)
	var h proto.RequestHeader
	if h.Decode(d) != nil || h.Xid < proto.XidSetWatches {
		return "", false
	}
	switch h.Type {
	case proto.OpPing, proto.OpCloseSession, proto.OpMulti, proto.OpSetWatches, proto.OpSetWatches2, proto.OpAuth, proto.OpMultiRead, proto.OpWhoAmI:
		return h.Type.String(), true
	}
	if path := d.String(); d.Err() == nil && strings.HasPrefix(path, "/") { // all others begin with it
		return h.Type.String() + " " + path, true
	}
	return h.Type.String(), true
}

// zkAnswerWords is what a client is told.
func zkAnswerWords(p []byte) (string, bool) {
	var first proto.ConnectResponse
	if first.Decode(jute.NewDecoder(p)) == nil && len(first.Passwd) == 16 {
		return fmt.Sprintf("session %x, for %d ms", uint64(first.SessionID), first.TimeOut), true
	}
	d := jute.NewDecoder(p)
	var h proto.ReplyHeader
	if h.Decode(d) != nil {
		return "", false
	}
	switch {
	case h.Xid == proto.XidNotification:
		var ev proto.WatcherEvent
		if ev.Decode(d) != nil {
			return "", false
		}
		return fmt.Sprintf("%v %s", ev.Type, ev.Path), true
	case h.Xid == proto.XidPing:
		return "ping", true
	case h.Err != proto.CodeOK:
		return fmt.Sprintf("%v at zxid %x", h.Err, uint64(h.Zxid)), true
	}
	return fmt.Sprintf("ok at zxid %x", uint64(h.Zxid)), true
}
