// Package solution is the reference solution of lesson 9.
package solution

import (
	"orrery/lessons/09-forgotten-promise"
	"orrery/nodes"
)

// New makes what decides when an acceptor tells, for one life of its process.
func New() forgotten.Teller { return &teller{} }

// teller keeps what nobody may hear yet. It is lost in a crash, and that is right: nobody counts on it.
type teller struct{ waiting []answer }

type answer struct {
	n  uint64 // of the record that must be durable before
	to nodes.ID
	m  nodes.Message
}

// Wrote keeps the answer.
func (t *teller) Wrote(_ nodes.Env, n uint64, to nodes.ID, m nodes.Message) {
	t.waiting = append(t.waiting, answer{n, to, m})
}

// Synced sends what has become durable. Records are written in order, so what is durable is a prefix.
func (t *teller) Synced(env nodes.Env, n uint64) {
	for len(t.waiting) > 0 && t.waiting[0].n <= n {
		env.Send(t.waiting[0].to, t.waiting[0].m)
		t.waiting = t.waiting[1:]
	}
}
