package zab

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/prep"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/session"
)

// request is what somebody wants, on its way through the processors.
type request struct {
	session int64
	cxid    int32
	op      proto.OpCode
	raw     []byte      // the body as it came
	body    jute.Record // read from raw
	auth    []proto.ID
	owner   session.Owner // by which way it came
	conn    nodes.Conn    // of a client of this server; the zero Conn otherwise
	local   bool          // of a local session
	refused proto.ErrCode // it was refused before it came here

	txn    *proto.Transaction // that was made of it
	code   proto.ErrCode      // why it was refused
	quorum *config.Quorum     // that a reconfiguration proposes
	zxid   int64              // of a read of a leader's client: the last that had been given out
	synced bool               // of a sync: it may be answered when its turn comes
}

// writes tells whether a request becomes a transaction.
func (r *request) writes() bool {
	switch r.op {
	case proto.OpCreate, proto.OpCreate2, proto.OpCreateTTL, proto.OpCreateContainer, proto.OpDelete, proto.OpDeleteContainer,
		proto.OpSetData, proto.OpSetACL, proto.OpMulti, proto.OpCheck, proto.OpReconfig:
		return true
	case proto.OpCreateSession, proto.OpCloseSession:
		return !r.local
	}
	return false
}

// pipeline are the request processors of a server that serves. Every arrow of the original's chain that is a queue
// before a thread is a stage.
type pipeline struct {
	s    *Server
	gen  uint64 // tells the messages of this pipeline from those of one that has ended
	prep *prep.Prep

	leaderSessions  *session.Leader // of a leader, or a server that stands alone
	learnerSessions *session.Learner

	unlogged []logged // on their way to the log
	logging  []logged // appended to the log and not yet durable
	flushing bool     // a flush is asked for
	sinceSnapshot,
	snapshotAt int // transactions since the last snapshot, and how many begin the next one
	walking bool // a snapshot is being written

	commits commitProcessor
}

// The stages.
var (
	stagePrep   = nodes.Tag{Name: "prep"}
	stageSync   = nodes.Tag{Name: "sync"}
	stageCommit = nodes.Tag{Name: "commit"}
)

// What waits for a stage.
type (
	prepStep struct {
		gen uint64
		r   *request
	}
	syncStep struct {
		gen   uint64
		t     logged
		flush bool
		snap  bool
	}
	commitStep struct {
		gen    uint64
		t      logged
		commit bool
		r      *request
		synced bool // the leader has answered a sync
		goOn   bool // with the transaction that is being applied
	}
)

// Kind implements nodes.Message.
func (*prepStep) Kind() string { return "request" }

// Kind implements nodes.Message.
func (m *syncStep) Kind() string {
	switch {
	case m.flush:
		return "flush"
	case m.snap:
		return "snapshot"
	}
	return "transaction"
}

// Kind implements nodes.Message.
func (m *commitStep) Kind() string {
	switch {
	case m.commit:
		return "commit"
	case m.synced:
		return "synced"
	case m.goOn:
		return "apply"
	}
	return "request"
}

// startPipeline begins to serve, in the role that this server has.
func (s *Server) startPipeline(env nodes.Env) {
	s.pipelines++
	p := &pipeline{s: s, gen: s.pipelines}
	p.commits.init(p)
	s.pipe = p
	p.snapshotAt = p.drawSnapshot(env)
	now := env.Monotonic()
	if s.nextSession == 0 {
		s.nextSession = session.FirstID(s.id, env.Now().UnixMilli())
	}
	cfg := session.Config{Tick: s.zoo.TickTime, NextID: s.nextSession, NoClosingFlag: s.cfg.Quirks.Tree.NoClosingFlag}
	if s.learner != nil {
		p.learnerSessions = session.NewLearner(cfg, s.zoo.LocalSessions, s.db.tree, now)
	} else {
		var known []session.Global
		for _, e := range s.db.tree.Sessions() {
			known = append(known, session.Global{ID: e.SessionID, Timeout: millis(e.TimeOut)})
		}
		p.leaderSessions = session.NewLeader(cfg, s.id, s.zoo.LocalSessions, known, now)
		p.prep = prep.New(s.db.tree, p.leaderSessions, prep.Config{
			Reconfig: s.zoo.Reconfig, Standalone: s.zoo.Standalone, Ensemble: s.ensemble(), NoDigest: !s.zoo.Digest,
			ExtendedTypes: s.zoo.ExtendedTypes, Quirks: s.cfg.Quirks.Tree,
		})
		s.armSessions(env)
		s.armSweep(env)
	}
	if s.quorum != nil {
		s.db.tree.SetConfig([]byte(s.quorum.String()), s.quorum.Version(), env.Now().UnixMilli())
	}
}

// stopPipeline ends to serve: clients are cut off, and what waits for a stage is forgotten, but for what was to be
// logged: that is.
func (s *Server) stopPipeline(env nodes.Env) {
	p := s.pipe
	if p == nil {
		return
	}
	if p.commits.applying != nil {
		p.commits.behind = nil
		p.commits.finish(env)
	}
	s.pipe = nil
	env.StopTimer(tagSessions)
	env.StopTimer(tagSweep)
	s.disk.AbortSnapshot(env.Disk())
	s.cutClients(env)
	for _, t := range p.unlogged {
		s.logTxn(t)
	}
}

