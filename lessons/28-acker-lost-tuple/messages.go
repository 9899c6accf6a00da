package ackers

import (
	"fmt"
	"strings"

	"orrery/nodes"
)

// Line is a tuple of the spout: the root of a tree.
type Line struct {
	N    int
	Root uint64 // the name of the tree
	ID   uint64 // of this edge
}

// Word is a tuple of the bolt that splits. Root 0 says that it is in no tree.
type Word struct {
	N    int // of the line
	Text string
	Root uint64
	ID   uint64
}

// Init tells the acker of a new tree.
type Init struct {
	N    int
	Root uint64
	Val  uint64 // the id of its first edge
}

// Ack tells the acker that a tuple was processed.
type Ack struct {
	Root uint64
	Val  uint64 // its id, XOR the ids of those that were made of it
}

// Complete tells the spout that a tree's sum is 0.
type Complete struct {
	N    int
	Root uint64
}

// Kind is the message's name.
func (Line) Kind() string { return "Line" }

// Kind is the message's name.
func (Word) Kind() string { return "Word" }

// Kind is the message's name.
func (Init) Kind() string { return "Init" }

// Kind is the message's name.
func (Ack) Kind() string { return "Ack" }

// Kind is the message's name.
func (Complete) Kind() string { return "Complete" }

// short is the beginning of an id: enough to tell a few apart.
func short(id uint64) string { return fmt.Sprintf("%03x", id>>52) }

// String says what the message says.
func (m Line) String() string {
	return fmt.Sprintf("Line %d (%s)", m.N, strings.Join(lines[m.N-1], " "))
}

// String says what the message says.
func (m Word) String() string {
	return fmt.Sprintf("Word %s of line %d", m.Text, m.N)
}

// String says what the message says.
func (m Init) String() string {
	return fmt.Sprintf("Init tree %s of line %d: %s", short(m.Root), m.N, short(m.Val))
}

// String says what the message says.
func (m Ack) String() string { return fmt.Sprintf("Ack in tree %s: %s", short(m.Root), short(m.Val)) }

// String says what the message says.
func (m Complete) String() string {
	return fmt.Sprintf("Complete: line %d, tree %s", m.N, short(m.Root))
}

func codec() nodes.Codec { return nodes.JSONCodec(Line{}, Word{}, Init{}, Ack{}, Complete{}) }
