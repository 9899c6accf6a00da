package commit

import (
	"fmt"
	"time"

	"orrery/nodes"
)

const (
	patience  = 200 * time.Millisecond // without a word from the coordinator, before the others are asked
	answersIn = 40 * time.Millisecond
)

var (
	tagDoubt   = nodes.Tag{Name: "doubt"}
	tagAnswers = nodes.Tag{Name: "answers"}
)

// participant holds locks for a transaction from its vote to the outcome.
type participant struct {
	rule    Rule
	others  []nodes.ID
	t       uint64
	state   State
	answers map[nodes.ID]State
	decided func(id nodes.ID, t uint64, commit bool) // the ghost's
}

// Codec implements nodes.Node.
func (p *participant) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (p *participant) Boot(nodes.Env) error { return nil }

// Deliver implements nodes.Node.
func (p *participant) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case Prepare:
		if m.T > p.t {
			p.t, p.state = m.T, Prepared
			nodes.Note(env, fmt.Sprintf("votes yes on %d, and holds its locks", m.T))
			env.SetTimer(tagDoubt, patience)
		}
		p.tell(env, from, m.T)
	case PreCommit:
		if m.T == p.t && p.state == Prepared {
			p.state = PreCommitted
			env.SetTimer(tagDoubt, patience)
		}
		p.tell(env, from, m.T)
	case Outcome:
		if m.T > p.t { // it was never asked, or the question was lost
			p.t, p.state = m.T, Prepared
		}
		if m.T == p.t {
			p.end(env, m.Commit)
		}
		p.tell(env, from, m.T)
	case Ask:
		p.tell(env, from, m.T)
	case Is:
		if m.T == p.t && p.answers != nil {
			p.answers[from] = m.State
		}
	}
}

// tell says how far the participant is.
func (p *participant) tell(env nodes.Env, to nodes.ID, t uint64) {
	switch {
	case t == p.t:
		env.Send(to, Is{t, p.state})
	case t > p.t:
		env.Send(to, Is{t, Unknown})
	}
}

// end lets the locks go.
func (p *participant) end(env nodes.Env, commit bool) {
	if p.state == Committed || p.state == Aborted {
		return
	}
	if p.state = Aborted; commit {
		p.state = Committed
	}
	nodes.Note(env, fmt.Sprintf("ends %d: %v", p.t, p.state))
	env.StopTimer(tagDoubt)
	p.decided(env.Self(), p.t, commit)
}

// Fire implements nodes.Node.
func (p *participant) Fire(env nodes.Env, tag nodes.Tag) {
	if p.state != Prepared && p.state != PreCommitted {
		return
	}
	if tag == tagDoubt {
		nodes.Note(env, "hears nothing, and asks the others")
		p.answers = map[nodes.ID]State{}
		for _, id := range p.others {
			env.Send(id, Ask{p.t})
		}
		env.SetTimer(tagAnswers, answersIn)
		return
	}
	switch p.rule.Decide(p.state, p.answers) {
	case Commit:
		p.end(env, true)
	case Abort:
		p.end(env, false)
	default:
		nodes.Note(env, "stays in doubt")
		env.SetTimer(tagDoubt, patience)
	}
	p.answers = nil
}

// Synced implements nodes.Node: nothing is on a disk.
func (p *participant) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows how far the participant is.
func (p *participant) Inspect() any {
	return struct {
		T     uint64 `json:"transaction"`
		State string `json:"state"`
	}{p.t, p.state.String()}
}
