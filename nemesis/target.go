package nemesis

import (
	"fmt"
	"slices"
	"strings"

	"orrery/nodes"
)

// Target says which machines a fault is about. It is its own text: one of the words
// below, the names of machines ("n1 n2"), and before either of them perhaps "following".
// A target is resolved once, when the fault begins (it is sticky); one that follows is
// resolved again and again while the fault is in force.
type Target string

// The targets that are words. They mean the nodes of the [Cluster], not its clients.
const (
	One           Target = "one"            // one node, drawn
	Random        Target = "random"         // some nodes, at least one, perhaps all, drawn
	Minority      Target = "minority"       // fewer than half of the nodes, drawn, at least one if there are three
	MinorityThird Target = "minority-third" // fewer than a third of the nodes, but at least one
	Majority      Target = "majority"       // the fewest nodes that are more than half, drawn
	All           Target = "all"            // all nodes
	Leader        Target = "leader"         // the node that leads, as a god sees it
	Followers     Target = "followers"      // all nodes but the one that leads
)

var targetWords = []string{"one", "random", "minority", "minority-third", "majority", "all", "leader", "followers"}

const followingWord = "following"

// Only is the machines of these names.
func Only(ids ...nodes.ID) Target {
	var words []string
	for _, id := range ids {
		words = append(words, string(id))
	}
	return Target(strings.Join(words, " "))
}

// Following is the target t, resolved again and again while the fault is in force.
func Following(t Target) Target { return followingWord + " " + t }

// follows tells whether the target is resolved again and again.
func (t Target) follows() bool { return strings.HasPrefix(string(t), followingWord+" ") }

// what is the target without the word "following".
func (t Target) what() Target { return Target(strings.TrimPrefix(string(t), followingWord+" ")) }

// ids are the machines that the target names, or nil if it is a word.
func (t Target) ids() []nodes.ID {
	if t.isWord() {
		return nil
	}
	var ids []nodes.ID
	for _, w := range strings.Fields(string(t.what())) {
		ids = append(ids, nodes.ID(w))
	}
	return ids
}

func (t Target) isWord() bool { return slices.Contains(targetWords, string(t.what())) }

// parseTarget reads a target, with any white space between its words.
func parseTarget(s string) (Target, error) {
	t := Target(strings.Join(strings.Fields(s), " "))
	return t, t.check()
}

func (t Target) check() error {
	words := strings.Fields(string(t.what()))
	switch {
	case len(words) == 0:
		return fmt.Errorf("want a target: %s, or names of machines", strings.Join(targetWords, ", "))
	case t.isWord():
		return nil
	}
	for _, w := range words {
		if err := checkID(w); err != nil {
			return err
		}
	}
	if slices.Sort(words); len(slices.Compact(words)) != len(strings.Fields(string(t.what()))) {
		return fmt.Errorf("target %q names a machine twice", string(t))
	}
	return nil
}

// checkID refuses what cannot be the name of a machine inside a fault.
func checkID(w string) error {
	if slices.Contains(targetWords, w) || w == followingWord {
		return fmt.Errorf("%q stands for itself only, not beside names", w)
	}
	for _, c := range []byte(w) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("-_.", rune(c)) {
			return fmt.Errorf("%q is no name of a machine: want letters, digits, '-', '_' and '.'", w)
		}
	}
	if w == "" || strings.HasSuffix(w, "-") {
		return fmt.Errorf("%q is no name of a machine", w)
	}
	return nil
}

// Links says which directions of links a fault is about. It is its own text: "n1 -> n2",
// "leader <-> all", or a target alone, which means all links between it and the
// other nodes, both ways.
type Links string

const (
	oneWayArrow  = " -> "
	bothWayArrow = " <-> "
)

// OneWay is the links from the machines of one target to those of another.
func OneWay(from, to Target) Links { return Links(from) + oneWayArrow + Links(to) }

// BothWays is the links between the machines of two targets.
func BothWays(a, b Target) Links { return Links(a) + bothWayArrow + Links(b) }

// Around is all links between the machines of a target and the other nodes.
func Around(t Target) Links { return Links(t) }

// split takes links apart. arrow is "" for a target alone.
func (l Links) split() (from, to Target, arrow string) {
	for _, arrow := range []string{bothWayArrow, oneWayArrow} {
		if a, b, ok := strings.Cut(string(l), arrow); ok {
			return Target(a), Target(b), arrow
		}
	}
	return Target(l), "", ""
}

// parseLinks reads links, with any white space or none around the arrow.
func parseLinks(s string) (Links, error) {
	arrow := bothWayArrow
	a, b, ok := strings.Cut(s, "<->")
	if !ok {
		arrow = oneWayArrow
		a, b, ok = strings.Cut(s, "->")
	}
	from, err := parseTarget(a)
	if err != nil || !ok {
		return Links(from), err
	}
	to, err := parseTarget(b)
	return Links(from) + Links(arrow) + Links(to), err
}

func (l Links) check() error {
	from, to, arrow := l.split()
	if err := from.check(); err != nil || arrow == "" {
		return err
	}
	return to.check()
}

// Groups are sets of machines: "n1 n2 | n3 n4 n5". It is its own text.
type Groups string

// split takes groups apart.
func (g Groups) split() [][]nodes.ID {
	var groups [][]nodes.ID
	for side := range strings.SplitSeq(string(g), "|") {
		groups = append(groups, Target(side).ids())
	}
	return groups
}

// parseGroups reads groups, with any white space.
func parseGroups(s string) (Groups, error) {
	var sides []string
	for side := range strings.SplitSeq(s, "|") {
		sides = append(sides, strings.Join(strings.Fields(side), " "))
	}
	g := Groups(strings.Join(sides, " | "))
	return g, g.check()
}

func (g Groups) check() error {
	sides := strings.Split(string(g), " | ")
	if len(sides) < 2 {
		return fmt.Errorf("want groups of machines, as in \"n1 n2 | n3 n4 n5\"")
	}
	seen := map[string]bool{}
	for _, side := range sides {
		words := strings.Fields(side)
		if len(words) == 0 {
			return fmt.Errorf("a group of %q is empty", string(g))
		}
		for _, w := range words {
			if err := checkID(w); err != nil {
				return err
			}
			if seen[w] {
				return fmt.Errorf("machine %q is in %q twice", w, string(g))
			}
			seen[w] = true
		}
	}
	return nil
}
