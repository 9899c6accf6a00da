package vdisk

import (
	"fmt"
	"math"
	"slices"
)

// CrashMode says what a crash may do to what is not durable.
type CrashMode uint8

const (
	// LoseNothing is the death of the process alone: the page cache survives, and what
	// was not durable is still there to be read, and still not durable. It draws nothing.
	LoseNothing CrashMode = iota
	// LoseUnsynced is a power failure that takes all that no completed sync had covered.
	// It draws nothing.
	LoseUnsynced
	// LoseSuffix is a power failure of a machine that writes in order: everything done to
	// the disk survives up to one moment, writes and names alike, and of the first write
	// after it perhaps the leading sectors.
	LoseSuffix
	// LoseSubset is a power failure of a machine that writes as it likes. Of each file, the
	// size is that after any of the pending writes, or the durable one; each sector
	// is as it is now, as it was durable, or as some pending write had left it. Of the
	// operations on names, any survive, but none without those on the same name before it.
	LoseSubset
	// Torn is LoseSubset on a disk whose sectors are not atomic: of a sector that is not
	// as it was durable, only the first bytes may be so, and of the bytes after them those
	// that the write changed may be old, zero or garbage.
	Torn
)

var modeNames = [...]string{"lose-nothing", "lose-unsynced", "lose-suffix", "lose-subset", "torn"}

// String is the mode's name, as plans and stories have it.
func (m CrashMode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("crash-mode-%d", uint8(m))
}

// CrashModeNamed is the inverse of String; ok is false for an unknown name.
func CrashModeNamed(name string) (m CrashMode, ok bool) {
	i := slices.Index(modeNames[:], name)
	return CrashMode(max(i, 0)), i >= 0
}

// Loss is what a crash took from the machine, or did to it. All zero: it did not bite.
type Loss struct {
	Bytes   int64 // bytes of files that are gone, or are not what had last been written
	Sectors int64 // sectors with such bytes
	Torn    int64 // sectors that are neither what had been written nor any version before
	Names   int64 // names that are gone, have come back, or stand for another file
}

// Add sums two losses up.
func (l Loss) Add(m Loss) Loss {
	return Loss{l.Bytes + m.Bytes, l.Sectors + m.Sectors, l.Torn + m.Torn, l.Names + m.Names}
}

// Crash is the disk's part in a crash of its machine. Afterwards no sync is in flight
// any more; and unless the mode is [LoseNothing], everything that is left is durable.
// It is a function of the disk and of the numbers drawn: draw(n) gives one below n, and
// a crash that draws only zeros keeps everything but what failed syncs have given up
// (and, if it is LoseUnsynced, what was pending).
func (d *Disk) Crash(mode CrashMode, draw func(n uint64) uint64) Loss {
	return d.CrashTold(mode, draw, nil)
}

// Damage is what a crash did to one file that the machine saw.
type Damage struct {
	File  string
	Off   int64 // where the first sector with such bytes begins
	Bytes int64 // as in Loss
	Torn  int64 // as in Loss
}

// CrashTold is Crash, and tells what it does to each file that it harms, unless tell is nil.
func (d *Disk) CrashTold(mode CrashMode, draw func(n uint64) uint64, tell func(Damage)) Loss {
	d.endAll()
	if mode == LoseNothing {
		return Loss{}
	}
	order := uint64(0) // everything before this operation survives, in modes with an order
	part := int64(0)   // and of a write that is this operation, so many sectors
	if mode == LoseSuffix {
		order, part = d.drawMoment(draw)
	}
	var loss Loss
	for _, f := range d.inodes {
		low, torn := f.low(), int64(0)
		switch mode {
		case LoseSuffix:
			f.survivePrefix(order, part)
		case LoseSubset, Torn:
			torn = f.surviveSubset(mode == Torn, draw)
			loss.Torn += torn
		}
		took := f.lost(low)
		loss = loss.Add(took)
		if tell != nil && took.Bytes+torn > 0 {
			d.tell(f, Damage{Off: f.firstLost(low), Bytes: took.Bytes, Torn: torn}, tell)
		}
		f.cache.adopt(low)
		f.log.reset()
		f.hurt = false
	}
	d.surviveNames(mode, order, draw)
	loss.Names = d.lostNames()
	d.settle()
	return loss
}

