package zab

import (
	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/election"
	"orrery/nodes/zab/prep"
	"orrery/nodes/zab/proto"
)

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
			if h.phase >= handlerTaken {
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

// proposed notes that a reconfiguration is under way: from here on proposals need a quorum of both ensembles.
func (s *Server) proposed(_ nodes.Env, q *config.Quorum) { s.next = q }

// activate makes the ensemble that a reconfiguration has brought the one in force.
func (s *Server) activate(env nodes.Env, t logged, designated int64) {
	body, ok := t.txn.Body.(*proto.SetDataTxn)
	if !ok {
		return
	}
	q, err := config.ParseQuorum("the committed reconfiguration", body.Data)
	if err != nil {
		env.Halt(err)
	}
	s.quorum, s.next = q.WithVersion(t.zxid), nil
	s.elect.SetQuorums(s.quorum, nil)
	if designated != s.id && s.leader != nil {
		s.elect.SetVote(election.Vote{Leader: designated, Zxid: t.zxid, Round: s.elect.Round(), Epoch: proto.Epoch(t.zxid)})
	}
}

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
func (l *leader) finishReconfig(nodes.Env) {
	if s := l.s; s.next != nil {
		s.quorum, s.next = s.next, nil
		s.elect.SetQuorums(s.quorum, nil)
	}
}

// newerConfig takes over a newer configuration that was heard of during an election.
func (s *Server) newerConfig(env nodes.Env, ev election.NewerConfig) {
	s.quorum, s.next = ev.Quorum, nil
	if ev.Halted {
		s.elect.Restart(env, s.quorum, nil)
		s.look(env)
	}
}
