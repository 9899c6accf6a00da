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

	applying *applying     // a transaction that is being applied in steps
	room     applying      // where it is: there is one at a time
	behind   []*commitStep // what has come meanwhile
}

// applying is a transaction between two of the steps in which it is applied. A snapshot can be begun between them, and nothing else
// sees the tree meanwhile.
type applying struct {
	t     logged
	steps tree.Application
}

func (c *commitProcessor) init(p *pipeline) { c.p, c.waiting = p, map[int64][]*request{} }

func (c *commitProcessor) on(env nodes.Env, m *commitStep) {
	switch {
	case m.goOn:
		c.p.s.scratch.commits.over(m)
		c.step(env)
	default:
		c.behind = append(c.behind, m)
		c.catchUp(env)
	}
}

// locked tells whether somebody holds the tree while he sends it: by a defect.
func (s *Server) locked() bool {
	if !s.cfg.Quirks.SnapSendUnderLock || s.leader == nil {
		return false
	}
	for _, h := range s.leader.handlers {
		if h.snapshot != nil {
			return true
		}
	}
	return false
}

func (c *commitProcessor) take(env nodes.Env, m *commitStep) {
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
	if queue := c.waiting[r.session]; len(queue) > 0 && (!c.p.s.cfg.Quirks.CommitProcRace || c.needsCommit(r)) {
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
		return !r.synced
	}
	if c.p.prep != nil {
		return r.txn != nil
	}
	return r.writes()
}

// commit begins to apply a transaction: one whose parts a snapshot may tell apart, in steps.
func (c *commitProcessor) commit(env nodes.Env, t logged) {
	s := c.p.s
	c.room = applying{t, s.db.tree.Begin(&t.txn.Header, t.txn.Body)}
	s.db.stepping, c.applying = true, &c.room
	switch t.txn.Header.Type {
	case proto.OpMulti, proto.OpCreateSession, proto.OpCloseSession:
		c.step(env)
	default:
		c.finish(env)
	}
}

// step does the next step, and asks for the one behind it.
func (c *commitProcessor) step(env nodes.Env) {
	if c.applying == nil {
		return
	}
	if c.applying.steps.Step() {
		env.Post(stageCommit, c.p.s.scratch.commits.next(commitStep{gen: c.p.gen, goOn: true}))
		return
	}
	c.finish(env)
}

// finish does all steps that are left, and what follows the last.
func (c *commitProcessor) finish(env nodes.Env) {
	a := c.applying
	for a.steps.Step() {
	}
	c.applying, c.p.s.db.stepping = nil, false
	t, result := a.t, a.steps.Result()
	c.room = applying{}
	c.applied(env, t, &result)
	c.catchUp(env)
}

// catchUp takes what has come while a transaction was being applied.
func (c *commitProcessor) catchUp(env nodes.Env) {
	for len(c.behind) > 0 && c.applying == nil && !c.p.s.locked() && c.p.s.pipe == c.p {
		m := c.behind[0]
		c.behind = behindFirst(c.behind)
		step := *m
		c.p.s.scratch.commits.over(m)
		c.take(env, &step)
	}
}

// applied goes on behind a transaction: if a client of this server waits for it, it is answered, and so are the
// reads behind it.
func (c *commitProcessor) applied(env nodes.Env, t logged, result *tree.Result) {
	s := c.p.s
	s.finishTxn(env, t, result)
	h := &t.txn.Header
	queue := c.waiting[h.ClientID]
	if len(queue) == 0 || !c.needsCommit(queue[0]) || queue[0].op == proto.OpSync || queue[0].cxid != h.Cxid {
		return
	}
	s.answerWrite(env, queue[0], t, result)
	c.goOn(env, h.ClientID, queue[1:])
}

// goOn answers what waited behind something that has been answered.
func (c *commitProcessor) goOn(env nodes.Env, id int64, queue []*request) {
	lost := c.p.s.cfg.Quirks.CommitProcLostWakeup && len(c.waiting) == 1 // nobody is there to be woken
	for len(queue) > 0 && !c.needsCommit(queue[0]) && !lost {
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
	r.synced = true
	queue := c.waiting[r.session]
	if len(queue) == 0 || queue[0] != r {
		return // its client is gone, or has a write before it that is under way yet, and is answered first: alone or for a learner, a sync overtakes it
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

// finishTxn tells everybody of a transaction that has been applied (FinalRequestProcessor).
func (s *Server) finishTxn(env nodes.Env, t logged, result *tree.Result) {
	s.db.remember(t)
	s.tellTxn(Delivered, t)
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
}
