package decree

import (
	"cmp"
	"fmt"

	"orrery/nodes"
)

// Ballot numbers an attempt. Two proposers never have the same one.
type Ballot struct {
	Round uint64   `json:"r"`
	By    nodes.ID `json:"by"`
}

// Compare orders ballots: by round, then by proposer. The zero Ballot is below all.
func (b Ballot) Compare(c Ballot) int {
	return cmp.Or(cmp.Compare(b.Round, c.Round), cmp.Compare(b.By, c.By))
}

// Less tells whether b is lower than c.
func (b Ballot) Less(c Ballot) bool { return b.Compare(c) < 0 }

// String prints a ballot as "3.p1".
func (b Ballot) String() string {
	if b == (Ballot{}) {
		return "none"
	}
	return fmt.Sprintf("%d.%s", b.Round, b.By)
}

// P1a asks for a promise: to take part in no ballot below this one any more.
type P1a struct{ Ballot Ballot }

// P1b is the promise, with the acceptor's vote of the highest ballot, if it has voted.
type P1b struct {
	Ballot Ballot
	Voted  Ballot // zero: it has not voted
	Value  string // of that vote
}

// P2a asks for a vote.
type P2a struct {
	Ballot Ballot
	Value  string
}

// P2b is the vote.
type P2b struct {
	Ballot Ballot
	Value  string
}

// Nack refuses a P1a or a P2a: the acceptor has promised a higher ballot.
type Nack struct{ Ballot, Promised Ballot }

// Kind is the name that "Paxos Made Moderately Complex" gives it.
func (P1a) Kind() string { return "P1a" }

// Kind is the name that "Paxos Made Moderately Complex" gives it.
func (P1b) Kind() string { return "P1b" }

// Kind is the name that "Paxos Made Moderately Complex" gives it.
func (P2a) Kind() string { return "P2a" }

// Kind is the name that "Paxos Made Moderately Complex" gives it.
func (P2b) Kind() string { return "P2b" }

// Kind is what implementations call it.
func (Nack) Kind() string { return "Nack" }

// String says what the message says.
func (m P1a) String() string { return fmt.Sprintf("P1a %v", m.Ballot) }

// String says what the message says.
func (m P1b) String() string {
	if m.Voted == (Ballot{}) {
		return fmt.Sprintf("P1b %v, no vote", m.Ballot)
	}
	return fmt.Sprintf("P1b %v, voted %s in %v", m.Ballot, m.Value, m.Voted)
}

// String says what the message says.
func (m P2a) String() string { return fmt.Sprintf("P2a %v %s", m.Ballot, m.Value) }

// String says what the message says.
func (m P2b) String() string { return fmt.Sprintf("P2b %v %s", m.Ballot, m.Value) }

// String says what the message says.
func (m Nack) String() string {
	return fmt.Sprintf("Nack %v, promised %v", m.Ballot, m.Promised)
}

// Codec reads and writes the messages.
func Codec() nodes.Codec { return nodes.JSONCodec(P1a{}, P1b{}, P2a{}, P2b{}, Nack{}) }
