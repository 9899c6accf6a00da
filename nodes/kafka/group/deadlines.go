package group

import (
	"time"

	"orrery/nodes"
)

// deadlineTag is the one timer for all deadlines of groups and members.
var deadlineTag = nodes.Tag{Name: TagPrefix + "deadline"}

// deadlineKind is what a deadline is for.
type deadlineKind uint8

const (
	sessionEnds deadlineKind = iota // of a member: it has sent no heartbeat
	pendingEnds                     // of an id that was given out and not joined with
	joinEnds                        // of the wait for members to join
	syncEnds                        // of the wait for members to sync (KAFKA-12890)
	writeEnds                       // of a client's wait for an append
)

// deadline is an instant at which to look at something. It does not know whether what it is for has changed: whoever
// looks does.
type deadline struct {
	at     time.Duration // monotonic
	n      uint64        // deadlines of one instant come in the order in which they were set
	kind   deadlineKind
	group  *group
	member *member // of sessionEnds
	id     string  // of pendingEnds
	stamp  uint64  // of joinEnds and syncEnds: which rebalance
	write  *write  // of writeEnds
}

func (d *deadline) before(o *deadline) bool {
	return d.at < o.at || d.at == o.at && d.n < o.n
}

// deadlines is a heap, the earliest first.
type deadlines struct {
	heap []deadline
	next uint64
}

func (h *deadlines) push(d deadline) {
	h.next++
	d.n = h.next
	h.heap = append(h.heap, d)
	for i := len(h.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.heap[i].before(&h.heap[up]) {
			break
		}
		h.heap[i], h.heap[up] = h.heap[up], h.heap[i]
		i = up
	}
}

// pop takes the earliest deadline off, if it is not after now.
func (h *deadlines) pop(now time.Duration) (d deadline, ok bool) {
	if len(h.heap) == 0 || h.heap[0].at > now {
		return deadline{}, false
	}
	d = h.heap[0]
	last := len(h.heap) - 1
	h.heap[0], h.heap[last] = h.heap[last], deadline{}
	h.heap = h.heap[:last]
	for i := 0; ; {
		least := i
		for down := 2*i + 1; down <= 2*i+2 && down < last; down++ {
			if h.heap[down].before(&h.heap[least]) {
				least = down
			}
		}
		if least == i {
			return d, true
		}
		h.heap[i], h.heap[least] = h.heap[least], h.heap[i]
		i = least
	}
}

// after sets a deadline.
func (c *Coordinator) after(env nodes.Env, wait time.Duration, d deadline) {
	d.at = env.Monotonic() + max(wait, 0)
	c.due.push(d)
}

// arm sets the timer to the earliest deadline, if that has changed.
func (c *Coordinator) arm(env nodes.Env) {
	switch {
	case len(c.due.heap) == 0 && c.armed:
		env.StopTimer(deadlineTag)
		c.armed = false
	case len(c.due.heap) > 0 && (!c.armed || c.armedAt != c.due.heap[0].at):
		c.armed, c.armedAt = true, c.due.heap[0].at
		env.SetTimer(deadlineTag, max(c.armedAt-env.Monotonic(), 0))
	}
}

// expireDue looks at everything whose deadline has come.
func (c *Coordinator) expireDue(env nodes.Env) {
	c.armed = false
	for {
		d, ok := c.due.pop(env.Monotonic())
		if !ok {
			return
		}
		if d.group != nil && d.group.gone {
			continue
		}
		switch d.kind {
		case sessionEnds:
			c.sessionEnds(env, d)
		case pendingEnds:
			c.pendingEnds(env, d)
		case joinEnds:
			c.joinEnds(env, d)
		case syncEnds:
			c.syncEnds(env, d)
		case writeEnds:
			c.writeEnds(env, d.write)
		}
	}
}
