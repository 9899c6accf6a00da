// Package nodes is the part of the contract that the analyzer looks at.
package nodes

import (
	"math/rand/v2"
	"time"
)

type ID string

type Tag struct {
	Name string
	N    uint64
}

type Conn struct{ N uint64 }

type Message interface {
	Kind() string
}

type Codec interface {
	Append(b []byte, m Message) []byte
	Decode(p []byte) (Message, error)
}

type Node interface {
	Codec() Codec
	Boot(env Env) error
	Deliver(env Env, from ID, m Message)
	Fire(env Env, tag Tag)
	Synced(env Env, tag Tag, err error)
}

type ConnHandler interface {
	Opened(env Env, c Conn, peer string)
	Received(env Env, c Conn, p []byte)
	Closed(env Env, c Conn, err error)
}

type StageHandler interface {
	Posted(env Env, stage Tag, m Message)
}

type Env interface {
	Self() ID
	Now() time.Time
	Rand() *rand.Rand
	Send(to ID, m Message)
	SetTimer(tag Tag, d time.Duration)
	Post(stage Tag, m Message)
}
