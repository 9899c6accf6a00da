package zab

import (
	"orrery/nodes/zab/election"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
	"orrery/nodes/zab/tree"
)

// Quirks are defects that ZooKeeper has had, each placed where history had it. The zero value has none. Beside each
// stands its name in [Bugs], which tells what it does wrong and where it comes from.
type Quirks struct {
	Store    store.Quirks
	Tree     tree.Quirks
	Election election.Quirks

	EpochNoAccepted          bool // epoch-no-accepted
	EarlyLastProcessed       bool // early-lastprocessed
	LeaderAcceptNotPersisted bool // leader-accept-not-persisted
	NoRolloverGuard          bool // no-rollover-guard
	ObserversElect           bool // observers-elect
	DiffWithoutTrunc         bool // diff-without-trunc
	SyncNoLock               bool // sync-no-lock
	DiffSkipSessionTxn       bool // diff-skip-session-txn
	DiffSetZxidEarly         bool // diff-set-zxid-early
	RetainDBNoFastForward    bool // retain-db-no-fastforward
	TxnLogSyncUncommitted    bool // txnlog-sync-uncommitted
	TruncLeavesHole          bool // trunc-leaves-hole
	LeavesStranded           bool // leaves-stranded
	AcksOutliveTrunc         bool // acks-outlive-trunc
	NewLeaderBeforeSnap      bool // newleader-before-snap
	SnapAbortKeepDB          bool // snap-abort-keep-db
	TruncAbortKeepDB         bool // trunc-abort-keep-db
	AckNewLeaderBeforeLog    bool // ack-newleader-before-log
	EpochBeforeHistory       bool // epoch-before-history
	AckNewLeaderAsyncLog     bool // ack-newleader-async-log
	AckOrderRace             bool // ack-order-race
	UpToDateAsyncCommit      bool // uptodate-async-commit
	CommitAfterNewLeaderNPE  bool // commit-after-newleader-npe
	ShutdownLeavesLogger     bool // shutdown-leaves-logger
	DiffSkipCommittedLog     bool // diff-skip-committedlog
	ReplyZxidRequest         bool // reply-zxid-request
	CommitProcRace           bool // commitproc-race
	CommitProcLostWakeup     bool // commitproc-lost-wakeup
	SyncLimitDuringSnap      bool // synclimit-during-snap
	SnapSendUnderLock        bool // snap-send-under-lock
	ReadOnlyCommittedLog     bool // ro-committedlog
	NewLeaderNamesProposed   bool // newleader-names-proposed
	ActivationLostInSync     bool // activation-lost-in-sync
	ObserverIsSynced         bool // observer-is-synced
	ObserverAcksIgnored      bool // observer-acks-ignored
	NextOutlivesLog          bool // next-outlives-log
	OldQuorumStays           bool // old-quorum-stays
	InitialUnnamed           bool // initial-config-unnamed
	ListIsLearned            bool // static-list-is-learned
	ListDesignates           bool // static-list-designates
}

// learnsLists tells whether lists of servers go from leaders to learners that take no reconfigurations.
func (q *Quirks) learnsLists() bool { return q.ListIsLearned || q.ListDesignates }

// leavesGaps tells whether one of the defects leaves holes in a log, which a reader must then bear.
func (q *Quirks) leavesGaps() bool {
	return q.ShutdownLeavesLogger || q.RetainDBNoFastForward || q.TxnLogSyncUncommitted || q.DiffSetZxidEarly || q.SyncNoLock ||
		q.SnapAbortKeepDB || q.TruncAbortKeepDB || q.DiffSkipCommittedLog || q.DiffWithoutTrunc || q.EpochNoAccepted || q.EarlyLastProcessed ||
		q.Store != store.Quirks{}
}

// keepsMemory tells whether memory is kept that is not what the disk holds.
func (q *Quirks) keepsMemory(mode proto.PacketType) bool {
	return mode == proto.PacketSnap && q.SnapAbortKeepDB || mode == proto.PacketTrunc && q.TruncAbortKeepDB
}

// Bug is a quirk with its history.
type Bug struct {
	Name   string // in kebab-case
	Source string // the ticket, and the versions that had it
	What   string // what the program does wrong, in one sentence
	Breaks string // the property that it breaks
	Needs  string // what must happen for it to show; "" for nothing but crashes and broken connections

	// Reconfigures says that it shows only where members come and go.
	Reconfigures bool

	set func(*Quirks)
}

// Quirks returns the Quirks in which b is the only one.
func (b Bug) Quirks() Quirks {
	var q Quirks
	b.set(&q)
	return q
}

// BugNamed returns the defect of that name.
func BugNamed(name string) (Bug, bool) {
	for _, b := range Bugs() {
		if b.Name == name {
			return b, true
		}
	}
	return Bug{}, false
}

// Bugs returns all known defects: those of the broadcast protocol and of the pipeline, then those of the disk, of elections and of
// the tree.
func Bugs() []Bug {
	list := append([]Bug(nil), bugs...)
	for _, b := range reconfigBugs {
		b.Reconfigures = true
		list = append(list, b)
	}
	list = append(list, storeBugs...)
	for _, b := range election.Bugs() {
		list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: b.Breaks, Reconfigures: b.Reconfigures, set: func(q *Quirks) { b.Set(&q.Election) }})
	}
	for _, b := range tree.Bugs() {
		list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: b.Breaks, Needs: b.Needs, set: func(q *Quirks) { q.Tree = b.Quirks() }})
	}
	return list
}
