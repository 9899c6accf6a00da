package synod

import (
	"encoding/binary"
	"errors"
	"fmt"

	"orrery/nodes"
	"orrery/nodes/internal/wire"
)

// Ballot numbers an attempt: rounds count, and the node makes it unique. The zero Ballot is
// below all others and is never used.
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

// String prints the ballot as "3.n2".
func (b Ballot) String() string {
	if b == (Ballot{}) {
		return "none"
	}
	return fmt.Sprintf("%d.%s", b.Round, b.Node)
}

// MarshalText is String, so that ballots read well in JSON.
func (b Ballot) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// The kinds of message.
const (
	P1a = iota + 1 // asks for a promise
	P1b            // a promise, or its refusal
	P2a            // asks for a vote
	P2b            // a vote, or its refusal
)

// Message is what nodes tell each other.
type Message struct {
	Type     uint8  // P1a, P1b, P2a, P2b
	Ballot   Ballot // of the attempt
	Promised Ballot // P1b, P2b: what the acceptor has promised; above Ballot in a refusal
	Accepted Ballot // P1b: the ballot of its vote, if it has voted
	Value    string // P1b: of that vote; P2a, P2b: of the attempt
}

// Kind implements nodes.Message.
func (m *Message) Kind() string { return [...]string{"?", "P1a", "P1b", "P2a", "P2b"}[m.Type] }

// String says the message in a line.
func (m *Message) String() string {
	s := m.Kind() + " " + m.Ballot.String()
	if m.Ballot.Less(m.Promised) {
		return s + " refused, has promised " + m.Promised.String()
	}
	if m.Type == P1b && m.Accepted != (Ballot{}) {
		return s + " voted " + m.Value + " in " + m.Accepted.String()
	}
	if m.Value != "" {
		s += " " + m.Value
	}
	return s
}

// Codec is the codec of this protocol's datagrams.
func Codec() nodes.Codec { return codec{} }

type codec struct{}

// Append implements nodes.Codec.
func (codec) Append(b []byte, message nodes.Message) []byte {
	m := message.(*Message)
	b = append(b, m.Type)
	b = appendBallot(b, m.Ballot)
	b = appendBallot(b, m.Promised)
	b = appendBallot(b, m.Accepted)
	return wire.AppendString(b, m.Value)
}

var errMalformed = errors.New("synod: malformed message")

// Decode implements nodes.Codec.
func (codec) Decode(p []byte) (nodes.Message, error) {
	if len(p) == 0 || p[0] < P1a || p[0] > P2b {
		return nil, errMalformed
	}
	r := wire.NewReader(p[1:])
	m := &Message{Type: p[0], Ballot: readBallot(&r), Promised: readBallot(&r), Accepted: readBallot(&r), Value: r.String()}
	if !r.Done() {
		return nil, errMalformed
	}
	return m, nil
}

func appendBallot(b []byte, x Ballot) []byte {
	return wire.AppendString(binary.AppendUvarint(b, x.Round), string(x.Node))
}

func readBallot(r *wire.Reader) Ballot { return Ballot{Round: r.Uint(), Node: nodes.ID(r.String())} }
