package scenarios

import (
	"slices"

	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/proto"
	"orrery/sim"
)

// What is watched nearer to where things go wrong: long before clients are told something wrong, a server's memory is not what its disk would
// give again, or something waits that nothing will wake.
const (
	zkMemory   = "memory-is-disk"                 // a start would give what is in memory
	zkKept     = "kept-snapshots-keep-their-log"  // of a snapshot that is kept, so is the log behind it
	zkWaits    = "nothing-waits-for-nothing"      // what waits in the commit processor waits for a transaction
	zkElects   = "elections-keep-their-rules"     // see election.Lapse
	zkGoesOn   = "a-leader-with-a-quorum-goes-on" // see zab.Server.Withheld
	zkKeeps    = "what-is-kept-for-learners-is-history"
	zkAckStays = "what-counts-as-acknowledged-stays" // who follows a leader has on disk what the leader counts on there
)

// zkNear is what is kept of one server for that.
type zkNear struct {
	replay  bool  // the disk is to be compared with memory as soon as both can be
	whole   bool  // and all of the log
	durable int64 // when it was last seen
	kept    int64 // the oldest snapshot behind which the log went on without a hole; -1 if none
}

// mark notes that a server's disk is to be compared with its memory: a snapshot was saved, a history taken over, or a role has ended.
func (n *zkNear) mark(m zab.MilestoneKind) {
	switch m {
	case zab.SnapshotSaved, zab.UpToDate, zab.HistoryCommitted:
		n.replay, n.whole = true, false
	case zab.Looks:
		n.replay, n.whole = true, true
	}
}

// near looks at a server on which something has happened.
func (g *zkWatch) near(m *sim.Machine, s *zab.Server) {
	id := m.ID()
	n := &g.seen[id].near
	g.z.w.Asked(zkWaits)
	if why := s.Stalled(); why != "" {
		g.violate(zkWaits, "%s: %s", id, why)
	}
	g.z.w.Asked(zkElects)
	if lapse := s.Lapse(); lapse != "" {
		g.violate(zkElects, "%s: %s", id, lapse)
	}
	g.z.w.Asked(zkGoesOn)
	if what := s.Withheld(); what != "" {
		g.violate(zkGoesOn, "%s leads: %s", id, what)
	}
	if !s.Recovered() {
		return
	}
	durable := s.Durable()
	if durable < n.durable {
		g.cutOff(id, s, durable)
	}
	n.durable = durable
	if n.replay && s.Settled() && (n.whole || s.NewEpoch() || durable >= s.Zxid()) {
		n.replay = false
		g.compareDisk(id, s, readOnly{m.Disk()}, n.whole && !s.Serves())
	}
}

// cutOff: a learner whose log has been cut is not counted on for what it has lost. It is told to cut by the leader that it
// follows, and that leader must forget what it has heard of it before.
func (g *zkWatch) cutOff(id nodes.ID, s *zab.Server, durable int64) {
	number, epoch, follows := s.Follows()
	if !follows {
		return
	}
	leader := g.z.of(g.ids[number])
	if leader == nil {
		return
	}
	if e, leads := leader.Leads(); !leads || e != epoch {
		return
	}
	g.z.w.Asked(zkAckStays)
	if counted := leader.Counts(s.ID()); counted > durable {
		g.violate(zkAckStays, "%s has been told to cut its log back to %x, and %s still counts on it for %x", id, durable, g.ids[number], counted)
	}
}

// compareDisk: what a start would make of the disk is what is in memory. Of a server that looks for a leader, that is all of its log; of one
// that serves, the log up to what it has applied.
func (g *zkWatch) compareDisk(id nodes.ID, s *zab.Server, disk readOnly, whole bool) {
	g.z.w.Asked(zkMemory)
	var r zab.Replayed
	var err error
	if whole {
		r, err = s.ReplayedWhole(disk)
	} else {
		r, err = s.Replayed(disk, s.Zxid())
	}
	switch zxid := s.Zxid(); {
	case err != nil:
		g.violate(zkMemory, "%s has come to zxid %x, and could not be started: %v", id, zxid, err)
	case r.Zxid != zxid && (!s.NewEpoch() || r.Zxid > zxid):
		g.violate(zkMemory, "%s has come to zxid %x, and a start would come to %x", id, zxid, r.Zxid)
	case r.Digest != s.Digest():
		g.violate(zkMemory, "%s has come to zxid %x, and a start would give other znodes", id, zxid)
	case r.State != s.StateHash():
		g.violate(zkMemory, "%s has come to zxid %x, and a start would give other sessions or ACLs", id, zxid)
	}
	g.compareKept(id, s, disk)
}

// compareKept: a snapshot behind which the log went on without a hole, as long as it is kept, is one that a start can fall back on. Which
// it was is forgotten when a server starts: of what is committed, a snapshot may hold more than the log, and then a crash leaves a hole
// before it.
func (g *zkWatch) compareKept(id nodes.ID, s *zab.Server, disk readOnly) {
	g.z.w.Asked(zkKept)
	n := &g.seen[id].near
	all := snapshots(disk)
	slices.Sort(all)
	log, err := s.LogOnDisk(disk, 0)
	if err != nil {
		return // compareDisk has said so, if it matters
	}
	logged := int64(0)
	if len(log) > 0 {
		logged = log[len(log)-1].Zxid
	}
	if len(all) == 0 || g.position(logged) < g.position(all[len(all)-1]) {
		return // what the newest snapshot has is still on its way to the log, or a crash has taken it
	}
	kept := n.kept
	n.kept = -1
	for _, at := range all {
		lost, hole := g.hole(at, log)
		if hole && at == kept {
			g.violate(zkKept, "%s keeps a snapshot of %x, and %x, behind it, is gone from its log", id, at, lost)
		}
		if !hole {
			n.kept = at
			return
		}
	}
}

// hole is the first committed transaction behind a zxid that a log passes over.
func (g *zkWatch) hole(at int64, log []zab.LogEntry) (zxid int64, ok bool) {
	for _, e := range log {
		if e.Zxid <= at {
			continue
		}
		if i, j := g.position(at), g.position(e.Zxid-1); j > i {
			return g.history[i].zxid, true
		}
		at = e.Zxid
	}
	return 0, false
}

// keeps: what a leader keeps for learners (committedLog) is a piece of the history, of which nothing is missing within an epoch: by its bounds it
// decides what each learner must be sent, and what it must cut off.
func (g *zkWatch) keeps(id nodes.ID, s *zab.Server) {
	g.z.w.Asked(zkKeeps)
	before := int64(0)
	for _, zxid := range s.CommittedLog() {
		switch _, known := g.broadcast[zxid]; {
		case !known:
			g.violate(zkKeeps, "%s leads, and keeps %x for learners, which nobody has broadcast", id, zxid)
		case zxid <= before, before != 0 && proto.Epoch(zxid) == proto.Epoch(before) && zxid != before+1:
			g.violate(zkKeeps, "%s leads, and keeps %x for learners behind %x", id, zxid, before)
		}
		before = zxid
	}
}
