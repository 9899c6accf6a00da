package vdisk

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
)

var (
	errNotDir = errors.New("not a directory")
	errIsDir  = errors.New("is a directory")
)

// tree is a table of names. A file counts the names that lead to it.
type tree struct {
	byName map[string]*inode // for look-up alone: all iteration is over sorted
	sorted []string
}

func newTree() tree { return tree{byName: map[string]*inode{}} }

func (t *tree) get(name string) *inode { return t.byName[name] }

func (t *tree) set(name string, f *inode) {
	if old, ok := t.byName[name]; ok {
		old.refs--
	} else {
		i, _ := slices.BinarySearch(t.sorted, name)
		t.sorted = slices.Insert(t.sorted, i, name)
	}
	t.byName[name] = f
	f.refs++
}

func (t *tree) del(name string) {
	if old, ok := t.byName[name]; ok {
		old.refs--
		i, _ := slices.BinarySearch(t.sorted, name)
		t.sorted = slices.Delete(t.sorted, i, i+1)
		delete(t.byName, name)
	}
}

// below is the part of the sorted names that lies in a directory or deeper.
func (t *tree) below(dir string) []string { return below(t.sorted, dir) }

func below(sorted []string, dir string) []string {
	if dir == "" {
		return sorted
	}
	i, _ := slices.BinarySearch(sorted, dir+"/")
	j, _ := slices.BinarySearch(sorted, dir+"0") // '0' follows '/'
	return sorted[i:j]
}

// nameOp is an operation on names: a file got newName, or lost oldName, or both in one.
type nameOp struct {
	seq              uint64
	oldName, newName string // "" for none
	file             *inode // what newName stands for
	parked           bool   // given up by a failed sync, until its directory changes again
	picked           bool   // a mark for [journal.pick]
}

// names are the names that it has given or taken.
func (o *nameOp) names() []string {
	return twoOf(o.oldName, o.newName, o.oldName != "", o.newName != "")
}

// dirs are the directories in which it has changed a name.
func (o *nameOp) dirs() []string {
	return twoOf(parent(o.oldName), parent(o.newName), o.oldName != "", o.newName != "")
}

// twoOf is those of two strings that there are, each once.
func twoOf(a, b string, hasA, hasB bool) []string {
	switch {
	case !hasA:
		return []string{b}
	case !hasB || a == b:
		return []string{a}
	}
	return []string{a, b}
}

func (o *nameOp) applyTo(t *tree) {
	if o.oldName != "" {
		t.del(o.oldName)
	}
	if o.newName != "" {
		t.set(o.newName, o.file)
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

func parent(name string) string {
	return name[:max(0, strings.LastIndexByte(name, '/'))]
}

// note adds a name operation that has just changed d.names to the journal.
func (d *Disk) note(o nameOp) {
	d.seq++
	o.seq = d.seq
	for i := 0; d.journal.parked > 0 && i < len(d.journal.ops); i++ {
		if p := d.journal.ops[i]; p.parked && o.rewrites(p) {
			p.parked = false
			d.journal.parked--
		}
	}
	if o.file != nil {
		o.file.refs++
	}
	d.journal.add(&o)
}

// checkNew tells why a file of this name cannot come into being.
func (d *Disk) checkNew(op, name string) error {
	if !fs.ValidPath(name) || name == "." {
		return fail(op, name, fs.ErrInvalid)
	}
	if len(d.names.below(name)) > 0 {
		return fail(op, name, errIsDir)
	}
	for dir := parent(name); dir != ""; dir = parent(dir) {
		if d.names.get(dir) != nil {
			return fail(op, name, errNotDir)
		}
	}
	return nil
}

// Rename gives a file another name, and replaces a file of that name in one step.
func (d *Disk) Rename(oldName, newName string) error {
	f := d.names.get(oldName)
	if f == nil {
		return missing("rename", oldName)
	}
	if oldName == newName {
		return nil
	}
	if err := d.checkNew("rename", newName); err != nil {
		return err
	}
	if replaced := d.names.get(newName); replaced != nil {
		replaced.named = false
		d.used -= replaced.cache.size
	}
	o := nameOp{oldName: oldName, newName: newName, file: f}
	o.applyTo(&d.names)
	d.note(o)
	return nil
}

// Remove deletes a file's name.
func (d *Disk) Remove(name string) error {
	f := d.names.get(name)
	if f == nil {
		return missing("remove", name)
	}
	f.named = false
	d.used -= f.cache.size
	o := nameOp{oldName: name}
	o.applyTo(&d.names)
	d.note(o)
	return nil
}

// List returns the names of all files below a directory ("" for all), sorted. They are
// whole names, as the other methods take them.
func (d *Disk) List(dir string) ([]string, error) {
	return slices.Clone(d.names.below(dir)), nil
}
