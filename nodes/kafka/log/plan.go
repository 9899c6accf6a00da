package log

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"orrery/nodes"
)

// TagName is the name of all syncs of this package, which the node passes on to [Manager.Synced].
const TagName = "kafka/log"

type action uint8

const (
	doWrite      action = iota // a file that consists of data
	doRename                   // name to to
	doRemove                   // the file, if there is one
	doSync                     // the file, if there is one; the plan goes on when the sync has ended
	doSyncDir                  // the directory; likewise
	doCheckpoint               // which: goes on when a write of it that began later has ended
	doSaved                    // which checkpoint's write has ended
	doCreated
	doFlushed  // up to off, if nothing was truncated since gen
	doDurable  // up to off: nothing can have been truncated
	doStarted  // the log start off may be checkpointed
	doTruncate // to off
	doRecut    // the truncation is durable
	doRestart  // truncate fully and start at off
	doSwitch   // the log reads the compacted segment from now on
	doLive     // whose files have their names now
	doRelease  // the log's files may be changed by others again
	doDeleted
	doStopped
	doClaimed // meta.properties is durable
	doSettled // what the start has found is durable
)

// step is one step of a plan. Syncs and checkpoints in a row run side by side.
type step struct {
	do    action
	log   *Log
	name  string
	to    string
	data  []byte
	off   int64
	gen   uint64
	which checkpointKind
	swap  *swap
	now   time.Time
}

// plan is a sequence of changes of the disk with barriers between them. That it is data makes every state between two steps
// one that a crash can leave and a test can reach.
type plan struct {
	steps   []step
	done    int // of the steps
	waiting int // for so many before the next step
}

// start begins a plan.
func (m *Manager) start(d nodes.Disk, steps ...step) error {
	m.last++
	p := &plan{steps: steps}
	m.plans[m.last] = p
	return m.advance(d, m.last, p)
}

// advance runs a plan up to its next barrier.
func (m *Manager) advance(d nodes.Disk, id uint64, p *plan) error {
	for p.done < len(p.steps) {
		st := &p.steps[p.done]
		wait := st.do == doSync || st.do == doSyncDir || st.do == doCheckpoint
		if p.waiting > 0 && !wait {
			return nil
		}
		p.done++
		if err := m.run(d, id, p, st); err != nil {
			return err
		}
	}
	if p.waiting == 0 {
		delete(m.plans, id)
	}
	return nil
}

func (m *Manager) run(d nodes.Disk, id uint64, p *plan, st *step) error {
	switch st.do {
	case doSync:
		switch there, err := exists(d, st.name); {
		case err != nil: // not to know is not a reason to go on without the sync
			return fmt.Errorf("log: %s: %w", st.name, err)
		case there:
			p.waiting++
			d.Sync(st.name, nodes.Tag{Name: TagName, N: id})
		}
	case doSyncDir:
		p.waiting++
		d.SyncDir(st.name, nodes.Tag{Name: TagName, N: id})
	case doCheckpoint:
		p.waiting++
		return m.saveFor(d, st.which, id)
	case doWrite, doRename, doRemove:
		if err := change(d, st); err != nil {
			return fmt.Errorf("log: %s: %w", st.name, err)
		}
	case doSaved:
		return m.saved(d, st.which)
	case doCreated:
		st.log.created = true
		m.tell(Event{Kind: Created, Partition: st.log.tp})
	case doDeleted:
		m.forget(st.log)
		m.tell(Event{Kind: Deleted, Partition: st.log.tp})
		return m.stop(d) // a shutdown may have waited for just this
	case doStopped:
		m.tell(Event{Kind: Stopped})
	case doSettled:
		m.settling = false
	case doClaimed:
		m.claim.saving = false
		return m.saveClaim(d)
	default:
		return st.log.run(d, st)
	}
	return nil
}

// change does a step that changes the disk at once.
func change(d nodes.Disk, st *step) error {
	switch st.do {
	case doWrite:
		return write(d, st.name, st.data)
	case doRename:
		return d.Rename(st.name, st.to)
	}
	return remove(d, st.name)
}

// write makes a file that consists of p.
func write(d nodes.Disk, name string, p []byte) error {
	if err := remove(d, name); err != nil {
		return err
	}
	return d.WriteAt(name, p, 0)
}

// replace makes a file consist of p, in one step for a process that is killed. After a loss of power it may be torn.
func replace(d nodes.Disk, name string, p []byte) error {
	if err := write(d, name+tmpExt, p); err != nil {
		return err
	}
	return d.Rename(name+tmpExt, name)
}

func remove(d nodes.Disk, name string) error {
	if err := d.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// exists tells whether there is a file. An error is the disk's, which could not say.
func exists(d nodes.Disk, name string) (bool, error) {
	_, err := d.Size(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Synced takes the end of a sync that this package began: one whose tag is named TagName. An error, of the sync or of
// what was to follow it, leaves the caller nothing but to halt: after a failed sync nobody knows what is durable.
func (m *Manager) Synced(d nodes.Disk, tag nodes.Tag, err error) error {
	if err != nil {
		return fmt.Errorf("log: sync: %w", err)
	}
	return m.released(d, tag.N)
}

// released ends one thing that a plan waits for.
func (m *Manager) released(d nodes.Disk, id uint64) error {
	p := m.plans[id]
	if p == nil || p.waiting == 0 {
		panic(fmt.Sprintf("log: plan %d waits for nothing", id))
	}
	if p.waiting--; p.waiting > 0 {
		return nil
	}
	return m.advance(d, id, p)
}
