package holes

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"orrery/nodes"
)

// P2a asks an acceptor to vote for a command in a slot.
type P2a struct {
	Slot    uint64
	Command string
}

// P2b is the vote.
type P2b struct{ Slot uint64 }

// Chosen tells that a majority has voted.
type Chosen struct {
	Slot    uint64
	Command string
}

// Known answers Chosen.
type Known struct{ Slot uint64 }

// Kind is the message's name.
func (P2a) Kind() string { return "P2a" }

// Kind is the message's name.
func (P2b) Kind() string { return "P2b" }

// Kind is the message's name.
func (Chosen) Kind() string { return "Chosen" }

// Kind is the message's name.
func (Known) Kind() string { return "Known" }

// String says what the message says.
func (m P2a) String() string { return fmt.Sprintf("P2a slot %d: %s", m.Slot, m.Command) }

// String says what the message says.
func (m P2b) String() string { return fmt.Sprintf("P2b slot %d", m.Slot) }

// String says what the message says.
func (m Chosen) String() string { return fmt.Sprintf("Chosen slot %d: %s", m.Slot, m.Command) }

// String says what the message says.
func (m Known) String() string { return fmt.Sprintf("Known slot %d", m.Slot) }

func codec() nodes.Codec { return nodes.JSONCodec(P2a{}, P2b{}, Chosen{}, Known{}) }

const (
	proposeEvery = 10 * time.Millisecond
	repeatEvery  = 80 * time.Millisecond
)

var (
	tagPropose = nodes.Tag{Name: "propose"}
	tagRepeat  = nodes.Tag{Name: "repeat"}
)

// replica executes the log. One of them leads; the others vote for what it proposes, for there is one ballot only.
type replica struct {
	executor Executor
	leader   *leader // nil: it follows
	done     []string
	balance  int
}

// leader is what the leader knows more.
type leader struct {
	followers []nodes.ID
	commands  []string                     // by slot, from slot 1
	begun     uint64                       // slots that were proposed
	chosen    map[uint64]bool              // slots
	known     map[uint64]map[nodes.ID]bool // which followers know that a slot is chosen
}

// Codec implements nodes.Node.
func (r *replica) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (r *replica) Boot(env nodes.Env) error {
	if r.leader != nil {
		r.leader.chosen, r.leader.known = map[uint64]bool{}, map[uint64]map[nodes.ID]bool{}
		env.SetTimer(tagPropose, proposeEvery)
		env.SetTimer(tagRepeat, repeatEvery)
	}
	return nil
}

// Fire proposes the next slot, without waiting for those before; or says again what may have been lost.
func (r *replica) Fire(env nodes.Env, tag nodes.Tag) {
	l := r.leader
	switch {
	case tag == tagRepeat:
		for s := uint64(1); s <= l.begun; s++ {
			l.say(env, s)
		}
		env.SetTimer(tagRepeat, repeatEvery)
	case int(l.begun) < len(l.commands):
		l.begun++
		l.say(env, l.begun)
		env.SetTimer(tagPropose, proposeEvery)
	}
}

// say sends about a slot what is not known to have arrived.
func (l *leader) say(env nodes.Env, slot uint64) {
	for _, id := range l.followers {
		switch {
		case !l.chosen[slot]:
			env.Send(id, P2a{slot, l.commands[slot-1]})
		case !l.known[slot][id]:
			env.Send(id, Chosen{slot, l.commands[slot-1]})
		}
	}
}

// Deliver implements nodes.Node.
func (r *replica) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case P2a:
		env.Send(from, P2b{m.Slot})
	case P2b: // with its own vote the leader has a majority of three
		if l := r.leader; l != nil && !l.chosen[m.Slot] {
			l.chosen[m.Slot], l.known[m.Slot] = true, map[nodes.ID]bool{}
			l.say(env, m.Slot)
			r.hear(env, m.Slot, l.commands[m.Slot-1])
		}
	case Chosen:
		r.hear(env, m.Slot, m.Command)
		env.Send(from, Known{m.Slot})
	case Known:
		if l := r.leader; l != nil && l.chosen[m.Slot] {
			l.known[m.Slot][from] = true
		}
	}
}

// hear passes on what is chosen, and executes what may be.
func (r *replica) hear(env nodes.Env, slot uint64, command string) {
	for _, c := range r.executor.Chosen(slot, command) {
		r.done = append(r.done, c)
		r.balance = execute(r.balance, c)
		nodes.Note(env, fmt.Sprintf("executes %s: %d", c, r.balance))
	}
}

// execute is the state machine.
func execute(balance int, command string) int {
	verb, number, _ := strings.Cut(command, " ")
	n, err := strconv.Atoi(number)
	switch {
	case verb == "double":
		return 2 * balance
	case err != nil:
		return balance
	case verb == "set":
		return n
	case verb == "sub":
		return balance - n
	}
	return balance + n
}

// Synced implements nodes.Node: nothing is on a disk.
func (r *replica) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows what was executed.
func (r *replica) Inspect() any {
	return struct {
		Executed int `json:"executed"`
		Balance  int `json:"balance"`
	}{len(r.done), r.balance}
}
