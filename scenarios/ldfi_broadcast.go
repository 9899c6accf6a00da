package scenarios

import (
	"slices"

	"orrery/explore/lockstep"
	"orrery/nodes"
)

// broadcastRule is how a message gets to everybody: the five protocols of the published table.
type broadcastRule uint8

const (
	sendOnce      broadcastRule = iota // simplog: the origin sends it
	sendAgain                          // rdlog: in every round
	relayOnce                          // classic_rb: whoever has it sends it, once
	relayAgain                         // replog: in every round
	relayUntilAck                      // ack_rb: to those that have not acknowledged it
)

// broadcaster is a machine that has the message, or not.
type broadcaster struct {
	rule   broadcastRule
	peers  []nodes.ID
	origin bool
	has    bool
	acks   []nodes.ID
}

// payload is the message; broadcastAck says that it has come.
type (
	payload      struct{}
	broadcastAck struct{}
)

// Kind implements nodes.Message.
func (payload) Kind() string { return "rbcast" }

// Kind implements nodes.Message.
func (broadcastAck) Kind() string { return "ack" }

var tagRound = nodes.Tag{Name: "round"}

// Codec implements nodes.Node.
func (b *broadcaster) Codec() nodes.Codec { return nodes.JSONCodec(payload{}, broadcastAck{}) }

// Boot implements nodes.Node.
func (b *broadcaster) Boot(nodes.Env) error { return nil }

// Synced implements nodes.Node.
func (b *broadcaster) Synced(nodes.Env, nodes.Tag, error) {}

// Deliver implements nodes.Node.
func (b *broadcaster) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if m == (broadcastAck{}) {
		if !slices.Contains(b.acks, from) {
			b.acks = append(b.acks, from)
		}
		return
	}
	b.origin = b.origin || from == "client"
	if b.rule == relayUntilAck && !b.origin {
		env.Send(from, broadcastAck{})
	}
	if !b.has {
		b.has = true
		if b.origin || b.rule >= relayOnce {
			b.send(env)
		}
	}
}

// Fire implements nodes.Node.
func (b *broadcaster) Fire(env nodes.Env, _ nodes.Tag) { b.send(env) }

func (b *broadcaster) send(env nodes.Env) {
	for _, id := range b.peers {
		if id != env.Self() && !slices.Contains(b.acks, id) {
			env.Send(id, payload{})
		}
	}
	if b.rule != sendOnce && b.rule != relayOnce {
		env.SetTimer(tagRound, lockstep.Round)
	}
}

// broadcastWorld is three machines, of which a has something to say.
func broadcastWorld(rule broadcastRule) *lockstep.World {
	peers := []nodes.ID{"a", "b", "c"}
	w := &lockstep.World{To: "a", First: payload{}, Judge: func() lockstep.Judge { return broadcastJudge{peers} }}
	for _, id := range peers {
		w.Machines = append(w.Machines, lockstep.Machine{ID: id, New: func() nodes.Node { return &broadcaster{rule: rule, peers: peers} }})
	}
	return w
}

// broadcastJudge: if anybody who is alive has got the message from another, everybody who is alive has it.
type broadcastJudge struct{ peers []nodes.ID }

// Sent implements lockstep.Judge.
func (broadcastJudge) Sent(nodes.ID, nodes.ID, nodes.Message) {}

// Verdict implements lockstep.Judge.
func (j broadcastJudge) Verdict(r *lockstep.Run) string {
	var has, lacks []nodes.ID
	for _, id := range j.peers {
		b := r.Node(id).(*broadcaster)
		switch {
		case r.Crashed(id):
		case b.has && !b.origin:
			has = append(has, id)
		case !b.has:
			lacks = append(lacks, id)
		}
	}
	if len(has) > 0 && len(lacks) > 0 {
		return string(has[0]) + " has the message and " + string(lacks[0]) + " never gets it"
	}
	return ""
}
