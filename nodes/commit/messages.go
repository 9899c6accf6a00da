package commit

import (
	"fmt"
	"strconv"

	"orrery/nodes"
)

// TxnID names one attempt at a transaction. Every attempt is a transaction of its own to the participants: a vote for the
// one before says nothing about this one.
type TxnID struct {
	Coord   nodes.ID // who coordinates it
	Epoch   uint64   // of the coordinator's incarnation, from 1
	N       uint64   // within the epoch, from 1
	Attempt uint64   // from 1
}

// String prints the name as "c1.2.7", or "c1.2.7/3" from the second attempt on.
func (t TxnID) String() string {
	s := string(t.Coord) + "." + strconv.FormatUint(t.Epoch, 10) + "." + strconv.FormatUint(t.N, 10)
	if t.Attempt > 1 {
		s += "/" + strconv.FormatUint(t.Attempt, 10)
	}
	return s
}

// MarshalText is String, so that names read well in JSON.
func (t TxnID) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// OpKind is what an operation does to its key.
type OpKind uint8

// The operations of the store.
const (
	OpRead   OpKind = iota + 1 // the amount and the list
	OpAdd                      // adds N to the amount; a participant votes no if it became negative
	OpAppend                   // appends N to the list
)

// Op is one operation of a transaction. All read what was there before the transaction.
type Op struct {
	Kind OpKind
	Key  string
	N    int64
}

// Item is what the store holds for a key.
type Item struct {
	Key    string
	Amount int64
	List   []int64
}

// State is how far a participant is with a transaction.
type State uint8

// The states. A participant that is Prepared is uncertain: it may not decide alone.
const (
	None State = iota
	Prepared
	Precommitted // three-phase commit: it knows that all have voted yes
	Committed
	Aborted
)

// String is the state in lower case.
func (s State) String() string {
	return [...]string{"none", "prepared", "precommitted", "committed", "aborted"}[s]
}

// Type tells messages apart.
type Type uint8

// The messages.
const (
	Begin     Type = iota + 1 // client → coordinator: run these operations
	Stale                     // coordinator → client: the epoch is another by now; nothing was begun
	Reply                     // coordinator → client: how it ended
	Prepare                   // coordinator → participant
	Vote                      // participant → coordinator
	PreCommit                 // three-phase commit: all have voted yes
	PreAck                    // and the participant knows
	Commit                    // whoever has decided → participant
	Abort                     //
	Ack                       // participant → coordinator: the commit is durable
	Inquiry                   // participant → coordinator, peers: how did it end?
	Report                    // three-phase commit: a participant that terminates tells its state
	P1a                       // Paxos Commit: a recovery leader asks for promises
	P1b                       //
	P2a                       // asks for votes in the instances that it lists
	P2b                       //
	lastType  = P2b
)

var typeNames = [...]string{"?", "Begin", "Stale", "Reply", "Prepare", "Vote", "PreCommit", "PreAck", "Commit", "Abort", "Ack",
	"Inquiry", "Report", "P1a", "P1b", "P2a", "P2b"}

// Ballot numbers an attempt at the instances of a transaction. The zero Ballot belongs to the participants: each proposes its
// own vote in it, without a first phase (Gray and Lamport, "Consensus on Transaction Commit", section 4).
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

// String prints the ballot as "2.p1"; the participants' own one is "0".
func (b Ballot) String() string {
	if b.Round == 0 {
		return "0"
	}
	return strconv.FormatUint(b.Round, 10) + "." + string(b.Node)
}

// Instance is what is known of the Paxos instance that decides one participant's vote.
type Instance struct {
	RM       nodes.ID // whose vote it is: the resource manager
	Prepared bool     // the value: Prepared or Aborted
	Ballot   Ballot   // P1b: in which it was accepted
}

// Message is what machines tell each other; which fields count depends on the type.
type Message struct {
	Type      Type
	Yes       bool // Vote; Reply: committed
	Whole     bool // Reply: Items are all that was asked for
	Frozen    bool // Report: the sender has crashed since it voted, and only asks
	Heuristic bool // Ack: the participant had decided otherwise by itself
	State     State
	Txn       TxnID
	Request   uint64     // Begin, Stale, Reply: the client's own number
	Epoch     uint64     // Begin, Stale: of the coordinator
	Floor     uint64     // Prepare: every transaction of the epoch below it has ended everywhere
	Ops       []Op       // Begin, Prepare
	Peers     []nodes.ID // Prepare: all participants
	Items     []Item     // Vote, Reply, P2a and P2b of ballot 0: what was read
	Ballot    Ballot     // P1a to P2b
	Promised  Ballot     // P1b, P2b: above Ballot in a refusal
	Instances []Instance // P1b, P2a, P2b
}

// Kind implements nodes.Message.
func (m *Message) Kind() string { return typeNames[m.Type] }

// String says the message in a line.
func (m *Message) String() string {
	s := m.Kind()
	if m.Type >= Prepare {
		s += " " + m.Txn.String()
	}
	switch {
	case m.Type == Vote || m.Type == Reply:
		s += map[bool]string{true: " yes", false: " no"}[m.Yes]
	case m.Type == Report:
		s += " " + m.State.String()
	case m.Type == Ack && m.Heuristic:
		s += ", against its own heuristic decision"
	case m.Type >= P1a:
		s += " in ballot " + m.Ballot.String()
		if m.Ballot.Less(m.Promised) {
			return s + " refused for " + m.Promised.String()
		}
		for _, i := range m.Instances {
			s += fmt.Sprintf(", %s %s", i.RM, map[bool]string{true: "prepared", false: "aborted"}[i.Prepared])
		}
	}
	return s
}
