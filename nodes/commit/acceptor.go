package commit

import (
	"slices"

	"orrery/nodes"
)

// acceptance is what an acceptor has promised and voted for, for one transaction: one promise for all of its instances, because
// whoever leads leads them all.
type acceptance struct {
	id        TxnID
	promised  Ballot
	instances []Instance
}

// acceptor is the acceptor's part in a transaction. It is kept for good: however late somebody asks, the answer is the same.
func (n *Node) acceptor(id TxnID) *acceptance {
	a := n.byTxn[id]
	if a == nil {
		a = &acceptance{id: id}
		n.byTxn[id], n.accepted = a, append(n.accepted, a)
	}
	return a
}

// onP1a promises to take no part in lower ballots, and tells of all votes.
func (n *Node) onP1a(env nodes.Env, from nodes.ID, m *Message) {
	a := n.acceptor(m.Txn)
	if m.Ballot.Less(a.promised) {
		env.Send(from, &Message{Type: P1b, Txn: m.Txn, Ballot: m.Ballot, Promised: a.promised})
		return
	}
	a.promised = m.Ballot
	n.persist(a, from, &Message{Type: P1b, Txn: m.Txn, Ballot: m.Ballot, Promised: m.Ballot, Instances: slices.Clone(a.instances)})
}

// onP2a votes, unless a higher ballot was promised. Votes of ballot 0 go to the coordinator, which leads it.
func (n *Node) onP2a(env nodes.Env, from nodes.ID, m *Message) {
	a, to := n.acceptor(m.Txn), from
	if m.Ballot == (Ballot{}) {
		to = m.Txn.Coord
	}
	if m.Ballot.Less(a.promised) {
		env.Send(to, &Message{Type: P2b, Txn: m.Txn, Ballot: m.Ballot, Promised: a.promised})
		return
	}
	a.promised = m.Ballot
	for _, i := range m.Instances {
		i.Ballot = m.Ballot
		at := slices.IndexFunc(a.instances, func(j Instance) bool { return j.RM == i.RM })
		if at < 0 {
			a.instances = append(a.instances, i)
		} else {
			a.instances[at] = i
		}
	}
	n.persist(a, to, &Message{Type: P2b, Txn: m.Txn, Ballot: m.Ballot, Promised: m.Ballot, Instances: m.Instances, Items: m.Items})
}

// persist writes down what an acceptor has promised and voted for, and tells of it once that is durable.
func (n *Node) persist(a *acceptance, to nodes.ID, tell *Message) {
	n.logThenTell(recordInstances, &Message{Type: P1b, Txn: a.id, Ballot: a.promised, Instances: a.instances}, to, tell)
}
