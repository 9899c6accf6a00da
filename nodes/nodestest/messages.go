package nodestest

import (
	"encoding/binary"
	"errors"
	"fmt"

	"orrery/nodes"
)

// Ping asks Echo, or Flip, for a Pong.
type Ping struct{ N uint64 }

// Pong answers a Ping: with its number, or with a coin.
type Pong struct{ N uint64 }

// Add asks a Counter to add one. N is the sender's own number for it.
type Add struct{ N uint64 }

// Sum answers an Add of the same number: the count, with this Add in it. An Add that was
// sent twice is counted twice.
type Sum struct{ N, Value uint64 }

// blob is the suite's own message: bytes that are shared with what they were read from.
type blob struct{ data []byte }

// garbage is a message whose encoding no Decode accepts.
type garbage struct{}

// Kind is "PING".
func (Ping) Kind() string { return "PING" }

// Kind is "PONG".
func (Pong) Kind() string { return "PONG" }

// Kind is "ADD".
func (Add) Kind() string { return "ADD" }

// Kind is "SUM".
func (Sum) Kind() string { return "SUM" }

func (*blob) Kind() string   { return "BLOB" }
func (garbage) Kind() string { return "GARBAGE" }

// The first byte of an encoding.
const (
	kindPing = iota + 1
	kindPong
	kindAdd
	kindSum
	kindBlob
	kindGarbage
)

// Codec is the codec of all toy nodes: a byte for the kind, and the numbers as
// eight bytes each, big-endian.
func Codec() nodes.Codec { return codec{} }

type codec struct{}

func (codec) Append(b []byte, m nodes.Message) []byte {
	switch m := m.(type) {
	case Ping:
		return numbers(b, kindPing, m.N)
	case Pong:
		return numbers(b, kindPong, m.N)
	case Add:
		return numbers(b, kindAdd, m.N)
	case Sum:
		return numbers(b, kindSum, m.N, m.Value)
	case *blob:
		return append(append(b, kindBlob), m.data...)
	case garbage:
		return append(b, kindGarbage)
	}
	panic(fmt.Sprintf("nodestest: no toy says %T", m))
}

func numbers(b []byte, kind byte, ns ...uint64) []byte {
	b = append(b, kind)
	for _, n := range ns {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return b
}

var errMalformed = errors.New("nodestest: malformed message")

func (codec) Decode(p []byte) (nodes.Message, error) {
	if len(p) == 0 {
		return nil, errMalformed
	}
	kind, p := p[0], p[1:]
	if kind == kindBlob {
		return &blob{p}, nil
	}
	want := 8
	if kind == kindSum {
		want = 16
	}
	if len(p) != want {
		return nil, errMalformed
	}
	n := binary.BigEndian.Uint64(p)
	switch kind {
	case kindPing:
		return Ping{n}, nil
	case kindPong:
		return Pong{n}, nil
	case kindAdd:
		return Add{n}, nil
	case kindSum:
		return Sum{n, binary.BigEndian.Uint64(p[8:])}, nil
	}
	return nil, errMalformed
}
