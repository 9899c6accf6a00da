package vdisk

import (
	"cmp"
	"slices"
)

// entry is a path, from the first time that a file has it or lies below it: what stands there for the machine, what a crash leaves there
// at worst, and what is between the two. Everything that an operation on names asks of a path it has at hand.
type entry struct {
	path string
	up   *entry // its directory; nil for the top one, whose path is ""
	now  *inode // the file of this name as the machine sees it
	kept *inode // as a crash would leave it at worst

	ops     pending // operations that have given or taken the name and are not durable
	changed pending // and those that have changed a name in this directory
	files   int     // how many names below, in whatever depth, the machine sees
	waiting int     // how many operations there are on names below
	inner   int     // how many entries have this one as their directory
}

// idle tells whether nothing is known of a path that would not be known of any.
func (e *entry) idle() bool {
	return e.now == nil && e.kept == nil && e.inner == 0 && e.ops.empty() && e.changed.empty()
}

// table is all paths of a disk.
type table struct {
	byPath  map[string]*entry // for look-up alone: all iteration is over all
	all     []*entry
	ordered bool // all is sorted by path
	tidyAt  int  // how many entries there are when those that are idle are looked for next
}

const tidyFirst = 64

func newTable() table {
	top := &entry{}
	return table{byPath: map[string]*entry{"": top}, all: []*entry{top}, ordered: true, tidyAt: tidyFirst}
}

// at is the entry of a path, nil if there is none.
func (t *table) at(path string) *entry { return t.byPath[path] }

// get is the file that the machine sees under a name, nil if there is none.
func (t *table) get(name string) *inode {
	if e := t.byPath[name]; e != nil {
		return e.now
	}
	return nil
}

// need is the entry of a path, which is made if there is none.
func (t *table) need(path string) *entry {
	e := t.byPath[path]
	if e == nil {
		if len(t.all) >= t.tidyAt {
			t.tidy()
		}
		e = t.make(path)
	}
	return e
}

func (t *table) make(path string) *entry {
	dir := parent(path)
	up := t.byPath[dir]
	if up == nil {
		up = t.make(dir)
	}
	up.inner++
	e := &entry{path: path, up: up}
	t.byPath[path] = e
	t.ordered = t.ordered && t.all[len(t.all)-1].path < path
	t.all = append(t.all, e)
	return e
}

// tidy forgets the entries that are idle. Names that come and go, as a log's segments do, would otherwise stay for ever.
func (t *table) tidy() {
	for i := len(t.sorted()) - 1; i > 0; i-- { // what lies in a directory follows it
		if e := t.all[i]; e.idle() {
			e.up.inner--
			delete(t.byPath, e.path)
			t.all[i] = nil
		}
	}
	t.all = slices.DeleteFunc(t.all, func(e *entry) bool { return e == nil })
	t.tidyAt = tidyFirst + 2*len(t.all)
}

// sorted is all entries by their paths.
func (t *table) sorted() []*entry {
	if !t.ordered {
		slices.SortFunc(t.all, byPath)
		t.ordered = true
	}
	return t.all
}

func byPath(a, b *entry) int { return cmp.Compare(a.path, b.path) }

// below is the entries of what lies in a directory or deeper.
func (t *table) below(dir string) []*entry {
	all := t.sorted()
	if dir == "" {
		return all[1:]
	}
	from, _ := slices.BinarySearchFunc(all, dir+"/", toPath)
	to, _ := slices.BinarySearchFunc(all, dir+"0", toPath) // '0' follows '/'
	return all[from:to]
}

func toPath(e *entry, path string) int { return cmp.Compare(e.path, path) }

// setNow has the machine see a file, or nil for none, under a name.
func (e *entry) setNow(f *inode) {
	step := 0
	if e.now != nil {
		e.now.refs--
		step--
	}
	if e.now = f; f != nil {
		f.refs++
		step++
	}
	for up := e.up; step != 0 && up != nil; up = up.up {
		up.files += step
	}
}

// setKept has a crash leave a file, or nil for none, under a name.
func (e *entry) setKept(f *inode) {
	if e.kept != nil {
		e.kept.refs--
	}
	if e.kept = f; f != nil {
		f.refs++
	}
}

// pending is operations that are not durable, in their order. Mostly the first ones leave.
type pending struct {
	list []*nameOp
	from int // those before have left
}

func (p *pending) ops() []*nameOp { return p.list[p.from:] }

func (p *pending) empty() bool { return p.from == len(p.list) }

func (p *pending) add(o *nameOp) {
	if p.from > 0 && len(p.list) == cap(p.list) {
		n := copy(p.list, p.list[p.from:])
		clear(p.list[n:])
		p.list, p.from = p.list[:n], 0
	}
	p.list = append(p.list, o)
}

func (p *pending) drop(o *nameOp) {
	i := slices.Index(p.ops(), o)
	assert(i >= 0, "the journal finds an operation by all its names and directories")
	if i > 0 {
		p.list = slices.Delete(p.list, p.from+i, p.from+i+1)
		return
	}
	p.list[p.from] = nil
	if p.from++; p.from == len(p.list) {
		p.list, p.from = p.list[:0], 0
	}
}
