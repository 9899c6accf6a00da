package commit

import (
	"errors"
	"time"

	"orrery/nodes"
	"orrery/nodes/internal/wal"
)

// Node is one machine: a shard, a coordinator, an acceptor, or several of these. It implements nodes.Node.
type Node struct {
	cfg     Config
	wal     *wal.Log
	record  []byte
	rolled  uint64 // the last record of the checkpoint with which this life began
	ready   bool   // it is durable
	rollAt  int64  // the size of the log, in bytes, at which the next checkpoint is due
	waiting []due
	serial  uint64 // of timers

	// The shard.
	items   []*Item // by key
	parts   []*part // open transactions, in the order in which they were voted for
	done    map[TxnID]outcome
	endings int     // how many were ever put into done in this life
	ended   []TxnID // the keys of done, in the order in which they ended
	floors  []floor
	longest time.Duration // that a transaction has held its locks here

	// The coordinator.
	epoch   uint64
	next    uint64 // the N of the next transaction
	txns    []*txn // open ones
	clients []session

	accepted []*acceptance // the acceptor's, in the order in which it heard of them
	byTxn    map[TxnID]*acceptance
	leads    []*lead // ballots of Paxos Commit that this machine leads
}

// New makes a machine; cfg must be valid.
func New(cfg Config) *Node {
	cfg.setDefaults()
	return &Node{cfg: cfg, next: 1, done: map[TxnID]outcome{}, byTxn: map[TxnID]*acceptance{}}
}

const (
	timerTxn  = "transaction" // of the coordinator
	timerPart = "decision"    // of a participant that waits for one
)

// Codec implements nodes.Node.
func (n *Node) Codec() nodes.Codec { return NewCodec() }

// Boot reads what this machine has voted and decided, and takes part once that is durable, for a process that was killed
// may have left it in the page cache.
func (n *Node) Boot(env nodes.Env) error {
	if err := n.cfg.Validate(); err != nil {
		return err
	}
	if err := n.recover(env); err != nil {
		return err
	}
	n.epoch++
	n.roll(env)
	n.rolled = n.wal.Last()
	return nil
}

// begin takes up what was open when the last life ended.
func (n *Node) begin(env nodes.Env) {
	n.ready = true
	for _, p := range n.parts {
		n.serial++
		p.serial, p.since = n.serial, env.Monotonic()
		env.SetTimer(nodes.Tag{Name: timerPart, N: p.serial}, n.cfg.Retry)
		nodes.Reachable(env, markRecoversPrepared)
	}
	for _, t := range n.txns {
		n.serial++
		t.serial = n.serial
		n.resend(env, t)
	}
}

// Synced takes the steps that have waited for the disk.
func (n *Node) Synced(env nodes.Env, tag nodes.Tag, err error) {
	if _, err = n.wal.Synced(env, tag, err); err != nil {
		env.Halt(errors.Join(errors.New("commit: the disk did not sync"), err))
	}
	if !n.ready {
		if n.wal.Durable() >= n.rolled {
			n.begin(env)
			n.flush(env)
		}
		return
	}
	for len(n.waiting) > 0 && n.waiting[0].lsn <= n.wal.Durable() {
		d := n.waiting[0]
		n.waiting = n.waiting[1:]
		n.take(env, &d)
	}
	n.flush(env)
}

// take takes a step whose record is durable.
func (n *Node) take(env nodes.Env, d *due) {
	switch d.step {
	case stepTell:
		env.Send(d.to, d.m)
	case stepVote:
		n.prepared(env, d.id)
	case stepRefused:
		n.refusedDurably(env, d.id)
	case stepPrecommitted:
		n.precommitted(env, d.id)
	case stepEnd:
		n.ends(env, d.id)
	case stepDecided:
		n.decided(env, d.id)
	case stepPreCommit:
		n.preCommit(env, d.id)
	}
}

// Deliver takes a message.
func (n *Node) Deliver(env nodes.Env, from nodes.ID, message nodes.Message) {
	if !n.ready {
		return // as if it had been lost
	}
	switch m := message.(*Message); m.Type {
	case Begin:
		n.onBegin(env, from, m)
	case Prepare:
		n.onPrepare(env, from, m)
	case Vote:
		n.onVote(env, from, m)
	case PreCommit:
		n.onPreCommit(env, from, m)
	case PreAck:
		n.onPreAck(env, from, m)
	case Commit:
		n.onCommit(env, from, m)
	case Abort:
		n.onAbort(env, from, m)
	case Ack:
		n.onAck(env, from, m)
	case Inquiry:
		n.onInquiry(env, from, m)
	case Report:
		n.onReport(env, from, m)
	case P1a:
		n.onP1a(env, from, m)
	case P1b:
		n.onP1b(env, from, m)
	case P2a:
		n.onP2a(env, from, m)
	case P2b:
		n.onP2b(env, from, m)
	}
	n.flush(env)
}

// Fire takes the end of a wait.
func (n *Node) Fire(env nodes.Env, tag nodes.Tag) {
	switch tag.Name {
	case timerTxn:
		for _, t := range n.txns {
			if t.serial == tag.N {
				n.coordinatorWaits(env, t)
				break
			}
		}
	case timerPart:
		for _, p := range n.parts {
			if p.serial == tag.N && p.ends == None {
				n.participantWaits(env, p)
				break
			}
		}
	}
	n.flush(env)
}

// tellAll sends a message to machines.
func (n *Node) tellAll(env nodes.Env, to []nodes.ID, m *Message) {
	for _, id := range to {
		env.Send(id, m)
	}
}

// note puts what becomes of a transaction into the story of the run.
func note(env nodes.Env, id TxnID, text string) {
	if nodes.Noting(env) {
		nodes.Note(env, id.String()+" "+text)
	}
}
