package nodestest

import "orrery/nodes"

// probe is a node made of what a rule wants to happen. Whatever the rule is, it watches that
// handlers run one at a time and in an order that makes sense.
type probe struct {
	c *cluster

	boot     func(env nodes.Env) error
	deliver  func(env nodes.Env, from nodes.ID, m nodes.Message)
	fire     func(env nodes.Env, tag nodes.Tag)
	synced   func(env nodes.Env, tag nodes.Tag, err error)
	opened   func(env nodes.Env, conn nodes.Conn, peer string)
	received func(env nodes.Env, conn nodes.Conn, p []byte)
	closed   func(env nodes.Env, conn nodes.Conn, err error)
	posted   func(env nodes.Env, stage nodes.Tag, m nodes.Message)

	inside string // the handler that runs
	boots  int
	halts  int
	calls  int // of handlers
	conns  map[uint64]string
}

// enter begins a handler, and what it returns ends it.
func (p *probe) enter(handler string) func() {
	switch {
	case p.inside != "":
		p.c.wrongf("%s was called while %s ran", handler, p.inside)
	case handler == "Boot" && p.calls > 0:
		p.c.wrongf("Boot was called after other handlers, or twice")
	case handler != "Boot" && p.boots == 0:
		p.c.wrongf("%s was called before Boot", handler)
	case p.halts > 0:
		p.c.wrongf("%s was called after Halted", handler)
	}
	p.calls++
	p.inside = handler
	return func() { p.inside = "" }
}

// moves checks the life of a connection: opened once, then frames, then the end.
func (p *probe) moves(c nodes.Conn, to string, from ...string) {
	if p.conns == nil {
		p.conns = map[uint64]string{}
	}
	at := p.conns[c.N]
	for _, f := range from {
		if at == f {
			p.conns[c.N] = to
			return
		}
	}
	p.c.wrongf("%v: %q came after %q", c, to, at)
}

func (p *probe) Codec() nodes.Codec { return Codec() }

func (p *probe) Boot(env nodes.Env) error {
	defer p.enter("Boot")()
	p.boots++
	if p.boot == nil {
		return nil
	}
	return p.boot(env)
}

func (p *probe) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	defer p.enter("Deliver")()
	if p.deliver != nil {
		p.deliver(env, from, m)
	}
}

func (p *probe) Fire(env nodes.Env, tag nodes.Tag) {
	defer p.enter("Fire")()
	if p.fire != nil {
		p.fire(env, tag)
	}
}

func (p *probe) Synced(env nodes.Env, tag nodes.Tag, err error) {
	defer p.enter("Synced")()
	if p.synced != nil {
		p.synced(env, tag, err)
	}
}

func (p *probe) Opened(env nodes.Env, c nodes.Conn, peer string) {
	defer p.enter("Opened")()
	p.moves(c, "Opened", "")
	if p.opened != nil {
		p.opened(env, c, peer)
	}
}

func (p *probe) Received(env nodes.Env, c nodes.Conn, b []byte) {
	defer p.enter("Received")()
	p.moves(c, "Received", "Opened", "Received")
	if p.received != nil {
		p.received(env, c, b)
	}
}

func (p *probe) Closed(env nodes.Env, c nodes.Conn, err error) {
	defer p.enter("Closed")()
	p.moves(c, "Closed", "", "Opened", "Received")
	if p.closed != nil {
		p.closed(env, c, err)
	}
}

func (p *probe) Posted(env nodes.Env, stage nodes.Tag, m nodes.Message) {
	defer p.enter("Posted")()
	if p.posted != nil {
		p.posted(env, stage, m)
	}
}

func (p *probe) Halted() { p.halts++ }

var (
	_ nodes.ConnHandler  = (*probe)(nil)
	_ nodes.StageHandler = (*probe)(nil)
	_ nodes.Halter       = (*probe)(nil)
)
