package vdisk

import (
	"cmp"
	"slices"
)

// journal is the operations on names that are not durable, in their order. It finds those in a directory, and those that
// concern a name, without looking at the others: there may be thousands, and a sync makes a few of them durable.
type journal struct {
	ops    []*nameOp
	names  map[string][]*nameOp // by the names that they have given or taken
	sorted []string             // those names: all iteration is over them, and over lists in order
	dirs   map[string][]*nameOp // by the directories in which they have changed a name
	parked int                  // how many are
}

func newJournal() journal {
	return journal{names: map[string][]*nameOp{}, dirs: map[string][]*nameOp{}}
}

// add adds the newest operation.
func (j *journal) add(o *nameOp) {
	j.ops = append(j.ops, o)
	for _, name := range o.names() {
		list := j.names[name]
		if len(list) == 0 {
			i, _ := slices.BinarySearch(j.sorted, name)
			j.sorted = slices.Insert(j.sorted, i, name)
		}
		j.names[name] = append(list, o)
	}
	for _, dir := range o.dirs() {
		j.dirs[dir] = append(j.dirs[dir], o)
	}
}

// remove removes operations, which are given in their order.
func (j *journal) remove(picked []*nameOp) {
	if len(picked) == 0 {
		return
	}
	j.cut(picked)
	for _, o := range picked {
		for _, name := range o.names() {
			if drop(j.names, name, o) {
				i, _ := slices.BinarySearch(j.sorted, name)
				j.sorted = slices.Delete(j.sorted, i, i+1)
			}
		}
		for _, dir := range o.dirs() {
			drop(j.dirs, dir, o)
		}
		if o.parked {
			j.parked--
		}
	}
}

// cut takes operations out of the list: what lies between two of them moves as a whole.
func (j *journal) cut(picked []*nameOp) {
	at := make([]int, 0, len(picked)+1)
	for _, o := range picked {
		i, ok := slices.BinarySearchFunc(j.ops, o.seq, func(p *nameOp, seq uint64) int { return cmp.Compare(p.seq, seq) })
		assert(ok, "an operation that is not durable is in the journal")
		at = append(at, i)
	}
	to := at[0]
	for k, end := range append(at[1:], len(j.ops)) {
		to += copy(j.ops[to:], j.ops[at[k]+1:end])
	}
	clear(j.ops[to:])
	j.ops = j.ops[:to]
}

// drop takes an operation, mostly the first, out of a list, and the list out of its table when it is empty, which it reports.
func drop(table map[string][]*nameOp, key string, o *nameOp) (empty bool) {
	list := table[key]
	i := slices.Index(list, o)
	assert(i >= 0, "the journal finds an operation by all its names and directories")
	if i == 0 {
		list = list[1:]
	} else {
		list = slices.Delete(list, i, i+1)
	}
	if len(list) == 0 {
		delete(table, key)
		return true
	}
	table[key] = list
	return false
}

// reset forgets all.
func (j *journal) reset() { *j = newJournal() }

// clone copies the journal; copyOf copies a file.
func (j *journal) clone(copyOf func(*inode) *inode) journal {
	c := newJournal()
	c.parked = j.parked
	for _, o := range j.ops {
		p := *o
		p.file = copyOf(o.file)
		c.add(&p)
	}
	return c
}

// pick finds the operations up to mark on a directory's names, and those that they follow on, in their order.
func (j *journal) pick(dir string, mark uint64) (picked []*nameOp) {
	for _, o := range j.dirs[dir] {
		if o.seq <= mark && !o.parked {
			o.picked = true
			picked = append(picked, o)
		}
	}
	for i := 0; i < len(picked); i++ {
		o := picked[i]
		j.related(o, func(p *nameOp) {
			if p.seq < o.seq && !p.picked {
				p.picked = true
				picked = append(picked, p)
			}
		})
	}
	slices.SortFunc(picked, func(a, b *nameOp) int { return cmp.Compare(a.seq, b.seq) })
	for _, o := range picked {
		o.picked = false
	}
	return picked
}

// related visits the operations with which o has a name in common, or one's name of which is a directory in the other's.
func (j *journal) related(o *nameOp, visit func(*nameOp)) {
	for _, name := range o.names() {
		for at := name; at != ""; at = parent(at) {
			for _, p := range j.names[at] {
				visit(p)
			}
		}
		for _, deeper := range below(j.sorted, name) {
			for _, p := range j.names[deeper] {
				visit(p)
			}
		}
	}
}
