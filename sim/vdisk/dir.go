package vdisk

import (
	"errors"
	"io/fs"
	"strings"
)

var (
	errNotDir = errors.New("not a directory")
	errIsDir  = errors.New("is a directory")
)

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
	d.journal.add(o)
}

// place is the entry of a name that a file can have, or tells why none can.
func (d *Disk) place(op, name string) (*entry, error) {
	e := d.names.at(name)
	if e == nil && !fs.ValidPath(name) || name == "." || name == "" {
		return nil, fail(op, name, fs.ErrInvalid)
	}
	if e == nil {
		e = d.names.need(name)
	}
	if e.files > 0 {
		return nil, fail(op, name, errIsDir)
	}
	for dir := e.up; dir != nil; dir = dir.up {
		if dir.now != nil {
			return nil, fail(op, name, errNotDir)
		}
	}
	return e, nil
}

// Rename gives a file another name, and replaces a file of that name in one step.
func (d *Disk) Rename(oldName, newName string) error {
	from := d.names.at(oldName)
	if from == nil || from.now == nil {
		return missing("rename", oldName)
	}
	if oldName == newName {
		return nil
	}
	to, err := d.place("rename", newName)
	if err != nil {
		return err
	}
	if replaced := to.now; replaced != nil {
		replaced.named = false
		d.used -= replaced.cache.size
	}
	o := nameOp{oldName: oldName, newName: newName, from: from, to: to, file: from.now}
	o.applyNow()
	d.note(o)
	return nil
}

// Remove deletes a file's name.
func (d *Disk) Remove(name string) error {
	e := d.names.at(name)
	if e == nil || e.now == nil {
		return missing("remove", name)
	}
	e.now.named = false
	d.used -= e.now.cache.size
	o := nameOp{oldName: name, from: e}
	o.applyNow()
	d.note(o)
	return nil
}

// List returns the names of all files below a directory ("" for all), sorted. They are
// whole names, as the other methods take them.
func (d *Disk) List(dir string) ([]string, error) {
	below := d.names.below(dir)
	names := make([]string, 0, len(below))
	for _, e := range below {
		if e.now != nil {
			names = append(names, e.path)
		}
	}
	return names, nil
}
