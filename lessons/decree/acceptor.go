package decree

import (
	"fmt"

	"orrery/nodes"
)

// Teller decides when an acceptor tells what it has written.
type Teller interface {
	// Wrote is called when record number n has been appended to the acceptor's file; answer is what to wants
	// to hear. A sync of the file follows, and Synced(n) tells of its end.
	Wrote(env nodes.Env, n uint64, to nodes.ID, answer nodes.Message)
	// Synced is called when a sync has succeeded: all records up to number n survive a crash. Syncs may end in
	// another order than they began in.
	Synced(env nodes.Env, n uint64)
}

// Acceptor promises and votes ("Paxos Made Simple", section 2.2).
type Acceptor struct {
	rec    Record
	n      uint64 // records written in this life
	ready  bool   // what was found at the start is durable
	teller Teller
}

// NewAcceptor makes an acceptor for one life of its process.
func NewAcceptor(t Teller) *Acceptor { return &Acceptor{teller: t} }

var (
	tagDir   = nodes.Tag{Name: "directory"}
	tagFound = nodes.Tag{Name: "what was found"}
)

// Codec implements nodes.Node.
func (a *Acceptor) Codec() nodes.Codec { return Codec() }

// Boot reads what the acceptor must not have forgotten, and makes sure that it is durable: an earlier life may
// have been killed before its sync had ended.
func (a *Acceptor) Boot(env nodes.Env) (err error) {
	if a.rec, err = load(env.Disk()); err != nil {
		return err
	}
	env.Disk().Sync(recordFile, tagFound)
	return nil
}

// Deliver implements nodes.Node.
func (a *Acceptor) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if !a.ready {
		return // as if it had been lost
	}
	switch m := m.(type) {
	case P1a:
		if a.refuses(env, from, m.Ballot) {
			return
		}
		a.rec.Promised = m.Ballot
		nodes.Note(env, fmt.Sprintf("promises %v", m.Ballot))
		a.write(env, from, P1b{Ballot: m.Ballot, Voted: a.rec.Voted, Value: a.rec.Value})
	case P2a:
		if a.refuses(env, from, m.Ballot) {
			return
		}
		a.rec = Record{Promised: m.Ballot, Voted: m.Ballot, Value: m.Value}
		nodes.Note(env, fmt.Sprintf("votes for %s in %v", m.Value, m.Ballot))
		a.write(env, from, P2b(m))
	}
}

// refuses tells whether a higher ballot was promised, and says so to who asked.
func (a *Acceptor) refuses(env nodes.Env, from nodes.ID, b Ballot) bool {
	if b.Less(a.rec.Promised) {
		env.Send(from, Nack{Ballot: b, Promised: a.rec.Promised})
		return true
	}
	return false
}

// write begins to make the record durable.
func (a *Acceptor) write(env nodes.Env, to nodes.ID, answer nodes.Message) {
	if err := a.rec.append(env.Disk()); err != nil {
		env.Halt(err)
	}
	a.n++
	a.teller.Wrote(env, a.n, to, answer)
	env.Disk().Sync(recordFile, nodes.Tag{Name: "record", N: a.n})
}

// Synced implements nodes.Node.
func (a *Acceptor) Synced(env nodes.Env, tag nodes.Tag, err error) {
	if err != nil {
		env.Halt(err)
	}
	switch tag {
	case tagFound:
		env.Disk().SyncDir("", tagDir)
	case tagDir:
		a.ready = true
	default:
		a.teller.Synced(env, tag.N)
	}
}

// Fire implements nodes.Node: an acceptor has no timers.
func (a *Acceptor) Fire(nodes.Env, nodes.Tag) {}

// Inspect shows the acceptor's state.
func (a *Acceptor) Inspect() any {
	return struct {
		Promised string `json:"promised"`
		Voted    string `json:"voted"`
		Value    string `json:"value,omitempty"`
	}{a.rec.Promised.String(), a.rec.Voted.String(), a.rec.Value}
}
