package trace

import (
	"slices"
	"strings"
	"unicode"
)

// actor is a machine as its lane shows it.
type actor struct {
	name   string
	client bool // it asks operations
	absent bool // it has not booted yet
	down   bool // it has crashed
	paused int  // faults that pause it
	open   int  // operations that have no answer yet
	side   int  // of the partition that is in force, from 0
}

// fault is one that is in force.
type fault struct {
	on     *Event
	paused []int
	sides  [][]int
}

// cast is all machines of a trace, and how they are at one moment.
type cast struct {
	actors []*actor
	index  map[string]int
	faults []fault
}

// newCast finds the machines of a trace: servers before clients, n2 before n10; or
// those that were asked for, in that order.
func newCast(events []Event, only []string) *cast {
	c := &cast{index: map[string]int{}}
	byName := map[string]*actor{}
	seen := func(name string) *actor {
		a := byName[name]
		if a == nil && name != "" {
			a = &actor{name: name}
			byName[name] = a
			c.actors = append(c.actors, a)
		}
		return a
	}
	for i := range events {
		e := &events[i]
		known := byName[e.Node] != nil
		a := seen(e.Node)
		seen(e.Peer)
		switch {
		case a == nil:
		case e.Kind == Invoke || e.Kind == Return:
			a.client = true
		case e.Kind == Boot && e.Incarnation <= 1 && !known:
			a.absent = true
		}
	}
	if len(only) > 0 {
		c.actors = c.actors[:0]
		for _, name := range only {
			a := byName[name]
			if a == nil {
				a = &actor{name: name}
			}
			c.actors = append(c.actors, a)
		}
	} else {
		slices.SortFunc(c.actors, func(a, b *actor) int {
			if a.client != b.client {
				return map[bool]int{false: -1, true: 1}[a.client]
			}
			return compareNatural(a.name, b.name)
		})
	}
	for i, a := range c.actors {
		c.index[a.name] = i
	}
	return c
}

// apply brings the machines to how they are once e has happened.
func (c *cast) apply(e *Event) {
	switch e.Kind {
	case FaultOn:
		c.begin(e)
		return
	case FaultOff:
		c.end(e)
		return
	}
	i, ok := c.index[e.Node]
	if !ok {
		return
	}
	a := c.actors[i]
	switch e.Kind {
	case Boot:
		a.absent, a.down = false, false
	case Crash:
		a.down, a.open = true, 0
	case Invoke:
		a.open++
	case Return:
		a.open = max(0, a.open-1)
	}
}

func (c *cast) begin(e *Event) {
	f := fault{on: e}
	words := e.Name + " " + e.Text
	if strings.HasPrefix(e.Name, "pause") || strings.HasPrefix(e.Name, "freeze") {
		f.paused = c.mentioned(words + " " + e.Node)
		for _, i := range f.paused {
			c.actors[i].paused++
		}
	}
	if groups := strings.Split(words, "|"); len(groups) > 1 {
		for _, g := range groups {
			if side := c.mentioned(g); len(side) > 0 {
				f.sides = append(f.sides, side)
			}
		}
	}
	c.faults = append(c.faults, f)
	c.partition()
}

// end takes away the oldest fault of e's name: the event that a fault ends says no
// more about which it is.
func (c *cast) end(e *Event) {
	i := slices.IndexFunc(c.faults, func(f fault) bool { return f.on.Name == e.Name && f.on.Node == e.Node })
	if i < 0 {
		return
	}
	for _, p := range c.faults[i].paused {
		c.actors[p].paused--
	}
	c.faults = slices.Delete(c.faults, i, i+1)
	c.partition()
}

// partition puts every machine on its side of the youngest partition.
func (c *cast) partition() {
	for _, a := range c.actors {
		a.side = 0
	}
	for _, f := range slices.Backward(c.faults) {
		if len(f.sides) < 2 {
			continue
		}
		for side, members := range f.sides {
			for _, i := range members {
				c.actors[i].side = side
			}
		}
		return
	}
}

// mentioned are the machines that a text names, as whole words.
func (c *cast) mentioned(text string) []int {
	var found []int
	for _, w := range words(text) {
		if i, ok := c.index[w]; ok && !slices.Contains(found, i) {
			found = append(found, i)
		}
	}
	return found
}

// words splits a text into names and numbers: at whatever is no letter, digit or one
// of - _ . inside a word.
func words(text string) []string {
	fields := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' && r != '.'
	})
	for i, f := range fields {
		fields[i] = strings.Trim(f, "-.")
	}
	return slices.DeleteFunc(fields, func(f string) bool { return f == "" })
}

// compareNatural orders names as people do: digits count as numbers.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		na, nb := digits(a), digits(b)
		if na > 0 && nb > 0 {
			x, y := strings.TrimLeft(a[:na], "0"), strings.TrimLeft(b[:nb], "0")
			if len(x) != len(y) {
				return len(x) - len(y)
			}
			if x != y {
				return strings.Compare(x, y)
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

// digits is how many decimal digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}
