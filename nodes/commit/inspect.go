package commit

import (
	"slices"
	"time"

	"orrery/nodes"
)

// Ready tells whether the machine takes part: what it found on its disk is durable.
func (n *Node) Ready() bool { return n.ready }

// Open is how many transactions this machine has not ended, as a participant and as a coordinator.
func (n *Node) Open() int { return len(n.parts) + len(n.txns) }

// Prepared tells whether the machine's yes to a transaction is durable.
func (n *Node) Prepared(id TxnID) bool {
	if o, known := n.done[id]; known {
		return o.yes
	}
	p := n.part(id)
	return p == nil && n.stale(id) || p != nil && p.voted
}

// Decided tells whether this coordinator's decision to commit is durable.
func (n *Node) Decided(id TxnID) bool {
	t := n.txn(id)
	return t != nil && t.state == Committed && t.durable
}

// Ended is one of the transactions that have ended at this machine in this life of its process.
type Ended struct {
	Txn       TxnID
	Commit    bool
	Heuristic bool // the machine has decided so by itself
	Voted     bool // the machine had voted yes
}

// Endings is how many transactions have ended here, in this life of the process, those included that it found in its log.
func (n *Node) Endings() int { return n.endings }

// LastEnded appends the last k of the transactions that have ended here and are not forgotten to list, in their order. The end
// of each is durable, but for those that were aborted before this machine had voted.
func (n *Node) LastEnded(list []Ended, k int) []Ended {
	for _, id := range n.ended[max(0, len(n.ended)-k):] {
		o := n.done[id]
		list = append(list, Ended{id, o.commit, o.heuristic, o.yes})
	}
	return list
}

// Knows is how a transaction has ended here, as far as is known.
func (n *Node) Knows(id TxnID) (Ended, bool) {
	o, known := n.done[id]
	return Ended{id, o.commit, o.heuristic, o.yes}, known
}

// Waits is for how long the oldest of the transactions that have voted yes here has held its locks.
func (n *Node) Waits(now time.Duration) (longest time.Duration) {
	for _, p := range n.parts {
		longest = max(longest, now-p.since)
	}
	return longest
}

// Longest is the longest time that a transaction which has ended has held its locks here, in this life of the process.
func (n *Node) Longest() time.Duration { return n.longest }

// Inspection is a machine's state, for people.
type Inspection struct {
	Epoch        uint64        `json:"epoch"`
	Items        []Item        `json:"items,omitempty"`
	Transactions []OpenTxn     `json:"transactions,omitempty"`
	Coordinates  []Coordinated `json:"coordinates,omitempty"`
}

// OpenTxn is a transaction that holds locks.
type OpenTxn struct {
	Txn   TxnID    `json:"txn"`
	State string   `json:"state"`
	Locks []string `json:"locks"`
}

// Coordinated is a transaction that this machine coordinates.
type Coordinated struct {
	Txn     TxnID      `json:"txn"`
	State   string     `json:"state"`
	Peers   []nodes.ID `json:"peers"`
	Answers []nodes.ID `json:"answers,omitempty"`
}

// Inspect implements nodes.Inspector.
func (n *Node) Inspect() any {
	i := Inspection{Epoch: n.epoch}
	for _, it := range n.items {
		i.Items = append(i.Items, Item{it.Key, it.Amount, slices.Clone(it.List)})
	}
	for _, p := range n.parts {
		o := OpenTxn{Txn: p.id, State: p.state.String()}
		for _, op := range p.ops {
			if !slices.Contains(o.Locks, op.Key) {
				o.Locks = append(o.Locks, op.Key)
			}
		}
		i.Transactions = append(i.Transactions, o)
	}
	for _, t := range n.txns {
		i.Coordinates = append(i.Coordinates, Coordinated{t.id, t.state.String(), t.peers, slices.Clone(t.answers)})
	}
	return i
}
