package zab

import (
	"errors"
	"fmt"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
)

// learnerSync is what a learner knows while its leader brings it up to date (Learner.syncWithLeader).
type learnerSync struct {
	mode      proto.PacketType // DIFF, SNAP or TRUNC
	zxid      int64            // of that packet
	decoder   *store.Decoder
	toLog     []logged // proposed, and not yet in the log (packetsNotLogged)
	committed []int64  // committed, and not yet applied (packetsCommitted)
	activates []activation
	snapshot  bool  // what is in memory must be saved as a snapshot, and is not in the log
	writes    bool  // NEWLEADER was seen: from now on the log is written
	step      int   // of taking the history over
	last      int64 // the last transaction that must be durable for that
	// memoryIsNotDisk says that memory holds a history which is not on the disk yet: if the role ends now,
	// memory must be loaded again (ZOOKEEPER-3642, ZOOKEEPER-5094).
	memoryIsNotDisk bool

	handedOver int64    // the last proposal before NEWLEADER
	unapplied  []logged // logged, and to be applied behind UPTODATE: by a defect
	acks       bool     // what is logged is acknowledged at once: by a defect
}

// activation is a reconfiguration that was committed while a learner was brought up to date, and who is to lead after it.
type activation struct{ zxid, designated int64 }

// onSyncMode takes the packet that says how this learner is brought up to date.
func (l *learner) onSyncMode(env nodes.Env, p *proto.QuorumPacket) {
	s := l.s
	s.zab = Synchronization
	l.sync = learnerSync{mode: p.Type, zxid: p.Zxid}
	switch p.Type {
	case proto.PacketDiff:
		l.phase = catchesUp
		if s.cfg.Quirks.DiffSetZxidEarly {
			s.db.tree.SetZxid(p.Zxid)
		}
	case proto.PacketSnap:
		l.phase = loadsSnapshot
		s.db.Begin()
		l.sync.decoder = store.NewDecoder(s.db)
		l.sync.memoryIsNotDisk = true
		l.link.raw = l.loadSnapshot
	case proto.PacketTrunc:
		l.phase = truncates
		l.sync.memoryIsNotDisk = true
		l.pause()
		err := s.disk.Truncate(env.Disk(), p.Zxid)
		if errors.Is(err, store.ErrCannotTruncate) {
			l.askForSnapshot(env)
			return
		}
		s.must(env, err)
	default:
		l.bad(env, fmt.Sprintf("was told %s instead of DIFF, SNAP or TRUNC", p.Type))
		return
	}
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("is brought up to date by %s to zxid %x", p.Type, p.Zxid))
	}
}

// askForSnapshot connects to the leader once more, because there is nothing that the log could be cut back to: all that this server
// has came by a snapshot that is newer. It claims the beginning of an epoch that is yet to come. No leader's table has anything for
// that but SNAP. The original stops here for good.
func (l *learner) askForSnapshot(env nodes.Env) {
	nodes.Reachable(env, markAskSnapshot)
	l.s.drop(env, l.link)
	l.sync, l.phase, l.tries, l.paused, l.wantsSnapshot = learnerSync{}, connecting, 0, false, true
	l.connect(env)
}

// loadSnapshot takes the bytes behind SNAP.
func (l *learner) loadSnapshot(_ nodes.Env, p []byte) (used int, done bool, err error) {
	l.heard = true
	used, done, err = l.sync.decoder.Feed(p)
	if err != nil || !done {
		return used, done, err
	}
	if err := l.s.db.Loaded(l.sync.zxid, l.sync.decoder.Digest); err != nil {
		return used, done, err
	}
	l.phase, l.sync.snapshot = catchesUp, true
	return used, true, nil
}

// truncated goes on when the log has been cut: what was cut off must go from memory too.
func (l *learner) truncated(env nodes.Env) error {
	s := l.s
	if _, err := s.disk.Load(env.Disk(), s.db); err != nil {
		return err
	}
	s.db.tree.SetZxid(l.sync.zxid)
	l.phase, l.sync.memoryIsNotDisk = catchesUp, false
	// The original now keeps what follows out of the log, and saves a snapshot behind it. That leaves a hole in the log, and when
	// this server leads some day and brings others up to date by its log, it sends them a history with that hole.
	l.sync.snapshot = s.cfg.Quirks.TruncLeavesHole
	l.resume(env)
	return nil
}

// onCatchUp takes what the leader sends between the mode and UPTODATE.
func (l *learner) onCatchUp(env nodes.Env, p *proto.QuorumPacket) {
	switch p.Type {
	case proto.PacketProposal:
		l.queueToLog(env, p.Data)
	case proto.PacketCommit, proto.PacketCommitAndActivate:
		l.noteActivation(p)
		l.onCatchUpCommit(env, p.Zxid)
	case proto.PacketInform, proto.PacketInformAndActivate: // to an observer: both at once
		l.noteActivation(p)
		if l.queueToLog(env, informed(p)) {
			l.onCatchUpCommit(env, p.Zxid)
		}
	case proto.PacketNewLeader:
		l.onNewLeader(env, p)
	case proto.PacketUpToDate:
		l.onUpToDate(env)
	case proto.PacketPing:
		l.answerPing(env)
	default:
		l.bad(env, fmt.Sprintf("was told %s while it was being brought up to date", p.Type))
	}
}

