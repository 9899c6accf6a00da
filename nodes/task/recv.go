package task

import (
	"time"

	"orrery/nodes"
)

// letter is a message that waits to be received.
type letter struct {
	from nodes.ID
	msg  nodes.Message
}

// inbox is the queue of them. Its start moves through the slice, and back when half
// of the slice is behind it.
type inbox struct {
	letters []letter
	head    int
}

func (q *inbox) len() int { return len(q.letters) - q.head }

// push appends a letter, and drops the oldest one if limit are there.
func (q *inbox) push(l letter, limit int) {
	if q.len() == limit {
		q.pop()
	}
	q.letters = append(q.letters, l)
}

func (q *inbox) pop() letter {
	l := q.letters[q.head]
	q.letters[q.head] = letter{}
	q.head++
	if 2*q.head >= len(q.letters) {
		n := copy(q.letters, q.letters[q.head:])
		clear(q.letters[n:])
		q.letters, q.head = q.letters[:n], 0
	}
	return l
}

// taker is the task that gets msg: the first Request that it answers, so that a task
// that receives everything does not take another's answer; else the first Recv.
func (m *machine) taker(msg nodes.Message) *T {
	var first *T
	for _, t := range m.waiting {
		switch {
		case t.match == nil:
			if first == nil {
				first = t
			}
		case t.match(msg):
			return t
		}
	}
	return first
}

// Recv waits for a message, for at most timeout of this machine's monotonic time. ok is
// false if none came. A timeout of 0 or less takes only what is in the inbox.
// The message stays valid.
func (t *T) Recv(timeout time.Duration) (from nodes.ID, m nodes.Message, ok bool) {
	t.env()
	if t.m.inbox.len() > 0 {
		l := t.m.inbox.pop()
		return l.from, l.msg, true
	}
	return t.await("a message", nil, timeout)
}

// Request sends m and waits for a message that match accepts (any one from there
// on, if match is nil), for at most timeout. What arrives meanwhile and does not match
// stays for others, or in the inbox. ok is false if no answer came: m or the
// answer may still be under way, so that a caller who tries again needs a
// way to tell the answers apart. match must not call the methods of a T.
func (t *T) Request(to nodes.ID, m nodes.Message, timeout time.Duration, match func(nodes.Message) bool) (reply nodes.Message, ok bool) {
	t.env().Send(to, m)
	if match == nil {
		match = func(nodes.Message) bool { return true }
	}
	_, reply, ok = t.await("an answer from "+string(to), match, timeout)
	return reply, ok
}

func (t *T) await(waits string, match func(nodes.Message) bool, timeout time.Duration) (nodes.ID, nodes.Message, bool) {
	if timeout <= 0 {
		return "", nil, false
	}
	t.match = match
	t.m.waiting = append(t.m.waiting, t)
	t.block(waits, timeout)
	from, msg := t.from, t.msg
	t.match, t.from, t.msg = nil, "", nil
	return from, msg, msg != nil
}
