package zab

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/session"
	"orrery/nodes/zab/store"
)

// handler is a leader's end of one learner (LearnerHandler).
type handler struct {
	l        *leader
	link     *link
	id       int64
	observer bool
	phase    handlerPhase
	lastZxid int64 // of the learner's history, as it said
	accepts  bool  // it has accepted the epoch on this connection, and not before

	forwards bool                  // proposals and commits go to this learner
	queue    []*proto.QuorumPacket // waits until a snapshot has been sent
	snapshot *store.Encoder        // is being sent
	nextAck  int                   // the tick by which the learner must have said something
	unacked  []unacked             // proposals that it was sent and has not acknowledged
}

type unacked struct {
	zxid int64
	at   time.Duration // when it was sent, by this server's monotonic clock
}

type handlerPhase uint8

const (
	handlerConnected   handlerPhase = iota
	handlerTellsEpoch               // has said which epoch it accepted; waits for LEADERINFO
	handlerWasTold                  // was told the new epoch; ACKEPOCH is to come
	handlerHasAccepted              // waits for a quorum to accept
	handlerSyncing                  // was sent NEWLEADER; its ACK is to come
	handlerTaken                    // has taken the history over; waits for UPTODATE
	handlerServes
)

// learnerConnects takes a connection on the quorum port.
func (l *leader) learnerConnects(env nodes.Env, k *link) {
	h := &handler{l: l, link: k, nextAck: l.ticked() + l.s.zoo.InitLimit + l.s.zoo.SyncLimit}
	if l.s.cfg.Quirks.SyncLimitDuringSnap {
		h.nextAck = l.s.zoo.SyncLimit
	}
	k.packet = h.take
	k.closed = h.gone
	l.handlers = append(l.handlers, h)
}

// gone is the end of the connection.
func (h *handler) gone(nodes.Env) {
	h.stop()
	h.l.handlers = slices.DeleteFunc(h.l.handlers, func(o *handler) bool { return o == h })
}

func (h *handler) stop() {
	if h.snapshot != nil {
		h.snapshot.Close()
		h.snapshot = nil
	}
}

// refuse cuts the learner off.
func (h *handler) refuse(env nodes.Env, why string) {
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("cuts off learner %d: %s", h.id, why))
	}
	h.l.s.cut(env, h.link)
}

// bad cuts the learner off for a packet that it should not have sent.
func (h *handler) bad(env nodes.Env, why string) {
	h.l.s.tell(Milestone{Kind: BadPacket, Epoch: h.l.epoch, Why: fmt.Sprintf("learner %d: %s", h.id, why)})
	h.refuse(env, why)
}

// synced tells whether the learner has taken the history over.
func (h *handler) synced() bool { return !h.observer && h.phase >= handlerTaken }

// counts tells whether what the learner accepts and takes over may be counted: it is a voter, of the ensemble in force or of one that
// is proposed. One that observes until that is committed has the same on its disk; if it did not count, a leader that finds the proposal
// in its history could wait for it for ever.
func (h *handler) counts() bool { return !h.observer || !h.l.s.cfg.Quirks.ObserverAcksIgnored }

// take takes a packet of the learner.
func (h *handler) take(env nodes.Env, p *proto.QuorumPacket) {
	l := h.l
	if l.s.leader != l {
		return
	}
	if h.phase == handlerServes || !l.s.cfg.Quirks.SyncLimitDuringSnap {
		h.nextAck = max(h.nextAck, l.ticked()+l.s.zoo.SyncLimit)
	}
	switch h.phase {
	case handlerConnected:
		h.onInfo(env, p)
	case handlerWasTold:
		h.onAckEpoch(env, p)
	case handlerSyncing:
		h.onNewLeaderAck(env, p)
	case handlerTaken, handlerServes:
		h.onServing(env, p)
	default:
		h.bad(env, fmt.Sprintf("it says %s out of turn", p.Type))
	}
}

// onInfo hears who the learner is, and which epoch it has accepted last.
func (h *handler) onInfo(env nodes.Env, p *proto.QuorumPacket) {
	if p.Type != proto.PacketFollowerInfo && p.Type != proto.PacketObserverInfo {
		h.bad(env, fmt.Sprintf("it begins with %s", p.Type))
		return
	}
	var info proto.LearnerInfo
	if err := decode(p.Data, &info); err != nil {
		h.refuse(env, "it does not say who it is: "+err.Error())
		return
	}
	s := h.l.s
	if info.ConfigVersion > s.quorum.Version() {
		h.refuse(env, "it has a newer configuration")
		return
	}
	h.id, h.observer = info.ServerID, p.Type == proto.PacketObserverInfo
	for _, o := range slices.Clone(h.l.handlers) { // an older connection of the same learner is over
		if o != h && o.id == h.id && o.phase > handlerConnected {
			o.refuse(env, "it has connected anew")
		}
	}
	h.phase = handlerTellsEpoch
	if h.l.strands(env, proto.Epoch(p.Zxid)) {
		return
	}
	if h.l.phase > writesAccepted {
		h.tellEpoch(env)
		return
	}
	h.l.tellsEpoch(env, h.id, proto.Epoch(p.Zxid)) // an observer does not count, and no epoch that it has accepted is used again
}

// tellEpoch proposes the new epoch to the learner.
func (h *handler) tellEpoch(env nodes.Env) {
	if h.phase != handlerTellsEpoch {
		return
	}
	h.phase = handlerWasTold
	h.link.send(env, &proto.QuorumPacket{Type: proto.PacketLeaderInfo, Zxid: proto.MakeZxid(h.l.epoch, 0), Data: jute.AppendInt(nil, learnerProtocol)})
}

