package commit

import (
	"fmt"
	"time"

	"orrery/nodes"
)

const (
	repeatEvery  = 60 * time.Millisecond
	votesWithin  = 150 * time.Millisecond
	between      = 30 * time.Millisecond
	transactions = 12
)

var (
	tagBegin  = nodes.Tag{Name: "begin"}
	tagRepeat = nodes.Tag{Name: "repeat"}
	tagVotes  = nodes.Tag{Name: "votes"}
)

// coordinator carries out one transaction after the other. It repeats what it has to say until everybody has
// acknowledged it, so it knows at the end that nobody is in doubt any more.
type coordinator struct {
	participants []nodes.ID
	t            uint64
	phase        nodes.Message      // what it is saying: Prepare, PreCommit, Outcome; nil: nothing
	wants        State              // what all must be for it to go on
	is           map[nodes.ID]State // what each has said
	ended        uint64             // transactions of which everybody knows the outcome
}

// Codec implements nodes.Node.
func (c *coordinator) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (c *coordinator) Boot(env nodes.Env) error { env.SetTimer(tagBegin, between); return nil }

// Fire implements nodes.Node.
func (c *coordinator) Fire(env nodes.Env, tag nodes.Tag) {
	switch {
	case tag == tagBegin && c.t < transactions:
		c.t++
		c.is = map[nodes.ID]State{}
		env.SetTimer(tagVotes, votesWithin)
		c.say(env, Prepare{c.t}, Prepared)
	case tag == tagVotes && c.wants == Prepared:
		c.decide(env, false)
	case tag == tagRepeat && c.phase != nil:
		c.say(env, c.phase, c.wants)
	}
}

// say tells all who have not yet acknowledged it.
func (c *coordinator) say(env nodes.Env, m nodes.Message, wants State) {
	c.phase, c.wants = m, wants
	for _, id := range c.participants {
		if c.is[id] != wants {
			env.Send(id, m)
		}
	}
	env.SetTimer(tagRepeat, repeatEvery)
}

func (c *coordinator) decide(env nodes.Env, commit bool) {
	env.StopTimer(tagVotes)
	m := Outcome{c.t, commit}
	nodes.Note(env, "decides: "+m.String())
	if commit {
		c.say(env, m, Committed)
	} else {
		c.say(env, m, Aborted)
	}
}

// Deliver hears how far somebody is.
func (c *coordinator) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	is, ok := m.(Is)
	if !ok || is.T != c.t || c.phase == nil {
		return
	}
	c.is[from] = is.State
	_, decided := c.phase.(Outcome)
	switch {
	case !decided && is.State == Aborted: // the others have ended it without the coordinator
		c.decide(env, false)
		return
	case !decided && is.State == Committed:
		c.decide(env, true)
		return
	}
	for _, id := range c.participants {
		if c.is[id] != c.wants {
			return
		}
	}
	switch c.wants {
	case Prepared:
		env.StopTimer(tagVotes)
		c.say(env, PreCommit{c.t}, PreCommitted)
	case PreCommitted:
		c.decide(env, true)
	default:
		c.phase, c.ended = nil, c.t
		env.SetTimer(tagBegin, between)
	}
}

// Synced implements nodes.Node: nothing is on a disk.
func (c *coordinator) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows what the coordinator is at.
func (c *coordinator) Inspect() any {
	saying := "nothing"
	if c.phase != nil {
		saying = fmt.Sprint(c.phase)
	}
	return struct {
		Saying string `json:"saying"`
		Ended  uint64 `json:"ended"`
	}{saying, c.ended}
}
