// Package expired is lesson 19: a lock on ZooKeeper, a holder that stands still for longer than its session, and the store.
package expired

import (
	"fmt"
	"time"

	"orrery/lessons/ensemble"
	"orrery/lessons/stage"
	"orrery/nodes"
)

// Node is what a holder knows of its node in the lock's queue.
type Node struct {
	Path    string // "/lock/…-0000000007": the number counts the nodes that were made below /lock
	Session int64  // that owns the node: when it ends, the node is deleted
	Czxid   int64  // of the transaction that made the node
	Version int32  // how often its data was written
}

// Fence is what the learner writes. A holder and the store each have one of their own.
type Fence interface {
	// Token is what a holder sends along with each write. It is asked once it has the lock.
	Token(n Node) int64
	// Accept is asked by the store for each write: may whoever sends this token write?
	Accept(token int64) bool
}

// Of a holder's work.
const (
	prepareFor  = 30 * time.Millisecond // for each write
	writesEach  = 3                     // in a section
	sectionMost = 6                     // of each holder
)

// Variant is an ensemble, two holders, and a store, with this Fence.
func Variant(name, about string, make func() Fence) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		e := ensemble.New(w, 3, nil)
		w.Tolerates, w.Timescale = 1, 2*ensemble.Session
		g := &ghost{w: w, grants: map[section]int64{}, done: map[nodes.ID]int{}}
		for _, id := range []nodes.ID{"h1", "h2"} {
			w.AddServer(id, func() nodes.Node { return holder(id, e, g, make()) })
		}
		w.AddClient("store", func() nodes.Node { return &store{fence: make(), ghost: g} })
		w.Done = func() bool { return g.done["h1"] >= sectionMost && g.done["h2"] >= sectionMost }
	}}
}

// section is one time that a holder has the lock.
type section struct {
	holder nodes.ID
	n      int
}

// ghost knows in which order the lock was given, which is the order of the transactions that made the nodes.
type ghost struct {
	w      *stage.World
	grants map[section]int64
	done   map[nodes.ID]int // sections whose writes were all taken
	newest int64            // grant of which the store has taken a write
	by     nodes.ID
	begun  int
}

// takes: once the store has taken a write of a holder, it takes none of an earlier one.
func (g *ghost) takes(from nodes.ID, m Write) {
	grant := g.grants[section{from, m.Section}]
	if grant < g.newest {
		g.w.U.Violate("one holder at a time", fmt.Sprintf("the store takes write %d of %s, which was given the lock by zxid %x, after a write of %s, to which it was given by %x", m.N, from, grant, g.by, g.newest))
		return
	}
	g.newest, g.by = grant, from
}

// Scene is an ensemble, a store, and two holders.
func Scene(broken, fixed func() Fence) *stage.Scene {
	return ensemble.Scene(19, 1, codec(), demo,
		Variant(stage.Broken, "a token says whose session it is, and the store takes them all", broken),
		Variant(stage.Fixed, "a token says when the lock was given, and the store takes nothing earlier", fixed))
}

// demo: h2 has the lock and stands still for 800 ms. Its session is granted 300.
const demo = `
until 1050ms
pause h2
until 1850ms
resume h2
until 1900ms
`
