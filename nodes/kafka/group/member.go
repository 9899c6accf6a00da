package group

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
)

// waiter is a request that waits for its answer.
type waiter struct {
	call    uint64
	version int16
}

// protocol is a way to assign partitions that a member supports, and what it tells its leader for it.
type protocol struct {
	name     string
	metadata []byte
}

// member is a member of a group.
type member struct {
	id        string
	instance  string // group.instance.id, if static (KIP-345)
	static    bool
	peer      Peer
	session   time.Duration
	rebalance time.Duration
	protocols []protocol // in the order of its preference
	// assignment is what the leader gave it, once that is stored.
	assignment []byte

	join *waiter // it waits for the others to join
	sync *waiter // it waits for the leader's assignment
	// fresh tells that the member has joined for the first time and does not know its id yet: it can send no heartbeats.
	fresh bool
	// until is when its session ends by the monotonic clock; 0 while it waits for an answer, which is a sign of life enough.
	until  time.Duration
	queued time.Duration // the earliest deadline in the heap; 0 is none
	heard  time.Duration // when it last said something or was answered
	gone   bool
}

// matches tells whether a member joins with what the group knows of it already.
func (m *member) matches(ps []protocol) bool {
	return slices.EqualFunc(m.protocols, ps, func(a, b protocol) bool { return a.name == b.name && bytes.Equal(a.metadata, b.metadata) })
}

// metadata is what the member tells the leader for a protocol.
func (m *member) metadata(name string) []byte {
	for _, p := range m.protocols {
		if p.name == name {
			return p.metadata
		}
	}
	return nil
}

// vote is the protocol that the member prefers among candidates.
func (m *member) vote(candidates []string) string {
	for _, p := range m.protocols {
		if slices.Contains(candidates, p.name) {
			return p.name
		}
	}
	return ""
}

func (m *member) size() int64 {
	n := 200 + len(m.id) + len(m.instance) + len(m.peer.ClientID) + len(m.peer.Host) + len(m.assignment)
	for _, p := range m.protocols {
		n += 40 + len(p.name) + len(p.metadata)
	}
	return int64(n)
}

// newID makes an id for a member: what it calls itself, and a random UUID.
func newID(env nodes.Env, prefix string) string {
	hi, lo := env.Rand().Uint64(), env.Rand().Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	return fmt.Sprintf("%s-%08x-%04x-%04x-%04x-%012x", prefix, hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))
}
