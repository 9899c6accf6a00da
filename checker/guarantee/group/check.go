package group

import (
	"fmt"
	"slices"

	"orrery/checker/guarantee"
)

// Kind is what an event is.
type Kind uint8

const (
	// Subscribe: from now on the member wants these topics, and no others; none if it leaves.
	Subscribe Kind = iota + 1
	// Assign: a new generation begins, with these assignments, and all others are over.
	Assign
	// Take: the member works on the partition from now on; cooperative groups only.
	Take
	// Give: the member does not any more.
	Give
	// Commit: the member committed an offset in its generation, and was told that it succeeded.
	Commit
	// Refused: it was told that it did not.
	Refused
	// Begin: the member began to read the partition at an offset.
	Begin
	// Reset: the committed offset of a partition was set from outside.
	Reset
)

var kindNames = guarantee.Names{What: "event", Of: []string{"none", "subscribe", "assign", "take", "give", "commit", "refused", "begin", "reset"}}

// String returns the name of k.
func (k Kind) String() string { return kindNames.String(uint8(k)) }

// MarshalText spells k as history files do.
func (k Kind) MarshalText() ([]byte, error) { return kindNames.Text(uint8(k)) }

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(text []byte) error { return guarantee.ReadName(k, kindNames, text) }

// An Assignment is what one member is to work on.
type Assignment struct {
	Member     string   `json:"member"`
	Partitions []string `json:"partitions"`
}

// An Event is one step.
type Event struct {
	Kind        Kind         `json:"kind"`
	Member      string       `json:"member,omitempty"`
	Topics      []string     `json:"topics,omitempty"`
	Generation  int64        `json:"generation,omitempty"` // of Assign, Commit and Refused
	Assignments []Assignment `json:"assignments,omitempty"`
	Partition   string       `json:"partition,omitempty"`
	Offset      int64        `json:"offset,omitempty"` // the next to be read
}

// String prints the event on one line.
func (e Event) String() string {
	switch e.Kind {
	case Subscribe:
		return fmt.Sprintf("%s subscribes to %v", e.Member, e.Topics)
	case Assign:
		return fmt.Sprintf("generation %d assigns %v", e.Generation, e.Assignments)
	case Commit, Refused:
		return fmt.Sprintf("%s commits %s@%d in generation %d: %s", e.Member, e.Partition, e.Offset, e.Generation, map[Kind]string{Commit: "ok", Refused: "refused"}[e.Kind])
	case Begin, Reset:
		return fmt.Sprintf("%s %ss %s at %d", e.Member, e.Kind, e.Partition, e.Offset)
	}
	return fmt.Sprintf("%s %ss %s", e.Member, e.Kind, e.Partition)
}

// A Run is what happened in one group.
type Run struct {
	Topics map[string][]string // the partitions of each topic
	Events []Event
	// Incremental tells that generations need not assign everything at once: partitions that move are left out of one.
	Incremental bool
	// Ends are the offsets at the end of the logs, where they are known: nothing behind them can be committed.
	Ends map[string]int64
}

// The anomalies.
const (
	TwoOwners    guarantee.Anomaly = "two-owners"       // a partition has two owners at once
	Unowned      guarantee.Anomaly = "unowned"          // a partition of a topic that somebody subscribed to has none
	NotAsked     guarantee.Anomaly = "not-subscribed"   // a member was assigned what it had not subscribed to
	Generations  guarantee.Anomaly = "generation-order" // generations do not grow
	StaleCommit  guarantee.Anomaly = "stale-commit"     // a commit succeeded of a generation that is over, or by who does not own the partition
	CommitBack   guarantee.Anomaly = "commit-back"      // the committed offset went back
	CommitBehind guarantee.Anomaly = "commit-past-end"  // it is behind the end of the log
	WrongStart   guarantee.Anomaly = "wrong-start"      // an owner began elsewhere than at the committed offset
	NotOwner     guarantee.Anomaly = "not-owner"        // a member began to read, or took, what it had not been assigned
)

// check is one check under way.
type check struct {
	run        *Run
	r          *guarantee.Report
	topic      map[string]string // by partition
	wants      map[string][]string
	members    []string // as they appear
	generation int64
	assigned   int               // the event of the generation, or -1
	owner      map[string]string // by partition, in the generation
	working    map[string]int    // by partition, the Take of who works on it
	committed  map[string]int    // by partition, the event that set the offset
	last       map[string]string // by partition, its last owner

	generations, commits, moved, begun, refused int
}

// Check judges a run.
func Check(run Run) guarantee.Report {
	c := &check{run: &run, r: guarantee.NewReport("group"), topic: map[string]string{}, wants: map[string][]string{}, assigned: -1,
		owner: map[string]string{}, working: map[string]int{}, committed: map[string]int{}, last: map[string]string{}}
	for t, parts := range run.Topics {
		for _, p := range parts {
			c.topic[p] = t
		}
	}
	for i := range run.Events {
		e := &run.Events[i]
		switch {
		case e.Kind < Subscribe || e.Kind > Reset:
			return c.r.Malformed("event %d has no kind", i)
		case e.Kind == Assign:
			for _, a := range e.Assignments {
				for _, p := range a.Partitions {
					if c.topic[p] == "" {
						return c.r.Malformed("event %d (%s): %s is a partition of no topic", i, e, p)
					}
				}
			}
			c.assign(i, e)
			continue
		case e.Kind != Reset && e.Member == "":
			return c.r.Malformed("event %d (%s): want a member", i, e)
		case e.Kind != Subscribe && c.topic[e.Partition] == "":
			return c.r.Malformed("event %d (%s): %q is a partition of no topic", i, e, e.Partition)
		}
		c.step(i, e)
	}
	c.r.Measure("generations", c.generations, 2)
	c.r.Measure("partitions that changed their owner", c.moved, 1)
	c.r.Measure("commits", c.commits, 0)
	c.r.Measure("commits that were refused", c.refused, 0)
	c.r.Measure("beginnings", c.begun, 0)
	return c.r.Done()
}

