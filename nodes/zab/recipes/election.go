package recipes

import (
	"time"

	"orrery/nodes/zab/client"
)

// ElectionQuirks are wrong forms of an election that are met in programs.
type ElectionQuirks struct {
	// OnlyExpired gives the leadership up when the session has expired, and not when the connection is lost. That it has expired is
	// only learnt from a server, and so not while none is reached (ZooKeeper Programmer's Guide, "ZooKeeper Sessions";
	// Curator's LeaderLatch: SUSPENDED must be treated as lost).
	OnlyExpired bool
	// Lock are wrong forms of the queue that the candidates stand in.
	Lock LockQuirks
}

// Election is a candidate for the leadership below the node Path. Candidates stand in a queue, as for a lock; the first leads.
//
// Two may believe in their leadership at one time: one of them is paused, or has not been told. Whatever a leader does must therefore
// carry his token, for others to refuse that of an earlier term. Without pauses, and with clocks of one rate, no two believe it for
// longer than a session's time-out: a client notices the silence after two thirds of it, and a follower that is cut off from its
// leader closes its clients' connections after syncLimit ticks.
type Election struct {
	Party
	Path   string
	Quirks ElectionQuirks
}

// Term is one leadership.
type Term struct{ Hold }

// Epoch is the term's fencing token: it grows from term to term.
func (t Term) Epoch() int64 { return t.Token }

func (e *Election) lock() *Lock {
	return &Lock{Party: e.Party, Path: e.Path, Quirks: e.Quirks.Lock}
}

// Campaign stands for the leadership until it is won. The errors are those of Lock.Acquire.
func (e *Election) Campaign(patience time.Duration) (Term, error) {
	h, err := e.lock().Acquire(Exclusive, patience)
	return Term{h}, err
}

// Leads tells whether the party may act as the leader now. It is to be asked before each act. While the connection is lost it is
// false: the servers may be ending the session. Once it stands again under the same session, the term goes on.
func (e *Election) Leads(t Term) bool {
	s := e.S.Client().State()
	if e.Quirks.OnlyExpired {
		return !s.Over()
	}
	return s == client.Connected
}

// Resign ends the term.
func (e *Election) Resign(t Term) { e.lock().Release(t.Hold) }
