package zab

import (
	"encoding/binary"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// clientSays takes bytes of a client.
func (s *Server) clientSays(env nodes.Env, c nodes.Conn, p []byte) {
	k := s.clients.byConn[c]
	if k == nil {
		return
	}
	k.in = append(k.in, p...)
	if k.throttled || k.state == clientOpening {
		return
	}
	if k.state == clientNew && len(k.in) >= 4 && s.command(env, k) {
		return
	}
	s.takeFrames(env, k)
}

// takeFrames takes what is whole of what a client has said. Until its session is open, requests wait.
func (s *Server) takeFrames(env nodes.Env, k *client) {
	if k.taking {
		return // whoever takes them goes on
	}
	k.taking = true
	defer func() { k.taking = false }()
	used := 0
	for s.clients.byConn[k.conn] == k && !k.throttled && k.state != clientOpening && len(k.in)-used >= 4 {
		n := int(int32(binary.BigEndian.Uint32(k.in[used:])))
		if n < 0 || n > s.zoo.MaxBuffer {
			s.refuse(env, k, "a frame of a length that is none")
			return
		}
		if len(k.in)-used < 4+n {
			break
		}
		frame := append([]byte(nil), k.in[used+4:used+4+n]...)
		used += 4 + n
		k.received++
		s.traffic.received++
		s.clientFrame(env, k, frame)
		s.throttle(env, k)
	}
	k.in = append(k.in[:0], k.in[used:]...)
	if cap(k.in) > keptInput && len(k.in) == 0 {
		k.in = nil
	}
}

// keptInput is how much room for what comes is kept by a client that says nothing.
const keptInput = 64 << 10

// throttle leaves unread what a client says further, as long as it waits for answers and too many requests
// are under way in the whole server (globalOutstandingLimit).
func (s *Server) throttle(env nodes.Env, k *client) {
	if s.clients.inProcess > s.zoo.GlobalOutstanding && len(k.queued) > 0 && s.clients.byConn[k.conn] == k {
		k.throttled = true
		if p, ok := env.(nodes.Pauser); ok {
			p.Pause(k.conn)
		}
	}
}

// unthrottle goes on with a client that has got an answer.
func (s *Server) unthrottle(env nodes.Env, k *client) {
	if !k.throttled || s.clients.byConn[k.conn] != k || s.clients.inProcess > s.zoo.GlobalOutstanding && len(k.queued) > 0 {
		return
	}
	k.throttled = false
	if p, ok := env.(nodes.Pauser); ok {
		p.Resume(k.conn)
	}
	s.takeFrames(env, k)
}

// clientFrame takes a frame.
func (s *Server) clientFrame(env nodes.Env, k *client, frame []byte) {
	if k.state == clientNew {
		s.clientOpens(env, k, frame)
		return
	}
	if s.pipe == nil {
		s.hangUp(env, k)
		return
	}
	d := jute.Sharing(frame)
	var h proto.RequestHeader
	if err := h.Decode(d); err != nil {
		s.refuse(env, k, "a request that is none")
		return
	}
	if k.state == clientClosing {
		return // nothing is answered behind the end
	}
	s.touch(env, k)
	body := d.Rest()
	switch h.Type {
	case proto.OpAuth:
		s.clientAuth(env, k, &h, body)
		return
	case proto.OpSasl:
		s.reply(env, k, proto.ReplyHeader{Xid: h.Xid, Err: proto.CodeAuthFailed}, nil)
		return
	case proto.OpCloseSession:
		k.state = clientClosing
	}
	k.asked(env)
	s.clients.inProcess++
	r := &request{session: k.session, cxid: h.Xid, op: h.Type, raw: body, auth: k.identities, owner: s.ownOwner(), conn: k.conn,
		local: s.isLocal(k.session)}
	if !fromClients(h.Type) { // UnimplementedRequestProcessor
		s.reply(env, k, proto.ReplyHeader{Xid: h.Xid, Zxid: s.db.tree.Zxid(), Err: proto.CodeUnimplemented}, nil)
		s.refuse(env, k, "an operation that there is not")
		return
	}
	if s.refusesWrite(env, k, r) {
		return
	}
	s.upgrade(env, r)
	s.pipe.submit(env, r)
}
