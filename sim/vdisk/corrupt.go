package vdisk

import (
	"slices"

	"orrery/trace"
)

// Harm counts what faults other than crashes have done to the disk since it was made: a
// fault whose count stays zero has not bitten.
type Harm struct {
	FlippedBits        int64 // by Corrupt and CorruptAt
	MisdirectedSectors int64 // by Misdirect
	LostSectors        int64 // by LoseWrite
	BytesGivenUp       int64 // by FailSync of files
	NamesGivenUp       int64 // by FailSync of directories
}

// Harm returns the counts.
func (d *Disk) Harm() Harm { return d.harm }

// Corrupt flips the bits that are set in mask, whose first byte stands for the byte of the
// file at off, as though the medium had rotted. Only what is durable can rot. The flips
// are sticky: every read gives the same wrong bytes, before and after a crash, until they
// are overwritten; bytes that a pending write has overwritten already are wrong only if
// a crash loses that write. It returns how many bits it flipped.
func (d *Disk) Corrupt(name string, off int64, mask []byte) (flipped int, err error) {
	f := d.names.get(name)
	if f == nil {
		return 0, missing("corrupt", name)
	}
	for i, m := range mask {
		if at := off + int64(i); m != 0 && at >= 0 && at < f.durable.size {
			f.rot(at, m)
			for ; m != 0; m &= m - 1 {
				flipped++
			}
		}
	}
	d.harm.FlippedBits += int64(flipped)
	return flipped, nil
}

// rot flips bits of one byte in the durable image, and in what has been derived from it:
// the images of pending writes up to the first that changed this very byte, and the cache.
func (f *inode) rot(at int64, mask byte) {
	was := f.durable.span(at, at+1)[0]
	f.durable.flip(at, mask)
	sector, in := at>>f.shift, at&(1<<f.shift-1)
	for i := range f.log.list {
		w := &f.log.list[i]
		k := sector - w.first
		if w.sparse != nil {
			j, ok := slices.BinarySearch(w.sparse, sector)
			if k = int64(j); !ok {
				k = -1
			}
		}
		has := k >= 0 && k < w.count
		switch {
		case w.sparse != nil && has && f.log.image(w, k, f.shift)[in] != was:
			return // one of the folded writes has changed it
		case w.sparse == nil && at >= w.off && at < w.end:
			return
		case at >= w.cut:
			return
		case has:
			f.log.image(w, k, f.shift)[in] ^= mask
		}
	}
	if at < f.cache.size {
		f.cache.flip(at, mask)
	}
}

// Flip is what CorruptAt has done: so many bits of the sector at the offset.
type Flip struct {
	Name string
	Off  int64 // in bytes
	Bits int
}

// CorruptAt draws a durable sector among all files in the order of their names, and flips
// 1 to 32 bits of it, few more often than many (a power law: 1, 2, 4, ... are equally
// likely). It always draws three numbers. ok is false if nothing is durable.
func (d *Disk) CorruptAt(draw func(n uint64) uint64) (flip Flip, ok bool) {
	var total int64
	for _, e := range d.names.all {
		if e.now != nil {
			total += ceil(e.now.durable.size, d.shift)
		}
	}
	pick, power, where := int64(draw(uint64(max(total, 1)))), draw(6), draw(1<<32)
	if total == 0 {
		return Flip{}, false
	}
	for _, e := range d.names.sorted() {
		name, f := e.path, e.now
		if f == nil {
			continue
		}
		sectors := ceil(f.durable.size, d.shift)
		if pick >= sectors {
			pick -= sectors
			continue
		}
		flip = Flip{Name: name, Off: pick << d.shift}
		width := min(f.durable.size-flip.Off, 1<<d.shift)
		mask := make([]byte, width)
		for n := uint64(0); n < 1<<power && n < uint64(width)*8; n++ {
			bit := trace.Mix(where, n) % (uint64(width) * 8)
			for mask[bit/8]&(1<<(bit%8)) != 0 {
				bit = (bit + 1) % (uint64(width) * 8)
			}
			mask[bit/8] |= 1 << (bit % 8)
		}
		flip.Bits, _ = d.Corrupt(name, flip.Off, mask)
		return flip, true
	}
	panic("unreachable: pick is below the total")
}

