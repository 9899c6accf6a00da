package scenarios

import (
	"strconv"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/election"
	"orrery/nodes/zab/proto"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// zkAim is an accident that falls into a moment which faults that are drawn for some time or other seldom meet: while an epoch is on the disk of
// its leader alone, while a snapshot is in memory and not on the disk, while a log is being cut.
type zkAim struct {
	z    *zkWorld
	name string
	left int                                        // so often it may still happen
	due  func(m *sim.Machine, s *zab.Server) bool   // whether this is the moment, after an event on a machine
	hit  func(m *sim.Machine, s *zab.Server, n int) // does it, for the n-th time
	n    int
}

// aim has an accident happen up to so many times.
func (z *zkWorld) aim(a zkAim) {
	a.z = z
	z.aims = append(z.aims, &a)
}

// aimed lets accidents happen whose moment has come. No machine can be killed within its own event: they follow it at once.
func (z *zkWorld) aimed(m *sim.Machine, s *zab.Server) {
	for _, a := range z.aims {
		if a.left == 0 || z.load == nil || z.load.stopped || !a.due(m, s) {
			continue
		}
		a.left--
		a.n++
		n, incarnation := a.n, m.Incarnation()
		z.w.U.After(0, a.name, func() {
			if m.Up() && m.Incarnation() == incarnation && !z.load.stopped {
				a.hit(m, s, n)
			}
		})
	}
}

// fall kills a process, and has it start again after a while, or when all is made whole. What was written stays.
func (z *zkWorld) fall(m *sim.Machine, down time.Duration) {
	m.Kill(vdisk.LoseNothing)
	m.Start(down)
	z.mishaps = append(z.mishaps, func() { m.Start(0) })
}

// losesEpochs has leaders die when they have written the epoch that they are about to propose, and have told nobody: twice in a row, so that
// theirs is beyond what the others come to without them, and the second time long enough for that.
func (z *zkWorld) losesEpochs() {
	z.aim(zkAim{name: "dies with an epoch", left: 2,
		due: func(m *sim.Machine, s *zab.Server) bool {
			if s.Role() != election.Leading || s.Serves() {
				return false
			}
			text, err := m.Disk().ReadFile("version-2/acceptedEpoch")
			if err != nil {
				return false
			}
			written, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			return err == nil && written > s.AcceptedEpoch()
		},
		hit: func(m *sim.Machine, _ *zab.Server, n int) {
			down := z.w.DrawDuration("dies with an epoch/first", time.Millisecond, 50*time.Millisecond)
			if n == 2 {
				down = z.w.DrawDuration("dies with an epoch/then", time.Second, 4*time.Second)
			}
			z.fall(m, down)
		}})
}

// leavesSnapshots has learners lose their leader when they have loaded a snapshot of it, and before it lets them save that: what is on its way then
// breaks the connection.
func (z *zkWorld) leavesSnapshots() {
	z.aim(zkAim{name: "leaves a snapshot unsaved", left: 3,
		due: func(_ *sim.Machine, s *zab.Server) bool {
			_, _, follows := s.Follows()
			return follows && s.Receives() && s.Zxid() > s.Durable()
		},
		hit: func(m *sim.Machine, s *zab.Server, n int) {
			number, _, follows := s.Follows()
			if !follows {
				return
			}
			breaks := z.w.U.DisturbLinks("leaves a snapshot unsaved", [][2]nodes.ID{{z.watch.ids[number], m.ID()}}, sim.LinkFault{ResetPPM: 1_000_000})
			z.mishaps = append(z.mishaps, breaks.End)
			z.w.U.After(z.w.DrawDuration("leaves a snapshot unsaved/"+strconv.Itoa(n), 10*time.Millisecond, time.Second), "leaves a snapshot unsaved", breaks.End)
		}})
}

// zkNoRoom is a disk that is full whenever its server is to cut its log (ZOOKEEPER-3701): space runs out where much is written that does
// not come to be committed.
type zkNoRoom struct {
	left int
	full map[nodes.ID]*sim.Active
}

// noRoom has that happen up to three times.
func (z *zkWorld) noRoom() { z.room = &zkNoRoom{left: 3, full: map[nodes.ID]*sim.Active{}} }

// roomFor takes a milestone: whoever is about to be brought up to date, and has more than was committed, will be told to cut it off.
func (z *zkWorld) roomFor(id nodes.ID, m zab.Milestone) {
	r := z.room
	if r == nil {
		return
	}
	switch m.Kind {
	case zab.EpochAccepted:
		ahead := len(z.watch.history) > 0 && m.Zxid > z.watch.history[len(z.watch.history)-1].zxid && proto.Counter(m.Zxid) != 0
		if ahead && r.left > 0 && r.full[id] == nil && !z.load.stopped {
			r.left--
			r.full[id] = z.w.U.DisturbDisks("no room", []nodes.ID{id}, sim.DiskFault{Full: true})
			z.mishaps = append(z.mishaps, func() { z.makeRoom(id) })
		}
	case zab.LogCut, zab.Looks, zab.HistoryTaken:
		z.makeRoom(id)
	default:
	}
}

// makeRoom ends it.
func (z *zkWorld) makeRoom(id nodes.ID) {
	if z.room != nil && z.room.full[id] != nil {
		z.room.full[id].End()
		delete(z.room.full, id)
	}
}

// aimAt has the accident happen that a planted defect needs.
func (z *zkWorld) aimAt(q *zab.Quirks) {
	switch {
	case q.LeavesStranded:
		z.losesEpochs()
		z.w.Families = []string{"crash"}
	case q.SnapAbortKeepDB:
		z.leavesSnapshots()
		z.slowLinks(10 * time.Millisecond)
		z.w.Families = []string{"partition", "connection", "crash"}
	case q.Store.TruncENOSPCIgnored:
		z.noRoom()
		z.slowDisksOf(300*time.Millisecond, z.voters[0], z.voters[len(z.voters)-1]) // so that the others have what is not committed
		z.w.Families = []string{"connection"}
	}
}

// drawAims has each of these accidents happen in some universes.
func (z *zkWorld) drawAims() {
	for _, a := range []struct {
		name string
		aim  func()
	}{{"epochs are lost", z.losesEpochs}, {"snapshots are left", z.leavesSnapshots}, {"no room to cut", z.noRoom}} {
		if z.w.Chance(a.name, 60_000) {
			a.aim()
		}
	}
}
