package scenarios

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"orrery/explore/smallscope"
	"orrery/nodes/synod"
)

// Small is a world that is small enough for all its executions to be searched.
type Small struct {
	Name  string // as on the command line
	About string // one line
	Sizes []Size
	Bugs  []string // names of the defects that can be planted
	// Variants are names of other rules that it can go by, the usual ones first.
	Variants []string
	// Values tells that its states are values, not machines: what crashes, is lost or comes twice is among its own steps, if at all.
	Values bool

	make func(sizes map[string]int, variant, bug string) Searcher
}

// Searcher searches a small world. *[smallscope.World] and *[smallscope.Model] are such.
type Searcher interface {
	// Search explores all executions within the bounds, until one violates, ctx ends, or nothing is left.
	Search(ctx context.Context, b smallscope.Bounds, tell func(smallscope.Report)) *smallscope.Report
	// Shorten leaves out of a violation's schedule what is not needed.
	Shorten(b smallscope.Bounds, v *smallscope.Violation) *smallscope.Violation
}

// Size is one number that says how large a small world is.
type Size struct {
	Name              string
	About             string
	Default, Min, Max int
}

// Smalls are all small worlds, sorted by name.
func Smalls() []*Small { return []*Small{commitSmall(), isrSmall(), asyncISRSmall(), synodSmall()} }

// SmallNamed returns the small world of that name. The error names those that come near.
func SmallNamed(name string) (*Small, error) {
	var names []string
	for _, s := range Smalls() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return nil, Unknown("small world", name, names)
}

// World makes the world, of the sizes that differ from the default ones, each as "proposers=2", by the rules of a variant if that is not
// empty, and with a planted defect if bug is not. The error says what would be right.
func (s *Small) World(sizes []string, variant, bug string) (Searcher, error) {
	values := map[string]int{}
	for _, z := range s.Sizes {
		values[z.Name] = z.Default
	}
	for _, text := range sizes {
		name, value, _ := strings.Cut(text, "=")
		i := slices.IndexFunc(s.Sizes, func(z Size) bool { return z.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("%s has no size %q: it has %s", s.Name, name, s.sizes())
		}
		z := s.Sizes[i]
		n, err := strconv.Atoi(value)
		if err != nil || n < z.Min || n > z.Max {
			return nil, fmt.Errorf("size %q: want %s=N with N from %d to %d", text, z.Name, z.Min, z.Max)
		}
		values[name] = n
	}
	if bug != "" && !slices.Contains(s.Bugs, bug) {
		return nil, Unknown("bug of "+s.Name, bug, s.Bugs)
	}
	if variant != "" && !slices.Contains(s.Variants, variant) {
		return nil, Unknown("variant of "+s.Name, variant, s.Variants)
	}
	return s.make(values, variant, bug), nil
}

func (s *Small) sizes() string {
	var list []string
	for _, z := range s.Sizes {
		list = append(list, z.Name)
	}
	return strings.Join(list, ", ")
}

// synodSmall is single-decree Paxos.
func synodSmall() *Small {
	s := &Small{
		Name:  "synod",
		About: "single-decree Paxos: a few acceptors with their disks, of which some propose",
		Sizes: []Size{
			{"acceptors", "machines, all of which are acceptors", 3, 1, 7},
			{"proposers", "of them, each with a value of its own", 2, 0, 7},
			{"attempts", "ballots that each proposer tries", 1, 1, 5},
			{"again", "1: a proposer that has crashed tries as many once more", 0, 0, 1},
		},
		make: func(z map[string]int, _, bug string) Searcher {
			b, _ := synod.BugNamed(bug)
			return SynodWorld(SynodScope{Acceptors: z["acceptors"], Proposers: z["proposers"], Attempts: z["attempts"], Again: z["again"] == 1}, b.Quirks)
		},
	}
	for _, b := range synod.Bugs() {
		s.Bugs = append(s.Bugs, b.Name)
	}
	return s
}
