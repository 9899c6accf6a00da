package zab

import (
	"cmp"
	"slices"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
)

// nextZxid is the zxid of the next transaction; ok is false at the end of the epoch's numbers, when a new epoch
// must be begun (ZOOKEEPER-1277).
func (l *leader) nextZxid() (zxid int64, ok bool) {
	if proto.Counter(l.lastZxid) == 1<<32-1 && !l.s.cfg.Quirks.NoRolloverGuard {
		return 0, false
	}
	return l.lastZxid + 1, true
}

// propose sends a transaction to all followers, and has it logged here.
func (l *leader) propose(env nodes.Env, t logged, r *request) {
	p := &proposal{logged: t, request: r, acks: config.NewTracker(l.s.quorum, l.s.next)}
	l.lastZxid = t.zxid
	l.s.tellTxn(Proposed, t)
	l.outstanding = append(l.outstanding, p)
	for _, h := range l.handlers {
		if h.forwards && !h.observer {
			h.say(env, &proto.QuorumPacket{Type: proto.PacketProposal, Zxid: t.zxid, Data: t.raw})
		}
	}
	l.s.pipe.log(env, t)
}

// ack counts a server on whose disk a proposal is.
func (l *leader) ack(env nodes.Env, id, zxid int64) {
	if proto.Counter(zxid) == 0 || zxid <= l.committed || l.commitsNothing {
		return
	}
	i, found := slices.BinarySearchFunc(l.outstanding, zxid, func(p *proposal, z int64) int { return cmp.Compare(p.zxid, z) })
	if !found {
		return
	}
	l.outstanding[i].acks.Add(id)
	for l.s.leader == l && len(l.outstanding) > 0 && l.outstanding[0].acks.HasAllQuorums() {
		l.commit(env, l.outstanding[0])
	}
}

// commit commits the first proposal under way: in the order of the zxids, each when all before it are.
func (l *leader) commit(env nodes.Env, p *proposal) {
	l.outstanding = l.outstanding[1:]
	l.committed = p.zxid
	l.s.tellTxn(Committed, p.logged)
	l.toApply = append(l.toApply, p.logged)
	reconfig := p.request != nil && p.request.quorum != nil
	designated := l.s.id
	if reconfig {
		designated = l.designate(p)
	}
	for _, h := range l.handlers {
		if h.forwards {
			h.say(env, commitPacket(p.logged, h.observer, reconfig, designated))
		}
	}
	if reconfig {
		l.s.activate(env, p.logged, designated)
		l.retire(p.request.quorum)
	}
	l.s.pipe.commit(env, p.logged)
	l.releaseSyncs(env)
}

// retire has what was proposed behind a reconfiguration ask for a quorum of the ensemble that has come into force, and not of the one
// before it too: whoever voted in that and observes now takes no part, and what it had acknowledged is taken back when its log is cut.
// Every later leader knows of the reconfiguration, and asks the new ensemble. The original asks both to the end, and takes nothing back.
func (l *leader) retire(inForce *config.Quorum) {
	if l.s.cfg.Quirks.OldQuorumStays {
		return
	}
	for _, p := range l.outstanding {
		p.acks.Retire(inForce)
	}
}

// commitPacket is what a learner is told of a commit: a follower has the transaction already.
func commitPacket(t logged, observer, reconfig bool, designated int64) *proto.QuorumPacket {
	p := &proto.QuorumPacket{Type: proto.PacketCommit, Zxid: t.zxid}
	if observer {
		p.Type, p.Data = proto.PacketInform, t.raw
	}
	if reconfig {
		p.Type += proto.PacketCommitAndActivate - proto.PacketCommit
		if observer {
			p.Type = proto.PacketInformAndActivate
		}
		p.Data = append(appendLong(nil, designated), p.Data...)
	}
	return p
}

// applied says that a committed transaction is in the tree.
func (l *leader) applied(zxid int64) {
	for len(l.toApply) > 0 && l.toApply[0].zxid <= zxid {
		l.toApply = l.toApply[1:]
	}
}

// sync calls done when all that was proposed by now is committed. No quorum is asked: a leader that was
// deposed and does not know it answers too (ZOOKEEPER-1675, open).
func (l *leader) sync(env nodes.Env, done func(env nodes.Env)) {
	if len(l.outstanding) == 0 {
		done(env)
		return
	}
	l.syncs = append(l.syncs, &pendingSync{l.lastZxid, done})
}

func (l *leader) releaseSyncs(env nodes.Env) {
	for len(l.syncs) > 0 && l.syncs[0].zxid <= l.committed {
		first := l.syncs[0]
		l.syncs = l.syncs[1:]
		first.done(env)
	}
}
