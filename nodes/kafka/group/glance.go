package group

import "time"

// Glance is what a look at a group after every event needs, without the cost of a [View].
type Glance struct {
	Group       string
	LeaderEpoch int32 // in which the group's partition of [OffsetsTopic] is led
	State       string
	Generation  int32
	Members     []MemberGlance // in the order in which they joined; their place is used anew for the next group
}

// MemberGlance is a member in a [Glance].
type MemberGlance struct {
	Member, ClientID string
	Waits            bool // for the answer to JoinGroup or SyncGroup
	Assigned         bool // the leader of the generation has said what it reads, be it nothing
	Unsynced         bool // it has not asked what it reads in this generation, and is not an absent static member
	Session          time.Duration
	Rebalance        time.Duration // that it grants the others
	Heard            time.Duration // when it last said something or was answered, by the monotonic clock
	Assignment       []byte        // what the leader has said that it reads: the coordinator's own, to be read alone
}

// Glances shows, in v, one after another the groups of a partition of [OffsetsTopic] that this broker coordinates and has loaded, by name.
func (c *Coordinator) Glances(partition int32, v *Glance, see func()) {
	p := c.parts[partition]
	if p == nil || p.load != nil {
		return
	}
	for _, g := range p.sorted() {
		*v = Glance{Group: g.id, LeaderEpoch: p.epoch, State: g.state.String(), Generation: g.generation, Members: v.Members[:0]}
		for _, m := range g.order {
			v.Members = append(v.Members, MemberGlance{m.id, m.peer.ClientID, m.join != nil || m.sync != nil, len(m.assignment) > 0, g.unsynced[m.id],
				m.session, m.rebalance, m.heard, m.assignment})
		}
		see()
	}
}