// armed is a fault that waits for the next sync of a file.
type armed struct {
	name    string // "" for any file
	sectors int    // how many to lose; 0 for one that goes astray
	pick    uint64 // which of them
}

// Misdirect lets one sector that the next sync of the file ("" for whichever file is synced
// next) is to make durable arrive at another place of the same file: its own place keeps
// what it had. pick chooses both, by its remainders. The page cache hides the damage until
// a crash. A file of one sector has no other place: then the fault waits on.
func (d *Disk) Misdirect(name string, pick uint64) {
	d.armed = append(d.armed, armed{name: name, pick: pick})
}

// LoseWrite lets n sectors in a row, of those that the next sync of the file ("" for
// whichever file is synced next) is to make durable, keep what they had, although the
// sync succeeds: a phantom write. pick chooses the first by its remainder. The page cache
// hides the damage until a crash.
func (d *Disk) LoseWrite(name string, n int, pick uint64) {
	assert(n > 0, "a lost write loses a sector")
	d.armed = append(d.armed, armed{name: name, sectors: n, pick: pick})
}

// Disarm takes back what Misdirect and LoseWrite have asked for and no sync has met yet.
// It returns how many there were.
func (d *Disk) Disarm() int {
	n := len(d.armed)
	d.armed = nil
	return n
}

// flushBadly is flush for a disk with armed faults.
func (d *Disk) flushBadly(f *inode, n int) {
	old := newInode(0, f.durable.pool, f.shift).durable
	f.durable.copyTo(&old)
	var sectors []int64
	for _, v := range f.versions(n) {
		sectors = append(sectors, v.sector)
	}
	f.flush(n)
	sectors = slices.DeleteFunc(slices.Compact(sectors), func(s int64) bool { return s >= ceil(f.durable.size, f.shift) })
	if len(sectors) == 0 {
		return
	}
	d.armed = slices.DeleteFunc(d.armed, func(a armed) bool {
		if a.name != "" && d.names.get(a.name) != f {
			return false
		}
		if a.sectors == 0 {
			return d.misdirect(f, &old, sectors, a.pick)
		}
		return d.loseWrite(f, &old, sectors, a)
	})
}

// misdirect tells whether it did anything.
func (d *Disk) misdirect(f *inode, old *image, sectors []int64, pick uint64) bool {
	total := uint64(ceil(f.durable.size, f.shift))
	if total < 2 {
		return false
	}
	count := uint64(len(sectors))
	from := sectors[pick%count]
	to := int64((uint64(from) + 1 + pick/count%(total-1)) % total)
	content := slices.Clone(f.durable.sector(from, f.shift))
	changed := f.restore(old, from)
	if !changed && slices.Equal(content, f.durable.sector(to, f.shift)) {
		return false
	}
	f.durable.put(to, content, f.shift)
	f.hurt = true
	d.harm.MisdirectedSectors++
	return true
}

// loseWrite tells whether it did anything.
func (d *Disk) loseWrite(f *inode, old *image, sectors []int64, a armed) (bit bool) {
	for i := range min(a.sectors, len(sectors)) {
		s := sectors[(a.pick+uint64(i))%uint64(len(sectors))]
		if f.restore(old, s) {
			f.hurt, bit = true, true
			d.harm.LostSectors++
		}
	}
	return bit
}

// restore gives a durable sector its old content, zeros where it had none, and tells
// whether that changed it.
func (f *inode) restore(old *image, s int64) bool {
	content := old.sector(s, f.shift)
	if content == nil {
		content = blank[:1<<f.shift]
	}
	if end := min(f.durable.size-s<<f.shift, 1<<f.shift); slices.Equal(f.durable.sector(s, f.shift)[:end], content[:end]) {
		return false
	}
	f.durable.put(s, content, f.shift)
	return true
}
