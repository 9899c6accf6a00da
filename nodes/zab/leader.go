package zab

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
)

// leader is a server's part while it leads (Leader.lead).
type leader struct {
	s          *Server
	supporters []int64 // whose votes made it leader
	phase      leaderPhase
	epoch      int64
	deadline   int // the tick by which the phase must be over
	half       int // half ticks since it began
	served     int // the tick in which it began to serve

	proposed    *config.Tracker // who has told the epoch that it accepted last (connectingFollowers)
	accepted    *config.Tracker // who has accepted the new epoch (electingFollowers)
	taken       *config.Tracker // who has taken the history over (newLeaderProposal)
	history     int64           // the zxid of its last transaction when it began to lead
	historyOf   int64           // and the epoch that it was in
	handlers    []*handler
	outstanding []*proposal // proposed, and not yet committed, in order
	toApply     []logged    // committed, and not yet applied here (toBeApplied)
	lastZxid    int64       // that was given out
	committed   int64       // the last that was committed
	syncs       []*pendingSync
	began       time.Duration // when it began to wait for epochs, by the monotonic clock

	commitsNothing bool // by a defect: another server is designated
}

// leaderPhase is how far a leader has come.
type leaderPhase uint8

const (
	collectsEpochs leaderPhase = iota // waits for a quorum's accepted epochs
	writesAccepted
	collectsAcks // waits for a quorum to accept the new epoch
	writesCurrent
	synchronizes // waits for a quorum to take its history over
	broadcasts
)

// proposal is a transaction under way.
type proposal struct {
	logged
	request *request // of a client, or nil
	acks    *config.Tracker
}

// pendingSync is a sync that waits for what was proposed before it.
type pendingSync struct {
	zxid int64
	done func(env nodes.Env)
}

// lead begins to lead.
func (s *Server) lead(env nodes.Env, supporters []int64) {
	l := &leader{s: s, supporters: supporters, deadline: s.zoo.InitLimit, epoch: -1,
		proposed: config.NewTracker(s.quorum, nil), accepted: config.NewTracker(s.quorum, s.next), taken: config.NewTracker(s.quorum, s.next),
		history: s.db.tree.Zxid(), historyOf: s.votesEpoch()}
	l.began = env.Monotonic()
	s.leader = l
	env.SetTimer(tagTick, s.zoo.TickTime/2)
	s.saveSnapshot(env, false) // of its history, uncommitted end and all
	l.tellsEpoch(env, s.id, max(s.lastAccepted(), s.heardEpoch))
}

// lastAccepted is the last epoch that this server has accepted.
func (s *Server) lastAccepted() int64 {
	if s.cfg.Quirks.EpochNoAccepted {
		return proto.Epoch(s.db.tree.Zxid())
	}
	return s.choices().LastAccepted(s.disk.AcceptedEpoch(), s.db.tree.Zxid())
}

// votesEpoch is the epoch that this server votes with: the last whose history it has taken over.
func (s *Server) votesEpoch() int64 {
	if s.cfg.Quirks.EpochNoAccepted || s.cfg.Quirks.EarlyLastProcessed { // there was no file
		return proto.Epoch(s.db.tree.Zxid())
	}
	return s.disk.CurrentEpoch()
}

// tellsEpoch counts the epoch that a server has accepted last (getEpochToPropose): the new one is above all of them.
func (l *leader) tellsEpoch(env nodes.Env, id, lastAccepted int64) {
	if l.phase != collectsEpochs {
		return
	}
	l.epoch = max(l.epoch, lastAccepted+1)
	l.proposed.Add(id)
	if !l.proposed.Has(l.s.id) || !l.agreed(l.proposed, handlerTellsEpoch) {
		return
	}
	l.phase = writesAccepted
	q := &l.s.cfg.Quirks
	if q.EpochNoAccepted || q.EarlyLastProcessed { // the zxid says which epoch this is
		l.s.db.tree.SetZxid(proto.MakeZxid(l.epoch, 0))
	}
	if q.LeaderAcceptNotPersisted || q.EpochNoAccepted {
		l.epochAccepted(env, l.epoch)
		return
	}
	l.s.must(env, l.s.disk.SetAcceptedEpoch(env.Disk(), l.epoch))
}

