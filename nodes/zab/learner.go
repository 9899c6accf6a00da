package zab

import (
	"fmt"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/election"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// learner is a server's part while it follows or observes.
type learner struct {
	s        *Server
	leaderID int64
	observer bool
	link     *link
	tries    int
	phase    learnerPhase
	epoch    int64 // that the leader proposes
	answer   int32 // of ACKEPOCH: the current epoch, or -1

	members *config.Quorum // what NEWLEADER has said of the ensemble
	sync    learnerSync
	pending []logged // proposed, and not yet committed (pendingTxns)
	acked   int64    // the last transaction that the leader was told is durable
	paused  bool     // packets wait until something is durable
	// wantsSnapshot says that nothing but SNAP can help: see askForSnapshot.
	wantsSnapshot bool
	heard         bool // of the leader, since the last look at the limit
}

// learnerPhase is how far a learner has come.
type learnerPhase uint8

const (
	connecting learnerPhase = iota
	waitsForLeaderInfo
	acceptsEpoch // the file is being written
	waitsForSync
	loadsSnapshot
	truncates
	catchesUp    // between DIFF, SNAP or TRUNC and NEWLEADER
	takesHistory // between NEWLEADER and its ACK
	waitsForUpToDate
	serves
)

// follow begins to follow or to observe the leader that was elected.
func (s *Server) follow(env nodes.Env, leader int64, observer bool) {
	s.learner = &learner{s: s, leaderID: leader, observer: observer}
	env.SetTimer(tagLimit, s.ticks(s.zoo.InitLimit))
	s.learner.connect(env)
}

const connectTries = 5 // of Learner.connectToLeader

// connect dials the leader: it may not have noticed yet that it leads.
func (l *learner) connect(env nodes.Env) {
	s := l.s
	m, ok := s.quorum.Member(l.leaderID)
	if !ok || l.tries == connectTries {
		l.leave(env, "cannot reach its leader")
		return
	}
	l.tries++
	c := env.Dial(s.cfg.Where(m.Quorum[0]), nodes.Framing{Stream: true})
	l.link = s.newLink(c)
	l.link.packet = l.take
	l.link.closed = l.disconnected
}

// connected says who this is, and the last epoch that it has accepted.
func (l *learner) connected(env nodes.Env) {
	s := l.s
	l.phase = waitsForLeaderInfo
	info := proto.LearnerInfo{ServerID: s.id, ProtocolVersion: learnerProtocol, ConfigVersion: s.quorum.Version()}
	p := proto.QuorumPacket{Type: proto.PacketFollowerInfo, Zxid: proto.MakeZxid(s.lastAccepted(), 0), Data: info.Append(nil)}
	if l.observer {
		p.Type = proto.PacketObserverInfo
	}
	l.link.send(env, &p)
}

const learnerProtocol = 0x10000

// disconnected is the end of the connection: before it stood, the leader is dialled again.
func (l *learner) disconnected(env nodes.Env) {
	if l.phase == connecting || l.phase == waitsForLeaderInfo { // it may not have noticed yet that it leads
		l.phase, l.link = connecting, nil
		env.SetTimer(tagConnect, connectPause)
		return
	}
	l.leave(env, "has lost its leader")
}

// limit ends a role in which nothing was heard of the leader for too long.
func (l *learner) limit(env nodes.Env) {
	if !l.heard {
		l.leave(env, "has not heard of its leader")
		return
	}
	l.heard = false
	l.s.armLimit(env, l)
}

func (s *Server) armLimit(env nodes.Env, l *learner) {
	n := s.zoo.InitLimit
	if l.phase == serves {
		n = s.zoo.SyncLimit
	}
	env.SetTimer(tagLimit, s.ticks(n))
}

// leave ends the role. What it has left to be logged is logged before a leader is looked for.
func (l *learner) leave(env nodes.Env, why string) {
	s := l.s
	if s.learner != l {
		return
	}
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("stops to follow %d: %s", l.leaderID, why))
	}
	if l.link != nil {
		s.drop(env, l.link)
	}
	env.StopTimer(tagConnect)
	env.StopTimer(tagLimit)
	s.learner = nil
	keeps := s.cfg.Quirks.keepsMemory(l.sync.mode) && l.phase != loadsSnapshot // of half a snapshot no defect makes a tree
	s.leaveRole(env, l.sync.memoryIsNotDisk && !keeps)
}

