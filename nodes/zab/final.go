package zab

import (
	"slices"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// answerRead answers what changes nothing, by the state as it is (FinalRequestProcessor).
func (s *Server) answerRead(env nodes.Env, r *request) {
	k := s.clients.byConn[r.conn]
	if k == nil {
		return
	}
	h := proto.ReplyHeader{Xid: r.cxid, Zxid: s.db.tree.Zxid(), Err: r.code}
	if s.cfg.Quirks.ReplyZxidRequest {
		h.Zxid = max(h.Zxid, r.zxid)
	}
	switch {
	case r.op == proto.OpCreateSession: // of a local session that was made global meanwhile
		s.opened(env, k, true)
		return
	case r.op == proto.OpCloseSession:
		s.answer(env, k, r.op, h, nil)
		s.hangUp(env, k)
		if r.local {
			s.forgetLocal(r.session)
		}
		return
	case r.code != proto.CodeOK:
		s.answer(env, k, r.op, h, nil)
		return
	case r.op == proto.OpPing:
		s.answer(env, k, r.op, h, nil)
		return
	case r.op == proto.OpWhoAmI:
		s.answer(env, k, r.op, h, &proto.WhoAmIResponse{ClientInfo: tree.WhoAmI(r.auth)})
		return
	}
	body, err := r.parse(&s.scratch.in)
	if err != nil {
		h.Err = proto.CodeMarshallingError
		s.answer(env, k, r.op, h, nil)
		return
	}
	if y, ok := body.(*proto.SyncRequest); ok {
		s.answer(env, k, r.op, h, &proto.SyncResponse{Path: y.Path})
		return
	}
	who := tree.Reader{Conn: r.conn.N, Session: r.session, Auth: r.auth}
	res, events, code := s.db.tree.Read(who, r.op, body)
	s.tellWatchers(env, events)
	h.Err = code
	if code != proto.CodeOK {
		res = nil
	}
	s.answer(env, k, r.op, h, res)
}

// answer answers a request: the oldest of the client's that has no answer.
func (s *Server) answer(env nodes.Env, k *client, op proto.OpCode, h proto.ReplyHeader, body jute.Record) {
	s.answered(env, k, op, h)
	if h.Err == proto.CodeSessionMoved {
		// The leader holds that the client is connected elsewhere: a renewal on an earlier connection of the client, which it had given
		// up, came through after the present one. Only a new connection sets that right (FinalRequestProcessor, ZOOKEEPER-710).
		s.hangUp(env, k)
		return
	}
	s.reply(env, k, h, body)
	s.unthrottle(env, k)
}

// answerWrite answers a write of a client of this server, which has just been applied.
func (s *Server) answerWrite(env nodes.Env, r *request, t logged, result *tree.Result) {
	k := s.clients.byConn[r.conn]
	if k == nil {
		return
	}
	h := proto.ReplyHeader{Xid: r.cxid, Zxid: s.db.tree.Zxid(), Err: result.Err}
	switch r.op {
	case proto.OpCreateSession:
		s.opened(env, k, true)
		return
	case proto.OpCloseSession:
		s.answer(env, k, r.op, h, nil)
		s.hangUp(env, k)
		return
	case proto.OpMulti:
		if t.txn.Header.Type == proto.OpMulti { // which has failed, or not: its parts tell
			h.Err = proto.CodeOK
		}
		if slices.ContainsFunc(result.Multi, func(m tree.Result) bool { return m.Err == proto.CodeSessionMoved }) {
			h.Err = proto.CodeSessionMoved // of one part it ends the connection as well
		}
		s.answer(env, k, r.op, h, multiResponse(r, result))
		return
	}
	var body jute.Record
	if result.Err == proto.CodeOK {
		body = s.response(r.op, result)
	}
	s.answer(env, k, r.op, h, body)
}

// response is the body of the answer to a write that has succeeded; nil if there is none.
func (s *Server) response(op proto.OpCode, r *tree.Result) jute.Record {
	answered := *r
	answered.Type = op // the request says in which form its client reads it, not the transaction
	body := answered.Answer()
	if g, ok := body.(*proto.GetDataResponse); ok {
		g.Data, _, _ = s.db.tree.GetData(tree.Reader{Auth: []proto.ID{{Scheme: "super"}}}, tree.ConfigPath, false)
	}
	return body
}

// multiResponse is the answer to a multi: what came of each operation, or for each the error that
// undid them all.
func multiResponse(r *request, result *tree.Result) *proto.MultiResponse {
	res := &proto.MultiResponse{}
	for i := range result.Multi {
		m := &result.Multi[i]
		one := proto.MultiResult{Type: m.Type, Err: m.Err}
		if m.Type != proto.OpError {
			one.Response = m.Answer()
		}
		res.Results = append(res.Results, one)
	}
	return res
}
