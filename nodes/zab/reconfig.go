package zab

import (
	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/election"
	"orrery/nodes/zab/prep"
	"orrery/nodes/zab/proto"
)

// super may do everything.
var super = []proto.ID{{Scheme: "super"}}

// ensembleView is what a reconfiguration must know of the servers, as their leader sees them.
type ensembleView struct{ s *Server }

func (s *Server) ensemble() prep.Ensemble {
	if s.quorum == nil {
		return nil
	}
	return ensembleView{s}
}

// Current implements prep.Ensemble.
func (v ensembleView) Current() *config.Quorum { return v.s.quorum }

// LastSeen implements prep.Ensemble.
func (v ensembleView) LastSeen() *config.Quorum { return v.s.lastSeen() }

// Synced implements prep.Ensemble.
func (v ensembleView) Synced(q *config.Quorum) bool {
	t := config.NewTracker(q, nil)
	t.Add(v.s.id)
	if v.s.leader != nil {
		for _, h := range v.s.leader.handlers {
			if h.synced() || h.phase >= handlerTaken && v.s.cfg.Quirks.ObserverIsSynced { // an observer acknowledges nothing
				t.Add(h.id)
			}
		}
	}
	return t.HasAllQuorums()
}

// lastSeen is the ensemble that was proposed last.
func (s *Server) lastSeen() *config.Quorum {
	if s.next != nil {
		return s.next
	}
	return s.quorum
}

// proposedQuorum is the ensemble that a transaction proposes; nil if it is no reconfiguration. Its version is
// the transaction's zxid.
func proposedQuorum(t logged) *config.Quorum {
	body, ok := t.txn.Body.(*proto.SetDataTxn)
	if t.txn.Header.Type != proto.OpReconfig || !ok {
		return nil
	}
	q, err := config.ParseQuorum("the proposed reconfiguration", body.Data)
	if err != nil {
		return nil
	}
	return q.WithVersion(t.zxid)
}

// proposed notes that a reconfiguration is under way: from here on, and for the reconfiguration itself, proposals need a
// quorum of both ensembles.
func (s *Server) proposed(env nodes.Env, q *config.Quorum) { s.setNext(env, q) }

// nameEnsemble gives an ensemble that was never reconfigured the first zxid of the epoch as its version, so that it
// takes precedence over what a server that wants to join believes (ZOOKEEPER-1783). It is in force when a quorum
// has taken over NEWLEADER, which tells of it.
func (s *Server) nameEnsemble(env nodes.Env, zxid int64) {
	q := &s.cfg.Quirks
	if (s.zoo.Reconfig && !q.InitialUnnamed || q.learnsLists()) && s.lastSeen().Version() == 0 {
		s.setNext(env, s.quorum.WithVersion(zxid))
	}
}

// named is the ensemble that NEWLEADER names, which the learner makes the one in force at UPTODATE. Before this leader serves it is the
// last that was proposed: it is in its history, and all of that is committed when it begins. A leader that serves must not name one that
// is only proposed, as the original does: its learner would hold it to be in force, tell others of it in the next election,
// and be a quorum with them beside that of the ensemble that is still in force.
func (l *leader) named() *config.Quorum {
	if q := &l.s.cfg.Quirks; l.phase == broadcasts && !q.NewLeaderNamesProposed && !q.learnsLists() {
		return l.s.quorum
	}
	return l.s.lastSeen()
}

// heardMembers takes over what NEWLEADER says of the ensemble.
func (l *learner) heardMembers(env nodes.Env, text []byte) {
	static := !l.s.zoo.Reconfig
	if static && !l.s.cfg.Quirks.learnsLists() || len(text) < 2 {
		return
	}
	q, err := config.ParseQuorum("NEWLEADER", text)
	if err != nil || len(q.Members()) == 0 {
		return
	}
	if !static { // ZOOKEEPER-2819: it comes into force with reconfigurations only
		l.members = q
	}
	l.s.setNext(env, q)
}

// takeMembers makes it the one in force, at UPTODATE. It tells whether the learner must look for a leader again, because
// its part or its leader is another in there.
func (l *learner) takeMembers(env nodes.Env) (again bool) {
	q := l.members
	if q == nil {
		return false
	}
	before := l.s.quorum
	if !l.s.setQuorum(env, q) {
		return false
	}
	was, _ := before.Member(l.leaderID)
	is, ok := q.Member(l.leaderID)
	return !ok || !q.IsVoter(l.leaderID) || was.ID != 0 && len(was.Quorum) > 0 && was.Quorum[0] != is.Quorum[0] || l.changesPart(q)
}

// changesPart tells whether the server votes in the ensemble and observes now, or the reverse. Whoever is in it no
// more goes on as it is.
func (l *learner) changesPart(q *config.Quorum) bool {
	m, ok := q.Member(l.s.id)
	return ok && (m.Role == config.Observer) != l.observer
}

// activate makes the ensemble that a reconfiguration has brought the one in force. A learner whose leader is another
// in there, or whose own part is, looks for one again; the leader that is no voter any more ends its role at the next
// tick, when all have been told.
func (s *Server) activate(env nodes.Env, t logged, designated int64) {
	q := proposedQuorum(t)
	if q == nil {
		return
	}
	s.setQuorum(env, q)
	if designated != s.id && s.leader != nil {
		s.elect.SetVote(election.Vote{Leader: designated, Zxid: t.zxid, Round: s.elect.Round(), Epoch: proto.Epoch(t.zxid)})
	}
	if l := s.learner; l != nil && (designated != l.leaderID || l.changesPart(q)) {
		l.leave(env, "is told of an ensemble that another leads, or in which it has another part")
	}
}

// isOut tells whether a leader is no voter of the ensemble in force.
func (l *leader) isOut() bool { return l.phase == broadcasts && !l.s.quorum.IsVoter(l.s.id) }

// designate chooses who leads when a reconfiguration is committed: this server, if it is a voter of the new ensemble;
// else one of those that have acknowledged it.
func (l *leader) designate(p *proposal) int64 {
	q := p.request.quorum
	if q.IsVoter(l.s.id) {
		return l.s.id
	}
	for _, id := range p.acks.Acks() {
		if q.IsVoter(id) {
			return id
		}
	}
	return l.s.id
}

// finishReconfig makes the ensemble the one in force that was proposed by a leader which did not live to see it
// committed: its proposal is part of the history that was taken over.
func (l *leader) finishReconfig(env nodes.Env) {
	s := l.s
	switch {
	case s.next == nil:
	case s.zoo.Reconfig:
		s.setQuorum(env, s.next)
	default: // by a defect
		l.commitsNothing = s.cfg.Quirks.ListDesignates && !s.next.IsVoter(s.id)
	}
}

// newerConfig takes over a newer configuration that was heard of during an election.
func (s *Server) newerConfig(env nodes.Env, ev election.NewerConfig) {
	s.setQuorum(env, ev.Quorum)
	if ev.Halted {
		s.elect.Restart(env, s.quorum, s.next)
		s.look(env)
	}
}
