package scenarios

import (
	"fmt"
	"time"

	"orrery/nodes/commit"
)

// commitBugs are the quirks of atomic commitment, with the seeds in which each is found.
func commitBugs() []Bug {
	var list []Bug
	for _, b := range commit.Bugs() {
		list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: b.Breaks, Seeds: commitSeeds[b.Name]})
	}
	return list
}

// commitSeeds is in which seeds each quirk is found, with room to spare.
var commitSeeds = map[string]string{
	"commit-before-durable": "1-20",
	"vote-before-durable":   "1-20",
	"aborts-alone":          "1-300",
	"counts-old-votes":      "1-800",
	"forgets-before-acks":   "1-100",
	"hides-heuristics":      "1-800",
	"recovery-drops-locks":  "1-300",
	"prepares-after-abort":  "1-200",
	"3pc-under-partition":   "1-1000",
	"recovered-takes-part":  "1-1000",
}

// plant plants a defect, and sees to it that the configuration is one in which it can show.
func (c *commitWorld) plant(name string) error {
	if name == "" {
		return nil
	}
	b, ok := commit.BugNamed(name)
	if !ok {
		return fmt.Errorf("there is no bug %q", name)
	}
	f := &c.config
	f.Protocol, f.Quirks, f.HeuristicAfter = b.Protocol, b.Quirks, 0
	switch q := &f.Quirks; {
	case q.HidesHeuristics:
		f.HeuristicAfter = c.w.DrawDuration("heuristic after", 500*time.Millisecond, 2*time.Second)
	case q.CountsOldVotes:
		f.Attempts = 4
	case q.RecoveredTakesPart: // a patient coordinator, so that who has crashed is back before it decides
		f.VoteTimeout, f.InquireAfter = 6*f.Retry, 8*f.Retry
	case q.TrustsTimeoutsAlways:
		c.w.Families = []string{"partition"}
	}
	return nil
}
