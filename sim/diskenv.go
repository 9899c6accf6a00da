package sim

import (
	"slices"

	"orrery/nodes"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// diskEnv is a machine's disk as its node sees it: it implements nodes.Disk.
type diskEnv Machine

var _ nodes.Disk = (*diskEnv)(nil)

func (e *environment) Disk() nodes.Disk { return (*diskEnv)(e) }

// DiskFault is what can be wrong with a disk.
type DiskFault struct {
	SyncErrorPPM  uint64 // of a million syncs: they fail, and the pages are gone
	WriteErrorPPM uint64 // of a million writes
	ReadErrorPPM  uint64 // of a million reads
	SlowSync      Dist   // is added to the time that a sync needs
	Stall         bool   // no sync ends until the fault does
	Full          bool   // no write finds space
}

// DisturbDisks begins a fault of some machines' disks.
func (u *Universe) DisturbDisks(name string, ids []nodes.ID, f DiskFault) *Active {
	a := u.newActive(name, ids...)
	a.disk = f
	var hit []*Machine
	for _, id := range ids {
		if m := u.lookup(id); m != nil {
			m.diskFaults = append(m.diskFaults, a)
			hit = append(hit, m)
		}
	}
	a.undo = func() {
		for _, m := range hit {
			m.diskFaults = slices.DeleteFunc(m.diskFaults, func(b *Active) bool { return b == a })
			m.releaseSyncs()
		}
	}
	return a
}

// failing draws whether an operation on the disk fails by a fault whose rate is asked of.
func (m *Machine) failing(site uint64, rate func(*DiskFault) uint64) bool {
	for _, a := range m.diskFaults {
		ppm := rate(&a.disk)
		if ppm == 0 {
			continue
		}
		m.u.ordinal++
		if m.u.chance(&a.str, about(m.u.current^m.u.ordinal<<32, site), ppm) {
			a.Bite(1)
			return true
		}
	}
	return false
}

// writable is asked before every change of the disk.
func (d *diskEnv) writable() error {
	m := (*Machine)(d)
	m.effect()
	if len(m.diskFaults) == 0 {
		return nil
	}
	for _, a := range m.diskFaults {
		if a.disk.Full {
			a.Bite(1)
			return nodes.ErrNoSpace
		}
	}
	if m.failing(siteFault, func(f *DiskFault) uint64 { return f.WriteErrorPPM }) {
		return nodes.ErrIO
	}
	return nil
}

func (d *diskEnv) readable() error {
	m := (*Machine)(d)
	if len(m.diskFaults) > 0 && m.failing(siteFault+1<<8, func(f *DiskFault) uint64 { return f.ReadErrorPPM }) {
		return nodes.ErrIO
	}
	return nil
}

func (d *diskEnv) ReadFile(name string) ([]byte, error) {
	if err := d.readable(); err != nil {
		return nil, err
	}
	return d.disk.ReadFile(name)
}

func (d *diskEnv) ReadAt(name string, p []byte, off int64) (int, error) {
	if err := d.readable(); err != nil {
		return 0, err
	}
	return d.disk.ReadAt(name, p, off)
}

func (d *diskEnv) WriteAt(name string, p []byte, off int64) error {
	if err := d.writable(); err != nil {
		return err
	}
	d.recordWrite(name, off, len(p))
	return d.disk.WriteAt(name, p, off)
}

func (d *diskEnv) Append(name string, p []byte) error {
	if err := d.writable(); err != nil {
		return err
	}
	if d.u.cfg.Recorder != nil {
		size, _ := d.disk.Size(name)
		d.recordWrite(name, size, len(p))
	}
	return d.disk.Append(name, p)
}

func (d *diskEnv) recordWrite(name string, off int64, length int) {
	if d.u.cfg.Recorder != nil {
		d.u.recordEffect(trace.Event{Kind: trace.Write, Node: string(d.id), File: name, Off: off, Len: int64(length)})
	}
}

func (d *diskEnv) Truncate(name string, size int64) error {
	if err := d.writable(); err != nil {
		return err
	}
	return d.disk.Truncate(name, size)
}

func (d *diskEnv) Size(name string) (int64, error) {
	if err := d.readable(); err != nil {
		return 0, err
	}
	return d.disk.Size(name)
}

func (d *diskEnv) Rename(oldName, newName string) error {
	if err := d.writable(); err != nil {
		return err
	}
	return d.disk.Rename(oldName, newName)
}

func (d *diskEnv) Remove(name string) error {
	(*Machine)(d).effect() // a full disk can still be cleared
	return d.disk.Remove(name)
}

func (d *diskEnv) List(dir string) ([]string, error) {
	if err := d.readable(); err != nil {
		return nil, err
	}
	return d.disk.List(dir)
}

func (d *diskEnv) Sync(name string, tag nodes.Tag) {
	m := (*Machine)(d)
	m.effect()
	capture, err := m.disk.BeginSync(name)
	m.sync(tag, name, capture, err)
}

func (d *diskEnv) SyncDir(dir string, tag nodes.Tag) {
	m := (*Machine)(d)
	m.effect()
	m.sync(tag, dir, m.disk.BeginSyncDir(dir), nil)
}

// sync schedules the end of a sync. What it will have made durable was captured at its
// beginning: what is written in the meantime is not covered.
func (m *Machine) sync(tag nodes.Tag, file string, c vdisk.Capture, err error) {
	u := m.u
	slot, e := u.alloc()
	e.kind, e.to, e.from, e.incarnation = trace.Synced, m.index, -1, m.incarnation
	e.tag, e.cause = tag, u.seq
	u.ordinal++
	e.id = trace.Mix(u.current^uint64(trace.Synced)<<32^u.ordinal, trace.String(tag.Name)^tag.N)
	e.file, e.capture, e.err = file, c, err
	id := e.id
	if u.cfg.Recorder != nil {
		u.recordEffect(trace.Event{Kind: trace.Sync, Node: string(m.id), Name: tag.String(), File: file, ID: id})
	}
	wait := u.cfg.Disk.Sync.at(u.draw(&m.diskStr, about(id, siteSync), distRange))
	for _, a := range m.diskFaults {
		if a.disk.SlowSync != (Dist{}) {
			wait += a.disk.SlowSync.at(u.draw(&a.str, about(id, siteSync), distRange))
			a.Bite(1)
		}
	}
	u.schedule(slot, u.now+wait)
}

// stalls keeps back the end of a sync while a fault has the disk stall.
func (m *Machine) stalls(slot uint32) bool {
	for _, a := range m.diskFaults {
		if a.disk.Stall {
			a.Bite(1)
			m.stalledSyncs = append(m.stalledSyncs, slot)
			return true
		}
	}
	return false
}

func (m *Machine) releaseSyncs() {
	held := m.stalledSyncs
	m.stalledSyncs = nil
	for _, slot := range held {
		m.u.schedule(slot, m.u.now)
	}
}

func (m *Machine) handleSynced(slot uint32) bool {
	u := m.u
	e := &u.slab[slot]
	tag, err := e.tag, e.err
	if err == nil && len(m.diskFaults) > 0 {
		for _, a := range m.diskFaults {
			if p := a.disk.SyncErrorPPM; p > 0 && u.chance(&a.str, about(e.id, siteSyncFails), p) {
				a.Bite(1)
				err = nodes.ErrIO
			}
		}
	}
	u.stats.Syncs++
	switch {
	case e.err != nil: // there was nothing to sync
	case err != nil:
		u.stats.SyncErrors++
		m.disk.FailSync(e.capture)
	default:
		m.disk.EndSync(e.capture)
	}
	e.err = err
	failed := uint64(0)
	if err != nil {
		failed = 1
	}
	u.begin(e, failed)
	u.record(e, nil)
	m.synced(tag, err)
	u.after(m, trace.Synced)
	return true
}

func (m *Machine) synced(tag nodes.Tag, err error) {
	defer m.leave(m.enter())
	m.node.Synced((*environment)(m), tag, err)
}