// low is a byte below which cache and durable image agree, at the beginning of a sector.
func (f *inode) low() int64 {
	if f.hurt {
		return 0
	}
	return min(f.log.low, f.cache.size, f.durable.size) >> f.shift << f.shift
}

// drawMoment draws the moment up to which everything survives: that before the operation
// order; and how many leading sectors of this operation survive as well.
func (d *Disk) drawMoment(draw func(n uint64) uint64) (order uint64, part int64) {
	var moments []uint64 // each the moment before an operation
	var folds []*write
	for _, f := range d.inodes {
		for i := range f.log.list {
			w := &f.log.list[i]
			moments = append(moments, w.since)
			if w.since < w.seq {
				folds = append(folds, w)
			}
		}
	}
	for _, o := range d.journal.ops {
		if !o.parked {
			moments = append(moments, o.seq)
		}
	}
	moments = slices.DeleteFunc(moments, func(m uint64) bool {
		return slices.ContainsFunc(folds, func(w *write) bool { return w.since < m && m <= w.seq })
	})
	slices.Sort(moments)
	back, part := int(draw(uint64(len(moments))+1)), int64(draw(1<<32))
	if back == 0 {
		return math.MaxUint64, 0
	}
	return moments[len(moments)-back], part
}

// survivePrefix makes the writes before the operation order durable. If this is
// a write to the file, part tells by its remainder how many of its leading sectors
// survive as well, not all.
func (f *inode) survivePrefix(order uint64, part int64) {
	n := f.log.upTo(order - 1)
	f.flush(n)
	if n == len(f.log.list) {
		return
	}
	w := f.log.list[n]
	if w.seq != order || w.sparse != nil || w.count == 0 || part%w.count == 0 {
		return
	}
	w.count = part % w.count
	w.size = max(f.durable.size, min(w.size, (w.first+w.count)<<f.shift))
	f.apply(&f.durable, &w)
}

// lost compares what the machine saw with what is now durable, from the byte low on.
func (f *inode) lost(low int64) (loss Loss) {
	if !f.named {
		return Loss{}
	}
	size := max(f.cache.size, f.durable.size)
	for s := low >> f.shift; s < ceil(size, f.shift); s++ {
		if n := f.cache.differing(s, f.shift); n > 0 {
			loss.Bytes += n
			loss.Sectors++
		}
	}
	return loss
}

// firstLost is where the first sector begins of which lost would count bytes.
func (f *inode) firstLost(low int64) int64 {
	size := max(f.cache.size, f.durable.size)
	for s := low >> f.shift; s < ceil(size, f.shift); s++ {
		if f.cache.differing(s, f.shift) > 0 {
			return s << f.shift
		}
	}
	return low
}

// tell tells of the damage to a file, under the name that the machine saw it by.
func (d *Disk) tell(f *inode, told Damage, tell func(Damage)) {
	for _, e := range d.names.sorted() {
		if e.now == f {
			told.File = e.path
			tell(told)
		}
	}
}

// surviveNames makes those operations on names durable that survive the crash.
func (d *Disk) surviveNames(mode CrashMode, order uint64, draw func(n uint64) uint64) {
	var lost []*nameOp
	for _, o := range d.journal.ops {
		keep := !o.parked
		switch mode {
		case LoseUnsynced:
			keep = false
		case LoseSuffix:
			keep = keep && o.seq < order
		default:
			keep = draw(2) == 0 && keep
		}
		if keep && !slices.ContainsFunc(lost, o.follows) {
			o.applyKept()
		} else {
			lost = append(lost, o)
		}
	}
}

// lostNames counts the names that the crash has changed.
func (d *Disk) lostNames() (n int64) {
	for _, e := range d.names.all {
		if e.kept != e.now {
			n++
		}
	}
	return n
}

// settle makes the durable names those that the machine sees, and forgets the rest.
func (d *Disk) settle() {
	d.journal = journal{}
	for _, f := range d.inodes {
		f.named = false
	}
	d.used = 0
	for _, e := range d.names.all {
		e.ops, e.changed, e.waiting = pending{}, pending{}, 0
		if e.setNow(e.kept); e.now == nil {
			continue
		}
		assert(!e.now.named, "a file has one name after a crash")
		e.now.named = true
		d.used += e.now.cache.size
	}
	d.sweep()
}
