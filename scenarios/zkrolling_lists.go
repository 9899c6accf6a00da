package scenarios

import (
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/sim/vdisk"
)

// zkLists is another list of servers in zoo.cfg, given to one server after the other as each is restarted: how an ensemble changes where
// reconfiguration is off. One server comes, and is started first; or one goes, and is stopped last, for good. Any quorum of such a list shares a
// server with any of the list before it, so that the two may be in use at once. Followers come first and the leader last, so that whoever has just
// been restarted finds a leader that a quorum of its own list follows. At the end one server is away for some time: an ensemble of the new list
// can do without it.
type zkLists struct {
	r     *zkRoller
	comes nodes.ID
	goes  nodes.ID // is chosen when the rest is done; it does not lead then
	grows bool
	list  *config.Quorum // nil before the change has begun
	order []nodes.ID     // that are still to be restarted with it, but for the leader
	away  bool           // one has been away
}

// The ways in which the list changes.
const (
	zkListStays = iota
	zkListGrows
	zkListShrinks
)

// zkListChange draws whether the list of servers changes, and how. A defect that needs it has it so.
func (z *zkWorld) zkListChange(alone bool) int {
	switch q := &z.quirks; {
	case q.ListDesignates:
		return zkListGrows
	case q.ListIsLearned:
		return zkListShrinks
	case z.w.Options.Bug != "" || z.w.Options.Nodes != 0 || !alone || !z.w.Chance("the list changes", 250_000):
		return zkListStays
	}
	return zkListGrows + int(z.w.Draw("the list grows or shrinks", 2))
}

// next tells how the next restart is to be: it gives the next server its new list, and does what comes before and behind all restarts.
// ok is false if nothing is left to be done.
func (l *zkLists) next() (id nodes.ID, down time.Duration, ok bool) {
	r := l.r
	leader, _ := r.z.leader()
	down = r.between("down", time.Millisecond, 12*r.z.tick())
	switch {
	case l.list == nil:
		l.begin(leader)
		if l.grows {
			r.z.later = ""
			return l.comes, time.Millisecond, true
		}
		return l.next()
	case len(l.order) > 0:
		i := slices.IndexFunc(l.order, func(id nodes.ID) bool { return id != leader })
		i = max(i, 0) // nobody but the leader is left
		id = l.order[i]
		l.order = slices.Delete(l.order, i, i+1)
		r.z.configs[id].Quorum = l.list
		return id, down, true
	case !l.away:
		l.away = true
		if !l.grows {
			r.z.gone = l.goes
			r.z.w.U.Machine(l.goes).Kill(vdisk.LoseNothing)
		}
		voters := l.list.Voters()
		return r.z.watch.ids[voters[r.draw("who is away", uint64(len(voters)))]], r.between("away", 8*time.Second, 12*time.Second), true
	}
	return "", 0, false
}

// begin writes the new list.
func (l *zkLists) begin(leader nodes.ID) {
	z := l.r.z
	var members []config.Member
	for _, id := range z.all() {
		m, known := z.configs[z.voters[0]].Quorum.Member(z.number(id))
		switch {
		case !known:
			m = zkMember(z, z.number(id))
		case !l.grows && l.goes == "" && id != leader && slices.Contains(z.voters, id):
			l.goes = id
			continue
		}
		members = append(members, m)
		if id != l.comes {
			l.order = append(l.order, id)
		}
	}
	list, err := config.NewQuorum(0, members)
	if err != nil {
		panic(err)
	}
	l.list = list
	for i := len(l.order) - 1; i > 0; i-- {
		j := int(z.w.U.Draw("rolling/order", uint64(i), uint64(i+1)))
		l.order[i], l.order[j] = l.order[j], l.order[i]
	}
	if l.grows {
		z.configs[l.comes].Quorum = list
	}
}

// running are the servers that an administrator waits for.
func (z *zkWorld) running() []nodes.ID {
	return slices.DeleteFunc(z.all(), func(id nodes.ID) bool { return id == z.gone || id == z.later })
}

// quorum tells whether these servers alone can serve: all have the new list, and these are a quorum of it.
func (l *zkLists) quorum(healthy []nodes.ID) bool {
	if l.list == nil || len(l.order) > 0 {
		return false
	}
	n := 0
	for _, id := range healthy {
		if l.list.IsVoter(l.r.z.number(id)) {
			n++
		}
	}
	return n > len(l.list.Voters())/2
}

// converged asks nothing of the server that has gone.
func (l *zkLists) converged(core []nodes.ID) (bool, string) {
	return l.r.z.converged(slices.DeleteFunc(slices.Clone(core), func(id nodes.ID) bool { return id == l.goes }))
}

// ownList is of which servers a leader needs a quorum: where there are no reconfigurations each has its own list.
func (g *zkWatch) ownList(id nodes.ID) *config.Quorum {
	if s, up := g.z.w.U.Machine(id).Node().(*zab.Server); up && !g.z.reconfigures {
		return s.Ensemble()
	}
	return nil
}
