package store

import (
	"fmt"
	"slices"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
)

// BeginSnapshot begins to write a snapshot, whose steps are [Store.StepSnapshot]. replace says that it came from a leader by
// SNAP: then the history on disk is another's, and when the snapshot is saved nothing of it is left. The error is
// ErrBusy until the last snapshot is saved or given up.
func (s *Store) BeginSnapshot(w Walk, replace bool) error {
	if s.snap != nil || s.saving != nil {
		return ErrBusy
	}
	s.snap = newSnapshot(w, replace)
	return nil
}

// StepSnapshot writes about max bytes more of the snapshot. done says that these were the last: the walk is closed,
// and an event SnapshotSaved will tell that the snapshot is durable. digest is the tree's, as it is now; it is
// used at the end. After an error, which is the disk's, the snapshot is given up; the server can go on.
func (s *Store) StepSnapshot(d nodes.Disk, max int, digest proto.ZxidDigest) (done bool, err error) {
	n := s.snap
	name := n.name() + tmp
	if n.off == 0 {
		if err := change(d, &step{do: doRemove, name: name}); err != nil {
			return false, s.failSnapshot(d, err)
		}
	}
	p, done := n.chunk(max, digest)
	if err := d.WriteAt(name, p, n.off); err != nil {
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
	name := s.snap.name()
	s.AbortSnapshot(d)
	return fmt.Errorf("store: %s: %w", name, err)
}

// AbortSnapshot gives up the snapshot that is being written, or has been written and does not yet bear its name.
func (s *Store) AbortSnapshot(d nodes.Disk) {
	if p := s.saving; p != nil && p.kind == planSnapshot {
		p.giveUp()
	}
	if s.snap == nil {
		return
	}
	s.snap.enc.Close()
	_ = d.Remove(s.snap.name() + tmp) // or the next start does
	s.snap = nil
}

// giveUp leaves out what is still to be done, if the file has not got its name yet.
func (p *plan) giveUp() {
	for i := p.done; i < len(p.steps); i++ {
		if st := p.steps[i]; st.do == doRename {
			p.steps = append(p.steps[:p.done], step{do: doRemove, name: st.name})
			return
		}
	}
}

// finishSnapshot gives the file its name when its content is durable.
func (s *Store) finishSnapshot(d nodes.Disk, n *snapshot) error {
	name := n.name()
	saved := step{do: doTell, event: Event{Kind: SnapshotSaved, Zxid: n.zxid}}
	if n.replace && s.opt.Quirks.SnapNoFsync {
		return s.start(d, &plan{kind: planSnapshot, steps: []step{{do: doRename, name: name + tmp, to: name}, saved}})
	}
	p := &plan{kind: planSnapshot}
	s.saving = p
	if s.needsMarker(n.zxid) {
		s.marker = true
		p.steps = append(p.steps, markSteps(s.current)...)
	}
	p.steps = append(p.steps, step{do: doSync, name: name + tmp})
	publish := []step{{do: doRename, name: name + tmp, to: name}, {do: doSyncDir, name: Dir}}
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
