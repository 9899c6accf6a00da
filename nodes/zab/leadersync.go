package zab

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
)

// synchronize brings a learner up to date that has accepted the epoch: it decides how, queues what the learner
// lacks and whatever is under way, and ends with NEWLEADER. All of this happens at one point of the history:
// nothing is committed between (ZOOKEEPER-962).
func (h *handler) synchronize(env nodes.Env) {
	if h.phase != handlerHasAccepted {
		return
	}
	h.phase = handlerSyncing
	if !h.l.s.cfg.Quirks.SyncLimitDuringSnap {
		h.nextAck = h.l.ticked() + h.l.s.zoo.InitLimit + h.l.s.zoo.SyncLimit
	}
	mode, sent, missing := h.decide(env)
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("brings %d, which is at zxid %x, up to date by %s to %x and %d transactions", h.id, h.lastZxid, mode.Type, mode.Zxid, len(missing)))
	}
	s := h.l.s
	if mode.Type == proto.PacketSnap {
		h.link.send(env, mode)
		h.snapshot = store.NewEncoder(s.db.tree.Walk())
	} else {
		h.say(env, mode)
	}
	for _, t := range missing {
		h.forwardCommitted(env, t)
	}
	nodes.Sometimes(env, h.l.phase == broadcasts && len(h.l.outstanding) > 0, markSyncUnderLoad)
	if s.cfg.Quirks.SyncNoLock {
		env.Post(stageSnapshot, &forwardStep{h, sent})
		return
	}
	h.startForwarding(env, sent)
	h.endSync(env)
}

// forwardStep begins to forward proposals and commits apart from the decision what the learner lacks: by a defect.
type forwardStep struct {
	h    *handler
	sent int64
}

// Kind implements nodes.Message.
func (*forwardStep) Kind() string { return "start forwarding" }

func (h *handler) goOnForwarding(env nodes.Env, sent int64) {
	if h.l.s.leader == h.l && h.l.s.conns.byConn[h.link.conn] == h.link {
		h.startForwarding(env, sent)
		h.endSync(env)
	}
}

// endSync ends with NEWLEADER. Behind a snapshot it comes only when that has been sent, with what was committed meanwhile before
// it: the snapshot may hold traces of that, and the learner must have it when it saves what it was sent (ZOOKEEPER-3104).
func (h *handler) endSync(env nodes.Env) {
	if h.snapshot == nil || h.l.s.cfg.Quirks.NewLeaderBeforeSnap {
		h.sayNewLeader(env)
	}
	h.sendSnapshot(env)
}

func (h *handler) sayNewLeader(env nodes.Env) {
	p := &proto.QuorumPacket{Type: proto.PacketNewLeader, Zxid: proto.MakeZxid(h.l.epoch, 0)}
	if q := h.l.named(); q != nil {
		p.Data = []byte(q.String())
	}
	h.say(env, p)
}

// decide is the table of LearnerHandler.syncFollower: how the learner is brought up to date, up to which zxid it
// then is, and what it is sent.
func (h *handler) decide(env nodes.Env) (mode *proto.QuorumPacket, sent int64, missing []logged) {
	s := h.l.s
	peer, here := h.lastZxid, s.db.tree.Zxid()
	low, high := s.db.bounds()
	newEpoch := proto.Counter(peer) == 0 // the learner has taken over an epoch and seen nothing of it
	packet := func(t proto.PacketType, zxid int64) *proto.QuorumPacket {
		return &proto.QuorumPacket{Type: t, Zxid: zxid}
	}
	switch {
	case s.zoo.ForceSnapshotSync:
	case peer == here:
		return packet(proto.PacketDiff, peer), peer, nil
	case peer > high && !newEpoch:
		return cutTo(h.keeps(peer, []logged{{zxid: high}}), peer, high), high, nil
	case low <= peer && peer <= high:
		if mode, missing := h.walk(s.db.kept(), peer, high, newEpoch); mode != nil {
			return mode, high, missing
		}
	case peer < low && s.zoo.SnapSizePPM >= 0:
		if txns, ok := s.logAndKept(env, peer, low); ok {
			if mode, missing := h.walk(txns, peer, high, newEpoch); mode != nil {
				return mode, high, missing
			}
		}
	}
	return packet(proto.PacketSnap, here), here, nil
}

// walk compares the learner's last transaction with the history (queueCommittedProposals): if it is in it, what
// follows is sent; if it is not, the learner has something that this server does not, and must cut it off first. It
// returns no mode if only a snapshot can help.
func (h *handler) walk(txns []logged, peer, high int64, newEpoch bool) (*proto.QuorumPacket, []logged) {
	i := slices.IndexFunc(txns, func(t logged) bool { return t.zxid >= peer })
	switch {
	case i < 0:
		return nil, nil
	case txns[i].zxid == peer:
		return &proto.QuorumPacket{Type: proto.PacketDiff, Zxid: high}, txns[i+1:]
	case newEpoch:
		return &proto.QuorumPacket{Type: proto.PacketDiff, Zxid: high}, txns[i:]
	case i == 0:
		return nil, nil
	}
	before := txns[i-1].zxid
	if h.l.s.cfg.Quirks.DiffWithoutTrunc {
		return &proto.QuorumPacket{Type: proto.PacketDiff, Zxid: high}, txns[i:]
	}
	if proto.Epoch(before) != proto.Epoch(peer) {
		return nil, nil
	}
	keep := h.keeps(peer, txns)
	i = slices.IndexFunc(txns, func(t logged) bool { return t.zxid > keep })
	return cutTo(keep, peer, high), txns[i:]
}

