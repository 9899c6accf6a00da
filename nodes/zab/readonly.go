package zab

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/election"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/session"
)

// A server that finds no leader may serve reads meanwhile, to clients that have said that they will do with
// it (readonlymode.enabled, ReadOnlyZooKeeperServer). What they read may be long past.

// tagReadOnly is the timer of a server that has looked for a leader for so long that it begins to serve reads.
var tagReadOnly = nodes.Tag{Name: "read-only"}

// readOnlyAfter is how long a server looks for a leader before that: two seconds, or a tick if that is longer.
func (s *Server) readOnlyAfter() time.Duration { return max(2*time.Second, s.zoo.TickTime) }

// armReadOnly is called when a server begins to look for a leader.
func (s *Server) armReadOnly(env nodes.Env) {
	if s.zoo.ReadOnlyMode && !s.readOnly {
		env.SetTimer(tagReadOnly, s.readOnlyAfter())
	}
}

// beginReadOnly begins to serve reads. Sessions that are made here are in no transaction.
func (s *Server) beginReadOnly(env nodes.Env) {
	if s.state != election.Looking || s.pipe != nil || s.stopping {
		return
	}
	s.readOnly, s.unlogged = true, 0
	s.pipelines++
	p := &pipeline{s: s, gen: s.pipelines}
	p.commits.init(p)
	if s.nextSession == 0 {
		s.nextSession = session.FirstID(s.id, env.Now().UnixMilli())
	}
	p.learnerSessions = session.NewLearner(session.Config{Tick: s.zoo.TickTime, NextID: s.nextSession}, true, s.db.tree, env.Monotonic())
	s.pipe = p
	if nodes.Noting(env) {
		nodes.Note(env, "serves reads, without a leader")
	}
}

// endReadOnly is called when there is a leader: all clients must come again.
func (s *Server) endReadOnly(env nodes.Env) {
	env.StopTimer(tagReadOnly)
	if s.readOnly {
		s.stopPipeline(env)
		s.readOnly = false
	}
}

// refusesWrite answers a request that a server without a leader cannot serve (ReadOnlyRequestProcessor). It
// tells whether it was one.
func (s *Server) refusesWrite(env nodes.Env, k *client, r *request) bool {
	if !s.readOnly || !r.writes() && r.op != proto.OpSync {
		return false
	}
	if r.op == proto.OpCloseSession { // of a global session, which lives on
		s.hangUp(env, k)
		return true
	}
	s.answer(env, k, r.op, proto.ReplyHeader{Xid: r.cxid, Zxid: s.db.tree.Zxid(), Err: proto.CodeNotReadOnly}, nil)
	return true
}

// keepUnlogged keeps the beginning of a session for learners as if it were a transaction, with a number of its own count: by a defect. The
// original has a server of its own for reads without a leader, which numbers from 1 and shares the database.
func (s *Server) keepUnlogged(k *client) {
	s.unlogged++
	txn := &proto.Transaction{Header: proto.TxnHeader{ClientID: k.session, Zxid: s.unlogged, Type: proto.OpCreateSession},
		Body: &proto.CreateSessionTxn{TimeOut: int32(k.timeout / time.Millisecond)}}
	s.db.committed = append(s.db.committed, logged{s.unlogged, txn.Append(nil), txn})
}
