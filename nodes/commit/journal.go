package commit

import (
	"errors"
	"fmt"
	"slices"

	"orrery/nodes"
	"orrery/nodes/internal/wal"
)

// The records of the log. Each holds a Message, of which the fields named here count.
const (
	recordEpoch        byte = iota + 1 // Epoch: the coordinator's present one
	recordItem                         // Items: a key, in a checkpoint
	recordPrepared                     // Txn, Ops, Peers: voted yes
	recordPrecommitted                 // Txn
	recordCommitted                    // Txn: the participant's end
	recordAborted                      // Txn, Heuristic, Yes: the participant's end; Yes if it had voted so
	recordFloor                        // Txn, Floor
	recordCoordCommit                  // Txn, Peers: the coordinator's decision
	recordCoordPre                     // Txn, Peers: the coordinator of three-phase commit knows that all have voted yes
	recordCoordEnd                     // Txn: everybody has acknowledged, or it was aborted after all
	recordInstances                    // Txn, Ballot (promised), Instances: an acceptor's transaction
)

// step is what may be done once a record is durable.
type step uint8

const (
	stepTell         step = iota + 1 // send the message
	stepVote                         // participant: PREPARED
	stepRefused                      // participant: a vote against
	stepEnd                          // participant: COMMITTED or ABORTED
	stepPrecommitted                 // participant: PRECOMMITTED
	stepDecided                      // coordinator: COMMIT
	stepPreCommit                    // coordinator: PRECOMMIT
)

// due is a step that waits for a record.
type due struct {
	lsn  uint64
	step step
	id   TxnID
	to   nodes.ID // stepTell
	m    *Message // stepTell
}

// log adds a record, and has a step taken once it is durable; step 0 is none.
func (n *Node) log(kind byte, m *Message, s step) {
	n.record = codec{}.Append(n.record[:0], m)
	lsn := n.wal.Add(kind, n.record)
	if s != 0 {
		n.waiting = append(n.waiting, due{lsn: lsn, step: s, id: m.Txn})
	}
}

// logThenTell adds a record, and sends a message once it is durable.
func (n *Node) logThenTell(kind byte, m *Message, to nodes.ID, tell *Message) {
	n.log(kind, m, 0)
	n.waiting = append(n.waiting, due{lsn: n.wal.Last(), step: stepTell, to: to, m: tell})
}

// rollAfter is by how many bytes, and twice the last checkpoint, the log may grow before another replaces it.
const rollAfter = 256 << 10

// flush writes what the handler has logged. A disk that does not take it ends the process: part of it may have been written.
func (n *Node) flush(env nodes.Env) {
	if n.wal.Size() > n.rollAt {
		n.roll(env)
		return
	}
	if err := n.wal.Commit(env); err != nil {
		env.Halt(err)
	}
}

// roll begins a new generation of the log with all that counts.
func (n *Node) roll(env nodes.Env) {
	err := n.wal.Roll(env, []byte(n.cfg.Self), func() {
		n.log(recordEpoch, &Message{Type: Begin, Epoch: n.epoch}, 0)
		for _, i := range n.items {
			n.log(recordItem, &Message{Type: Begin, Items: []Item{*i}}, 0)
		}
		for _, id := range n.ended {
			o := n.done[id]
			kind := recordAborted
			if o.commit {
				kind = recordCommitted
			}
			n.log(kind, &Message{Type: Begin, Txn: id, Heuristic: o.heuristic, Yes: o.yes}, 0)
		}
		for _, f := range n.floors {
			n.log(recordFloor, &Message{Type: Begin, Txn: f.id, Floor: f.below}, 0)
		}
		for _, p := range n.parts {
			n.checkpointPart(p)
		}
		for _, t := range n.txns {
			switch t.state {
			case Precommitted:
				n.log(recordCoordPre, &Message{Type: Begin, Txn: t.id, Peers: t.peers}, 0)
			case Committed:
				n.log(recordCoordCommit, &Message{Type: Begin, Txn: t.id, Peers: t.peers}, 0)
			}
		}
		for _, a := range n.accepted {
			n.log(recordInstances, &Message{Type: Begin, Txn: a.id, Ballot: a.promised, Instances: a.instances}, 0)
		}
	})
	if err != nil {
		env.Halt(err)
	}
	n.rollAt = 3*n.wal.Size() + rollAfter
}

func (n *Node) checkpointPart(p *part) {
	n.log(recordPrepared, &Message{Type: Begin, Txn: p.id, Ops: p.ops, Peers: p.peers}, 0)
	if p.state == Precommitted {
		n.log(recordPrecommitted, &Message{Type: Begin, Txn: p.id}, 0)
	}
	switch p.ends {
	case Committed:
		n.log(recordCommitted, &Message{Type: Begin, Txn: p.id, Yes: p.voted}, 0)
	case Aborted:
		n.log(recordAborted, &Message{Type: Begin, Txn: p.id, Yes: p.voted, Heuristic: p.heuristic}, 0)
	}
}

// recover rebuilds everything from the disk.
func (n *Node) recover(env nodes.Env) error {
	log, found, err := wal.Open(env.Disk(), wal.Options{})
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	n.wal = log
	if found.File != "" && string(found.Meta) != string(n.cfg.Self) {
		return fmt.Errorf("commit: this is the log of %q", found.Meta)
	}
	for _, r := range found.Records {
		m, err := codec{}.Decode(r.Data)
		if err != nil {
			return fmt.Errorf("commit: %s, record %d: %w", found.File, r.LSN, err)
		}
		if err := n.replay(r.Type, m.(*Message)); err != nil {
			return fmt.Errorf("commit: %s, record %d: %w", found.File, r.LSN, err)
		}
	}
	if n.cfg.Quirks.RecoveryDropsLocks {
		n.parts = nil
	}
	return nil
}

var errRecord = errors.New("a record that this program does not write")

// replay takes one record into account.
func (n *Node) replay(kind byte, m *Message) error {
	switch kind {
	case recordEpoch:
		n.epoch = m.Epoch
	case recordItem:
		for _, i := range m.Items {
			*n.item(i.Key) = i
		}
	case recordPrepared:
		n.parts = append(n.parts, &part{id: m.Txn, ops: m.Ops, peers: m.Peers, state: Prepared, voted: true, frozen: true, reads: n.read(m.Ops)})
	case recordPrecommitted:
		if p := n.part(m.Txn); p != nil {
			p.state, p.known = Precommitted, true
		}
	case recordCommitted, recordAborted:
		o := outcome{commit: kind == recordCommitted, heuristic: m.Heuristic, yes: m.Yes}
		if p := n.part(m.Txn); p != nil {
			n.end(p, o)
		} else {
			n.remember(m.Txn, o)
		}
	case recordFloor:
		n.raise(m.Txn, m.Floor)
	case recordCoordPre:
		n.txns = append(n.txns, &txn{id: m.Txn, peers: m.Peers, state: Precommitted, frozen: true})
	case recordCoordCommit:
		n.txns = slices.DeleteFunc(n.txns, func(t *txn) bool { return t.id == m.Txn })
		n.txns = append(n.txns, &txn{id: m.Txn, peers: m.Peers, state: Committed, durable: true})
	case recordCoordEnd:
		n.txns = slices.DeleteFunc(n.txns, func(t *txn) bool { return t.id == m.Txn })
	case recordInstances:
		a := n.acceptor(m.Txn)
		a.promised, a.instances = m.Ballot, m.Instances
	default:
		return errRecord
	}
	return nil
}
