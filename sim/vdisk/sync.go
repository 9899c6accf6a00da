package vdisk

import (
	"cmp"
	"slices"
)

// Capture is a sync in flight: of a file or of a directory. It is a plain value,
// which stands for the same sync in a clone of the disk. The zero value stands for none,
// and so does the capture of a sync that has ended or that a crash has cut short:
// ending one of these does nothing.
type Capture struct {
	id   uint64
	slot uint32
}

// capture is what a sync in flight is to cover: everything up to the operation mark.
// No bytes need to be copied for it: the list of writes keeps each as it was.
type capture struct {
	id   uint64 // in the order of their beginning; 0 for a free slot
	mark uint64
	file *inode // nil for a directory
	dir  string
}

// BeginSync begins to make a file's content durable, as it is at this moment: the
// writes that follow are not covered. The capture belongs to the file, which may be
// renamed, replaced or removed in the meantime. It returns an error that is
// [nodes.ErrNotExist] if there is no such file.
func (d *Disk) BeginSync(name string) (Capture, error) {
	f := d.names.get(name)
	if f == nil {
		return Capture{}, missing("sync", name)
	}
	return d.begin(capture{file: f}), nil
}

// BeginSyncDir begins to make the names in a directory ("" for the top one) durable,
// as they are at this moment. A rename between two directories becomes durable, as a whole,
// with either.
func (d *Disk) BeginSyncDir(dir string) Capture { return d.begin(capture{dir: dir}) }

// EndSync makes durable what the capture covers. It covers what was covered by earlier
// syncs still in flight as well; their own ends then change nothing.
func (d *Disk) EndSync(c Capture) {
	k, ok := d.end(c)
	switch {
	case !ok:
	case k.file != nil:
		d.flush(k.file, k.mark)
	default:
		d.flushNames(k.dir, k.mark)
	}
}

// FailSync ends a sync that got an error from the device. What it covered counts as
// clean from now on: the machine still reads it, but no later sync will make it durable,
// unless the same sectors (or a name in the same directory) are written again. Excepted
// is what an earlier sync, still in flight, covers too: that one may yet succeed, and
// then its success is true. It returns how many bytes were given up, or how many names.
func (d *Disk) FailSync(c Capture) int64 {
	k, ok := d.end(c)
	if !ok {
		return 0
	}
	var earlier uint64
	for i := range d.captures {
		e := &d.captures[i]
		if e.id != 0 && e.id < k.id && e.file == k.file && e.dir == k.dir {
			earlier = max(earlier, e.mark)
		}
	}
	if k.file == nil {
		n := d.park(k.dir, earlier, k.mark)
		d.harm.NamesGivenUp += n
		return n
	}
	n := k.file.giveUp(earlier, k.mark)
	d.harm.BytesGivenUp += n
	return n
}

// AbandonSync ends a sync without any effect: what it would have covered stays pending,
// for another sync to cover. It is the end of a sync whose error left the pages dirty.
func (d *Disk) AbandonSync(c Capture) { d.end(c) }

func (d *Disk) begin(k capture) Capture {
	d.syncs++
	k.id, k.mark = d.syncs, d.seq
	n := len(d.free)
	if n == 0 {
		d.captures = append(d.captures, k)
		return Capture{id: k.id, slot: uint32(len(d.captures) - 1)}
	}
	slot := d.free[n-1]
	d.free = d.free[:n-1]
	d.captures[slot] = k
	return Capture{id: k.id, slot: slot}
}

// end frees the capture's slot; ok is false if there is no such sync in flight.
func (d *Disk) end(c Capture) (k capture, ok bool) {
	if c.id == 0 || int(c.slot) >= len(d.captures) || d.captures[c.slot].id != c.id {
		return capture{}, false
	}
	k = d.captures[c.slot]
	assert(k.mark <= d.seq, "a sync covers no operation of the future")
	d.captures[c.slot] = capture{}
	d.free = append(d.free, c.slot)
	return k, true
}

