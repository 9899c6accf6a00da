package sim

import (
	"errors"
	"time"

	"orrery/nodes"
)

// script is a node made of functions, for tests of one thing at a time.
type script struct {
	boot     func(env nodes.Env) error
	deliver  func(env nodes.Env, from nodes.ID, m nodes.Message)
	fire     func(env nodes.Env, tag nodes.Tag)
	synced   func(env nodes.Env, tag nodes.Tag, err error)
	posted   func(env nodes.Env, stage nodes.Tag, m nodes.Message)
	opened   func(env nodes.Env, c nodes.Conn, peer string)
	received func(env nodes.Env, c nodes.Conn, p []byte)
	closed   func(env nodes.Env, c nodes.Conn, err error)
}

func (s *script) Codec() nodes.Codec { return textCodec{} }

func (s *script) Boot(env nodes.Env) error {
	if s.boot != nil {
		return s.boot(env)
	}
	return nil
}

func (s *script) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if s.deliver != nil {
		s.deliver(env, from, m)
	}
}

func (s *script) Fire(env nodes.Env, tag nodes.Tag) {
	if s.fire != nil {
		s.fire(env, tag)
	}
}

func (s *script) Synced(env nodes.Env, tag nodes.Tag, err error) {
	if s.synced != nil {
		s.synced(env, tag, err)
	}
}

func (s *script) Posted(env nodes.Env, stage nodes.Tag, m nodes.Message) { s.posted(env, stage, m) }

func (s *script) Opened(env nodes.Env, c nodes.Conn, peer string) {
	if s.opened != nil {
		s.opened(env, c, peer)
	}
}

func (s *script) Received(env nodes.Env, c nodes.Conn, p []byte) {
	if s.received != nil {
		s.received(env, c, p)
	}
}

func (s *script) Closed(env nodes.Env, c nodes.Conn, err error) {
	if s.closed != nil {
		s.closed(env, c, err)
	}
}

// text is a message that is nothing but its text.
type text string

func (text) Kind() string { return "text" }

type textCodec struct{}

func (textCodec) Append(b []byte, m nodes.Message) []byte { return append(append(b, '!'), m.(text)...) }

func (textCodec) Decode(p []byte) (nodes.Message, error) {
	if len(p) == 0 || p[0] != '!' {
		return nil, errors.New("want !")
	}
	return text(p[1:]), nil
}

// lan is a network on which a datagram needs one to a few milliseconds.
var lan = NetConfig{Delay: Dist{Min: time.Millisecond, Mean: time.Millisecond}}

// pair makes a universe of two scripts, both started.
func pair(cfg Config, a, b *script) *Universe {
	u := New(cfg)
	u.Add("a", func() nodes.Node { return a }).Start(0)
	u.Add("b", func() nodes.Node { return b }).Start(0)
	return u
}

func tag(name string) nodes.Tag { return nodes.Tag{Name: name} }
