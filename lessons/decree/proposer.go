package decree

import (
	"fmt"
	"math/rand/v2"
	"time"

	"orrery/nodes"
)

// Proposer wants a value of its own to be chosen, and helps whichever already may be.
type Proposer struct {
	acceptors []nodes.ID
	own       string
	adopt     func(promises []P1b, own string) string
	enough    func(answers, acceptors int) bool
	wait      func(attempt int, chance *rand.Rand) time.Duration

	attempt  int
	ballot   Ballot
	highest  Ballot // that it has heard of
	promises []P1b
	promised map[nodes.ID]bool
	voted    map[nodes.ID]bool
	phase    int // 0: none; 1: wants promises; 2: wants votes
	value    string
	learnt   string
}

var tagPropose = nodes.Tag{Name: "propose"}

// Codec implements nodes.Node.
func (p *Proposer) Codec() nodes.Codec { return Codec() }

// Boot implements nodes.Node.
func (p *Proposer) Boot(env nodes.Env) error {
	env.SetTimer(tagPropose, p.wait(0, env.Rand()))
	return nil
}

// Fire begins the next ballot.
func (p *Proposer) Fire(env nodes.Env, _ nodes.Tag) {
	if p.learnt != "" {
		return
	}
	p.attempt++
	p.ballot = Ballot{Round: max(p.ballot.Round, p.highest.Round) + 1, By: env.Self()}
	p.phase, p.promises = 1, nil
	p.promised, p.voted = map[nodes.ID]bool{}, map[nodes.ID]bool{}
	nodes.Note(env, fmt.Sprintf("begins ballot %v", p.ballot))
	for _, id := range p.acceptors {
		env.Send(id, P1a{p.ballot})
	}
	env.SetTimer(tagPropose, patience)
}

// patience is how long a proposer waits for answers that do not come.
const patience = 500 * time.Millisecond

// Deliver implements nodes.Node.
func (p *Proposer) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case P1b:
		if p.phase == 1 && m.Ballot == p.ballot && !p.promised[from] {
			p.promised[from] = true
			p.promises = append(p.promises, m)
			p.mayPropose(env)
		}
	case P2b:
		if p.phase == 2 && m.Ballot == p.ballot {
			p.voted[from] = true
			p.mayLearn(env)
		}
	case Nack:
		if p.highest.Less(m.Promised) {
			p.highest = m.Promised
		}
		if p.phase != 0 && m.Ballot == p.ballot {
			p.phase = 0
			env.SetTimer(tagPropose, p.wait(p.attempt, env.Rand()))
		}
	}
}

func (p *Proposer) mayPropose(env nodes.Env) {
	if !p.enough(len(p.promises), len(p.acceptors)) {
		return
	}
	p.phase, p.value = 2, p.adopt(p.promises, p.own)
	nodes.Note(env, fmt.Sprintf("proposes %s in %v", p.value, p.ballot))
	for _, id := range p.acceptors {
		env.Send(id, P2a{p.ballot, p.value})
	}
}

func (p *Proposer) mayLearn(env nodes.Env) {
	if !p.enough(len(p.voted), len(p.acceptors)) {
		return
	}
	p.phase, p.learnt = 0, p.value
	nodes.Note(env, fmt.Sprintf("learns that %s is chosen", p.value))
	env.StopTimer(tagPropose)
}

// Synced implements nodes.Node: a proposer has no disk.
func (p *Proposer) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows the proposer's state.
func (p *Proposer) Inspect() any {
	return struct {
		Ballot   string `json:"ballot"`
		Promises int    `json:"promises"`
		Votes    int    `json:"votes"`
		Learnt   string `json:"learnt,omitempty"`
	}{p.ballot.String(), len(p.promises), len(p.voted), p.learnt}
}

// Learnt is the value that the proposer knows to be chosen, or "".
func (p *Proposer) Learnt() string { return p.learnt }

// Begun is how many ballots the proposer has begun.
func (p *Proposer) Begun() int { return p.attempt }