// strands ends the role if a learner has accepted a later epoch than this leader's: that of a leader which came to nothing. It may not
// go back on that, and so could follow nobody until an election came about for another reason, while the ensemble does without it. The
// original leaves it so. The next epoch that this server proposes is above the learner's, whoever else is there by then.
func (l *leader) strands(env nodes.Env, accepted int64) bool {
	s := l.s
	if q := &s.cfg.Quirks; l.phase == collectsEpochs || accepted <= l.epoch || q.LeavesStranded || q.EpochNoAccepted {
		return false
	}
	nodes.Reachable(env, markStranded)
	s.heardEpoch = max(s.heardEpoch, accepted)
	l.leave(env, "has a learner that has accepted a later epoch")
	return true
}

// epochAccepted tells the new epoch to those who have waited for it: it is on this server's disk.
func (l *leader) epochAccepted(env nodes.Env, epoch int64) {
	if l.phase != writesAccepted || epoch != l.epoch {
		return
	}
	l.phase, l.deadline = collectsAcks, l.ticked()+l.s.zoo.InitLimit
	l.s.nameEnsemble(env, proto.MakeZxid(epoch, 0))
	for _, h := range slices.Clone(l.handlers) {
		h.tellEpoch(env)
	}
	l.acceptsEpoch(env, l.s.id)
}

// acceptsEpoch counts who has accepted the new epoch (waitForEpochAck). With a quorum the election is over.
func (l *leader) acceptsEpoch(env nodes.Env, id int64) {
	l.accepted.Add(id)
	if l.phase != collectsAcks || !l.accepted.Has(l.s.id) || !l.agreed(l.accepted, handlerHasAccepted) {
		return
	}
	l.phase, l.deadline = writesCurrent, l.ticked()+l.s.zoo.InitLimit
	l.s.zab = Synchronization
	l.s.tell(Milestone{Kind: EpochEstablished, Epoch: l.epoch, Zxid: l.history})
	for _, h := range slices.Clone(l.handlers) {
		h.synchronize(env)
	}
	if l.s.cfg.Quirks.EpochNoAccepted {
		l.epochEstablished(env, l.epoch)
		return
	}
	l.s.must(env, l.s.disk.SetCurrentEpoch(env.Disk(), l.epoch))
}

// agreed tells whether a quorum has told its epoch, or accepted the new one. Observers have no say in it; by a defect those that have come
// as far count like voters (ZOOKEEPER-2959).
func (l *leader) agreed(t *config.Tracker, come handlerPhase) bool {
	if !l.s.cfg.Quirks.ObserversElect {
		return t.HasAllQuorums()
	}
	n := len(t.Acks())
	for _, h := range l.handlers {
		if h.observer && h.phase >= come && !t.Has(h.id) {
			n++
		}
	}
	return n > len(l.s.quorum.Voters())/2
}

// epochEstablished goes on when this server's own currentEpoch is on its disk.
func (l *leader) epochEstablished(env nodes.Env, epoch int64) {
	if l.phase != writesCurrent || epoch != l.epoch {
		return
	}
	l.phase, l.lastZxid = synchronizes, proto.MakeZxid(l.epoch, 0)
	l.takesHistory(env, l.s.id)
}

// takesHistory counts who has taken this leader's history over (waitForNewLeaderAck). With a quorum all of
// that history is committed, and this server begins to serve.
func (l *leader) takesHistory(env nodes.Env, id int64) {
	l.taken.Add(id)
	if l.phase != synchronizes || !l.taken.Has(l.s.id) || !l.taken.HasAllQuorums() {
		return
	}
	s := l.s
	l.phase, l.committed, l.served = broadcasts, l.lastZxid, l.ticked()
	s.zab = Broadcast
	s.tell(Milestone{Kind: HistoryCommitted, Epoch: l.epoch, Zxid: l.history})
	s.db.tree.SetZxid(l.lastZxid)
	l.lastZxid |= s.zoo.InitialZxid & (1<<32 - 1)
	nodes.Reachable(env, markLeads)
	if !s.cfg.Quirks.Election.NoVoteUpdate {
		s.elect.SetVoteEpoch(l.epoch)
	}
	l.finishReconfig(env)
	s.startPipeline(env)
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("leads epoch %d, with a history up to zxid %x", l.epoch, l.history))
	}
	for _, h := range slices.Clone(l.handlers) {
		h.upToDate(env)
	}
}

// ticked is how many ticks there have been.
func (l *leader) ticked() int { return l.half / 2 }

