package scenarios

import (
	"slices"

	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// What is watched at the moment at which a server says that it has done something: that a log is cut, that a transaction is proposed,
// that an epoch is refused. Clients see what becomes of it much later, if ever.
const (
	zkCut          = "a-cut-log-ends-where-it-was-cut"            // a start would come to where TRUNC has cut
	zkNotOver      = "no-epoch-is-proposed-that-is-over"          // a leader heeds which epochs its learners have accepted
	zkEnded        = "a-session-that-ends-does-nothing-more"      // behind its closeSession nothing of a session is proposed
	zkAcknowledges = "of-a-proposed-ensemble-a-quorum-can-answer" // or else it would never be committed
	zkInLog        = "a-proposed-ensemble-is-in-the-log"          // of who looks for a leader: his history says what is proposed
)

// zkEnd is the end of a session, as a primary proposes it.
type zkEnd struct{ epoch, session int64 }

// toldOf looks at a server that has told of a milestone.
func (g *zkWatch) toldOf(id nodes.ID, s *zab.Server, m zab.Milestone) {
	switch m.Kind {
	case zab.EpochOver:
		g.z.w.Asked(zkNotOver)
		g.violate(zkNotOver, "%s has told its leader that it has accepted epoch %d, and is proposed epoch %d", id, s.AcceptedEpoch(), m.Epoch)
	case zab.LogCut:
		g.cut(id, s, m)
	case zab.Looks:
		g.logged(id, s)
	case zab.Proposed:
		g.ofSession(id, m)
		g.ofEnsemble(id, s, m)
	default:
	}
}

// cut: behind a TRUNC the disk gives the history up to where it was cut, and nothing of what was cut off. Where that is the beginning of an
// epoch in which nothing was broadcast, the history ends before it.
func (g *zkWatch) cut(id nodes.ID, s *zab.Server, m zab.Milestone) {
	g.z.w.Asked(zkCut)
	r, err := s.ReplayedWhole(readOnly{g.z.w.U.Machine(id).Disk()})
	switch {
	case err != nil:
		g.violate(zkCut, "%s has cut its log to %x, and could not be started: %v", id, m.Zxid, err)
	case r.Zxid > m.Zxid || r.Zxid < m.Zxid && proto.Counter(m.Zxid) != 0:
		g.violate(zkCut, "%s has cut its log to %x, and a start would come to %x", id, m.Zxid, r.Zxid)
	}
}

// ofSession: when the end of a session is proposed, so is the end of all that it owns, and so nothing of it may come behind
// (ZOOKEEPER-1208). What is refused is a transaction all the same, which does nothing.
func (g *zkWatch) ofSession(id nodes.ID, m zab.Milestone) {
	h := &m.Txn.Header
	end := zkEnd{m.Epoch, h.ClientID}
	switch h.Type {
	case proto.OpCloseSession:
		if g.ends == nil {
			g.ends = map[zkEnd]int64{}
		}
		g.ends[end] = m.Zxid
		return
	case proto.OpError, proto.OpCreateSession:
		return
	case proto.OpMulti:
		if multi, ok := m.Txn.Body.(*proto.MultiTxn); ok && !slices.ContainsFunc(multi.Txns, func(t proto.Txn) bool { return t.Type != proto.OpError }) {
			return
		}
	}
	g.z.w.Asked(zkEnded)
	if at, over := g.ends[end]; over {
		g.violate(zkEnded, "%s proposes a %s of session %x as %x, and has proposed the end of that session as %x", id, h.Type, h.ClientID, m.Zxid, at)
	}
}

// ofEnsemble: a reconfiguration needs a quorum of the ensemble that it proposes, and whoever observes until it is committed acknowledges nothing
// (Shraer, Reed, Malkhi and Junqueira, "Dynamic reconfiguration of primary/backup clusters", USENIX ATC 2012, section 3).
func (g *zkWatch) ofEnsemble(id nodes.ID, s *zab.Server, m zab.Milestone) {
	q := zkProposed(m.Txn)
	if q == nil {
		return
	}
	g.z.w.Asked(zkAcknowledges)
	if who := s.Acknowledgers(); !q.ContainsQuorum(who) {
		g.violate(zkAcknowledges, "%s proposes ensemble %x with voters %v, and of its learners only %v acknowledge what it proposes", id, q.Version(), q.Voters(), who)
	}
}

// logged: what a server holds to be proposed when it looks for a leader is what its history says. If it came to lead, it would make it the
// ensemble in force. The first ensemble, which a leader has named, is in no log.
func (g *zkWatch) logged(id nodes.ID, s *zab.Server) {
	if !g.z.reconfigures {
		return
	}
	g.z.w.Asked(zkInLog)
	version := s.LastEnsemble().Version()
	if version <= s.Ensemble().Version() || proto.Counter(version) == 0 {
		return
	}
	in := int64(0)
	if z, ok := s.Znode(tree.ConfigPath); ok {
		if q, err := config.ParseQuorum(tree.ConfigPath, slices.Clone(z.Data)); err == nil {
			in = q.Version()
		}
	}
	if in != version {
		g.violate(zkInLog, "%s looks for a leader and holds ensemble %x to be proposed, and the last in its log is %x", id, version, in)
	}
}
