package vdisk

// pool is the pages of a disk that no file needs at present, for those that need some next:
// a log that is begun anew again and again costs no memory but for its first life.
type pool struct {
	shift uint8 // log2 of the size of a page
	free  [][]byte
	logs  []log      // of files that are gone: empty, with room
	lists [][][]byte // of pages, the same
}

const (
	// pageSectors is log2 of how many sectors a page has. They are few because most files are
	// small, and because a page is copied when it is written to after a sync.
	pageSectors = 2
	firstPages  = 8 // for so many there is room at once
	maxSector   = 1 << 16
)

// blank is what was never written.
var blank [maxSector << pageSectors]byte

// newPool makes a pool for a disk of such sectors.
func newPool(sectorShift uint8) *pool { return &pool{shift: sectorShift + pageSectors} }

// take returns a page with anything in it.
func (p *pool) take() []byte {
	n := len(p.free) - 1
	if n < 0 {
		return make([]byte, 1<<p.shift)
	}
	page := p.free[n]
	p.free = p.free[:n]
	return page
}

// takeBlank returns a page of zeros.
func (p *pool) takeBlank() []byte {
	if len(p.free) == 0 {
		return make([]byte, 1<<p.shift)
	}
	page := p.take()
	clear(page)
	return page
}

// put takes a page back, or nil.
func (p *pool) put(page []byte) {
	if page != nil {
		p.free = append(p.free, page)
	}
}

func (p *pool) mask() int64 { return 1<<p.shift - 1 }

// pageEnd is the end of the page that the byte at off is in.
func (p *pool) pageEnd(off int64) int64 { return (off | p.mask()) + 1 }

// takeLog returns an empty log, with the room of one that is gone if there is one. Files that are written anew and renamed over the
// one before, as checkpoints are, would otherwise each make room from the beginning.
func (p *pool) takeLog() log {
	var l log
	if n := len(p.logs) - 1; n >= 0 {
		l, p.logs = p.logs[n], p.logs[:n]
	}
	l.reset()
	return l
}

// putLog takes a log's room, if nothing is in it, and leaves an empty one.
func (p *pool) putLog(l *log) {
	if len(l.list) == 0 && cap(l.list) > 0 {
		p.logs = append(p.logs, *l)
		*l = log{}
		l.reset()
	}
}

// takeList returns room for a list of n pages, and a few at least.
func (p *pool) takeList(n int) [][]byte {
	if k := len(p.lists) - 1; k >= 0 && cap(p.lists[k]) >= n {
		list := p.lists[k]
		p.lists = p.lists[:k]
		return list
	}
	return make([][]byte, 0, max(n, firstPages))
}

// putList takes the room of a list of no pages.
func (p *pool) putList(list [][]byte) {
	if cap(list) > 0 {
		p.lists = append(p.lists, list[:0])
	}
}
