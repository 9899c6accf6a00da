package zab

import (
	"orrery/nodes/zab/election"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
	"orrery/nodes/zab/tree"
)

// Quirks are defects that ZooKeeper has had, each placed where history had it. The zero value has none.
type Quirks struct {
	Store    store.Quirks
	Tree     tree.Quirks
	Election election.Quirks

	DiffWithoutTrunc         bool // diff-without-trunc, ZOOKEEPER-1154
	NoRolloverGuard          bool // no-rollover-guard, ZOOKEEPER-1277
	ReplyZxidRequest         bool // reply-zxid-request, ZOOKEEPER-1412
	LeaderAcceptNotPersisted bool // leader-accept-not-persisted, ZOOKEEPER-1192
	DiffSetZxidEarly         bool // diff-set-zxid-early, ZOOKEEPER-2355
	RetainDBNoFastForward    bool // retain-db-no-fastforward, ZOOKEEPER-2845
	ShutdownLeavesLogger     bool // shutdown-leaves-logger, ZOOKEEPER-4712
	SnapAbortKeepDB          bool // snap-abort-keep-db, ZOOKEEPER-3642
	TruncAbortKeepDB         bool // trunc-abort-keep-db, ZOOKEEPER-5094
}

// leavesGaps tells whether one of the defects leaves holes in a log, which a reader must then bear.
func (q *Quirks) leavesGaps() bool { return q.ShutdownLeavesLogger || q.RetainDBNoFastForward }

// keepsMemory tells whether memory is kept that is not what the disk holds.
func (q *Quirks) keepsMemory(mode proto.PacketType) bool {
	return mode == proto.PacketSnap && q.SnapAbortKeepDB || mode == proto.PacketTrunc && q.TruncAbortKeepDB
}
