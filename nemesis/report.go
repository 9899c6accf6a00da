package nemesis

import (
	"fmt"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/sim/vdisk"
)

// State is what has become of an entry of a plan.
type State uint8

// The states.
const (
	Waiting   State = iota // its time has not come
	Installed              // it has begun, and may have ended
	Skipped                // it has not begun: Outcome.Reason says why
)

// String is the state in a word.
func (s State) String() string { return [...]string{"waiting", "installed", "skipped"}[s] }

// Outcome is what has become of an entry of a plan.
type Outcome struct {
	Entry  Entry
	State  State
	Reason string // why it was skipped
	// Hit are the machines that it had to do with: what its target was resolved to.
	Hit     []nodes.ID
	Began   time.Duration
	Ended   time.Duration // 0 if it has not ended
	Effects uint64        // what it has really done: messages dropped, processes killed, …
	Loss    vdisk.Loss    // what crashes took from disks
}

// NoOp tells whether the fault was in force and did not do anything. It must not
// count as survived.
func (o Outcome) NoOp() bool { return o.State == Installed && o.Effects == 0 }

// String prints the outcome in a line.
func (o Outcome) String() string {
	var b strings.Builder
	b.WriteString(o.Entry.String())
	switch {
	case o.State == Waiting:
		return b.String() + ": its time has not come"
	case o.State == Skipped:
		return b.String() + ": skipped: " + o.Reason
	}
	var hit []string
	for _, id := range o.Hit {
		hit = append(hit, string(id))
	}
	fmt.Fprintf(&b, ": hit %s; ", strings.Join(hit, " "))
	switch o.Effects {
	case 0:
		b.WriteString("no effect")
	case 1:
		b.WriteString("1 effect")
	default:
		fmt.Fprintf(&b, "%d effects", o.Effects)
	}
	if o.Loss.Bytes > 0 {
		fmt.Fprintf(&b, ", %d bytes lost", o.Loss.Bytes)
	}
	return b.String()
}

// Report is what has become of the plan, an outcome for each entry, in their order.
func (n *Nemesis) Report() []Outcome {
	var out []Outcome
	for _, r := range n.runs {
		out = append(out, Outcome{
			Entry: r.entry, State: r.state, Reason: r.reason, Hit: r.hit,
			Began: r.began, Ended: r.ended, Effects: r.effects(), Loss: r.loss,
		})
	}
	return out
}
