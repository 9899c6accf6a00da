package zab

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
)

// Replayed is what a start would make of a disk.
type Replayed struct {
	Zxid   int64  // of the last transaction
	Digest int64  // of the tree
	State  uint64 // see StateHash
}

// Replayed loads what a disk of this server's holds, as a start would, into a tree of its own: of the newest snapshot and of the log
// behind it up to a zxid, which is durable or not. The error is that with which a start would be refused.
func (s *Server) Replayed(d nodes.Disk, upTo int64) (Replayed, error) {
	r := &replayer{database: newDatabase(s), upTo: upTo}
	if _, err := s.disk.Load(d, r); err != nil && !errors.Is(err, errReplayed) {
		return Replayed{}, fmt.Errorf("zab: %w", err)
	}
	return Replayed{r.tree.Zxid(), r.tree.Digest(), stateHash(r.tree)}, nil
}

// ReplayedWhole is Replayed without a limit.
func (s *Server) ReplayedWhole(d nodes.Disk) (Replayed, error) { return s.Replayed(d, math.MaxInt64) }

// replayer is a database that takes a log up to a zxid.
type replayer struct {
	*database
	upTo int64
}

var errReplayed = errors.New("the rest is left out")

// Replay implements store.Database.
func (r *replayer) Replay(txn *proto.Transaction) error {
	if txn.Header.Zxid > r.upTo {
		return errReplayed
	}
	r.tree.Apply(&txn.Header, txn.Body)
	return nil
}

var _ store.Database = (*replayer)(nil)

// Stalled tells, if something waits in the commit processor and nothing will wake it, what. Whoever waits there waits for a
// transaction: his own, or the one that is being applied.
func (s *Server) Stalled() string {
	if s.pipe == nil {
		return ""
	}
	c := &s.pipe.commits
	if len(c.behind) > 0 && c.applying == nil {
		return fmt.Sprintf("%d steps wait, and nothing is being applied", len(c.behind))
	}
	for _, id := range slices.Sorted(maps.Keys(c.waiting)) {
		if first := c.waiting[id][0]; !c.needsCommit(first) {
			return fmt.Sprintf("a %s of session %x waits, and no transaction before it", first.op, id)
		}
	}
	return ""
}

// Follows is the server that this one learns from, and the epoch; ok is false if it learns from nobody, or not yet.
func (s *Server) Follows() (leader, epoch int64, ok bool) {
	if l := s.learner; l != nil && l.phase > acceptsEpoch {
		return l.leaderID, l.epoch, true
	}
	return 0, 0, false
}

// Counts is the last transaction under way for which a leader counts the acknowledgement of a learner that it forwards proposals
// to; 0 if there is none.
func (s *Server) Counts(learner int64) (zxid int64) {
	if s.leader == nil {
		return 0
	}
	for _, h := range s.leader.handlers {
		if h.id != learner || !h.forwards {
			continue
		}
		for _, p := range s.leader.outstanding {
			if p.acks.Has(learner) {
				zxid = max(zxid, p.zxid)
			}
		}
	}
	return zxid
}

// Withheld tells, if a leader has heard from a quorum and does not go on, of what; "" if it goes on. A quorum is one of the ensemble in force
// and of one that is proposed: what was before the one in force has no say any more, and whoever is to vote may observe until then (Shraer, Reed,
// Malkhi and Junqueira, "Dynamic reconfiguration of primary/backup clusters", USENIX ATC 2012, section 3).
func (s *Server) Withheld() string {
	l := s.leader
	if l == nil || s.quorum == nil {
		return ""
	}
	come := func(self *config.Tracker, has func(*handler) bool) bool {
		t := config.NewTracker(s.quorum, s.next)
		if self.Has(s.id) {
			t.Add(s.id)
		}
		for _, h := range l.handlers {
			if has(h) {
				t.Add(h.id)
			}
		}
		return t.HasAllQuorums()
	}
	switch {
	case l.phase == collectsAcks && come(l.accepted, func(h *handler) bool { return h.accepts }):
		return fmt.Sprintf("a quorum has accepted epoch %d, and it goes on waiting for one", l.epoch)
	case l.phase == synchronizes && come(l.taken, func(h *handler) bool { return h.phase >= handlerTaken }):
		return fmt.Sprintf("a quorum has taken over the history of epoch %d, and it does not serve", l.epoch)
	case l.phase == broadcasts && len(l.outstanding) > 0 && s.haveIt(l.outstanding[0].acks.Acks()):
		return fmt.Sprintf("a quorum has %x on disk, and it does not commit it", l.outstanding[0].zxid)
	}
	return ""
}

// haveIt tells whether these are a quorum of the ensemble in force, and of one that is proposed.
func (s *Server) haveIt(ids []int64) bool {
	return s.quorum.ContainsQuorum(ids) && (s.next == nil || s.next.ContainsQuorum(ids))
}

// Acknowledgers are who acknowledges what this leader proposes: itself, and the followers that have taken its history over. Observers do not.
func (s *Server) Acknowledgers() (ids []int64) {
	if s.leader == nil {
		return nil
	}
	ids = append(ids, s.id)
	for _, h := range s.leader.handlers {
		if h.synced() {
			ids = append(ids, h.id)
		}
	}
	return ids
}

// Lapse is what an election should have done by now, see [election.Election.Lapse]. Of those who serve, each tells late comers the epoch that it
// serves in, so that they hear of equal votes (ZOOKEEPER-1732).
func (s *Server) Lapse() string {
	if s.elect == nil {
		return ""
	}
	serves := int64(-1)
	switch {
	case s.pipe == nil:
	case s.leader != nil:
		serves = s.leader.epoch
	case s.learner != nil:
		serves = s.learner.epoch
	}
	if v := s.elect.CurrentVote(); serves >= 0 && v.Epoch != serves {
		return fmt.Sprintf("it serves in epoch %d, and tells those who look for a leader that it votes for %v", serves, v)
	}
	return s.elect.Lapse()
}
