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

// paxosSeeds is in which seeds each quirk is found, with room to spare: a change of the
// protocol or of the scenario is another run for every seed.
var paxosSeeds = map[string]string{
	"promise-not-durable":       "1-100",
	"vote-not-durable":          "1-100",
	"ballot-without-node":       "1-100",
	"round-not-durable":         "1-100",
	"accepts-lower-ballot":      "1-100",
	"vote-does-not-promise":     "1-200",
	"one-ballot":                "1-2000",
	"promise-hides-chosen":      "1-100",
	"truncated-slots-forgotten": "1-100",
	"adopts-last-answer":        "1-1000",
	"counts-stale-promises":     "1-500",
	"counts-duplicates":         "1-100",
	"counts-nacks":              "1-200",
	"mixes-ballots":             "1-1000",
	"small-quorum":              "1-100",
	"skips-phase-one":           "1-100",
	"skips-gaps":                "1-100",
	"commit-without-ballot":     "1-100",
	"sessions-not-in-snapshot":  "1-500",
	"checks-sessions-early":     "1-500",
	"answers-before-chosen":     "1-100",
	"reads-before-own-entry":    "1-1000",
	"reads-without-quorum":      "1-100",
	"lease-by-wall-clock":       "1-100",
	"lease-forgotten":           "1-500",
	"install-forgets-votes":     "1-200",
	"membership-at-once":        "1-200",
	"accepts-wiped-disk":        "1-200",
	"cuts-corrupt-log":          "1-500",
}

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
