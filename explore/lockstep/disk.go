package lockstep

import (
	"io"
	"slices"
	"strings"

	"orrery/nodes"
)

// disk is a disk that takes no time and forgets nothing: machines stop for good here.
type disk struct {
	files map[string][]byte
	syncs []nodes.Tag // begun and not ended
}

// ReadFile implements nodes.Disk.
func (d *disk) ReadFile(name string) ([]byte, error) {
	p, ok := d.files[name]
	if !ok {
		return nil, nodes.ErrNotExist
	}
	return slices.Clone(p), nil
}

// ReadAt implements nodes.Disk.
func (d *disk) ReadAt(name string, p []byte, off int64) (int, error) {
	f, ok := d.files[name]
	switch {
	case !ok:
		return 0, nodes.ErrNotExist
	case off >= int64(len(f)):
		return 0, io.EOF
	}
	n := copy(p, f[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements nodes.Disk.
func (d *disk) WriteAt(name string, p []byte, off int64) error {
	if end := off + int64(len(p)); end > int64(len(d.files[name])) {
		d.resize(name, end)
	}
	copy(d.files[name][off:], p)
	return nil
}

func (d *disk) resize(name string, size int64) {
	f := make([]byte, size)
	copy(f, d.files[name])
	d.files[name] = f
}

// Append implements nodes.Disk.
func (d *disk) Append(name string, p []byte) error {
	d.files[name] = append(d.files[name], p...)
	return nil
}

// Truncate implements nodes.Disk.
func (d *disk) Truncate(name string, size int64) error { d.resize(name, size); return nil }

// Size implements nodes.Disk.
func (d *disk) Size(name string) (int64, error) {
	p, ok := d.files[name]
	if !ok {
		return 0, nodes.ErrNotExist
	}
	return int64(len(p)), nil
}

// Rename implements nodes.Disk.
func (d *disk) Rename(oldName, newName string) error {
	p, ok := d.files[oldName]
	if !ok {
		return nodes.ErrNotExist
	}
	delete(d.files, oldName)
	d.files[newName] = p
	return nil
}

// Remove implements nodes.Disk.
func (d *disk) Remove(name string) error {
	if _, ok := d.files[name]; !ok {
		return nodes.ErrNotExist
	}
	delete(d.files, name)
	return nil
}

// List implements nodes.Disk.
func (d *disk) List(dir string) ([]string, error) {
	var names []string
	for name := range d.files {
		if dir == "" || strings.HasPrefix(name, dir+"/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Sync implements nodes.Disk: it ends when the handler does.
func (d *disk) Sync(_ string, tag nodes.Tag) { d.syncs = append(d.syncs, tag) }

// SyncDir implements nodes.Disk.
func (d *disk) SyncDir(_ string, tag nodes.Tag) { d.syncs = append(d.syncs, tag) }
