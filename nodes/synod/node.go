package synod

import (
	"errors"
	"slices"
	"time"

	"orrery/nodes"
)

// Config says what one node is.
type Config struct {
	Self      nodes.ID
	Acceptors []nodes.ID // all of them; a majority is a quorum
	// Value is what this node proposes; with "" it proposes nothing, and is an acceptor alone.
	Value string
	// Attempts is how many ballots the node begins in one life of its process; 0 means no bound.
	Attempts int
	// BackOff is the wait before the first ballot, and before the next after one that was
	// refused or got no answer; each wait is drawn between its half and its whole, and doubles.
	// 0 means 100 ms.
	BackOff time.Duration
	Quirks  Quirks
}

// Node is acceptor and, if it has a value, proposer. It implements nodes.Node.
type Node struct {
	cfg     Config
	disk    record // what is in the file; the file may not be durable yet
	written uint64 // records written in this life
	durable uint64 // of which a sync has said that they will survive
	waiting []reply
	ready   bool // the file that was found at the start is durable
	named   bool // and so is its name

	// The proposer's attempt.
	ballot   Ballot
	phase    int // 0: none; 1: wants promises; 2: wants votes
	attempts int
	promises []nodes.ID
	highest  Ballot // of the votes that the promises told of
	value    string
	votes    []nodes.ID
	backOff  time.Duration
	learnt   string
}

// reply is what may be told once record n is durable.
type reply struct {
	n  uint64
	to nodes.ID // "" stands for all acceptors
	m  Message
}

// New makes a node.
func New(cfg Config) *Node {
	if cfg.BackOff == 0 {
		cfg.BackOff = 100 * time.Millisecond
	}
	return &Node{cfg: cfg, backOff: cfg.BackOff}
}

var (
	tagPropose = nodes.Tag{Name: "propose"}
	tagDir     = nodes.Tag{Name: "directory"}
)

func tagRecord(n uint64) nodes.Tag { return nodes.Tag{Name: "record", N: n} }

// Codec implements nodes.Node.
func (n *Node) Codec() nodes.Codec { return codec{} }

// Boot reads what the node has told in earlier lives. It is synced once more before anything is
// told of it: what a killed process has written is readable, and may still be lost.
func (n *Node) Boot(env nodes.Env) error {
	var err error
	if n.disk, err = load(env.Disk()); err != nil {
		return err
	}
	env.Disk().Sync(recordFile, tagRecord(0))
	env.Disk().SyncDir("", tagDir)
	return nil
}

// Synced tells what may be told now.
func (n *Node) Synced(env nodes.Env, tag nodes.Tag, err error) {
	if err != nil {
		env.Halt(errors.Join(errors.New("synod: the disk did not sync"), err))
	}
	switch {
	case tag == tagDir:
		n.named = true
	case tag.N == 0:
		n.ready = true
	default:
		n.durable = max(n.durable, tag.N)
	}
	if tag == tagDir || tag.N == 0 {
		if n.ready && n.named && n.cfg.Value != "" {
			n.retry(env)
		}
		return
	}
	due := 0
	for due < len(n.waiting) && n.waiting[due].n <= n.durable {
		due++
	}
	for i := range n.waiting[:due] {
		n.tell(env, &n.waiting[i])
	}
	n.waiting = n.waiting[due:]
}

// persist writes the record, and tells m once it is durable.
func (n *Node) persist(env nodes.Env, to nodes.ID, m Message) {
	if err := env.Disk().Append(recordFile, n.disk.append(nil)); err != nil {
		env.Halt(err)
	}
	n.written++
	n.waiting = append(n.waiting, reply{n.written, to, m})
	env.Disk().Sync(recordFile, tagRecord(n.written))
}

func (n *Node) tell(env nodes.Env, r *reply) {
	if r.to != "" {
		env.Send(r.to, &r.m)
		return
	}
	for _, id := range n.cfg.Acceptors {
		env.Send(id, &r.m)
	}
}

// Deliver takes a message.
func (n *Node) Deliver(env nodes.Env, from nodes.ID, message nodes.Message) {
	if !n.ready || !n.named {
		return // as if it had been lost
	}
	switch m := message.(*Message); m.Type {
	case P1a:
		n.onP1a(env, from, m)
	case P1b:
		n.onP1b(env, from, m)
	case P2a:
		n.onP2a(env, from, m)
	case P2b:
		n.onP2b(env, from, m)
	}
}

// onP1a promises to take no part in lower ballots, and tells of the last vote.
func (n *Node) onP1a(env nodes.Env, from nodes.ID, m *Message) {
	if m.Ballot.Less(n.disk.Promised) {
		env.Send(from, &Message{Type: P1b, Ballot: m.Ballot, Promised: n.disk.Promised})
		return
	}
	n.disk.Promised = m.Ballot
	answer := Message{Type: P1b, Ballot: m.Ballot, Promised: m.Ballot, Accepted: n.disk.Accepted, Value: n.disk.Value}
	if n.cfg.Quirks.OneBallot && n.disk.Accepted != (Ballot{}) {
		n.disk.Accepted = m.Ballot // the vote seems to be of the ballot that was promised last
	}
	if n.cfg.Quirks.PromiseNotDurable {
		env.Send(from, &answer)
		return
	}
	n.persist(env, from, answer)
}

// onP2a votes, unless a higher ballot was promised.
func (n *Node) onP2a(env nodes.Env, from nodes.ID, m *Message) {
	if m.Ballot.Less(n.disk.Promised) && !n.cfg.Quirks.AcceptsLowerBallot {
		env.Send(from, &Message{Type: P2b, Ballot: m.Ballot, Promised: n.disk.Promised})
		return
	}
	if !n.cfg.Quirks.VoteDoesNotPromise {
		n.disk.Promised = m.Ballot
	}
	n.disk.Accepted, n.disk.Value = m.Ballot, m.Value
	answer := Message{Type: P2b, Ballot: m.Ballot, Promised: m.Ballot, Value: m.Value}
	if n.cfg.Quirks.VoteNotDurable {
		env.Send(from, &answer)
		return
	}
	n.persist(env, from, answer)
}

func (n *Node) quorum() int { return len(n.cfg.Acceptors)/2 + 1 }

// add adds a node to a set of them.
func (n *Node) add(set []nodes.ID, id nodes.ID) []nodes.ID {
	if slices.Contains(set, id) && !n.cfg.Quirks.CountsDuplicates {
		return set
	}
	return append(set, id)
}
