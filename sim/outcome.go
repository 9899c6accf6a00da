package sim

import (
	"fmt"
	"strings"
	"time"
)

// Violation is a property that does not hold.
type Violation struct {
	Property string        // which: a short name, stable from run to run
	Detail   string        // what happened, in words
	Seq      uint64        // the event during which it was seen
	At       time.Duration // its virtual time
	Node     string        // the machine on which it was seen, if on one
	Stack    string        // of a panic
}

// Error makes it an error: "agreement: n1 and n2 …".
func (v *Violation) Error() string { return v.Property + ": " + v.Detail }

// Violate reports that a property does not hold. The first report ends the run; later
// ones are ignored.
func (u *Universe) Violate(property, detail string) {
	u.violate(Violation{Property: property, Detail: detail})
}

func (u *Universe) violate(v Violation) {
	if u.violation != nil {
		return
	}
	v.Seq, v.At = u.seq, u.Now()
	if u.running != nil && v.Node == "" {
		v.Node = string(u.running.id)
	}
	u.violation = &v
	u.recordViolation(&v)
}

// Violation is the property that does not hold, or nil.
func (u *Universe) Violation() *Violation { return u.violation }

// Outcome says how a run came to its end.
type Outcome uint8

// The outcomes.
const (
	TimeUp    Outcome = iota // the virtual time that was asked for is reached
	Violated                 // a property does not hold; see Universe.Violation
	Quiet                    // nothing is left that could happen, and no operation is open
	Deadlock                 // nothing is left that could happen, and an operation is open
	Exhausted                // EventsMax was reached, or under a Window as much work in choices among what is pending
	Stopped                  // Stop was called
)

// String is the outcome in a word.
func (o Outcome) String() string {
	return [...]string{"time is up", "violated", "quiet", "deadlock", "exhausted", "stopped"}[o]
}

func (u *Universe) outcome(until time.Duration) Outcome {
	switch {
	case u.violation != nil:
		return Violated
	case u.stopped:
		return Stopped
	case u.exhausted():
		return Exhausted
	case len(u.queue.items) > 0:
		u.now = max(u.now, int64(until))
		return TimeUp
	case u.openOps > 0 && u.only == nil: // what was kept back might have gone on
		u.Violate("deadlock", u.describeDeadlock())
		return Deadlock
	}
	u.now = max(u.now, int64(until))
	return Quiet
}

// BeginOp and EndOp tell the universe of the operations of its clients, so that it can
// tell a deadlock (nothing can ever happen again while one is open) and a livelock
// (much happens, and none ends) from a quiet end.
func (u *Universe) BeginOp() {
	if u.openOps == 0 {
		u.progress = u.seq
	}
	u.openOps++
}

// EndOp is the end of an operation, with whatever result.
func (u *Universe) EndOp() {
	u.openOps--
	u.progress = u.seq
}

func (u *Universe) describeDeadlock() string {
	return fmt.Sprintf("nothing can ever happen again, and %s; %s", u.describeOps(), u.describeWorld())
}

func (u *Universe) describeLivelock() string {
	return fmt.Sprintf("%d events without progress, and %s; %s", u.seq-u.progress, u.describeOps(), u.describeWorld())
}

func (u *Universe) describeOps() string {
	if u.openOps == 1 {
		return "1 operation is open"
	}
	return fmt.Sprintf("%d operations are open", u.openOps)
}

// describeWorld lists what could be the reason that nothing goes on.
func (u *Universe) describeWorld() string {
	var down, paused, faults []string
	for _, m := range u.machines {
		switch {
		case m.node == nil:
			down = append(down, string(m.id))
		case m.paused > 0:
			paused = append(paused, string(m.id))
		}
	}
	for _, a := range u.faults.all {
		if !a.ended {
			faults = append(faults, a.name)
		}
	}
	return fmt.Sprintf("down: %s; paused: %s; faults in force: %s", orNone(down), orNone(paused), orNone(faults))
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
