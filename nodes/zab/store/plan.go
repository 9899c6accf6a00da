package store

import (
	"errors"
	"fmt"
	"io/fs"

	"orrery/nodes"
)

// TagName is the name of all syncs of this package, which the node passes on to [Store.Synced].
const TagName = "store"

// action is what a step does.
type action uint8

const (
	doWrite    action = iota // data at off of the file
	doTruncate               // the file to off bytes
	doRename                 // name to to
	doRemove                 // the file, if there is one
	doSync                   // the file; the plan goes on when the sync has ended
	doSyncDir                // the directory; likewise
	doTell                   // event
	doMarked                 // updatingEpoch is durable
)

// step is one step of a plan. Syncs in a row run side by side.
type step struct {
	do    action
	name  string
	to    string
	off   int64
	data  []byte
	event Event
	quiet bool // the event is not told, but what it says is so
}

// plan is a sequence of changes of the disk with barriers between them. That it is data makes
// every state between two steps one that a crash can leave and a test can reach.
type plan struct {
	kind    planKind
	steps   []step
	done    int // of the steps
	waiting int // syncs that must end before the next step
}

type planKind uint8

const (
	planBatch    planKind = iota // of the log
	planBlock                    // what the log waits for
	planTruncate                 // likewise, and it ends a TRUNC
	planEpoch                    // at most one at a time
	planSnapshot                 // at most one at a time, or of the next kind
	planReplace                  // a snapshot that the log waits for
	planPurge                    // at most one at a time
)

// start begins a plan.
func (s *Store) start(d nodes.Disk, p *plan) error {
	s.last++
	id := s.last
	s.plans[id] = p
	return s.advance(d, id, p)
}

// advance runs a plan up to its next barrier.
func (s *Store) advance(d nodes.Disk, id uint64, p *plan) error {
	for p.done < len(p.steps) {
		st := &p.steps[p.done]
		sync := st.do == doSync || st.do == doSyncDir
		if p.waiting > 0 && !sync {
			return nil
		}
		p.done++
		switch st.do {
		case doSync:
			p.waiting++
			d.Sync(st.name, nodes.Tag{Name: TagName, N: id})
		case doSyncDir:
			p.waiting++
			d.SyncDir(st.name, nodes.Tag{Name: TagName, N: id})
		case doTell:
			s.take(st.event)
			if !st.quiet {
				s.events = append(s.events, st.event)
			}
		case doMarked:
			s.marker = exists(d, updatingFile)
		default:
			if err := change(d, st); err != nil && !(p.kind == planTruncate && s.opt.Quirks.TruncENOSPCIgnored) {
				return fmt.Errorf("store: %s: %w", st.name, err)
			}
		}
	}
	if p.waiting > 0 {
		return nil
	}
	delete(s.plans, id)
	return s.ended(d, p)
}

// change does a step that changes the disk at once.
func change(d nodes.Disk, st *step) error {
	switch st.do {
	case doWrite:
		return d.WriteAt(st.name, st.data, st.off)
	case doTruncate:
		return d.Truncate(st.name, st.off)
	case doRename:
		return d.Rename(st.name, st.to)
	case doRemove:
		if err := d.Remove(st.name); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Synced takes the end of a sync that this package began: one whose tag is named TagName. An error, of the
// sync or of what was to follow it, leaves the caller nothing but to halt, because after a failed sync nobody
// knows what is durable.
func (s *Store) Synced(d nodes.Disk, tag nodes.Tag, err error) error {
	p := s.plans[tag.N]
	if p == nil || tag.Name != TagName {
		return nil // of a log that stopped
	}
	if err != nil {
		if p.kind == planBatch && s.opt.Quirks.FsyncErrorIgnored {
			delete(s.plans, tag.N)
			s.stopped = true
			return nil
		}
		return fmt.Errorf("store: sync: %w", err)
	}
	if p.waiting == 0 {
		panic("store: a sync ended twice: " + tag.String())
	}
	if p.waiting--; p.waiting > 0 {
		return nil
	}
	return s.advance(d, tag.N, p)
}

// ended goes on with what waited for the plan.
func (s *Store) ended(d nodes.Disk, p *plan) error {
	switch p.kind {
	case planBatch:
		s.writing = false
		s.batch = p
	case planBlock, planTruncate, planReplace:
		s.blocked--
	case planEpoch:
		s.epochs = nil
	}
	switch p {
	case s.saving:
		s.saving = nil
		if len(s.waiting) > 0 {
			n := s.waiting[0]
			s.waiting = s.waiting[1:]
			if err := s.finishSnapshot(d, n); err != nil {
				return err
			}
		}
	case s.purging:
		s.purging = nil
	}
	return s.next(d)
}