func (c *check) cite(places ...int) []guarantee.Op {
	var kept []int
	for _, p := range places {
		if p >= 0 {
			kept = append(kept, p)
		}
	}
	return guarantee.Cite(func(i int) string { return c.run.Events[i].String() }, kept...)
}

// assign judges a generation by itself: each partition to one member that wants it, and none left out.
func (c *check) assign(i int, e *Event) {
	if c.generations > 0 && e.Generation <= c.generation {
		c.r.Found(Generations, "", c.cite(c.assigned, i), "generation %d came after generation %d", e.Generation, c.generation)
	}
	c.generations++
	c.generation, c.assigned = e.Generation, i
	c.owner = map[string]string{}
	for _, a := range e.Assignments {
		for _, p := range a.Partitions {
			if !slices.Contains(c.wants[a.Member], c.topic[p]) {
				c.r.Found(NotAsked, p, c.cite(i), "generation %d assigned %s to %s, which had not subscribed to %s", e.Generation, p, a.Member, c.topic[p])
			}
			if other, twice := c.owner[p]; twice {
				c.r.Found(TwoOwners, p, c.cite(i), "generation %d assigned %s to %s and to %s", e.Generation, p, other, a.Member)
			}
			c.owner[p] = a.Member
			if l := c.last[p]; l != "" && l != a.Member {
				c.moved++
			}
			c.last[p] = a.Member
		}
	}
	if c.run.Incremental {
		return
	}
	told := map[string]bool{}
	for _, m := range c.members {
		for _, t := range c.wants[m] {
			for _, p := range c.run.Topics[t] {
				if c.owner[p] == "" && !told[p] {
					told[p] = true
					c.r.Found(Unowned, p, c.cite(i), "generation %d assigned %s to nobody, and %s had subscribed to %s", e.Generation, p, m, t)
				}
			}
		}
	}
}

func (c *check) step(i int, e *Event) {
	switch e.Kind {
	case Subscribe:
		if _, known := c.wants[e.Member]; !known {
			c.members = append(c.members, e.Member)
		}
		c.wants[e.Member] = e.Topics
	case Take:
		if c.owner[e.Partition] != e.Member {
			c.r.Found(NotOwner, e.Partition, c.cite(c.assigned, i), "%s took %s, which generation %d had not assigned to it", e.Member, e.Partition, c.generation)
		}
		if j, held := c.working[e.Partition]; held && c.run.Events[j].Member != e.Member {
			c.r.Found(TwoOwners, e.Partition, c.cite(j, i), "%s took %s, which %s had not given up", e.Member, e.Partition, c.run.Events[j].Member)
		}
		c.working[e.Partition] = i
	case Give:
		if j, held := c.working[e.Partition]; held && c.run.Events[j].Member == e.Member {
			delete(c.working, e.Partition)
		}
	case Commit:
		c.commit(i, e)
	case Refused:
		c.refused++
	case Begin:
		c.begin(i, e)
	case Reset:
		c.committed[e.Partition] = i
	}
}

func (c *check) commit(i int, e *Event) {
	c.commits++
	switch {
	case e.Generation != c.generation:
		c.r.Found(StaleCommit, e.Partition, c.cite(c.assigned, i), "%s committed %s in generation %d, and it was generation %d by then", e.Member, e.Partition, e.Generation, c.generation)
	case c.owner[e.Partition] != e.Member:
		c.r.Found(StaleCommit, e.Partition, c.cite(c.assigned, i), "%s committed %s, which generation %d had not assigned to it", e.Member, e.Partition, c.generation)
	}
	if j, there := c.committed[e.Partition]; there && c.run.Events[j].Offset > e.Offset {
		c.r.Found(CommitBack, e.Partition, c.cite(j, i), "%s committed %s at %d, after %d", e.Member, e.Partition, e.Offset, c.run.Events[j].Offset)
	}
	if end, known := c.run.Ends[e.Partition]; known && e.Offset > end {
		c.r.Found(CommitBehind, e.Partition, c.cite(i), "%s committed %s at %d, and the log ends at %d", e.Member, e.Partition, e.Offset, end)
	}
	c.committed[e.Partition] = i
}

func (c *check) begin(i int, e *Event) {
	c.begun++
	if c.owner[e.Partition] != e.Member {
		c.r.Found(NotOwner, e.Partition, c.cite(c.assigned, i), "%s began to read %s, which generation %d had not assigned to it", e.Member, e.Partition, c.generation)
	}
	if j, there := c.committed[e.Partition]; there && c.run.Events[j].Offset != e.Offset {
		c.r.Found(WrongStart, e.Partition, c.cite(j, i), "%s began to read %s at %d, and %d was committed", e.Member, e.Partition, e.Offset, c.run.Events[j].Offset)
	}
}
