package scenarios

import (
	"fmt"
	"time"

	"orrery/nodes/paxos"
)

// paxosBugs are the quirks of Paxos, with the seeds in which each is found.
func paxosBugs() []Bug {
	var list []Bug
	for _, b := range paxos.Bugs() {
		list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: b.Breaks, Seeds: paxosSeeds[b.Name]})
	}
	return list
}

var paxosSeeds = map[string]string{}

// plant plants a defect, and sees to it that the configuration is one in which it can show:
// without leases no lease can go wrong.
func (p *paxosWorld) plant(name string) error {
	b, ok := paxos.BugNamed(name)
	if !ok {
		return fmt.Errorf("there is no bug %q", name)
	}
	c := &p.config
	c.Quirks = b.Quirks()
	switch q := &c.Quirks; {
	case q.TruncatedForgotten, q.SessionsNotInSnapshot, q.InstallForgetsVotes:
		c.SnapshotEvery, c.KeepSlots = 12, -1
	case q.LeaseByWallClock, q.LeaseForgotten:
		c.Lease = min(3*c.Heartbeat, c.ElectionMin-time.Millisecond)
		if q.LeaseByWallClock {
			p.w.Families = []string{"clock", "partition", "hunt"}
		} else {
			p.w.Families = []string{"partition", "crash"}
		}
	case q.MembershipAtOnce:
		c.Q1, c.Q2 = 0, 0
		p.reconfigures = true
	}
	return nil
}
