package election

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/config"
)

// A puppet is a server that has real connections, and no will: it says what the test wants, and notes what it hears.
type puppet struct {
	w    *toyWorld
	sid  int64
	cfg  Config
	m    manager
	todo []letter // to whom, and what
}

func (p *puppet) Codec() nodes.Codec                            { return nodes.JSONCodec(here{}, welcome{}) }
func (p *puppet) Synced(nodes.Env, nodes.Tag, error)            {}
func (p *puppet) Deliver(nodes.Env, nodes.ID, nodes.Message)    {}
func (p *puppet) Opened(env nodes.Env, c nodes.Conn, _ string)  { p.m.opened(env, c) }
func (p *puppet) Received(e nodes.Env, c nodes.Conn, in []byte) { p.m.received(e, c, in) }
func (p *puppet) Closed(env nodes.Env, c nodes.Conn, _ error)   { p.m.closed(env, c) }

func (p *puppet) Boot(env nodes.Env) error {
	p.m = manager{cfg: &p.cfg, current: p.w.quorum}
	env.SetTimer(nodes.Tag{Name: "strings"}, time.Millisecond)
	return env.Listen(p.cfg.Port, nodes.Framing{Stream: true})
}

func (p *puppet) Fire(env nodes.Env, tag nodes.Tag) {
	if tag.Name != "strings" {
		p.m.expired(env, tag.N)
		return
	}
	env.SetTimer(tag, time.Millisecond)
	for _, l := range p.todo {
		p.m.send(env, l.sid, l.body)
	}
	p.todo = nil
}

func (p *puppet) Posted(env nodes.Env, _ nodes.Tag, _ nodes.Message) {
	l := p.m.inbox[0]
	p.m.inbox = p.m.inbox[1:]
	n, err := parseNotification(l.sid, l.body)
	if err != nil {
		panic(err)
	}
	p.w.log("%d hears %d: %v %v", p.sid, l.sid, n.state, n.vote)
}

// add adds a puppet in the place of a toy.
func (w *toyWorld) puppet(m config.Member) {
	c := Config{Self: m.ID, Port: m.Election[0].Port, Announce: m.Election, Prefix: "puppet/", ConnectTimeout: 5 * time.Second}
	w.u.Add(w.machine(m.ID), func() nodes.Node { return &puppet{w: w, sid: c.Self, cfg: c} })
}
