package lwt

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"

	"orrery/nodes"
	"orrery/nodes/internal/wire"
)

// Ballot is what Cassandra makes of a time and an address: a number that counts, and who chose it.
// The zero Ballot is below all others.
type Ballot struct {
	Time uint64
	Node nodes.ID
}

// Compare orders ballots.
func (b Ballot) Compare(c Ballot) int {
	return cmp.Or(cmp.Compare(b.Time, c.Time), cmp.Compare(b.Node, c.Node))
}

// String prints the ballot as "3.n2".
func (b Ballot) String() string { return fmt.Sprintf("%d.%s", b.Time, b.Node) }

// Commit is an update with its ballot: what Cassandra's class of that name is.
type Commit struct {
	Ballot Ballot
	Value  string
}

// The types of message, in the order of a request.
const (
	Request = iota + 1 // from a client: if the value is Expect, let it be Value
	Prepare
	Promise
	Propose
	Accept
	CommitIt
	Committed
	Reply // to the client
)

var kinds = [...]string{"?", "REQUEST", "PREPARE", "PROMISE", "PROPOSE", "ACCEPT", "COMMIT", "COMMITTED", "REPLY"}

// Message is what replicas and clients tell each other. Type says which of the fields count.
type Message struct {
	Type       uint8
	Ballot     Ballot
	OK         bool   // Promise, Accept: not refused; Reply: the value was set
	Known      bool   // Reply: OK is certain
	Expect     string // Request
	Value      string // Request, Propose, CommitIt
	Promised   Ballot // Promise, Accept: of a refusal
	InProgress Commit // Promise: what was accepted last
	Recent     Commit // Promise: what was committed last
}

// Kind implements nodes.Message.
func (m *Message) Kind() string { return kinds[m.Type] }

// Codec is the codec of this protocol's datagrams.
func Codec() nodes.Codec { return codec{} }

type codec struct{}

// Append implements nodes.Codec.
func (codec) Append(b []byte, message nodes.Message) []byte {
	m := message.(*Message)
	b = append(b, m.Type, flag(m.OK)|flag(m.Known)<<1)
	b = appendBallot(b, m.Ballot)
	b = appendBallot(b, m.Promised)
	b = appendCommit(b, m.InProgress)
	b = appendCommit(b, m.Recent)
	b = wire.AppendString(b, m.Expect)
	return wire.AppendString(b, m.Value)
}

var errMalformed = errors.New("lwt: malformed message")

// Decode implements nodes.Codec.
func (codec) Decode(p []byte) (nodes.Message, error) {
	if len(p) < 2 || p[0] < Request || p[0] > Reply || p[1] > 3 {
		return nil, errMalformed
	}
	r := wire.NewReader(p[2:])
	m := &Message{Type: p[0], OK: p[1]&1 != 0, Known: p[1]&2 != 0, Ballot: readBallot(&r), Promised: readBallot(&r),
		InProgress: readCommit(&r), Recent: readCommit(&r), Expect: r.String(), Value: r.String()}
	if !r.Done() {
		return nil, errMalformed
	}
	return m, nil
}

func flag(v bool) byte {
	if v {
		return 1
	}
	return 0
}

func appendBallot(b []byte, x Ballot) []byte {
	return wire.AppendString(binary.AppendUvarint(b, x.Time), string(x.Node))
}

func appendCommit(b []byte, c Commit) []byte {
	return wire.AppendString(appendBallot(b, c.Ballot), c.Value)
}

func readBallot(r *wire.Reader) Ballot { return Ballot{r.Uint(), nodes.ID(r.String())} }
func readCommit(r *wire.Reader) Commit { return Commit{readBallot(r), r.String()} }