// tick looks, twice a tick, at whether a quorum still follows.
func (l *leader) tick(env nodes.Env) {
	l.half++
	env.SetTimer(tagTick, l.s.zoo.TickTime/2)
	if l.phase < broadcasts {
		if l.ticked() > l.deadline {
			l.leave(env, "is not followed by a quorum in time")
		}
		return
	}
	if l.half%2 == 0 && !l.isFollowed() {
		s := l.s
		s.tell(Milestone{Kind: QuorumLost, Epoch: l.epoch, Ticks: l.ticked() - l.served, Linked: l.isLinked()})
		l.leave(env, "is no longer followed by a quorum")
		return
	}
	for _, h := range slices.Clone(l.handlers) {
		h.ping(env)
	}
}

// isFollowed tells whether a quorum, of the next ensemble too, has been heard of in time.
func (l *leader) isFollowed() bool {
	t := config.NewTracker(l.s.quorum, l.s.next)
	t.Add(l.s.id)
	for _, h := range l.handlers {
		if h.synced() && l.ticked() <= h.nextAck {
			t.Add(h.id)
		}
	}
	return t.HasAllQuorums()
}

// isLinked tells whether a quorum has taken the history over and is still connected.
func (l *leader) isLinked() bool {
	t := config.NewTracker(l.s.quorum, l.s.next)
	t.Add(l.s.id)
	for _, h := range l.handlers {
		if h.synced() {
			t.Add(h.id)
		}
	}
	return t.HasAllQuorums()
}

// looking hears that a voter looks for a leader. If it is one of those who voted for this server, it has changed its mind, and
// there may be no use in waiting for it longer than leader.maxTimeToWaitForEpoch (ZOOKEEPER-3109).
func (l *leader) looking(env nodes.Env, id int64) {
	patience := l.s.zoo.MaxTimeForEpoch
	if l.phase > collectsEpochs || !slices.Contains(l.supporters, id) || patience < 0 || env.Monotonic()-l.began < patience {
		return
	}
	l.supporters = slices.DeleteFunc(l.supporters, func(x int64) bool { return x == id })
	if !l.s.quorum.ContainsQuorum(l.supporters) {
		l.leave(env, "has lost a supporter before its epoch was accepted")
	}
}

// leave ends the role.
func (l *leader) leave(env nodes.Env, why string) {
	s := l.s
	if s.leader != l {
		return
	}
	if nodes.Noting(env) {
		nodes.Note(env, "stops to lead: it "+why)
	}
	s.leader = nil
	env.StopTimer(tagTick)
	for _, h := range l.handlers {
		h.stop()
		s.drop(env, h.link)
	}
	s.leaveRole(env, false)
}

// leaveRole goes back to looking for a leader: when all that was to be logged is durable, and memory is what the disk
// is. reload says that memory must be loaded again for that.
func (s *Server) leaveRole(env nodes.Env, reload bool) {
	s.stopPipeline(env)
	s.state, s.zab = 0, ElectionPhase
	s.stopping, s.reload = true, s.reload || reload
	if s.cfg.Quirks.ShutdownLeavesLogger { // what waits for the log gets there behind the server's back
		env.Post(stageSync, &lateFlush{})
		s.left(env)
		return
	}
	s.must(env, s.disk.Flush(env.Disk()))
	s.drained(env)
}

// drained goes on if nothing is left to be written.
func (s *Server) drained(env nodes.Env) {
	if s.stopping && s.disk.Idle() {
		s.left(env)
	}
}

func (s *Server) left(env nodes.Env) {
	s.stopping = false
	switch {
	case s.reload:
		s.reload = false
		nodes.Reachable(env, markReload)
		if _, err := s.disk.Load(env.Disk(), s.db); err != nil {
			env.Halt(err)
		}
	case !s.cfg.Quirks.RetainDBNoFastForward:
		if err := s.fastForward(env); err != nil {
			env.Halt(err)
		}
	}
	s.settleNext(env)
	s.look(env)
}

// logDurable goes on with whoever has waited for the log.
func (s *Server) logDurable(env nodes.Env, zxid int64) {
	switch {
	case s.learner != nil && s.learner.sync.acks && s.learner.phase < serves:
		s.learner.ack(env, zxid)
		s.learner.historyStep(env)
	case s.learner != nil && s.learner.phase == takesHistory:
		s.learner.historyStep(env)
	case s.pipe != nil:
		s.pipe.durable(env, zxid)
	}
}