// endAll cuts short all syncs in flight.
func (d *Disk) endAll() {
	d.captures, d.free = d.captures[:0], d.free[:0]
}

// inFlight tells whether a sync of the file is in flight.
func (d *Disk) inFlight(f *inode) bool {
	return slices.ContainsFunc(d.captures, func(k capture) bool { return k.file == f })
}

// flush makes the writes to a file up to the operation mark durable.
func (d *Disk) flush(f *inode, mark uint64) {
	n := f.log.upTo(mark)
	if n == 0 {
		return
	}
	switch {
	case len(d.armed) > 0:
		d.flushBadly(f, n)
	case n == len(f.log.list) && !f.hurt:
		f.durable.adopt(f.low()) // nothing will stand between the two
	default:
		f.flush(n)
	}
	f.log.drop(0, n)
}

func (f *inode) flush(n int) {
	for i := range f.log.list[:n] {
		f.apply(&f.durable, &f.log.list[i])
	}
}

// giveUp forgets the writes after the operation earlier, up to mark, and returns how many
// bytes they had changed.
func (f *inode) giveUp(earlier, mark uint64) (bytes int64) {
	i, j := f.log.upTo(earlier), f.log.upTo(mark)
	if i >= j {
		return 0
	}
	for k := range f.log.list[i:j] {
		w := &f.log.list[i+k]
		bytes += w.end - w.off
	}
	f.log.drop(i, j)
	f.hurt = true
	return bytes
}

// flushNames makes the operations on a directory's names up to mark durable, and with
// them those that they follow on. It looks at nothing else: a machine may have thousands of names.
func (d *Disk) flushNames(dir string, mark uint64) {
	picked := d.names.pick(&d.journal, dir, mark)
	touched := d.touched[:0]
	for _, o := range picked {
		for _, e := range o.names() {
			if e != nil && e.kept != nil {
				touched = append(touched, e.kept)
			}
		}
		o.applyKept()
		if o.file != nil {
			o.file.refs--
			touched = append(touched, o.file)
		}
	}
	d.journal.remove(picked)
	for i, f := range touched {
		d.release(f)
		touched[i] = nil
	}
	d.touched = touched
}

// release forgets a file if neither a name nor a pending operation leads to it any more.
func (d *Disk) release(f *inode) {
	if f.refs > 0 {
		return
	}
	i, ok := slices.BinarySearchFunc(d.inodes, f.id, func(x *inode, id uint64) int { return cmp.Compare(x.id, id) })
	if ok && d.inodes[i] == f {
		f.empty()
		d.inodes = slices.Delete(d.inodes, i, i+1)
	}
}

// park gives up the pending operations on a directory's names after the operation
// earlier, up to mark, and returns how many. One that a later operation writes again
// is not given up.
func (d *Disk) park(dir string, earlier, mark uint64) (n int64) {
	ops := d.journal.ops
	for i, o := range ops {
		if o.seq <= earlier || o.seq > mark || o.parked || !o.in(dir) {
			continue
		}
		again := slices.ContainsFunc(ops[i+1:], func(p *nameOp) bool { return p.seq > mark && p.rewrites(o) })
		if !again {
			o.parked = true
			d.journal.parked++
			n++
		}
	}
	return n
}

// sweep counts anew what leads to each file, and forgets those to which nothing does: neither a name nor a pending operation.
func (d *Disk) sweep() {
	for _, f := range d.inodes {
		f.refs = 0
	}
	for _, e := range d.names.all {
		if e.now != nil {
			e.now.refs++
		}
		if e.kept != nil {
			e.kept.refs++
		}
	}
	for _, o := range d.journal.ops {
		if o.file != nil {
			o.file.refs++
		}
	}
	d.inodes = slices.DeleteFunc(d.inodes, func(f *inode) bool {
		if f.refs == 0 {
			f.empty()
		}
		return f.refs == 0
	})
}
