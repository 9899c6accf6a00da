package zab

import (
	"orrery/nodes"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// commitProcessor keeps the order that clients are promised (CommitProcessor): of one session everything
// is answered in the order in which it was asked, a read behind the session's own write is answered after it, and
// nothing is read while a transaction is being applied.
type commitProcessor struct {
	p       *pipeline
	waiting map[int64][]*request // by session: a write or a sync that is under way, and what was asked behind it
	syncs   []*request           // in the order in which they were asked
}

func (c *commitProcessor) init(p *pipeline) { c.p, c.waiting = p, map[int64][]*request{} }

func (c *commitProcessor) on(env nodes.Env, m *commitStep) {
	switch {
	case m.commit:
		c.commit(env, m.t)
	case m.synced:
		c.answerSync(env)
	default:
		c.request(env, m.r)
	}
}

// request takes what a client of this server has asked.
func (c *commitProcessor) request(env nodes.Env, r *request) {
	if r.conn == (nodes.Conn{}) {
		return // whoever has asked is answered by another server
	}
	if r.op == proto.OpSync {
		c.syncs = append(c.syncs, r)
	}
	if queue := c.waiting[r.session]; len(queue) > 0 {
		c.waiting[r.session] = append(queue, r)
	} else if c.needsCommit(r) {
		c.waiting[r.session] = []*request{r}
	} else {
		c.p.s.answerRead(env, r)
	}
}

// needsCommit tells whether a request is answered only when something has been committed.
func (c *commitProcessor) needsCommit(r *request) bool {
	if r.op == proto.OpSync {
		return true
	}
	if c.p.prep != nil {
		return r.txn != nil
	}
	return r.writes()
}

// commit applies a transaction; if a client of this server waits for it, it is answered, and so are the
// reads behind it.
func (c *commitProcessor) commit(env nodes.Env, t logged) {
	s := c.p.s
	result := s.apply(env, t)
	h := &t.txn.Header
	queue := c.waiting[h.ClientID]
	if len(queue) == 0 || !c.needsCommit(queue[0]) || queue[0].op == proto.OpSync || queue[0].cxid != h.Cxid {
		return
	}
	s.answerWrite(env, queue[0], t, &result)
	c.goOn(env, h.ClientID, queue[1:])
}

// goOn answers what waited behind something that has been answered.
func (c *commitProcessor) goOn(env nodes.Env, id int64, queue []*request) {
	for len(queue) > 0 && !c.needsCommit(queue[0]) {
		c.p.s.answerRead(env, queue[0])
		queue = queue[1:]
	}
	if len(queue) == 0 {
		delete(c.waiting, id)
		return
	}
	c.waiting[id] = queue
}

// answerSync answers the oldest sync: everything that was committed before it was asked is applied.
func (c *commitProcessor) answerSync(env nodes.Env) {
	if len(c.syncs) == 0 {
		return
	}
	r := c.syncs[0]
	c.syncs = c.syncs[1:]
	queue := c.waiting[r.session]
	if len(queue) == 0 || queue[0] != r {
		return // its client is gone
	}
	c.p.s.answerRead(env, r)
	c.goOn(env, r.session, queue[1:])
}

// forget drops what a client has asked whose connection has ended. What is under way is applied all the same.
func (c *commitProcessor) forget(id int64, conn nodes.Conn) {
	queue := c.waiting[id]
	kept := queue[:0:0]
	for _, r := range queue {
		if r.conn != conn {
			kept = append(kept, r)
		}
	}
	if len(kept) == 0 {
		delete(c.waiting, id)
	} else {
		c.waiting[id] = kept
	}
}

// apply applies a committed transaction, and tells everybody whom it concerns (FinalRequestProcessor).
func (s *Server) apply(env nodes.Env, t logged) tree.Result {
	result := s.db.apply(t)
	if s.leader != nil {
		s.leader.applied(t.zxid)
	}
	p := s.pipe
	if p.prep != nil {
		p.prep.Applied(t.zxid)
	}
	h := &t.txn.Header
	switch h.Type {
	case proto.OpCreateSession:
		if p.leaderSessions != nil {
			p.leaderSessions.Committed(h.ClientID)
		} else if timeout, ok := s.db.tree.SessionTimeout(h.ClientID); ok {
			p.learnerSessions.Committed(h.ClientID, timeout)
		}
	case proto.OpCloseSession:
		if p.leaderSessions != nil {
			p.leaderSessions.Remove(h.ClientID)
		} else {
			p.learnerSessions.Remove(h.ClientID)
		}
	}
	s.tellWatchers(env, result.Events)
	if h.Type == proto.OpCloseSession {
		s.sessionClosed(env, h.ClientID)
	}
	return result
}
