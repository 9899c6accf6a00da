package commit

import (
	"slices"
	"time"

	"orrery/nodes"
)

// part is a transaction that this machine has voted yes to, and of which it does not know the end.
type part struct {
	id        TxnID
	serial    uint64 // of its timer
	ops       []Op
	peers     []nodes.ID
	reads     []Item
	state     State         // Prepared or Precommitted
	ends      State         // Committed or Aborted, once that is in the log; None before
	since     time.Duration // when it locked, by this process' clock
	voted     bool          // its PREPARED record is durable
	known     bool          // so is its PRECOMMITTED record
	frozen    bool          // it was found in the log: this machine has crashed since
	heuristic bool          // ends is its own decision
	steps     int           // of the termination of three-phase commit
	told      bool          // the others know that it is precommitted
	waits     int           // time-outs so far
	asked     []frozenState // three-phase commit: who else has crashed, and how far he was
}

// outcome is how a transaction ended here.
type outcome struct {
	commit    bool
	heuristic bool // this machine decided so by itself
	yes       bool // it had voted yes
}

// item is the data of a key, which is there from its first use on.
func (n *Node) item(key string) *Item {
	i, found := slices.BinarySearchFunc(n.items, key, func(a *Item, k string) int {
		switch {
		case a.Key < k:
			return -1
		case a.Key > k:
			return 1
		}
		return 0
	})
	if !found {
		n.items = slices.Insert(n.items, i, &Item{Key: key, Amount: n.cfg.Initial})
	}
	return n.items[i]
}

// locked tells whether a transaction holds the key.
func (n *Node) locked(key string) bool {
	for _, p := range n.parts {
		for i := range p.ops {
			if p.ops[i].Key == key {
				return true
			}
		}
	}
	return false
}

// can tells whether the operations could be done now: every key is free, and no amount becomes negative. A transaction does
// not wait for locks, so there is no deadlock.
func (n *Node) can(ops []Op) bool {
	for i, o := range ops {
		if n.locked(o.Key) {
			return false
		}
		sum := n.item(o.Key).Amount
		for _, p := range ops[:i+1] {
			if p.Kind == OpAdd && p.Key == o.Key {
				sum += p.N
			}
		}
		if sum < 0 {
			return false
		}
	}
	return true
}

// read is what the keys hold, each once.
func (n *Node) read(ops []Op) []Item {
	var list []Item
	for _, o := range ops {
		if !slices.ContainsFunc(list, func(i Item) bool { return i.Key == o.Key }) {
			i := *n.item(o.Key)
			i.List = slices.Clone(i.List)
			list = append(list, i)
		}
	}
	return list
}

// apply does the operations.
func (n *Node) apply(ops []Op) {
	for _, o := range ops {
		switch i := n.item(o.Key); o.Kind {
		case OpAdd:
			i.Amount += o.N
		case OpAppend:
			i.List = append(i.List, o.N)
		}
	}
}

// part is the transaction of that name, if it is open here.
func (n *Node) part(id TxnID) *part {
	for _, p := range n.parts {
		if p.id == id {
			return p
		}
	}
	return nil
}

// end ends a transaction here: its effects are there, or not, and its locks are free.
func (n *Node) end(p *part, o outcome) {
	n.parts = slices.DeleteFunc(n.parts, func(q *part) bool { return q == p })
	if o.commit {
		n.apply(p.ops)
	}
	n.remember(p.id, o)
}

// remember keeps how a transaction ended, until its coordinator says that everybody knows.
func (n *Node) remember(id TxnID, o outcome) {
	if _, known := n.done[id]; !known {
		n.ended = append(n.ended, id)
		n.endings++
	}
	n.done[id] = o
}

// floor is what a coordinator has said of the transactions that have ended everywhere.
type floor struct {
	id    TxnID // of its N counts
	below uint64
}

// raise takes a coordinator's word that its transactions below some number have ended everywhere.
func (n *Node) raise(id TxnID, below uint64) {
	i := slices.IndexFunc(n.floors, func(f floor) bool { return f.id.Coord == id.Coord })
	if i < 0 {
		n.floors = append(n.floors, floor{TxnID{Coord: id.Coord, Epoch: id.Epoch}, below})
		return
	}
	f := &n.floors[i]
	if id.Epoch < f.id.Epoch || id.Epoch == f.id.Epoch && below <= f.below {
		return
	}
	*f = floor{TxnID{Coord: id.Coord, Epoch: id.Epoch}, below}
	n.ended = slices.DeleteFunc(n.ended, func(e TxnID) bool {
		old := e.Coord == id.Coord && e.Epoch == id.Epoch && e.N < below
		if old {
			delete(n.done, e)
		}
		return old
	})
}

// stale tells whether a transaction has ended everywhere, or can no longer be begun: its coordinator has been started
// again since, or has said so.
func (n *Node) stale(id TxnID) bool {
	for _, f := range n.floors {
		if f.id.Coord == id.Coord {
			return id.Epoch < f.id.Epoch || id.Epoch == f.id.Epoch && id.N < f.below
		}
	}
	return false
}
