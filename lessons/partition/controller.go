package partition

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
)

const (
	controllerID = nodes.ID("ctl")
	fenced       = "fenced"
)

// brokers are the replicas, in the order of preference.
var (
	brokers        = []nodes.ID{"b1", "b2", "b3"}
	replicaNumbers = []int32{1, 2, 3}
)

// number is a broker's broker.id.
func number(id nodes.ID) int32 { return int32(slices.Index(brokers, id)) + 1 }

// controller says who leads. It is never down.
type controller struct {
	rules Rules
	state State
	heard map[nodes.ID]time.Duration
	lives map[nodes.ID]uint32
	given map[string]int32 // epochs of producers
	moves bool             // leadership is moved by hand, now and then twice in quick succession
	next  time.Duration
	again bool
}

var tagLook = nodes.Tag{Name: "look"}

func newController(r Rules, moves bool) *controller {
	return &controller{rules: r, moves: moves, heard: map[nodes.ID]time.Duration{}, lives: map[nodes.ID]uint32{}, given: map[string]int32{}}
}

// Codec implements nodes.Node.
func (c *controller) Codec() nodes.Codec { return Codec() }

// Boot implements nodes.Node.
func (c *controller) Boot(env nodes.Env) error {
	c.state = State{ISR: slices.Clone(replicaNumbers)}
	env.SetTimer(tagLook, 2*beatEvery)
	return nil
}

// Synced implements nodes.Node.
func (c *controller) Synced(nodes.Env, nodes.Tag, error) {}

// Deliver implements nodes.Node.
func (c *controller) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case Beat:
		if c.lives[from] != 0 && c.lives[from] != m.Life {
			c.gone(env, from) // it has been down in between
		}
		c.lives[from], c.heard[from] = m.Life, env.Monotonic()
		c.tell(env, from)
	case AlterISR:
		alive := !slices.ContainsFunc(m.ISR, func(n int32) bool { return !c.alive(env, brokers[n-1]) })
		if from == c.state.Leader && m.Epoch == c.state.Epoch && m.Version == c.state.Version && alive {
			c.state.ISR = m.ISR
			c.changed(env)
		}
		c.tell(env, from)
	case Init:
		c.given[m.Producer]++
		env.Send(from, Instance{c.given[m.Producer]})
	}
}

// Fire implements nodes.Node.
func (c *controller) Fire(env nodes.Env, _ nodes.Tag) {
	env.SetTimer(tagLook, beatEvery/2)
	for _, id := range brokers {
		if _, known := c.heard[id]; known && !c.alive(env, id) {
			c.gone(env, id)
		}
	}
	if c.state.Leader == "" {
		c.elect(env)
	}
	if c.moves && env.Monotonic() > c.next {
		c.move(env)
	}
}

// move gives the lead to another broker that is in sync, as a preferred leader election or a reassignment does: nobody has failed.
func (c *controller) move(env nodes.Env) {
	c.again = !c.again
	c.next = env.Monotonic() + 150*time.Millisecond
	if c.again {
		c.next = env.Monotonic() + time.Duration(5+env.Rand().IntN(20))*time.Millisecond
	}
	var others []nodes.ID
	for i, id := range brokers {
		if id != c.state.Leader && slices.Contains(c.state.ISR, replicaNumbers[i]) && c.alive(env, id) {
			others = append(others, id)
		}
	}
	if c.state.Leader == "" || len(others) == 0 {
		return
	}
	c.state.Leader, c.state.Epoch = others[env.Rand().IntN(len(others))], c.state.Epoch+1
	nodes.Note(env, fmt.Sprintf("moves the lead to %s, epoch %d", c.state.Leader, c.state.Epoch))
	c.changed(env)
}

func (c *controller) alive(env nodes.Env, id nodes.ID) bool {
	at, known := c.heard[id]
	return known && env.Monotonic()-at < sessionTime
}

// gone takes a broker that has died out of the ISR, unless it is the last one there, and out of the lead.
func (c *controller) gone(env nodes.Env, id nodes.ID) {
	delete(c.heard, id)
	if n := number(id); len(c.state.ISR) > 1 && slices.Contains(c.state.ISR, n) {
		c.state.ISR = slices.DeleteFunc(slices.Clone(c.state.ISR), func(m int32) bool { return m == n })
		c.changed(env)
	}
	if c.state.Leader == id {
		c.state.Leader = ""
		c.elect(env)
	}
}

// elect names a leader, in a new epoch.
func (c *controller) elect(env nodes.Env) {
	var members, alive []nodes.ID
	for i, id := range brokers {
		if slices.Contains(c.state.ISR, replicaNumbers[i]) {
			members = append(members, id)
		}
		if c.alive(env, id) {
			alive = append(alive, id)
		}
	}
	leader, ok := c.rules.Elects(members, alive)
	if !ok || !slices.Contains(alive, leader) {
		return
	}
	if c.state.Epoch == 0 && len(alive) < len(brokers) {
		return // the partition is made when all are there
	}
	c.state.Leader, c.state.Epoch = leader, c.state.Epoch+1
	if !slices.Contains(members, leader) {
		nodes.Note(env, fmt.Sprintf("elects %s, which is not in sync", leader))
		c.state.ISR = []int32{number(leader)}
	}
	c.changed(env)
}

// changed tells the brokers.
func (c *controller) changed(env nodes.Env) {
	c.state.Version++
	for _, id := range brokers {
		c.tell(env, id)
	}
}

func (c *controller) tell(env nodes.Env, to nodes.ID) {
	s := c.state
	s.Life = c.lives[to]
	env.Send(to, s)
}

// Inspect shows what the controller says.
func (c *controller) Inspect() any { return c.state }
