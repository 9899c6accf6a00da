package store

import (
	"fmt"
	"slices"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
)

// BeginSnapshot begins to write a snapshot, whose steps are [Store.StepSnapshot]. replace says that it came from a leader by
// SNAP: then the history on disk is another's, and when the snapshot is saved nothing of it is left. The error is
// ErrBusy while a snapshot is being written. One that has been written may still wait for its syncs: snapshots are saved
// one after the other.
func (s *Store) BeginSnapshot(w Walk, replace bool) error {
	if s.snap != nil {
		return ErrBusy
	}
	s.last++
	s.snap = newSnapshot(w, replace, s.last)
	return nil
}

// StepSnapshot writes about max bytes more of the snapshot. done says that these were the last: the walk is closed,
// and an event SnapshotSaved will tell that the snapshot is durable. digest is the tree's, as it is now; it is
// used at the end. After an error, which is the disk's, the snapshot is given up; the server can go on.
func (s *Store) StepSnapshot(d nodes.Disk, max int, digest proto.ZxidDigest) (done bool, err error) {
	n := s.snap
	p, done := n.chunk(max, digest)
	if err := d.WriteAt(n.tmp, p, n.off); err != nil {
		return false, s.failSnapshot(d, err)
	}
	n.off += int64(len(p))
	if !done {
		return false, nil
	}
	s.snap = nil
	return true, s.finishSnapshot(d, n)
}

func (s *Store) failSnapshot(d nodes.Disk, err error) error {
	n := s.snap
	s.snap = nil
	n.drop(d)
	return fmt.Errorf("store: %s: %w", n.name(), err)
}

// drop closes the walk and removes the file.
func (n *snapshot) drop(d nodes.Disk) {
	n.enc.Close()
	_ = d.Remove(n.tmp) // or the next start does
}

// AbortSnapshot gives up the snapshot that is being written, and those that have been written and are not saved. One that
// already replaces a history goes on to do so, and so does the first of all, for which the log waits. No event will tell of any of them.
func (s *Store) AbortSnapshot(d nodes.Disk) {
	if s.snap != nil {
		s.waiting = append(s.waiting, s.snap)
	}
	for _, n := range s.waiting {
		n.drop(d)
	}
	s.snap, s.waiting = nil, nil
	if s.saving != nil {
		s.saving.giveUp(d, s.first)
	}
}

// giveUp leaves out what is still to be done, unless it must be, and what was to be told.
func (p *plan) giveUp(d nodes.Disk, must bool) {
	if must || p.kind == planReplace {
		for i := range p.steps {
			p.steps[i].quiet = true
		}
		return
	}
	for _, st := range p.steps[p.done:] {
		if st.do == doRename {
			_ = d.Remove(st.name)
		}
	}
	p.steps = p.steps[:p.done]
}

// finishSnapshot gives the file its name when its content is durable.
func (s *Store) finishSnapshot(d nodes.Disk, n *snapshot) error {
	if s.saving != nil {
		s.waiting = append(s.waiting, n)
		return nil
	}
	name := n.name()
	saved := step{do: doTell, event: Event{Kind: SnapshotSaved, Zxid: n.zxid}}
	if n.replace && s.opt.Quirks.SnapNoFsync {
		return s.start(d, &plan{kind: planSnapshot, steps: []step{{do: doRename, name: n.tmp, to: name}, saved}})
	}
	p := &plan{kind: planSnapshot}
	s.saving = p
	if s.needsMarker(n.zxid) {
		p.steps = append(p.steps, markSteps(s.current)...)
	}
	p.steps = append(p.steps, step{do: doSync, name: n.tmp})
	publish := []step{{do: doRename, name: n.tmp, to: name}, {do: doSyncDir, name: Dir}}
	if !n.replace {
		p.steps = slices.Concat(p.steps, publish, []step{saved})
		return s.start(d, p)
	}
	others, err := othersSteps(d, n.zxid)
	if err != nil {
		return err
	}
	p.kind = planReplace
	s.blocked++
	s.file = ""
	s.logged = max(n.zxid, s.queued())
	p.steps = slices.Concat(p.steps, n.wordSteps(), publish, others, []step{saved})
	return s.start(d, p)
}

// queued is the zxid of the last transaction that waits to be written; 0 if none does.
func (s *Store) queued() int64 {
	if n := len(s.queue); n > 0 {
		return s.queue[n-1].zxid
	}
	return 0
}
