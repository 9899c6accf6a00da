package paxos

import (
	"encoding/binary"
	"slices"
	"time"
)

// session is a client's place in the replicated table that makes every command take
// effect once (Ongaro's dissertation, section 6.3). A client has one command
// under way at a time, so the answer to its last one is all that must be kept.
type session struct {
	id     uint64
	seq    uint64 // of the last command executed
	status Status // with which it was answered
	answer []byte

	// What follows is not replicated.
	seen     time.Duration // when this replica last saw a command of it, monotonic
	proposed uint64        // the last command that this replica, as leader, has proposed or queued
	leads    Ballot        // in which ballot that was
}

// sessions is the table, sorted by id: ids are given out in increasing order.
type sessions struct {
	list []*session
	next uint64 // the next id to give out
}

// MaxSessions is how many sessions there can be; one more takes the place of that
// which was given out first.
const MaxSessions = 1 << 14

func (t *sessions) find(id uint64) *session {
	i, ok := slices.BinarySearchFunc(t.list, id, func(s *session, id uint64) int {
		switch {
		case s.id < id:
			return -1
		case s.id > id:
			return 1
		}
		return 0
	})
	if !ok {
		return nil
	}
	return t.list[i]
}

func (t *sessions) register() *session {
	if len(t.list) == MaxSessions {
		t.list = slices.Delete(t.list, 0, 1)
	}
	t.next++
	s := &session{id: t.next}
	t.list = append(t.list, s)
	return s
}

// insert makes up a session that the table does not know. Only a defect does.
func (t *sessions) insert(id uint64) *session {
	s := &session{id: id}
	i := 0
	for i < len(t.list) && t.list[i].id < id {
		i++
	}
	t.list = slices.Insert(t.list, i, s)
	return s
}

func (t *sessions) remove(id uint64) {
	t.list = slices.DeleteFunc(t.list, func(s *session) bool { return s.id == id })
}

func (t *sessions) snapshot(b []byte) []byte {
	b = binary.AppendUvarint(b, t.next)
	b = binary.AppendUvarint(b, uint64(len(t.list)))
	for _, s := range t.list {
		b = binary.AppendUvarint(binary.AppendUvarint(b, s.id), s.seq)
		b = appendBytes(append(b, byte(s.status)), s.answer)
	}
	return b
}

func readSessions(r *reader) (t sessions) {
	t.next = r.uint()
	for range r.count(4) {
		s := &session{id: r.uint(), seq: r.uint(), status: Status(r.byte()), answer: slices.Clone(r.bytes())}
		if n := len(t.list); n > 0 && t.list[n-1].id >= s.id || s.id > t.next || s.status >= statuses {
			r.fail()
			break
		}
		t.list = append(t.list, s)
	}
	return t
}
