package vdisk

import (
	"slices"

	"orrery/trace"
)

// Clone copies the disk, with all that is pending and in flight: what is then done to one
// does not show in the other. A [Capture] of the one stands for the same sync of the other.
func (d *Disk) Clone() *Disk {
	c := *d
	c.pool = newPool(d.shift)
	copies := make(map[*inode]*inode, len(d.inodes))
	c.inodes = make([]*inode, len(d.inodes))
	copyOf := func(f *inode) *inode {
		if f == nil {
			return nil
		}
		if copies[f] == nil {
			copies[f] = f.clone(c.pool)
		}
		return copies[f]
	}
	for i, f := range d.inodes {
		c.inodes[i] = copyOf(f)
	}
	c.names = d.names.clone(copyOf)
	c.journal, c.touched = journal{}, nil
	for _, o := range d.journal.ops {
		p := *o
		p.file, p.from, p.to = copyOf(o.file), c.names.same(o.from), c.names.same(o.to)
		c.journal.add(p)
	}
	c.journal.parked = d.journal.parked
	c.captures, c.free, c.armed = slices.Clone(d.captures), slices.Clone(d.free), slices.Clone(d.armed)
	for i := range c.captures {
		c.captures[i].file = copyOf(c.captures[i].file) // perhaps of a file that nothing else leads to
	}
	return &c
}

// clone copies the table but for what is pending; copyOf copies a file.
func (t *table) clone(copyOf func(*inode) *inode) table {
	c := *t
	c.all = make([]*entry, len(t.all))
	c.byPath = make(map[string]*entry, len(t.all))
	for i, e := range t.all {
		p := *e
		p.now, p.kept, p.ops, p.changed, p.waiting = copyOf(e.now), copyOf(e.kept), pending{}, pending{}, 0
		c.all[i], c.byPath[e.path] = &p, &p
	}
	for _, e := range c.all {
		e.up = c.same(e.up)
	}
	return c
}

// same is the entry of the path of another table's entry; nil for none.
func (t *table) same(e *entry) *entry {
	if e == nil {
		return nil
	}
	return t.byPath[e.path]
}

func (f *inode) clone(pages *pool) *inode {
	c := newInode(f.id, pages, f.shift)
	c.named, c.hurt, c.refs, c.log = f.named, f.hurt, f.refs, f.log
	f.cache.copyTo(&c.cache)
	f.durable.copyTo(&c.durable)
	c.log.list, c.log.arena, c.log.spare = slices.Clone(f.log.list), slices.Clone(f.log.arena), nil
	return c
}

// Restore sets the content of the disk back to that of an older clone of it (a rollback),
// or to that of another machine's (a swap), with what was pending then. The clone stays
// as it is. Syncs in flight are cut short; the capacity, the armed faults and the counts
// of harm stay those of this disk.
func (d *Disk) Restore(image *Disk) {
	assert(image.shift == d.shift, "an image has the sectors of its disk")
	c := image.Clone()
	c.capacity, c.armed, c.harm = d.capacity, d.armed, d.harm
	c.seq, c.inode, c.syncs = max(c.seq, d.seq), max(c.inode, d.inode), max(c.syncs, d.syncs)
	c.endAll()
	*d = *c
}

// Wipe empties the disk, durably. Syncs in flight are cut short.
func (d *Disk) Wipe() {
	d.endAll()
	d.names, d.journal, d.inodes, d.used = newTable(), journal{}, nil, 0
}

// Hash is a hash of what the machine can read, and of what it would read after a crash
// that loses all it can. Two disks that were brought to the same content in different
// ways have the same hash.
func (d *Disk) Hash() uint64 {
	var h uint64
	seen := uint64(0)
	for _, e := range d.names.sorted() {
		if f := e.now; f != nil {
			h = trace.Mix(h^trace.String(e.path), trace.Bytes(f.cache.bytes()))
			h = trace.Mix(h, trace.Bytes(f.durable.bytes()))
			seen++
		}
	}
	h = trace.Mix(h, seen)
	for _, e := range d.names.all {
		if f := e.kept; f != nil {
			h = trace.Mix(h^trace.String(e.path), trace.Bytes(f.durable.bytes()))
		}
	}
	return h
}
