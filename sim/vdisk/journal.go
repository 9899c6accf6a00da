package vdisk

import (
	"cmp"
	"slices"
	"strings"
)

// nameOp is an operation on names: a file got newName, or lost oldName, or both in one.
type nameOp struct {
	seq              uint64
	oldName, newName string // "" for none
	from, to         *entry // of these names; nil for none
	file             *inode // what newName stands for
	parked           bool   // given up by a failed sync, until its directory changes again
	picked           bool   // a mark for [journal.pick]
}

// names are the entries of the names that it has given or taken, each once; nil for none.
func (o *nameOp) names() [2]*entry { return [2]*entry{o.from, o.to} }

// dirs are the directories in which it has changed a name, each once; nil for none.
func (o *nameOp) dirs() [2]*entry {
	switch {
	case o.from == nil:
		return [2]*entry{nil, o.to.up}
	case o.to == nil || o.from.up == o.to.up:
		return [2]*entry{o.from.up, nil}
	}
	return [2]*entry{o.from.up, o.to.up}
}

// applyNow has the machine see what the operation has done.
func (o *nameOp) applyNow() {
	if o.from != nil {
		o.from.setNow(nil)
	}
	if o.to != nil {
		o.to.setNow(o.file)
	}
}

// applyKept makes the operation durable.
func (o *nameOp) applyKept() {
	if o.from != nil {
		o.from.setKept(nil)
	}
	if o.to != nil {
		o.to.setKept(o.file)
	}
}

// in tells whether it changed a name in the directory itself.
func (o *nameOp) in(dir string) bool {
	return o.oldName != "" && parent(o.oldName) == dir || o.newName != "" && parent(o.newName) == dir
}

// follows tells whether o can only have happened after p, which was made before it:
// they have a name in common, or one's name is a directory in the other's.
func (o *nameOp) follows(p *nameOp) bool {
	return related(o.oldName, p.oldName) || related(o.oldName, p.newName) ||
		related(o.newName, p.oldName) || related(o.newName, p.newName)
}

// rewrites tells whether making o durable writes the earlier p again: a directory is
// written as it is, with what a failed sync had given up.
func (o *nameOp) rewrites(p *nameOp) bool {
	return o.oldName != "" && p.in(parent(o.oldName)) ||
		o.newName != "" && p.in(parent(o.newName)) || o.follows(p)
}

func related(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	return strings.HasPrefix(b, a) && (len(a) == len(b) || b[len(a)] == '/')
}

// journal is the operations on names that are not durable, in their order. Those in a directory, and those that concern a name, are with
// the entries of these: there may be thousands, and a sync makes a few of them durable.
type journal struct {
	ops    []*nameOp
	parked int       // how many are
	spare  []*nameOp // that are over, for the next ones
	found  []*nameOp // what pick has found last
}

// add adds the newest operation.
func (j *journal) add(o nameOp) {
	var p *nameOp
	if n := len(j.spare) - 1; n >= 0 {
		p, j.spare = j.spare[n], j.spare[:n]
	} else {
		p = new(nameOp)
	}
	*p = o
	j.ops = append(j.ops, p)
	for _, e := range p.names() {
		if e == nil {
			continue
		}
		e.ops.add(p)
		for up := e.up; up != nil; up = up.up {
			up.waiting++
		}
	}
	for _, dir := range p.dirs() {
		if dir != nil {
			dir.changed.add(p)
		}
	}
}

// remove removes operations, which are given in their order.
func (j *journal) remove(picked []*nameOp) {
	if len(picked) == 0 {
		return
	}
	j.cut(picked)
	for _, o := range picked {
		for _, e := range o.names() {
			if e == nil {
				continue
			}
			e.ops.drop(o)
			for up := e.up; up != nil; up = up.up {
				up.waiting--
			}
		}
		for _, dir := range o.dirs() {
			if dir != nil {
				dir.changed.drop(o)
			}
		}
		if o.parked {
			j.parked--
		}
		*o = nameOp{}
		j.spare = append(j.spare, o)
	}
}

// cut takes operations out of the list: what lies between two of them moves as a whole.
func (j *journal) cut(picked []*nameOp) {
	to, from := -1, 0
	for _, o := range picked {
		i, ok := slices.BinarySearchFunc(j.ops[from:], o.seq, func(p *nameOp, seq uint64) int { return cmp.Compare(p.seq, seq) })
		assert(ok, "an operation that is not durable is in the journal")
		if i += from; to < 0 {
			to = i
		} else {
			to += copy(j.ops[to:], j.ops[from:i])
		}
		from = i + 1
	}
	to += copy(j.ops[to:], j.ops[from:])
	clear(j.ops[to:])
	j.ops = j.ops[:to]
}

// pick finds the operations up to mark on a directory's names, and those that they follow on, in their order. What it returns is
// valid until the next call.
func (t *table) pick(j *journal, dir string, mark uint64) []*nameOp {
	picked := j.found[:0]
	if at := t.at(dir); at != nil {
		for _, o := range at.changed.ops() {
			if o.seq <= mark && !o.parked {
				o.picked = true
				picked = append(picked, o)
			}
		}
	}
	ordered := true
	for i := 0; i < len(picked); i++ {
		o := picked[i]
		before := func(ops []*nameOp) {
			for _, p := range ops {
				if p.seq >= o.seq {
					return
				}
				if !p.picked {
					p.picked, ordered = true, false
					picked = append(picked, p)
				}
			}
		}
		for _, name := range o.names() {
			if name == nil {
				continue
			}
			for at := name; at.up != nil; at = at.up {
				before(at.ops.ops())
			}
			if name.waiting > 0 {
				for _, deeper := range t.below(name.path) {
					before(deeper.ops.ops())
				}
			}
		}
	}
	if !ordered {
		slices.SortFunc(picked, func(a, b *nameOp) int { return cmp.Compare(a.seq, b.seq) })
	}
	for _, o := range picked {
		o.picked = false
	}
	j.found = picked
	return picked
}
