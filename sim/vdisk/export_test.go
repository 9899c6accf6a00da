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

// PicksAsDefined tells whether a directory's sync makes those operations on names durable that the definition says, which looks at all
// pairs: those in the directory that are not given up, and whatever one of these follows on.
func (d *Disk) PicksAsDefined(dir string) bool {
	ops := d.journal.ops
	picked := make([]bool, len(ops))
	for i := len(ops) - 1; i >= 0; i-- {
		picked[i] = !ops[i].parked && ops[i].in(dir)
		for j := i + 1; j < len(ops) && !picked[i]; j++ {
			picked[i] = picked[j] && ops[j].follows(ops[i])
		}
	}
	got := d.names.pick(&d.journal, dir, d.seq)
	for i, o := range ops {
		if !picked[i] {
			continue
		}
		if len(got) == 0 || got[0] != o {
			return false
		}
		got = got[1:]
	}
	return len(got) == 0
}

// CountsWhatLeadsToFiles tells whether every file that the disk holds counts the names and pending operations that lead to it.
func (d *Disk) CountsWhatLeadsToFiles() bool {
	refs := map[*inode]int{}
	for _, e := range d.names.all {
		if e.now != nil {
			refs[e.now]++
		}
		if e.kept != nil {
			refs[e.kept]++
		}
	}
	for _, o := range d.journal.ops {
		if o.file != nil {
			refs[o.file]++
		}
	}
	for _, f := range d.inodes {
		if f.refs != refs[f] || f.refs == 0 {
			return false
		}
	}
	return len(refs) == len(d.inodes)
}

// Tidy forgets the paths of which nothing is known, as the disk does by itself when they have become many.
func (d *Disk) Tidy() { d.names.tidy() }

// Paths is how many paths the disk knows something of.
func (d *Disk) Paths() int { return len(d.names.all) }