// noteActivation keeps who is to lead after a reconfiguration, until that may be activated.
func (l *learner) noteActivation(p *proto.QuorumPacket) {
	if designated, ok := designatedBy(p); ok && !l.s.cfg.Quirks.ActivationLostInSync {
		l.sync.activates = append(l.sync.activates, activation{p.Zxid, designated})
	}
}

// designatedBy is who is to lead after a reconfiguration, by the packet that commits it; ok is false if it commits none.
func designatedBy(p *proto.QuorumPacket) (designated int64, ok bool) {
	if p.Type != proto.PacketCommitAndActivate && p.Type != proto.PacketInformAndActivate {
		return 0, false
	}
	d := jute.NewDecoder(p.Data)
	designated = d.Long()
	return designated, d.Err() == nil
}

// queueToLog keeps a proposal until it may be logged.
func (l *learner) queueToLog(env nodes.Env, raw []byte) bool {
	t, err := parseTxn(raw)
	if err != nil {
		l.bad(env, "was proposed what cannot be read: "+err.Error())
		return false
	}
	l.sync.toLog = append(l.sync.toLog, t)
	return true
}

// onCatchUpCommit applies at once what will be part of a snapshot; the rest waits for the log.
func (l *learner) onCatchUpCommit(env nodes.Env, zxid int64) {
	y := &l.sync
	if y.writes && l.s.cfg.Quirks.CommitAfterNewLeaderNPE && zxid <= y.handedOver {
		l.bad(env, fmt.Sprintf("was told to commit %x, and looks for it where it is not any more", zxid))
		return
	}
	if y.snapshot && !y.writes {
		if len(y.toLog) == 0 || y.toLog[0].zxid != zxid {
			l.bad(env, fmt.Sprintf("was told to commit %x, which is not what was proposed next", zxid))
			return
		}
		l.s.db.apply(y.toLog[0])
		y.toLog = y.toLog[1:]
		return
	}
	y.committed = append(y.committed, zxid)
}

// onNewLeader takes the leader's history over: first what was committed goes to the log and is synced, then the
// epoch is written, then the leader is told. The order of the first two is what ZOOKEEPER-4643 got wrong, and waiting
// for the sync what ZOOKEEPER-4646 and ZOOKEEPER-3911 did.
func (l *learner) onNewLeader(env nodes.Env, p *proto.QuorumPacket) {
	if proto.Epoch(p.Zxid) != l.epoch {
		l.bad(env, "was told of another epoch than it has accepted")
		return
	}
	l.heardMembers(env, p.Data)
	l.phase, l.sync.step = takesHistory, 0
	l.pause()
	l.historyStep(env)
}

// The steps of taking a history over. Each begins what the next one waits for.
const (
	stepSnapshot = iota
	stepLog
	stepEpoch
	stepAck
)

// historyStep goes on with the next step whenever something has become durable.
func (l *learner) historyStep(env nodes.Env) {
	s := l.s
	for s.learner == l && l.phase == takesHistory {
		switch l.sync.step {
		case stepSnapshot:
			l.sync.step = stepLog
			if l.sync.snapshot {
				s.saveSnapshot(env, l.sync.mode == proto.PacketSnap && !s.cfg.Quirks.TxnLogSyncUncommitted)
				return
			}
		case stepLog:
			if s.cfg.Quirks.EpochBeforeHistory && !l.hasEpoch() {
				s.must(env, s.disk.SetCurrentEpoch(env.Disk(), l.epoch))
				return
			}
			l.sync.step = stepEpoch
			if l.logHistory(env) {
				return
			}
		case stepEpoch:
			if s.disk.Durable() < l.sync.last {
				return
			}
			l.sync.step = stepAck
			if !l.hasEpoch() {
				s.must(env, s.disk.SetCurrentEpoch(env.Disk(), l.epoch))
				return
			}
		case stepAck:
			if !l.hasEpoch() {
				return
			}
			l.phase = waitsForUpToDate
			s.tell(Milestone{Kind: HistoryTaken, Epoch: l.epoch, Zxid: s.db.tree.Zxid()})
			l.link.send(env, &proto.QuorumPacket{Type: proto.PacketAck, Zxid: proto.MakeZxid(l.epoch, 0)})
			l.resume(env)
		}
	}
}

// hasEpoch tells whether the file says that this history is taken over.
func (l *learner) hasEpoch() bool {
	return l.s.disk.CurrentEpoch() == l.epoch || l.s.cfg.Quirks.EpochNoAccepted
}

