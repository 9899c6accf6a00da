package zab

import (
	"orrery/nodes/zab/proto"
)

// MilestoneKind is what a server has done that a guarantee of ZAB speaks of.
type MilestoneKind uint8

// The kinds of milestone.
const (
	// EpochAccepted: a learner is about to tell its leader that it has accepted the epoch (ACKEPOCH).
	EpochAccepted MilestoneKind = iota
	// EpochEstablished: a quorum has accepted this leader's epoch, and its initial history is what it has now.
	EpochEstablished
	// HistoryTaken: a learner is about to acknowledge NEWLEADER.
	HistoryTaken
	// HistoryCommitted: a quorum has taken this leader's history over; it begins to serve.
	HistoryCommitted
	// Proposed: a leader has broadcast a transaction.
	Proposed
	// Committed: a leader has decided that a transaction is committed.
	Committed
	// Delivered: a server that serves has applied a transaction.
	Delivered
	// UpToDate: a learner begins to serve, at Zxid.
	UpToDate
	// QuorumLost: a leader gives up, Ticks after it has begun to serve; Linked tells whether a quorum is still connected.
	QuorumLost
	// BadPacket: a packet has come that the protocol does not allow then. Why says which.
	BadPacket
	// Looks: a server is about to look for a leader, with the history that it has in memory, which is what it has on disk.
	Looks
	// SnapshotSaved: a snapshot is durable, and a start would begin with it.
	SnapshotSaved
	// LogCut: TRUNC has cut this server's log to Zxid, and what is left is durable.
	LogCut
	// EpochOver: a learner is proposed Epoch, and has told its leader that it had accepted a later one.
	EpochOver
)

// String is the kind in words.
func (k MilestoneKind) String() string {
	return [...]string{"epoch accepted", "epoch established", "history taken", "history committed", "proposed", "committed", "delivered",
		"up to date", "quorum lost", "bad packet", "looks", "snapshot saved", "log cut", "epoch over"}[k]
}

// Milestone is something that a server has done, for those who watch a run from outside (Config.Probe).
type Milestone struct {
	Kind  MilestoneKind
	Epoch int64
	Zxid  int64
	Txn   *proto.Transaction // of Proposed, Committed and Delivered; it must not be changed
	Raw   []byte             // the same, as it is on the wire and in the log
	Why   string

	Ticks  int
	Linked bool
}

// tell hands a milestone to whoever watches.
func (s *Server) tell(m Milestone) {
	if s.cfg.Probe != nil {
		s.cfg.Probe(s, m)
	}
}

// tellTxn does so for a transaction.
func (s *Server) tellTxn(kind MilestoneKind, t logged) {
	if s.cfg.Probe != nil {
		s.cfg.Probe(s, Milestone{Kind: kind, Epoch: proto.Epoch(t.zxid), Zxid: t.zxid, Txn: t.txn, Raw: t.raw})
	}
}
