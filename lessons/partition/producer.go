package partition

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
)

// producer sends one record after the other, each until it is acknowledged.
type producer struct {
	self    nodes.ID
	name    string // that it shares with its other instances
	cluster *cluster
	delay   time.Duration

	epoch  int32 // 0: it has none yet
	n      int   // records that were acknowledged
	target int
	fenced bool
}

var tagSend = nodes.Tag{Name: "send"}

// Codec implements nodes.Node.
func (p *producer) Codec() nodes.Codec { return Codec() }

// Boot implements nodes.Node.
func (p *producer) Boot(env nodes.Env) error {
	env.SetTimer(tagSend, p.delay)
	return nil
}

// Synced implements nodes.Node.
func (p *producer) Synced(nodes.Env, nodes.Tag, error) {}

// Fire implements nodes.Node: it is time to send, or nobody has answered.
func (p *producer) Fire(env nodes.Env, _ nodes.Tag) { p.send(env) }

func (p *producer) stamp() Stamp { return Stamp{p.name, p.epoch, p.n} }

func (p *producer) send(env nodes.Env) {
	switch {
	case p.fenced || p.n >= p.cluster.setup.records():
		return
	case p.epoch == 0:
		env.Send(controllerID, Init{p.name})
		env.SetTimer(tagSend, produceWait)
		return
	}
	env.Send(brokers[p.target], Produce{fmt.Sprintf("%s-%d", p.self, p.n+1), p.stamp()})
	p.target = (p.target + 1) % len(brokers) // if nobody answers
	env.SetTimer(tagSend, produceWait)
}

// Deliver implements nodes.Node.
func (p *producer) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case Instance:
		if p.epoch == 0 {
			p.epoch = m.Epoch
			p.send(env)
		}
	case Produced:
		switch {
		case m.Stamp != p.stamp():
		case m.Error == fenced:
			nodes.Note(env, "is fenced, and stops")
			p.fenced = true
			p.cluster.done[p.self] = true
		case m.Error != "":
			env.SetTimer(tagSend, produceEvery)
		default:
			p.n++
			p.target = slices.Index(brokers, from)
			if p.n >= p.cluster.setup.records() {
				p.cluster.done[p.self] = true
			}
			env.SetTimer(tagSend, produceEvery)
		}
	}
}

// Inspect shows how far the producer is.
func (p *producer) Inspect() any {
	return struct {
		Epoch        int32 `json:"epoch"`
		Acknowledged int   `json:"acknowledged"`
		Fenced       bool  `json:"fenced,omitempty"`
	}{p.epoch, p.n, p.fenced}
}
