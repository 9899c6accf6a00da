package scenarios

import (
	"fmt"

	"orrery/checker"
	"orrery/nodes"
	"orrery/nodes/paxos"
	"orrery/sim"
)

// When a replica may speak: what it tells is durable, and it campaigns only when it hears nobody.

// toldDurably: nobody is told what a crash could undo.
func (p *paxosWatch) toldDurably(from *sim.Machine, m nodes.Message) {
	r := from.Node().(*paxos.Replica)
	if file, end, ok := r.Evidence(m); ok {
		p.durable(from, file, end, "sends "+m.Kind())
	}
	if s := &p.state[p.number(from)]; !s.founded {
		s.founded = true
		file, size := r.IdentityFile() // without it the next Boot refuses the log
		p.durable(from, file, size, "sends "+m.Kind())
	}
}

// durable: what a replica does rests on that much of a file.
func (p *paxosWatch) durable(m *sim.Machine, file string, end int64, does string) {
	if !m.Disk().DurableThrough(file, end) {
		p.hold(&checker.InvariantError{Property: checker.PropertyDurableFirst,
			Detail: fmt.Sprintf("%s %s, and bytes up to %d of %s that it rests on are not durable", m.ID(), does, end, file)})
	}
}

// leads notes that somebody leads a ballot.
func (p *paxosWatch) leads(b paxos.Ballot) {
	if p.newest.Less(b) {
		p.newest = b
	}
}

// campaigns: who hears a leader leaves it alone. Elections too many do no harm that a history could
// show, and yet a cluster that has them serves badly.
func (p *paxosWatch) campaigns(from *sim.Machine, b paxos.Ballot) {
	s := &p.state[p.number(from)]
	if b == s.campaigns {
		return
	}
	s.campaigns = b
	p.w.Asked("leader-heard-is-left-alone")
	if since := from.Monotonic() - s.heard; !s.follows.IsZero() && since < p.patience {
		p.w.U.Violate("leader-heard-is-left-alone", fmt.Sprintf("%s campaigns for ballot %v, %v after it has answered the leader of %v",
			from.ID(), b, since, s.follows))
	}
}

// waitsOut: who has just been started may have granted a lease that he has forgotten, and promises
// nothing until that must be over.
func (p *paxosWatch) waitsOut(from *sim.Machine, b paxos.Ballot) {
	p.w.Asked("lease-outlasts-a-restart")
	if up := from.Monotonic(); up < p.lease {
		p.w.U.Violate("lease-outlasts-a-restart", fmt.Sprintf("%s promises ballot %v %v after its start; a lease holds for %v", from.ID(), b, up, p.lease))
	}
}
