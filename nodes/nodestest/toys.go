package nodestest

import (
	"time"

	"orrery/nodes"
)

// Echo answers every Ping with a Pong of its number. If it has a Port, it also sends
// back every frame that comes in there.
type Echo struct {
	quiet
	Port int
}

var _ nodes.ConnHandler = (*Echo)(nil)

// Boot listens on the Port, if there is one.
func (e *Echo) Boot(env nodes.Env) error {
	if e.Port == 0 {
		return nil
	}
	return env.Listen(e.Port, nodes.Framing{})
}

// Deliver answers a Ping.
func (e *Echo) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if p, ok := m.(Ping); ok {
		env.Send(from, Pong(p))
	}
}

// Opened does nothing: whoever dials speaks first.
func (e *Echo) Opened(nodes.Env, nodes.Conn, string) {}

// Received sends the frame back.
func (e *Echo) Received(env nodes.Env, c nodes.Conn, p []byte) {
	if err := env.Write(c, p); err != nil {
		env.Reset(c)
	}
}

// Closed does nothing: nothing is kept of a connection.
func (e *Echo) Closed(nodes.Env, nodes.Conn, error) {}

// Pinger sends a Ping to To at Boot and again after each interval, numbered from 1.
type Pinger struct {
	quiet
	To    nodes.ID
	Every time.Duration

	Sent uint64 // the number of the last Ping
	Got  uint64 // how many Pongs came, repeated ones too
}

var pingTimer = nodes.Tag{Name: "ping"}

// Boot sends the first Ping.
func (p *Pinger) Boot(env nodes.Env) error {
	p.Fire(env, pingTimer)
	return nil
}

// Deliver counts a Pong.
func (p *Pinger) Deliver(_ nodes.Env, _ nodes.ID, m nodes.Message) {
	if _, ok := m.(Pong); ok {
		p.Got++
	}
}

// Fire sends the next Ping.
func (p *Pinger) Fire(env nodes.Env, _ nodes.Tag) {
	p.Sent++
	env.Send(p.To, Ping{p.Sent})
	env.SetTimer(pingTimer, p.Every)
}

// Flip answers every Ping with a Pong of 0 or 1, as its machine's randomness has it.
type Flip struct{ quiet }

// Deliver throws the coin.
func (*Flip) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if _, ok := m.(Ping); ok {
		env.Send(from, Pong{env.Rand().Uint64N(2)})
	}
}

// quiet is the part of a toy that does nothing.
type quiet struct{}

// Codec is that of all toys.
func (quiet) Codec() nodes.Codec { return Codec() }

// Boot does nothing.
func (quiet) Boot(nodes.Env) error { return nil }

// Deliver does nothing.
func (quiet) Deliver(nodes.Env, nodes.ID, nodes.Message) {}

// Fire does nothing.
func (quiet) Fire(nodes.Env, nodes.Tag) {}

// Synced does nothing.
func (quiet) Synced(nodes.Env, nodes.Tag, error) {}
