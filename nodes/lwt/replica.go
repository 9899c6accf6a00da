package lwt

import (
	"slices"

	"orrery/nodes"
)

// Quirks are defects to run with. The zero value has none.
type Quirks struct {
	// OneBallot keeps the promised and the accepted ballot in one variable (CASSANDRA-6023): an
	// update that was accepted once seems to be of the ballot that was promised last, and so to be newer
	// than what was committed since.
	OneBallot bool
}

// Config says what one replica is.
type Config struct {
	Self     nodes.ID
	Replicas []nodes.ID // all of them; a majority is a quorum
	Attempts int        // ballots of one request, after which it ends without a certain result; 0 means 3
	// CommitAcks is how many replicas must have committed before the client is told: Cassandra's consistency
	// level of the commit. 0 means one.
	CommitAcks int
	Quirks     Quirks
}

// Replica holds the register, and coordinates the requests that clients send to it. It implements
// nodes.Node.
type Replica struct {
	cfg Config

	// As an acceptor.
	promised Ballot
	accepted Commit
	recent   Commit

	queue []request // waits for the present one to end
	now   *attempt
	time  uint64 // the highest of any ballot seen
}

// request is a client's.
type request struct {
	client        nodes.ID
	expect, value string
	ballots       int
}

// attempt is a ballot of a request under way.
type attempt struct {
	request
	ballot     Ballot
	phase      int // Prepare, Propose or CommitIt
	heard      []nodes.ID
	refused    bool
	inProgress Commit // the newest that the promises tell of
	recent     Commit
	value      string
	finishing  bool // the value is another's
}

// New makes a replica.
func New(cfg Config) *Replica {
	if cfg.Attempts == 0 {
		cfg.Attempts = 3
	}
	if cfg.CommitAcks == 0 {
		cfg.CommitAcks = 1
	}
	return &Replica{cfg: cfg}
}

// Codec implements nodes.Node.
func (r *Replica) Codec() nodes.Codec { return codec{} }

// Boot implements nodes.Node.
func (r *Replica) Boot(nodes.Env) error { return nil }

// Fire implements nodes.Node; there are no timers.
func (r *Replica) Fire(nodes.Env, nodes.Tag) {}

// Synced implements nodes.Node; there is no disk.
func (r *Replica) Synced(nodes.Env, nodes.Tag, error) {}

// Deliver takes a message.
func (r *Replica) Deliver(env nodes.Env, from nodes.ID, message nodes.Message) {
	m := message.(*Message)
	r.time = max(r.time, m.Ballot.Time, m.Promised.Time)
	switch m.Type {
	case Request:
		r.queue = append(r.queue, request{client: from, expect: m.Expect, value: m.Value})
		r.begin(env)
	case Prepare:
		r.onPrepare(env, from, m)
	case Propose:
		r.onPropose(env, from, m)
	case CommitIt:
		r.onCommit(env, from, m)
	case Promise, Accept, Committed:
		r.onAnswer(env, from, m)
	}
}

// onPrepare promises to accept nothing of a lower ballot, and tells of what was accepted and committed
// before.
func (r *Replica) onPrepare(env nodes.Env, from nodes.ID, m *Message) {
	if m.Ballot.Compare(r.promised) <= 0 {
		env.Send(from, &Message{Type: Promise, Ballot: m.Ballot, Promised: r.promised})
		return
	}
	answer := Message{Type: Promise, Ballot: m.Ballot, OK: true, InProgress: r.accepted, Recent: r.recent}
	r.promised = m.Ballot
	if r.cfg.Quirks.OneBallot && r.accepted.Ballot != (Ballot{}) {
		r.accepted.Ballot = m.Ballot
	}
	env.Send(from, &answer)
}

// onPropose accepts an update unless a higher ballot was promised.
func (r *Replica) onPropose(env nodes.Env, from nodes.ID, m *Message) {
	ok := m.Ballot.Compare(r.promised) >= 0
	answer := Message{Type: Accept, Ballot: m.Ballot, OK: ok, Promised: r.promised}
	if ok {
		r.promised, r.accepted = m.Ballot, Commit{m.Ballot, m.Value}
	}
	env.Send(from, &answer)
}

// onCommit sets the value.
func (r *Replica) onCommit(env nodes.Env, from nodes.ID, m *Message) {
	if m.Ballot.Compare(r.recent.Ballot) > 0 {
		r.recent = Commit{m.Ballot, m.Value}
	}
	env.Send(from, &Message{Type: Committed, Ballot: m.Ballot, OK: true})
}

func (r *Replica) quorum() int { return len(r.cfg.Replicas)/2 + 1 }

func (r *Replica) broadcast(env nodes.Env, m Message) {
	for _, id := range r.cfg.Replicas {
		env.Send(id, &m)
	}
}

// Idle tells whether no request is under way here.
func (r *Replica) Idle() bool { return r.now == nil }

// Accepted is what was accepted last, as the replica has it.
func (r *Replica) Accepted() Commit { return r.accepted }

// heardFrom notes an answer, once for each replica.
func (a *attempt) heardFrom(id nodes.ID) bool {
	if slices.Contains(a.heard, id) {
		return false
	}
	a.heard = append(a.heard, id)
	return true
}
