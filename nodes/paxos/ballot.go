package paxos

import (
	"strconv"

	"orrery/nodes"
)

// Slot is a position in the replicated log: one instance of Paxos. The first is 1; 0 is
// none.
type Slot uint64

// Ballot is a ballot number: rounds count attempts, and the node that made the
// attempt makes it unique. The zero Ballot is below all others and is never used.
type Ballot struct {
	Round uint64
	Node  nodes.ID
}

// Less is the total order of ballots: by round, then by node.
func (b Ballot) Less(c Ballot) bool {
	if b.Round != c.Round {
		return b.Round < c.Round
	}
	return b.Node < c.Node
}

// IsZero tells whether b is "no ballot".
func (b Ballot) IsZero() bool { return b.Round == 0 && b.Node == "" }

// String prints the ballot as "3.n2".
func (b Ballot) String() string {
	if b.IsZero() {
		return "none"
	}
	return strconv.FormatUint(b.Round, 10) + "." + string(b.Node)
}

// MarshalText is String, so that ballots read well in JSON.
func (b Ballot) MarshalText() ([]byte, error) { return []byte(b.String()), nil }
