package vdisk

// Fold folds the pending writes of every file that has several and no sync in flight, as
// the disk does by itself when they have become too many.
func (d *Disk) Fold() {
	for _, f := range d.inodes {
		if len(f.log.list) > 1 && !d.inFlight(f) {
			f.fold()
		}
	}
}

// Inodes is how many files the disk holds in memory, with a name or without.
func (d *Disk) Inodes() int { return len(d.inodes) }

// LogBytes is how many bytes the images of a file's pending writes take.
func (d *Disk) LogBytes(name string) int { return len(d.names.get(name).log.arena) }

// Pages is how many different pages the files of the disk hold, and how many lie in its pool.
func (d *Disk) Pages() (held, free int) {
	for _, f := range d.inodes {
		for i, page := range f.cache.pages {
			if page != nil && !f.cache.shares(int64(i)) {
				held++
			}
		}
		for _, page := range f.durable.pages {
			if page != nil {
				held++
			}
		}
	}
	return held, len(d.pool.free)
}
