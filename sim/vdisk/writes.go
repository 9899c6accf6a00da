package vdisk

import (
	"cmp"
	"math"
	"slices"
)

// inode is a file, whatever its name.
type inode struct {
	id    uint64
	shift uint8
	named bool // the machine sees it under a name

	cache   image // what the machine reads
	durable image // what no crash can take
	log     log   // what stands between the two

	// hurt: cache and durable may differ without anything pending, since a sync has
	// failed, lied, or hit another sector.
	hurt bool
	refs int // the names and pending operations that lead to it
}

func newInode(id uint64, pages *pool, sectorShift uint8) *inode {
	f := &inode{id: id, shift: sectorShift, log: pages.takeLog()}
	f.cache = image{twin: &f.durable, pool: pages}
	f.durable = image{twin: &f.cache, pool: pages}
	return f
}

// empty gives back the memory of a file that nothing leads to but syncs still in flight.
func (f *inode) empty() {
	f.cache.free()
	f.durable.free()
	f.cache.pool.putLog(&f.log)
}

// write is an operation on a file's content that is not durable: the sectors that it
// touched as it left them. So a file's durable image is brought to the moment of any
// write by applying the writes up to it, in order.
type write struct {
	seq   uint64 // number of the operation
	since uint64 // the same, or of the first that was folded into it

	off, end int64 // the bytes that it changed
	cut      int64 // no byte from here on, unless this write made it: the smaller of the sizes before and after
	size     int64 // of the file, afterwards

	first  int64   // the sectors that it has images of are first, first+1, ...
	count  int64   // so many
	sparse []int64 // or these, in ascending order, if it is folded from several writes; never changed
	at     int64   // position of the first image in log.arena, counted from the log's beginning
}

// sector is the number of the k-th sector that the write has an image of.
func (w *write) sector(k int64) int64 {
	if w.sparse != nil {
		return w.sparse[k]
	}
	return w.first + k
}

// log holds the writes to one file that are not durable, in their order.
type log struct {
	list   []write
	low    int64  // no write has changed a byte below
	arena  []byte // the images
	base   int64  // position of arena[0]
	foldAt int    // size of the arena at which the next fold is due
	spare  []byte // the arena before the last fold, for the next one
}

const (
	foldBytes  = 256 << 10 // an arena is not folded below this size,
	foldWrites = 4096      // unless it holds so many writes
)

func (l *log) reset() {
	*l = log{list: l.list[:0], low: math.MaxInt64, arena: l.arena[:0], foldAt: foldBytes, spare: l.spare}
}

// record adds a write that has just changed the cache: the bytes [off, end), with
// images of the sectors [first, last).
func (f *inode) record(seq uint64, off, end, before, first, last int64) {
	l := &f.log
	l.list = append(l.list, write{
		seq: seq, since: seq, off: off, end: end, cut: min(before, f.cache.size), size: f.cache.size,
		first: first, count: last - first, at: l.base + int64(len(l.arena)),
	})
	l.arena = f.cache.appendTo(l.arena, first<<f.shift, last<<f.shift)
	l.low = min(l.low, off)
}

// image is the k-th image of a write.
func (l *log) image(w *write, k int64, shift uint8) []byte {
	at := w.at - l.base + k<<shift
	return l.arena[at : at+1<<shift]
}

// apply brings m, which is at the moment before the write, to the moment after it.
func (f *inode) apply(m *image, w *write) {
	if m.size > w.cut {
		m.resize(w.cut)
	}
	m.resize(w.size)
	if w.sparse == nil {
		at := w.at - f.log.base
		m.writeAt(f.log.arena[at:at+w.count<<f.shift], w.first<<f.shift)
		return
	}
	for k, s := range w.sparse {
		m.put(s, f.log.image(w, int64(k), f.shift), f.shift)
	}
}

// upTo is how many of the writes were made up to the operation seq.
func (l *log) upTo(seq uint64) int {
	n := len(l.list)
	if n == 0 || l.list[n-1].seq <= seq {
		return n
	}
	n, _ = slices.BinarySearchFunc(l.list, seq+1, func(w write, seq uint64) int { return cmp.Compare(w.seq, seq) })
	return n
}

// drop forgets the writes list[i:j].
func (l *log) drop(i, j int) {
	if i == 0 && j == len(l.list) {
		l.reset()
		return
	}
	l.list = slices.Delete(l.list, i, j)
	l.low = math.MaxInt64
	for k := range l.list {
		l.low = min(l.low, l.list[k].off)
	}
	if dead := l.list[0].at - l.base; dead > int64(len(l.arena))/2 {
		l.arena = l.arena[:copy(l.arena, l.arena[dead:])]
		l.base += dead
	}
}

// version is one image of a sector among the pending writes.
type version struct {
	sector int64
	op     int // which write of the list
	image  []byte
}

// versions lists all images of the first n writes, by sector, and for each sector in
// the order of the writes.
func (f *inode) versions(n int) []version {
	images := int64(0)
	for i := range f.log.list[:n] {
		images += f.log.list[i].count
	}
	vs := make([]version, 0, images)
	for i := range f.log.list[:n] {
		w := &f.log.list[i]
		for k := range w.count {
			vs = append(vs, version{w.sector(k), i, f.log.image(w, k, f.shift)})
		}
	}
	slices.SortFunc(vs, func(a, b version) int {
		return cmp.Or(cmp.Compare(a.sector, b.sector), cmp.Compare(a.op, b.op))
	})
	return vs
}

// due tells whether the log has become so long that it should be folded. A file that is
// never synced would otherwise keep every version of each of its sectors for ever.
func (l *log) due() bool { return len(l.arena) >= l.foldAt || len(l.list) >= foldWrites }

// fold makes one write of all that are pending, which keeps the latest image of each
// sector. From then on there is no moment between them that a crash could return to.
func (f *inode) fold() {
	l := &f.log
	ws := l.list
	all := write{off: math.MaxInt64, cut: math.MaxInt64, sparse: []int64{}}
	for i := range ws {
		all.cut = min(all.cut, ws[i].cut)
		all.off, all.end = min(all.off, ws[i].off), max(all.end, ws[i].end)
	}
	last := ws[len(ws)-1]
	all.since, all.seq, all.size = ws[0].since, last.seq, last.size

	arena := l.spare[:0]
	cuts := l.cuts()
	vs := f.versions(len(ws))
	for i, v := range vs {
		if i+1 < len(vs) && vs[i+1].sector == v.sector {
			continue
		}
		if kept := cuts[v.op] - v.sector<<f.shift; kept > 0 {
			all.sparse = append(all.sparse, v.sector)
			arena = append(arena, v.image...)
			if kept < 1<<f.shift {
				clear(arena[len(arena)-1<<f.shift+int(kept):])
			}
		}
	}
	all.count = int64(len(all.sparse))
	*l = log{
		list: append(ws[:0], all), low: all.off, arena: arena, spare: l.arena[:0],
		foldAt: foldBytes + 2*len(arena),
	}
}

// cuts tells for each write from which byte on later writes have cut its content off.
func (l *log) cuts() []int64 {
	cuts := make([]int64, len(l.list))
	cut := int64(math.MaxInt64)
	for i := len(cuts) - 1; i >= 0; i-- {
		cuts[i] = cut
		cut = min(cut, l.list[i].cut)
	}
	return cuts
}
