package detector

import (
	"fmt"
	"time"

	"orrery/nodes"
)

// machine is a primary or its backup.
type machine struct {
	rule    Rule
	other   nodes.ID
	epoch   uint64
	primary bool
	heard   time.Duration // when the newest answered heartbeat was sent; as a new primary, when it took over
	idle    bool          // it did not act the last time
}

var (
	tagHeartbeat = nodes.Tag{Name: "heartbeat"}
	tagSuspect   = nodes.Tag{Name: "suspect"}
	tagAct       = nodes.Tag{Name: "act"}
)

// Codec implements nodes.Node.
func (n *machine) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (n *machine) Boot(env nodes.Env) error {
	if n.primary {
		n.lead(env)
	} else {
		env.SetTimer(tagSuspect, SuspectAfter)
	}
	return nil
}

// lead begins to be the primary.
func (n *machine) lead(env nodes.Env) {
	n.primary, n.heard = true, env.Monotonic()
	nodes.Note(env, fmt.Sprintf("is the primary of epoch %d", n.epoch))
	n.Fire(env, tagHeartbeat)
	n.Fire(env, tagAct)
}

// Fire implements nodes.Node.
func (n *machine) Fire(env nodes.Env, tag nodes.Tag) {
	switch {
	case tag == tagSuspect && !n.primary:
		nodes.Note(env, "suspects "+string(n.other))
		n.epoch++
		n.lead(env)
	case tag == tagHeartbeat && n.primary:
		env.Send(n.other, Heartbeat{n.epoch, env.Monotonic()})
		env.SetTimer(tagHeartbeat, HeartbeatEvery)
	case tag == tagAct && n.primary:
		n.act(env)
		env.SetTimer(tagAct, actEvery)
	}
}

func (n *machine) act(env nodes.Env) {
	may := n.rule.MayAct(env.Monotonic(), n.heard)
	if may {
		env.Send("seen", Act{n.epoch})
	} else if !n.idle {
		nodes.Note(env, "is not sure that it still is the primary, and waits")
	}
	n.idle = !may
}

// Deliver implements nodes.Node.
func (n *machine) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case Heartbeat:
		if m.Epoch < n.epoch || m.Epoch == n.epoch && n.primary {
			return // of somebody who does not know yet
		}
		if n.primary {
			nodes.Note(env, fmt.Sprintf("hears of epoch %d, and steps down", m.Epoch))
		}
		n.epoch, n.primary = m.Epoch, false
		env.SetTimer(tagSuspect, SuspectAfter)
		env.Send(from, Heard(m))
	case Heard:
		if n.primary && m.Epoch == n.epoch {
			n.heard = max(n.heard, m.Sent)
		}
	}
}

// Synced implements nodes.Node: nothing is on a disk.
func (n *machine) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows what the machine takes itself for.
func (n *machine) Inspect() any {
	role := "backup"
	if n.primary {
		role = "primary"
	}
	return struct {
		Role  string `json:"role"`
		Epoch uint64 `json:"epoch"`
		Heard string `json:"heard"`
	}{role, n.epoch, n.heard.Round(time.Millisecond).String()}
}

// witness is whom primaries act upon: it takes what comes.
type witness struct{}

// Codec implements nodes.Node.
func (*witness) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (*witness) Boot(nodes.Env) error { return nil }

// Deliver implements nodes.Node.
func (*witness) Deliver(nodes.Env, nodes.ID, nodes.Message) {}

// Fire implements nodes.Node.
func (*witness) Fire(nodes.Env, nodes.Tag) {}

// Synced implements nodes.Node.
func (*witness) Synced(nodes.Env, nodes.Tag, error) {}
