package paxos

import (
	"testing"
	"time"
)

// faultsFor are the faults under which a defect is looked for: those of the plain property, and
// what Bug.Needs says.
func faultsFor(name string) (chaosFaults, func(*Config)) {
	f := usualFaults
	change := small
	switch name {
	case "lease-by-wall-clock":
		f.clock = 20
		change = leased(25 * time.Millisecond)
	case "lease-forgotten":
		f.crash, f.cut = 20, 25
		change = leased(150 * time.Millisecond)
	case "accepts-wiped-disk":
		f.wipe = 3
	case "cuts-corrupt-log":
		f.rot = 6
	case "membership-at-once":
		f.members, f.cut = 300, 25
	}
	return f, change
}

func leased(d time.Duration) func(*Config) {
	return func(c *Config) {
		small(c)
		c.Lease = d
	}
}

// hunt plays schedules with a defect until one breaks; "" if none of n does.
func hunt(b Bug, n uint64) (seed uint64, broken string) {
	faults, change := faultsFor(b.Name)
	for seed := range n {
		x := newChaos(seed, 3+2*int(seed%2), 2, func(c *Config) {
			change(c)
			c.Quirks = b.Quirks()
		})
		x.faults = faults
		if broken := x.run(3000); broken != "" {
			return seed, broken
		}
	}
	return n, ""
}

// rare are the defects that take more schedules than a unit test has time for. Their scripts
// in testdata/stories/bugs show how they bite, and the campaigns of package scenarios find them.
var rare = map[string]bool{
	"counts-stale-promises": true, "mixes-ballots": true, "lease-forgotten": true, "membership-at-once": true,
	"truncated-slots-forgotten": true, "reads-before-own-entry": true,
}

// TestEveryQuirkBites shows that what is checked here is not empty words: with any one defect, schedules like
// those that the correct program survives break it.
func TestEveryQuirkBites(t *testing.T) {
	for _, b := range Bugs() {
		if rare[b.Name] {
			continue
		}
		seed, broken := hunt(b, seeds())
		t.Logf("%-26s seed %4d: %.100s", b.Name, seed, broken)
		if broken == "" {
			t.Errorf("%s: survives %d schedules", b.Name, seed)
		}
	}
}