// logHistory logs and applies what was committed before NEWLEADER. It tells whether there is something to wait for.
func (l *learner) logHistory(env nodes.Env) bool {
	s, y, q := l.s, &l.sync, &l.s.cfg.Quirks
	y.writes, y.memoryIsNotDisk = true, false
	if n := len(y.toLog); n > 0 {
		y.handedOver = y.toLog[n-1].zxid
	}
	if q.AckNewLeaderBeforeLog { // all of it is logged behind UPTODATE
		return false
	}
	last := int64(0)
	for len(y.committed) > 0 && len(y.toLog) > 0 && y.toLog[0].zxid == y.committed[0] {
		t := y.toLog[0]
		s.logTxn(t)
		switch {
		case q.UpToDateAsyncCommit:
			y.unapplied = append(y.unapplied, t)
		case q.DiffSkipSessionTxn && t.txn.Header.Type == proto.OpCreateSession:
			s.db.tree.SetZxid(t.zxid)
			s.db.remember(t)
		case q.DiffSkipCommittedLog:
			s.db.tree.Apply(&t.txn.Header, t.txn.Body)
		default:
			s.db.apply(t)
		}
		last = t.zxid
		y.toLog, y.committed = y.toLog[1:], y.committed[1:]
	}
	if last == 0 {
		return false
	}
	if q.AckNewLeaderAsyncLog || q.AckOrderRace {
		y.acks = q.AckOrderRace
		env.Post(stageSync, &lateFlush{})
		return false
	}
	y.last = last
	s.must(env, s.disk.Flush(env.Disk()))
	return s.disk.Durable() < y.last
}

// snapshotSaved goes on after the snapshot of what came by SNAP.
func (l *learner) snapshotSaved(env nodes.Env) {
	if l.phase == takesHistory && l.sync.step == stepLog {
		l.historyStep(env)
	}
}

// saveSnapshot writes what is in memory, whole: nothing else happens meanwhile.
func (s *Server) saveSnapshot(env nodes.Env, replace bool) {
	s.disk.AbortSnapshot(env.Disk())
	s.must(env, s.disk.BeginSnapshot(s.db.tree.Walk(), replace))
	for {
		done, err := s.disk.StepSnapshot(env.Disk(), snapshotStep, s.db.tree.LastDigest())
		if err != nil {
			env.Halt(fmt.Errorf("zab: %w", err))
		}
		if done {
			s.must(env, nil)
			return
		}
	}
}

// snapshotStep is how many bytes of a snapshot are written at a time.
const snapshotStep = 64 << 10

// onUpToDate is the end of the synchronisation: from now on this server serves.
func (l *learner) onUpToDate(env nodes.Env) {
	s := l.s
	if l.phase != waitsForUpToDate {
		l.bad(env, "was told UPTODATE before NEWLEADER")
		return
	}
	l.link.send(env, &proto.QuorumPacket{Type: proto.PacketAck, Zxid: proto.MakeZxid(l.epoch, 0)})
	if l.takeMembers(env) {
		l.leave(env, "is told of an ensemble that another leads, or in which it has another part")
		return
	}
	l.phase, s.zab = serves, Broadcast
	s.armLimit(env, l)
	if !s.cfg.Quirks.Election.NoVoteUpdate {
		s.elect.SetVoteEpoch(l.epoch)
	}
	s.startPipeline(env)
	s.tell(Milestone{Kind: UpToDate, Epoch: l.epoch, Zxid: s.db.tree.Zxid()})
	nodes.Sometimes(env, l.sync.mode == proto.PacketDiff, markDiff)
	nodes.Sometimes(env, l.sync.mode == proto.PacketSnap, markSnap)
	nodes.Sometimes(env, l.sync.mode == proto.PacketTrunc, markTrunc)
	for _, t := range l.sync.unapplied {
		s.pipe.commit(env, t)
	}
	toLog, committed := l.sync.toLog, l.sync.committed
	l.sync.toLog, l.sync.committed = nil, nil
	nodes.Sometimes(env, len(toLog) > 0, markProposalsWaited)
	nodes.Sometimes(env, len(committed) > 0, markCommitsWaited)
	for _, t := range toLog {
		l.propose(env, t)
	}
	for _, z := range committed {
		if l.commitInSync(env, z); s.learner != l {
			return
		}
	}
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("is up to date in epoch %d, at zxid %x", l.epoch, s.db.tree.Zxid()))
	}
}

// commitInSync applies what was committed behind NEWLEADER. If it is a reconfiguration, it comes into force now.
func (l *learner) commitInSync(env nodes.Env, zxid int64) {
	for _, a := range l.sync.activates {
		if a.zxid == zxid && len(l.pending) > 0 && l.pending[0].zxid == zxid {
			t := l.pending[0]
			l.commit(env, zxid)
			l.s.activate(env, t, a.designated)
			return
		}
	}
	l.commit(env, zxid)
}

// logTxn appends a transaction to the log, which is written by the next flush.
func (s *Server) logTxn(t logged) {
	if t.zxid > s.disk.Logged() {
		s.disk.Append(t.zxid, t.raw, t.txn.Digest != nil)
	}
}

// informed is the transaction that an INFORM carries. With INFORMANDACTIVATE the designated leader comes first.
func informed(p *proto.QuorumPacket) []byte {
	if p.Type == proto.PacketInformAndActivate && len(p.Data) >= 8 {
		return p.Data[8:]
	}
	return p.Data
}