// bad ends the role because of a packet that the leader should not have sent.
func (l *learner) bad(env nodes.Env, why string) {
	l.s.tell(Milestone{Kind: BadPacket, Epoch: l.epoch, Why: fmt.Sprintf("the learner of %d %s", l.leaderID, why)})
	l.leave(env, why)
}

// take takes a packet of the leader.
func (l *learner) take(env nodes.Env, p *proto.QuorumPacket) {
	l.heard = true
	switch l.phase {
	case waitsForLeaderInfo:
		l.onLeaderInfo(env, p)
	case waitsForSync:
		l.onSyncMode(env, p)
	case catchesUp, waitsForUpToDate:
		l.onCatchUp(env, p)
	case serves:
		l.onBroadcast(env, p)
	default:
		l.bad(env, fmt.Sprintf("was told %s out of turn", p.Type))
	}
}

// onLeaderInfo accepts the epoch that the leader proposes. The file is written before the leader hears of it.
func (l *learner) onLeaderInfo(env nodes.Env, p *proto.QuorumPacket) {
	s := l.s
	if p.Type != proto.PacketLeaderInfo {
		l.bad(env, fmt.Sprintf("was told %s instead of LEADERINFO", p.Type))
		return
	}
	l.epoch = proto.Epoch(p.Zxid)
	switch accepted := s.lastAccepted(); {
	case !s.choices().Accepts(l.epoch, accepted):
		nodes.Reachable(env, markOldEpoch)
		s.tell(Milestone{Kind: EpochOver, Epoch: l.epoch})
		l.leave(env, "was proposed an epoch that is over")
	case l.epoch == accepted:
		l.answer = -1 // it was counted before: it must not be again
		l.ackEpoch(env)
	default:
		l.answer = int32(s.votesEpoch())
		if s.cfg.Quirks.EpochNoAccepted {
			l.ackEpoch(env)
			return
		}
		l.phase = acceptsEpoch
		l.pause()
		s.must(env, s.disk.SetAcceptedEpoch(env.Disk(), l.epoch))
	}
}

func (l *learner) ackEpoch(env nodes.Env) {
	l.phase = waitsForSync
	l.s.tell(Milestone{Kind: EpochAccepted, Epoch: l.epoch, Zxid: l.s.db.tree.Zxid()})
	last := l.s.db.tree.Zxid()
	if l.wantsSnapshot {
		last = proto.MakeZxid(l.epoch+1, 0)
	}
	l.link.send(env, &proto.QuorumPacket{Type: proto.PacketAckEpoch, Zxid: last, Data: jute.AppendInt(nil, l.answer)})
}

// pause lets what the leader says wait; resume goes on.
func (l *learner) pause() { l.paused, l.link.paused = true, true }

func (l *learner) resume(env nodes.Env) {
	l.paused, l.link.paused = false, false
	l.s.readPackets(env, l.link)
}

// acceptedEpochDurable goes on with whoever has waited for the file.
func (s *Server) acceptedEpochDurable(env nodes.Env, epoch int64) {
	switch {
	case s.leader != nil:
		s.leader.epochAccepted(env, epoch)
	case s.learner != nil && s.learner.phase == acceptsEpoch:
		s.learner.ackEpoch(env)
		s.learner.resume(env)
	}
}

// currentEpochDurable does the same for the other file.
func (s *Server) currentEpochDurable(env nodes.Env, epoch int64) {
	switch {
	case s.leader != nil:
		s.leader.epochEstablished(env, epoch)
	case s.learner != nil && s.learner.phase == takesHistory:
		s.learner.historyStep(env)
	}
}

// role is what a server calls itself.
func (s *Server) role() string {
	switch {
	case !s.zoo.Distributed():
		return "standalone"
	case s.state == election.Leading:
		return "leader"
	case s.state == election.Observing:
		return "observer"
	case s.state == election.Following:
		return "follower"
	}
	return "looking"
}