// Posted implements nodes.StageHandler.
func (s *Server) Posted(env nodes.Env, stage nodes.Tag, m nodes.Message) {
	if s.elect != nil && s.elect.Posted(env, stage) {
		s.takeElection(env)
		return
	}
	switch m := m.(type) {
	case *prepStep:
		if s.pipe != nil && s.pipe.gen == m.gen {
			s.pipe.onPrep(env, m.r)
		}
		s.scratch.preps.over(m)
	case *syncStep:
		if s.pipe != nil && s.pipe.gen == m.gen {
			s.pipe.onSync(env, m)
		}
		s.scratch.syncs.over(m)
	case *commitStep:
		if s.pipe != nil && s.pipe.gen == m.gen {
			s.pipe.commits.on(env, m)
		} else {
			s.scratch.commits.over(m)
		}
	case *lateFlush:
		s.must(env, s.disk.Flush(env.Disk()))
	case *forwardStep:
		m.h.goOnForwarding(env, m.sent)
	case *sendStep:
		m.h.sendSnapshot(env)
	}
}

// submit takes a request into the pipeline.
func (p *pipeline) submit(env nodes.Env, r *request) {
	if p.prep != nil {
		env.Post(stagePrep, p.s.scratch.preps.next(prepStep{p.gen, r}))
		return
	}
	p.submitLearner(env, r)
}

// submitLearner is the first processor of a learner (FollowerRequestProcessor, ObserverRequestProcessor): writes go to
// the leader, and everything waits for its turn in the commit processor.
func (p *pipeline) submitLearner(env nodes.Env, r *request) {
	env.Post(stageCommit, p.s.scratch.commits.next(commitStep{gen: p.gen, r: r}))
	if r.writes() || r.op == proto.OpSync {
		p.s.learner.forward(env, r)
	}
}

// onPrep judges a request, and proposes what comes of it.
func (p *pipeline) onPrep(env nodes.Env, r *request) {
	s := p.s
	if !r.writes() && r.op != proto.OpCreateSession && r.op != proto.OpCloseSession {
		r.code = p.checkRead(r)
		if s.leader != nil {
			r.zxid = s.leader.lastZxid
		}
		p.passOn(env, r)
		return
	}
	zxid, ok := s.freeZxid()
	if !ok {
		nodes.Reachable(env, markRollover)
		s.leader.leave(env, "has no more numbers in this epoch")
		return
	}
	at := prep.Moment{Wall: env.Now().UnixMilli(), Mono: env.Monotonic()}
	req := prep.Request{Session: r.session, Xid: r.cxid, Type: r.op, Auth: r.auth, Owner: r.owner, Local: r.local, Refused: r.refused}
	var made prep.Prepared
	if body, err := r.parse(&s.scratch.in); err != nil {
		made = p.prep.Malformed(&req, zxid, at)
	} else {
		req.Body = body
		made = p.prep.Prepare(&req, zxid, at)
	}
	r.txn, r.code, r.quorum = made.Txn, made.Code, made.Quorum
	p.passOn(env, r)
}

// checkRead refuses a read of a session that is gone.
func (p *pipeline) checkRead(r *request) proto.ErrCode {
	if r.session == 0 || r.op == proto.OpPing {
		return proto.CodeOK
	}
	return p.leaderSessions.Check(r.session, r.owner)
}

// passOn hands a judged request to the commit processor, if a client of this server waits for it, and proposes its
// transaction (ProposalRequestProcessor).
func (p *pipeline) passOn(env nodes.Env, r *request) {
	s := p.s
	env.Post(stageCommit, p.s.scratch.commits.next(commitStep{gen: p.gen, r: r}))
	switch {
	case r.op == proto.OpSync && s.leader != nil:
		s.leader.sync(env, func(env nodes.Env) { p.synced(env) })
	case r.op == proto.OpSync:
		p.synced(env)
	case r.txn == nil:
	case s.leader != nil:
		if r.quorum != nil { // the proposal itself needs a quorum of the new ensemble too
			s.proposed(env, r.quorum)
		}
		s.leader.propose(env, s.made(r.txn), r)
	default: // alone
		s.lastAlone = r.txn.Header.Zxid
		p.log(env, s.made(r.txn))
	}
}

// scratch is what a server reads and writes with again and again: nothing of it is kept from one call to the next.
type scratch struct {
	in      jute.Decoder
	out     []byte
	preps   spare[prepStep]
	syncs   spare[syncStep]
	commits spare[commitStep]
}

// spare is what was posted to a stage and has been taken, for what is posted next.
type spare[T any] struct{ list []*T }

func (s *spare[T]) next(v T) *T {
	n := len(s.list) - 1
	if n < 0 {
		s.list = append(s.list, new(T))
		n = 0
	}
	p := s.list[n]
	s.list = s.list[:n]
	*p = v
	return p
}

