package zab

import (
	"slices"

	"orrery/nodes/zab/proto"
)

// Choices are decisions of the protocol that somebody else may take in a server's place (Config.Choices): whoever studies what
// would become of it otherwise. The rest of the server goes on as if they were its own.
type Choices interface {
	// LastAccepted is the epoch that counts as the last that the server has accepted: above it, it proposes epochs of its own, and
	// by it, it judges those of others. file is what its file acceptedEpoch says, zxid its last transaction.
	LastAccepted(file, zxid int64) int64
	// Accepts tells whether the server accepts the epoch that a leader proposes.
	Accepts(epoch, lastAccepted int64) bool
	// Keeps is asked of a leader when the last transaction of a learner, peer, is not in its history: up to which zxid, peer itself or
	// one of the history below it, the learner keeps what it has. What follows in the history it is then sent.
	Keeps(peer int64, history []int64) int64
}

// Standard are the choices of ZooKeeper.
type Standard struct{}

// LastAccepted implements Choices: the file knows, even if nothing was broadcast in the epoch (ZOOKEEPER-335).
func (Standard) LastAccepted(file, _ int64) int64 { return file }

// Accepts implements Choices: no epoch is accepted once a later one was.
func (Standard) Accepts(epoch, lastAccepted int64) bool { return epoch >= lastAccepted }

// Keeps implements Choices: what the leader's history does not have was never committed, and must go.
func (Standard) Keeps(peer int64, history []int64) int64 {
	i := slices.IndexFunc(history, func(zxid int64) bool { return zxid > peer })
	if i < 0 {
		i = len(history)
	}
	if i == 0 {
		return 0
	}
	return history[i-1]
}

// choices are those of the configuration.
func (s *Server) choices() Choices {
	if s.cfg.Choices != nil {
		return s.cfg.Choices
	}
	return Standard{}
}

// keeps asks up to where a learner keeps what it has. Nothing above its own end can be kept.
func (h *handler) keeps(peer int64, txns []logged) int64 {
	history := make([]int64, len(txns))
	for i, t := range txns {
		history[i] = t.zxid
	}
	return min(peer, h.l.s.choices().Keeps(peer, history))
}

// cutTo is the packet by which a learner keeps what it has up to a zxid.
func cutTo(keep, peer, high int64) *proto.QuorumPacket {
	if keep == peer {
		return &proto.QuorumPacket{Type: proto.PacketDiff, Zxid: high}
	}
	return &proto.QuorumPacket{Type: proto.PacketTrunc, Zxid: keep}
}
