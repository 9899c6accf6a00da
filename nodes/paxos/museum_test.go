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

// TestEveryQuirkBites shows that what is checked here is not empty words: schedules as those that
// the correct program survives break it with any one defect.
func TestEveryQuirkBites(t *testing.T) {
	for _, b := range Bugs() {
		seed, broken := hunt(b, seeds()*2)
		t.Logf("%-26s seed %4d: %.100s", b.Name, seed, broken)
		if broken == "" {
			t.Errorf("%s: survives %d schedules", b.Name, seed)
		}
	}
}
