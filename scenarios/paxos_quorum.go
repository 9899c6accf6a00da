package scenarios

import (
	"fmt"
	"slices"

	"orrery/nodes"
	"orrery/nodes/paxos"
)

// Who is a quorum, seen from outside: for the nemesis, which must leave one alive, and for
// the ghost of agreement, which must know when a value is chosen.

// spareCount draws how many machines there are besides the members: some only in universes in
// which the membership changes, which is one in five.
func (p *paxosWorld) spareCount() int {
	if p.config.Q2 != 0 || !p.reconfigures && !p.w.Chance("changes of membership", 200_000) {
		return 0
	}
	return 1 + int(p.w.Draw("spares", 2))
}

// tolerates is how many of the first members may be broken at once; -1 means none.
func (p *paxosWorld) tolerates() int {
	c := p.first()
	if f := len(c.Members) - max(c.Q1, c.Q2); f > 0 {
		return f
	}
	return -1
}

// first is the configuration that the cluster begins with.
func (p *paxosWorld) first() paxos.Configuration {
	n := len(p.servers)
	c := paxos.Configuration{From: 1, Members: p.servers, Q1: p.config.Q1, Q2: p.config.Q2}
	if c.Q2 == 0 {
		c.Q1, c.Q2 = n/2+1, n/2+1
	}
	return c
}

// inForce are the memberships that govern open slots, and those to come.
func (p *paxosWorld) inForce() []paxos.Configuration {
	if len(p.spares) > 0 {
		if r := p.mostAdvanced(); r != nil {
			return r.Configurations()
		}
	}
	return p.history[len(p.history)-1:]
}

// learnConfigurations keeps every membership that there ever was: a deposed leader may still
// propose in slots whose membership the others have long forgotten.
func (p *paxosWorld) learnConfigurations(r *paxos.Replica) {
	if r.NewestConfiguration().From <= p.history[len(p.history)-1].From {
		return
	}
	for _, c := range r.Configurations() {
		if c.From > p.history[len(p.history)-1].From {
			p.history = append(p.history, c)
		}
	}
}

// mostAdvanced is the replica that has applied most.
func (p *paxosWorld) mostAdvanced() *paxos.Replica {
	var most *paxos.Replica
	var slot paxos.Slot
	for _, id := range slices.Concat(p.servers, p.spares) {
		if r, up := p.w.U.Machine(id).Node().(*paxos.Replica); up && r.Role() != paxos.Booting {
			if applied, _ := r.Applied(); most == nil || applied > slot {
				most, slot = r, applied
			}
		}
	}
	return most
}

// quorum tells whether these servers alone can serve, in every configuration.
func (p *paxosWorld) quorum(healthy []nodes.ID) bool {
	for _, c := range p.inForce() {
		if count(c.Members, healthy) < max(c.Q1, c.Q2) {
			return false
		}
	}
	return true
}

// mustAgree are those of the core that are members, and so must have applied the same.
func (p *paxosWorld) mustAgree(core []nodes.ID) []nodes.ID {
	configs := p.inForce()
	members := configs[len(configs)-1].Members
	return slices.DeleteFunc(slices.Clone(core), func(id nodes.ID) bool { return !slices.Contains(members, id) })
}

// isQuorum tells whether acceptors (bit i is the i-th machine) are a quorum of phase 1 or 2 of
// the configuration that governs a slot.
func (p *paxosWorld) isQuorum(phase int, slot, acceptors uint64) bool {
	c := p.history[0]
	for _, next := range p.history[1:] {
		if uint64(next.From) <= slot {
			c = next
		}
	}
	n := 0
	for i := range len(p.servers) + len(p.spares) {
		if acceptors&(1<<i) != 0 && slices.Contains(c.Members, p.machine(i)) {
			n++
		}
	}
	if phase == 1 {
		return n >= c.Q1
	}
	return n >= c.Q2
}

// machine is the i-th machine of the cluster.
func (p *paxosWorld) machine(i int) nodes.ID {
	if i < len(p.servers) {
		return p.servers[i]
	}
	return p.spares[i-len(p.servers)]
}

// count is how many of the members are among ids.
func count(members, ids []nodes.ID) (n int) {
	for _, id := range members {
		if slices.Contains(ids, id) {
			n++
		}
	}
	return n
}

// maxFiles is far more than a replica needs at any time: its identity, a log and its successor, a snapshot
// and its successor.
const maxFiles = 12

// unfinished tells what a cluster still has to do when all agree; "" if that is nothing.
func (p *paxosWorld) unfinished(core []nodes.ID) string {
	if len(p.spares) > 0 {
		if r := p.mostAdvanced(); r != nil {
			list := r.Configurations()
			if next := list[len(list)-1]; next.From > r.CommitIndex()+1 {
				return fmt.Sprintf("a change of membership waits for slot %d, and slot %d was the last", next.From, r.CommitIndex())
			}
		}
	}
	for _, id := range core {
		if names, err := p.w.U.Machine(id).Disk().List(""); err != nil || len(names) > maxFiles {
			return fmt.Sprintf("%s has %d files, and needs none of the older ones (%v)", id, len(names), err)
		}
	}
	return ""
}

// sameState: replicas that have applied the same slots hold the same, whatever they have recovered it from.
func (p *paxosWorld) sameState(core []nodes.ID) {
	var first uint64
	for i, id := range p.mustAgree(core) {
		r, up := p.w.U.Machine(id).Node().(*paxos.Replica)
		switch {
		case !up:
		case i == 0:
			first = r.StateHash()
		case r.StateHash() != first:
			p.w.U.Violate("state-equality", fmt.Sprintf("%s has applied the same slots as others, and holds something else", id))
		}
	}
}
