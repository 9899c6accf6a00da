package vdisk

// Durable returns how many bytes long a file would be after a crash that loses all it
// can, if its name survives; ok is false if the machine sees no such file.
func (d *Disk) Durable(name string) (size int64, ok bool) {
	f := d.names.get(name)
	if f == nil {
		return 0, false
	}
	return f.durable.size, true
}

// DurableThrough tells whether no crash can take the bytes [0, end) of the file, as the
// machine reads them now, nor the name that it reads them under. It is for checkers that
// compare what a node has promised with what it has on disk, and is cheap enough for
// every promise.
func (d *Disk) DurableThrough(name string, end int64) bool {
	e := d.names.at(name)
	if e == nil {
		return false
	}
	f := e.now
	if f == nil || end > f.durable.size || end > f.log.low {
		return false
	}
	for _, o := range e.ops.ops() {
		if o.newName == name {
			return false // also if it was renamed to and fro: a crash may leave it in between
		}
	}
	assert(e.kept == f, "a name that no pending operation concerns is durable")
	return end <= f.cache.size && (!f.hurt || f.cache.matches(end))
}

// Pending is how many writes to the file, or folded groups of writes, no completed sync
// covers.
func (d *Disk) Pending(name string) int {
	f := d.names.get(name)
	if f == nil {
		return 0
	}
	return len(f.log.list)
}
