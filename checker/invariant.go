package checker

import (
	"fmt"
	"strconv"
)

// The properties that the invariants of this package watch over, as an InvariantError names them.
const (
	PropertyOneValue        = "one-value-a-ballot"     // a ballot proposes one value for a slot
	PropertyOneLeader       = "one-leader-a-ballot"    // a ballot has one leader
	PropertyChosen          = "chosen-is-for-ever"     // once a quorum accepted, no other value is proposed above, chosen or learnt
	PropertyNeverForgets    = "acceptor-never-forgets" // promises and votes survive, and are kept
	PropertyDurableFirst    = "durable-before-told"    // nobody is told what a crash could undo
	PropertyPrefix          = "prefix-equality"        // all applied sequences are prefixes of one
	PropertyHoldsAcked      = "acknowledged-is-held"   // what was acknowledged is there at the end
	PropertyConverge        = "liveness-converge"      // a healed core catches up
	PropertyServe           = "liveness-serve"         // a healed core serves new operations
	PropertyLinearizability = "linearizability"
)

// An InvariantError is a broken invariant: which, and how. Its text is one line.
type InvariantError struct {
	Property string
	Detail   string
}

// Error is "property: detail".
func (e *InvariantError) Error() string { return e.Property + ": " + e.Detail }

func broken(property, format string, args ...any) error {
	return &InvariantError{Property: property, Detail: fmt.Sprintf(format, args...)}
}

// A Ballot orders the attempts to lead: by round, then by node. The zero Ballot is below all that anyone may use.
type Ballot struct {
	Round uint64
	Node  uint32
}

// Less tells whether b comes before c.
func (b Ballot) Less(c Ballot) bool {
	return b.Round < c.Round || b.Round == c.Round && b.Node < c.Node
}

// String prints round and node: "7.2".
func (b Ballot) String() string {
	return strconv.FormatUint(b.Round, 10) + "." + strconv.FormatUint(uint64(b.Node), 10)
}

// Nodes gives names to node numbers 0, 1, … in what invariants say. A number without a name is printed as "node 3".
type Nodes []string

func (n Nodes) name(i int) string {
	if i >= 0 && i < len(n) {
		return n[i]
	}
	return "node " + strconv.Itoa(i)
}

// NodesMax bounds the node numbers of invariants that keep sets of nodes: they are bits of a uint64.
const NodesMax = 64