func (s *spare[T]) over(p *T) {
	var none T
	*p = none
	s.list = append(s.list, p)
}

// behindFirst is a queue behind its first element. A short one stays where it is, so that it can grow again without more room.
func behindFirst[T any](queue []T) []T {
	if len(queue) > 16 {
		return queue[1:]
	}
	n := copy(queue, queue[1:])
	clear(queue[n:])
	return queue[:n]
}

// made is a transaction as it is on the wire and on disk.
func (s *Server) made(txn *proto.Transaction) logged {
	s.scratch.out = txn.Append(s.scratch.out[:0])
	return logged{txn.Header.Zxid, bytes.Clone(s.scratch.out), txn}
}

// freeZxid is the next one that is free.
func (s *Server) freeZxid() (int64, bool) {
	if s.leader != nil {
		return s.leader.nextZxid()
	}
	return max(s.lastAlone, s.db.tree.Zxid()) + 1, true
}

// log hands a transaction to the stage that writes the log.
func (p *pipeline) log(env nodes.Env, t logged) {
	p.unlogged = append(p.unlogged, t)
	env.Post(stageSync, p.s.scratch.syncs.next(syncStep{gen: p.gen, t: t}))
}

// commit hands a committed transaction to the commit processor.
func (p *pipeline) commit(env nodes.Env, t logged) {
	env.Post(stageCommit, p.s.scratch.commits.next(commitStep{gen: p.gen, t: t, commit: true}))
}

// synced tells the commit processor that the oldest sync under way may be answered.
func (p *pipeline) synced(env nodes.Env) {
	env.Post(stageCommit, p.s.scratch.commits.next(commitStep{gen: p.gen, synced: true}))
}

// onSync appends to the log, and flushes it when nothing more waits (SyncRequestProcessor).
func (p *pipeline) onSync(env nodes.Env, m *syncStep) {
	s := p.s
	switch {
	case m.flush:
		p.flushing = false
		s.must(env, s.disk.Flush(env.Disk()))
	case m.snap:
		p.stepSnapshot(env)
	default:
		p.unlogged = behindFirst(p.unlogged)
		s.logTxn(m.t)
		p.logging = append(p.logging, m.t)
		p.countForSnapshot(env)
		if !p.flushing {
			p.flushing = true
			env.Post(stageSync, p.s.scratch.syncs.next(syncStep{gen: p.gen, flush: true}))
		}
	}
}

// durable acknowledges what has become durable.
func (p *pipeline) durable(env nodes.Env, zxid int64) {
	s := p.s
	i := slices.IndexFunc(p.logging, func(t logged) bool { return t.zxid > zxid })
	if i < 0 {
		i = len(p.logging)
	}
	done := p.logging[:i]
	p.logging = p.logging[i:]
	for _, t := range done {
		switch {
		case s.pipe != p:
			return
		case s.leader != nil:
			s.leader.ack(env, s.id, t.zxid)
		case s.learner != nil:
			if !s.learner.observer {
				s.learner.ack(env, t.zxid)
			}
		default:
			p.commit(env, t)
		}
	}
}

// drawSnapshot draws after how many transactions the next snapshot begins: so that the members of an
// ensemble do not all take theirs at once.
func (p *pipeline) drawSnapshot(env nodes.Env) int {
	half := max(p.s.zoo.SnapCount/2, 1)
	return half + int(env.Rand().Int64N(int64(half)))
}

func (p *pipeline) countForSnapshot(env nodes.Env) {
	p.sinceSnapshot++
	if p.sinceSnapshot < p.snapshotAt || p.walking {
		return
	}
	p.sinceSnapshot, p.snapshotAt = 0, p.drawSnapshot(env)
	p.s.disk.Roll()
	if err := p.s.disk.BeginSnapshot(p.s.db.tree.Walk(), false); err != nil {
		return // one is being written
	}
	p.walking = true
	nodes.Reachable(env, markSnapshot)
	env.Post(stageSnapshot, &syncStep{gen: p.gen, snap: true})
}

// stepSnapshot writes the next piece of a snapshot; transactions go on between.
func (p *pipeline) stepSnapshot(env nodes.Env) {
	done, err := p.s.disk.StepSnapshot(env.Disk(), cmp.Or(p.s.cfg.SnapshotChunk, snapshotStep), p.s.db.tree.LastDigest())
	p.s.must(env, nil)
	if err != nil || done {
		p.walking = false
		return
	}
	env.Post(stageSnapshot, &syncStep{gen: p.gen, snap: true})
}

// lateFlush writes and syncs the log apart from everything else: by a defect.
type lateFlush struct{}

// Kind implements nodes.Message.
func (*lateFlush) Kind() string { return "late flush" }

// parse reads the body of a request.
func (r *request) parse(d *jute.Decoder) (jute.Record, error) {
	if r.body != nil || r.op == proto.OpCloseSession {
		return r.body, nil
	}
	b := requestOf(r.op)
	if b == nil {
		return nil, fmt.Errorf("zab: no request %s", r.op)
	}
	d.Reset(r.raw)
	if err := b.Decode(d); err != nil {
		return nil, err
	}
	r.body = b
	return b, nil
}