// onAckEpoch hears that the learner has accepted the epoch, and where its history ends. Nobody may follow whose
// history is longer than the leader's.
func (h *handler) onAckEpoch(env nodes.Env, p *proto.QuorumPacket) {
	if p.Type != proto.PacketAckEpoch {
		h.bad(env, fmt.Sprintf("it says %s instead of ACKEPOCH", p.Type))
		return
	}
	d := jute.NewDecoder(p.Data)
	epoch := int64(d.Int())
	if d.End() != nil {
		h.bad(env, "its ACKEPOCH cannot be read")
		return
	}
	h.lastZxid, h.phase = p.Zxid, handlerHasAccepted
	l := h.l
	if epoch != -1 {
		if epoch > l.historyOf || epoch == l.historyOf && h.lastZxid > l.history {
			nodes.Reachable(env, markAhead)
			h.refuse(env, "its history is longer than mine")
			return
		}
		if h.accepts = true; h.counts() {
			l.acceptsEpoch(env, h.id)
		}
	}
	if l.phase > collectsAcks {
		h.synchronize(env)
	}
}

// onNewLeaderAck hears that the learner has taken the history over.
func (h *handler) onNewLeaderAck(env nodes.Env, p *proto.QuorumPacket) {
	if p.Type != proto.PacketAck || p.Zxid != proto.MakeZxid(h.l.epoch, 0) {
		h.bad(env, fmt.Sprintf("it says %s %x before it has acknowledged NEWLEADER", p.Type, p.Zxid))
		return
	}
	h.phase = handlerTaken
	if h.counts() {
		h.l.takesHistory(env, h.id)
	}
	if h.l.phase == broadcasts {
		h.upToDate(env)
	}
}

// upToDate lets the learner serve.
func (h *handler) upToDate(env nodes.Env) {
	if h.phase == handlerTaken {
		h.phase = handlerServes
		h.say(env, &proto.QuorumPacket{Type: proto.PacketUpToDate, Zxid: -1})
	}
}

// onServing takes what a learner says that is up to date.
func (h *handler) onServing(env nodes.Env, p *proto.QuorumPacket) {
	l := h.l
	switch p.Type {
	case proto.PacketAck:
		h.unacked = slices.DeleteFunc(h.unacked, func(u unacked) bool { return u.zxid <= p.Zxid })
		if !h.observer {
			l.ack(env, h.id, p.Zxid)
		}
	case proto.PacketPing:
		h.onPing(env, p)
	case proto.PacketRevalidate:
		var t proto.SessionTouch
		if err := decode(p.Data, &t); err != nil {
			h.bad(env, "its REVALIDATE cannot be read")
			return
		}
		valid := l.s.pipe != nil && l.s.pipe.leaderSessions.Revalidate(t.SessionID, millis(t.TimeOut), h.owner(), env.Monotonic())
		v := proto.SessionValidity{SessionID: t.SessionID, Valid: valid}
		h.say(env, &proto.QuorumPacket{Type: proto.PacketRevalidate, Zxid: -1, Data: v.Append(nil)})
	case proto.PacketRequest:
		h.onRequest(env, p)
	default:
		h.bad(env, fmt.Sprintf("it says %s", p.Type))
	}
}

// onPing hears from which sessions the learner has heard.
func (h *handler) onPing(env nodes.Env, p *proto.QuorumPacket) {
	var touches proto.SessionTouches
	if err := decode(p.Data, &touches); err != nil || h.l.s.pipe == nil {
		return
	}
	for _, t := range touches.Sessions {
		h.l.s.pipe.leaderSessions.Touch(t.SessionID, millis(t.TimeOut), env.Monotonic())
	}
}

// onRequest takes a write that a client has sent to the learner, or its sync.
func (h *handler) onRequest(env nodes.Env, p *proto.QuorumPacket) {
	var req proto.LearnerRequest
	if err := decode(p.Data, &req); err != nil {
		h.bad(env, "its REQUEST cannot be read")
		return
	}
	if h.l.s.pipe == nil {
		return
	}
	if req.Type == proto.OpSync {
		h.l.sync(env, func(env nodes.Env) { h.say(env, &proto.QuorumPacket{Type: proto.PacketSync, Zxid: -1}) })
		return
	}
	h.l.s.pipe.submit(env, &request{session: req.SessionID, cxid: req.Cxid, op: req.Type, raw: req.Body, auth: p.AuthInfo, owner: h.owner()})
}

// owner is by which way requests come that the learner sends.
func (h *handler) owner() session.Owner { return session.Owner(h.id) + 1 }

// say sends a packet, behind what waits.
func (h *handler) say(env nodes.Env, p *proto.QuorumPacket) {
	if p.Type == proto.PacketProposal && !h.observer {
		h.unacked = append(h.unacked, unacked{p.Zxid, env.Monotonic()})
	}
	if h.snapshot != nil {
		h.queue = append(h.queue, p)
		return
	}
	h.link.send(env, p)
}

// ping asks the learner for its sessions, and cuts it off if it is too far behind (SyncLimitCheck).
func (h *handler) ping(env nodes.Env) {
	if h.phase < handlerTaken {
		return
	}
	if len(h.unacked) > 0 && env.Monotonic()-h.unacked[0].at > h.l.s.ticks(h.l.s.zoo.SyncLimit) {
		h.refuse(env, "it does not acknowledge in time")
		return
	}
	h.say(env, &proto.QuorumPacket{Type: proto.PacketPing, Zxid: h.l.lastZxid})
}

func millis(n int32) time.Duration { return time.Duration(n) * time.Millisecond }
