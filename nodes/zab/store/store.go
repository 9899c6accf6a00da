package store

import (
	"orrery/nodes"
)

// Store is the disk of one server. It belongs to one node and lives as long as one incarnation; make it with
// [Boot]. Its methods take the disk that the handler was given and keep none. After each call that may have
// changed something, [Store.Events] tells what has become durable.
type Store struct {
	opt    Options
	events []Event
	plans  map[uint64]*plan // by the number in the tags of their syncs
	last   uint64           // plan's number

	// The log. At most one batch is being written; what is appended meanwhile is the next.
	queue   []entry
	batch   *plan // to be used again
	buf     []byte
	rolling bool   // the next entry begins a file
	file    string // that the next batch goes to; "" if it begins one
	end     int64  // where it goes
	size    int64  // of the file, with what is preallocated
	writing bool
	blocked int  // plans that the log waits for
	stopped bool // by a failed sync, see Quirks.FsyncErrorIgnored
	logged  int64
	durable int64
	trunc   *int64 // where a TRUNC shall cut that waits for the batch being written

	accepted, current int64 // epochs
	epochs            *plan // that is writing them
	marker            bool  // updatingEpoch is durable

	snap    *snapshot   // that is being written
	waiting []*snapshot // that have been written, and are to be saved next
	saving  *plan       // of a snapshot that has been written and is not yet durable
	purging *plan
	first   bool // there is no snapshot yet that the log could be replayed over
}

// EventKind is what has become durable.
type EventKind uint8

// The kinds of event.
const (
	Recovered     EventKind = iota // what Boot found, up to Zxid; from now on the server may tell of it
	LogDurable                     // the log up to Zxid
	AcceptedEpoch                  // Epoch
	CurrentEpoch                   // Epoch
	SnapshotSaved                  // of Zxid
	Truncated                      // the log, to Zxid; the tree must be loaded again
)

// String is the kind's name.
func (k EventKind) String() string {
	return [...]string{"Recovered", "LogDurable", "AcceptedEpoch", "CurrentEpoch", "SnapshotSaved", "Truncated"}[k]
}

// Event says that something has become durable.
type Event struct {
	Kind  EventKind
	Zxid  int64
	Epoch int64
}

// Events returns what has become durable since it was last asked, in order.
func (s *Store) Events() []Event {
	e := s.events
	s.events = nil
	return e
}

// take makes what has become durable count.
func (s *Store) take(e Event) {
	switch e.Kind {
	case Recovered, LogDurable:
		s.durable = max(s.durable, e.Zxid)
	case Truncated:
		s.durable = e.Zxid
	case AcceptedEpoch:
		s.accepted = e.Epoch
	case CurrentEpoch:
		s.current = e.Epoch
		s.marker = false
	case SnapshotSaved:
		s.first = false
		s.durable = max(s.durable, e.Zxid)
	}
}

// next begins what waits for the log to be idle.
func (s *Store) next(d nodes.Disk) error {
	if s.writing || s.blocked > 0 || s.stopped || s.first {
		return nil
	}
	if len(s.queue) > 0 {
		return s.write(d)
	}
	if s.trunc != nil {
		return s.beginTruncation(d)
	}
	return nil
}

// Idle tells whether nothing is being written and nothing waits to be.
func (s *Store) Idle() bool {
	return len(s.plans) == 0 && len(s.queue) == 0 && s.snap == nil && s.trunc == nil
}

// State is a store's state, for people.
type State struct {
	Logged, Durable int64 // zxids
	Queued          int   // transactions that wait to be written
	File            string
	Size            int64 // of the file, in bytes, without padding
	AcceptedEpoch   int64
	CurrentEpoch    int64
	Plans           int    // changes of the disk that are under way
	Snapshot        string // that is being written
}

// Inspect returns the state.
func (s *Store) Inspect() State {
	st := State{Logged: s.logged, Durable: s.durable, Queued: len(s.queue), File: s.file, Size: s.end,
		AcceptedEpoch: s.accepted, CurrentEpoch: s.current, Plans: len(s.plans)}
	if s.snap != nil {
		st.Snapshot = s.snap.name()
	}
	return st
}
