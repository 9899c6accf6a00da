package lock

import (
	"encoding/binary"
	"errors"

	"orrery/nodes"
	"orrery/nodes/internal/wire"
	"orrery/nodes/paxos"
)

// Type is the type of a message: of a request, or of the answer to it.
type Type uint8

// The types of message.
const (
	Lock     Type = iota + 1 // to a row: queue me, or tell me whether it is my turn; of the holder it renews the lease
	Renew                    // to a row: the lease once more, if I hold it
	Unlock                   // to a row: I leave the queue
	Turn                     // from a row: it is your turn, ask
	Answered                 // from a row: the answer
	SetNX                    // to a cache: SET key value NX PX ttl
	ExtendIf                 // to a cache: PEXPIRE, if the value is mine
	DeleteIf                 // to a cache: DEL, if the value is mine
	Cached                   // from a cache: the answer
	Write                    // to the store
	Written                  // from the store: the answer
)

var kinds = [...]string{"?", "LOCK", "RENEW", "UNLOCK", "TURN", "ROW", "SET-NX", "EXTEND-IF", "DEL-IF", "CACHED", "WRITE", "WRITTEN"}

// Message is what clients, lock nodes and the store tell each other. Type says which of the fields count.
type Message struct {
	Type  Type
	OK    bool   // of an answer: granted, extended, given back, written
	N     uint64 // the client's acquisition; acquisitions of a client are numbered from 1
	Seq   uint64 // of the request, repeated in its answer
	Token uint64 // the fencing token; 0 for none
	Value uint64 // what the client puts under a cache's key: random, so that it knows it again
	TTL   uint64 // in nanoseconds
	Step  uint64 // Write: the place within the section, from 1
}

// Kind implements nodes.Message.
func (m *Message) Kind() string {
	if int(m.Type) >= len(kinds) {
		return kinds[0]
	}
	return kinds[m.Type]
}

// NewCodec returns the codec of this protocol. It reads and writes the messages of package paxos too, whose first
// byte is another, so that a client can speak to replicas and to the store.
func NewCodec() nodes.Codec { return &codec{inner: paxos.NewCodec()} }

type codec struct{ inner nodes.Codec }

// ours is set in the first byte of a message of this package, and in none of package paxos.
const ours = 0x80

var errMalformed = errors.New("lock: malformed message")

// Append implements nodes.Codec.
func (c *codec) Append(b []byte, message nodes.Message) []byte {
	m, is := message.(*Message)
	if !is {
		return c.inner.Append(b, message)
	}
	ok := byte(0)
	if m.OK {
		ok = 1
	}
	b = append(b, ours|byte(m.Type), ok)
	for _, v := range [...]uint64{m.N, m.Seq, m.Token, m.Value, m.TTL, m.Step} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// Decode implements nodes.Codec.
func (c *codec) Decode(p []byte) (nodes.Message, error) {
	if len(p) == 0 || p[0]&ours == 0 {
		return c.inner.Decode(p)
	}
	m := &Message{Type: Type(p[0] &^ ours)}
	if len(p) < 2 || m.Type < Lock || m.Type > Written || p[1] > 1 {
		return nil, errMalformed
	}
	m.OK = p[1] == 1
	r := wire.NewReader(p[2:])
	for _, v := range [...]*uint64{&m.N, &m.Seq, &m.Token, &m.Value, &m.TTL, &m.Step} {
		*v = r.Uint()
	}
	if !r.Done() {
		return nil, errMalformed
	}
	return m, nil
}
