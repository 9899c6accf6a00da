package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/sim"
)

// tally adds up what came of the universes of a campaign.
type tally struct {
	universes uint64
	verdicts  [checker.Violated + 1]uint64
	events    uint64
	virtual   time.Duration
	ops       struct{ invoked, ok, failed, maybe, mismatch int }
	kinds     checker.Coverage       // operations by kind and outcome, of the histories that were judged
	judged    int                    // histories that were judged
	asked     map[string]uint64      // how often each property was looked at where it could have failed
	faults    map[string]*faultTally // by kind
	bites     uint64                 // faults that bit
	planned   uint64                 // faults of all plans
	marks     map[string]uint64      // in how many universes each was reached; expected ones begin at 0
	found     []finding              // by property, in the order in which they were found
}

// faultTally is what became of one kind of fault.
type faultTally struct {
	kind      string
	bit, noop uint64 // faults that bit, and that were in force and did not
	skipped   uint64
}

// finding is a property that did not hold, or was not decided, and where.
type finding struct {
	verdict  checker.Verdict
	property string
	detail   string // of the first
	seeds    []uint64
	more     uint64 // seeds that are not in the list
}

// seedsListed is how many seeds of one finding are listed.
const seedsListed = 8

func newTally(expected []string) *tally {
	t := &tally{faults: map[string]*faultTally{}, marks: map[string]uint64{}, asked: map[string]uint64{}}
	for _, name := range expected {
		t.marks[name] = 0
	}
	return t
}

func (t *tally) add(u *universe) {
	t.universes++
	t.verdicts[min(u.verdict, checker.Violated)]++
	t.events += u.Events
	t.virtual += time.Duration(u.VirtualNS)
	t.ops.invoked += u.OpsInvoked
	t.ops.ok += u.Ops
	t.ops.failed += u.OpsFailed
	t.ops.maybe += u.OpsMaybe
	t.ops.mismatch += u.OpsMismatch
	t.addFaults(u.Faults)
	t.addCoverage(&u.coverage)
	for property, n := range u.asked {
		t.asked[property] += n
	}
	for _, m := range u.marks {
		if reached, goal := markReached(m); goal {
			t.marks[m.Name] += reached
		} else if m.Kind == nodes.MarkAlways {
			t.asked[m.Name] += m.Reached
		}
	}
	if u.verdict != checker.Holds {
		t.addFinding(u)
	}
}

// addCoverage adds what a judged history has put to the test.
func (t *tally) addCoverage(c *checker.Coverage) {
	if c.Total() == 0 {
		return
	}
	t.judged++
	for f := range c.Ops {
		for s, n := range c.Ops[f] {
			t.kinds.Ops[f][s] += n
		}
	}
	t.kinds.Telling += c.Telling
	t.kinds.Forced += c.Forced
	t.kinds.Concurrent += c.Concurrent
}

func (t *tally) addFaults(reports []trial.FaultReport) {
	for _, f := range reports {
		if f.Outcome == "waiting" {
			continue // the run ended before it could begin
		}
		t.planned++
		kind := faultKind(f.Fault)
		k := t.faults[kind]
		if k == nil {
			k = &faultTally{kind: kind}
			t.faults[kind] = k
		}
		switch {
		case f.Effects > 0:
			k.bit++
			t.bites++
		case f.Outcome == "skipped":
			k.skipped++
		default:
			k.noop++
		}
	}
}

func (t *tally) addFinding(u *universe) {
	i := slices.IndexFunc(t.found, func(f finding) bool { return f.verdict == u.verdict && f.property == u.Property })
	if i < 0 {
		i = len(t.found)
		t.found = append(t.found, finding{verdict: u.verdict, property: u.Property, detail: u.Detail})
	}
	if f := &t.found[i]; len(f.seeds) < seedsListed {
		f.seeds = append(f.seeds, u.Seed)
	} else {
		f.more++
	}
}

// faultKind is the name of the fault of which entry is the text, with or without its time:
// "1.2s isolate(leader) until 2s" → "isolate".
func faultKind(entry string) string {
	if at, fault, ok := strings.Cut(entry, " "); ok {
		if _, err := time.ParseDuration(at); err == nil {
			entry = fault
		}
	}
	if i := strings.IndexAny(entry, "( "); i >= 0 {
		return entry[:i]
	}
	return entry
}

// markReached tells whether a mark is one that a campaign should reach, and 1 if this
// universe has.
func markReached(m sim.Mark) (reached uint64, goal bool) {
	switch m.Kind {
	case nodes.MarkSometimes:
		return min(m.Held, 1), true
	case nodes.MarkReachable:
		return min(m.Reached, 1), true
	}
	return 0, false
}

// marksReached counts the marks that were reached, and names those that were not.
func (t *tally) marksReached() (reached int, never []string) {
	for _, name := range slices.Sorted(maps.Keys(t.marks)) {
		if t.marks[name] > 0 {
			reached++
		} else {
			never = append(never, name)
		}
	}
	return reached, never
}

// faultsByBite lists the kinds that bit, those that did most often first, and names
// those that never did.
func (t *tally) faultsByBite() (bit []*faultTally, never []string) {
	for _, kind := range slices.Sorted(maps.Keys(t.faults)) {
		if f := t.faults[kind]; f.bit > 0 {
			bit = append(bit, f)
		} else if f.noop == 0 {
			never = append(never, kind+" (skipped)")
		} else {
			never = append(never, kind)
		}
	}
	slices.SortStableFunc(bit, func(a, b *faultTally) int { return cmp.Compare(b.bit, a.bit) })
	return bit, never
}

// status is the exit status that the universes call for.
func (t *tally) status() int {
	switch {
	case t.verdicts[checker.Violated] > 0:
		return exitViolated
	case t.universes == 0 || t.verdicts[checker.Holds] < t.universes:
		return exitUnknown
	}
	return exitHeld
}