// logAndKept is the history from the last transaction of the log at or before peer, if the log reaches that far back and
// has no hole before what is kept in memory.
func (s *Server) logAndKept(env nodes.Env, peer, low int64) ([]logged, bool) {
	var txns []logged
	size, most := int64(0), s.syncBytes()
	nodes.Reachable(env, markLogSync)
	it := s.disk.Log(env.Disk(), peer)
	for it.Next() && it.Zxid() <= low {
		t, err := parseTxn(slices.Clone(it.Txn()))
		if err != nil {
			return nil, false
		}
		if size += int64(len(t.raw)); size > most {
			return nil, false // a snapshot is smaller
		}
		txns = append(txns, t)
	}
	if it.Err() != nil || len(txns) == 0 || txns[0].zxid != peer || txns[len(txns)-1].zxid != low {
		return nil, false
	}
	return append(txns, s.db.behind(low)...), true
}

// syncBytes is how much of the log is sent before a snapshot is the better way (snapshotSizeFactor).
func (s *Server) syncBytes() int64 {
	return max(s.db.tree.DataSize()/1_000_000*s.zoo.SnapSizePPM+s.db.tree.DataSize()%1_000_000*s.zoo.SnapSizePPM/1_000_000, 64<<10)
}

// startForwarding queues what is committed and not yet applied here, and what is proposed and not yet
// committed; from now on the learner gets everything.
func (h *handler) startForwarding(env nodes.Env, sent int64) {
	l := h.l
	if l.phase == broadcasts {
		for _, t := range l.toApply {
			if t.zxid > sent {
				h.forwardCommitted(env, t)
			}
		}
		for _, p := range l.outstanding {
			if !l.s.cfg.Quirks.AcksOutliveTrunc { // of one that was a voter and observes now, too
				p.acks.Remove(h.id) // it may have had this one in its log; it has been told to cut that off, and acknowledges anew
			}
			if p.zxid > sent && !h.observer {
				h.say(env, &proto.QuorumPacket{Type: proto.PacketProposal, Zxid: p.zxid, Data: p.raw})
			}
		}
	}
	h.forwards = true
}

// forwardCommitted tells the learner of a transaction that is committed.
func (h *handler) forwardCommitted(env nodes.Env, t logged) {
	if h.observer {
		h.say(env, &proto.QuorumPacket{Type: proto.PacketInform, Zxid: t.zxid, Data: t.raw})
		return
	}
	h.say(env, &proto.QuorumPacket{Type: proto.PacketProposal, Zxid: t.zxid, Data: t.raw})
	h.say(env, &proto.QuorumPacket{Type: proto.PacketCommit, Zxid: t.zxid})
}

// Of a snapshot, so many bytes at a time are written, while no more than so many have not left.
const (
	snapshotChunk  = 256 << 10
	snapshotUnsent = 4 << 20
)

// A full connection is looked at again after this.
const (
	tagSnapshot   = "send snapshot"
	snapshotPause = 5 * time.Millisecond
)

var stageSnapshot = nodes.Tag{Name: "snapshot"}

// sendStep asks for the next piece of a learner's snapshot.
type sendStep struct{ h *handler }

// Kind implements nodes.Message.
func (*sendStep) Kind() string { return "send snapshot" }

// sendSnapshot sends the next piece of the snapshot, in steps of its own between which transactions go on.
func (h *handler) sendSnapshot(env nodes.Env) {
	if h.snapshot == nil || h.l.s.leader != h.l || h.l.s.conns.byConn[h.link.conn] != h.link {
		return
	}
	if env.Unsent(h.link.conn) < snapshotUnsent {
		p, done := h.snapshot.Next(h.link.out[:0], cmp.Or(h.l.s.cfg.SnapshotChunk, snapshotChunk))
		h.link.out = p
		if done {
			p = jute.AppendString(p, proto.SnapSignature)
		}
		_ = env.Write(h.link.conn, p)
		if done {
			h.snapshot = nil
			queue := h.queue
			h.queue = nil
			nodes.Sometimes(env, len(queue) > 0, markSnapUnderLoad)
			for _, q := range queue {
				h.link.send(env, q)
			}
			if !h.l.s.cfg.Quirks.NewLeaderBeforeSnap {
				h.sayNewLeader(env)
			}
			if p := h.l.s.pipe; p != nil {
				p.commits.catchUp(env)
			}
			return
		}
		env.Post(stageSnapshot, &sendStep{h})
		return
	}
	env.SetTimer(nodes.Tag{Name: tagSnapshot, N: h.link.conn.N}, snapshotPause)
}

// snapshotTimer goes on with a snapshot whose connection was full.
func (l *leader) snapshotTimer(env nodes.Env, conn uint64) {
	for _, h := range l.handlers {
		if h.link.conn.N == conn {
			h.sendSnapshot(env)
			return
		}
	}
}
