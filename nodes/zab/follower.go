package zab

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// connectPause is what a learner waits before it dials its leader once more.
const connectPause = 100 * time.Millisecond

// onBroadcast takes what a leader says to a learner that is up to date (Follower.processPacket,
// Observer.processPacket).
func (l *learner) onBroadcast(env nodes.Env, p *proto.QuorumPacket) {
	switch p.Type {
	case proto.PacketPing:
		l.answerPing(env)
	case proto.PacketProposal:
		if t, err := parseTxn(p.Data); err == nil {
			l.propose(env, t)
			return
		}
		l.bad(env, "was proposed what cannot be read")
	case proto.PacketCommit:
		l.commit(env, p.Zxid)
	case proto.PacketInform:
		l.inform(env, p)
	case proto.PacketCommitAndActivate, proto.PacketInformAndActivate:
		l.activate(env, p)
	case proto.PacketRevalidate:
		var v proto.SessionValidity
		if err := decode(p.Data, &v); err == nil {
			l.s.revalidated(env, v.SessionID, v.Valid)
		}
	case proto.PacketSync:
		l.s.pipe.synced(env)
	case proto.PacketUpToDate: // once more
	default:
		l.bad(env, fmt.Sprintf("was told %s", p.Type))
	}
}

// propose logs a proposal; the leader hears of it when it is durable.
func (l *learner) propose(env nodes.Env, t logged) {
	if q := proposedQuorum(t); q != nil {
		l.s.setNext(env, q)
	}
	if proto.Counter(t.zxid) != 0 {
		l.pending = append(l.pending, t)
	}
	l.s.pipe.log(env, t)
}

// commit applies what was proposed first and is not yet applied. If the leader means another
// transaction, this server has lost one, and must not go on (UNMATCHED_TXN_COMMIT).
func (l *learner) commit(env nodes.Env, zxid int64) {
	if len(l.pending) == 0 {
		return // it was applied while this server was brought up to date
	}
	head := l.pending[0]
	if head.zxid != zxid {
		env.Halt(fmt.Errorf("zab: is told to commit %x, and %x was proposed first", zxid, head.zxid))
	}
	l.pending = l.pending[1:]
	l.s.pipe.commit(env, head)
}

// inform is proposal and commit in one, for an observer.
func (l *learner) inform(env nodes.Env, p *proto.QuorumPacket) {
	t, err := parseTxn(informed(p))
	if err != nil {
		l.bad(env, "was informed of what cannot be read")
		return
	}
	if l.s.zoo.SyncEnabled {
		l.s.pipe.log(env, t)
	}
	l.s.pipe.commit(env, t)
}

// answerPing tells the leader which sessions were heard of.
func (l *learner) answerPing(env nodes.Env) {
	var touches proto.SessionTouches
	if l.s.pipe != nil && l.s.pipe.learnerSessions != nil {
		for _, g := range l.s.pipe.learnerSessions.Touched() {
			touches.Sessions = append(touches.Sessions, proto.SessionTouch{SessionID: g.ID, TimeOut: int32(g.Timeout / time.Millisecond)})
		}
	}
	l.link.send(env, &proto.QuorumPacket{Type: proto.PacketPing, Zxid: -1, Data: touches.Append([]byte{})}) // Apache's leader falls over a null
}

// ack tells the leader of a transaction that is durable.
func (l *learner) ack(env nodes.Env, zxid int64) {
	l.link.send(env, &proto.QuorumPacket{Type: proto.PacketAck, Zxid: zxid})
}

// forward sends a client's write to the leader.
func (l *learner) forward(env nodes.Env, r *request) {
	body := r.raw
	if body == nil {
		body = []byte{}
	}
	req := proto.LearnerRequest{SessionID: r.session, Cxid: r.cxid, Type: r.op, Body: body}
	l.link.send(env, &proto.QuorumPacket{Type: proto.PacketRequest, Zxid: -1, Data: req.Append(nil), AuthInfo: r.auth})
}

// revalidate asks the leader whether a session that has come here is still alive.
func (l *learner) revalidate(env nodes.Env, id int64, timeout time.Duration) {
	t := proto.SessionTouch{SessionID: id, TimeOut: int32(timeout / time.Millisecond)}
	l.link.send(env, &proto.QuorumPacket{Type: proto.PacketRevalidate, Zxid: -1, Data: t.Append(nil)})
}

// activate is the commit of a reconfiguration, with the leader that is designated for what follows.
func (l *learner) activate(env nodes.Env, p *proto.QuorumPacket) {
	d := jute.NewDecoder(p.Data)
	designated := d.Long()
	if d.Err() != nil {
		l.bad(env, "was told a reconfiguration that cannot be read")
		return
	}
	zxid := p.Zxid
	var t logged
	if p.Type == proto.PacketInformAndActivate {
		var err error
		if t, err = parseTxn(informed(p)); err != nil {
			l.bad(env, "was informed of what cannot be read")
			return
		}
		l.inform(env, p)
	} else {
		if len(l.pending) == 0 {
			return
		}
		t = l.pending[0]
		l.commit(env, zxid)
	}
	l.s.activate(env, t, designated)
}
