package vdisk

import (
	"io"
	"io/fs"

	"orrery/nodes"
)

// ReadFile returns a file's whole content, as [nodes.Disk] has it.
func (d *Disk) ReadFile(name string) ([]byte, error) {
	f := d.names.get(name)
	if f == nil {
		return nil, missing("read", name)
	}
	return f.cache.bytes(), nil
}

// ReadAt fills p from the offset, as [nodes.Disk] has it: n < len(p) only with an
// error, io.EOF at the end of the file.
func (d *Disk) ReadAt(name string, p []byte, off int64) (n int, err error) {
	f := d.names.get(name)
	if f == nil {
		return 0, missing("read", name)
	}
	if off < 0 {
		return 0, fail("read", name, fs.ErrInvalid)
	}
	n = len(f.cache.appendTo(p[:0], off, min(f.cache.size, off+int64(len(p)))))
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Size is the file's length in bytes.
func (d *Disk) Size(name string) (int64, error) {
	f := d.names.get(name)
	if f == nil {
		return 0, missing("stat", name)
	}
	return f.cache.size, nil
}

// WriteAt writes p at the offset, creates the file if there is none, and lengthens it
// as needed; a gap reads as zeros. Either all of p is written or none:
// [nodes.ErrNoSpace] if the disk is full.
func (d *Disk) WriteAt(name string, p []byte, off int64) error {
	if off < 0 {
		return fail("write", name, fs.ErrInvalid)
	}
	return d.write("write", name, d.names.get(name), p, off)
}

// Append writes p at the end of the file, which it creates if there is none.
// Either all of p is written or none: [nodes.ErrNoSpace] if the disk is full.
func (d *Disk) Append(name string, p []byte) error {
	f := d.names.get(name)
	if f == nil {
		return d.write("append", name, nil, p, 0)
	}
	return d.write("append", name, f, p, f.cache.size)
}

func (d *Disk) write(op, name string, f *inode, p []byte, off int64) error {
	var before int64
	if f != nil {
		before = f.cache.size
	}
	if len(p) > 0 && (off > MaxFileSize || !d.hasRoom(before, off+int64(len(p)))) {
		return fail(op, name, nodes.ErrNoSpace)
	}
	if f == nil {
		var err error
		if f, err = d.create(op, name); err != nil {
			return err
		}
	}
	if len(p) == 0 {
		return nil // as in POSIX, it does not lengthen the file either
	}
	end := off + int64(len(p))
	if end > before {
		f.cache.resize(end)
		d.used += end - before
	}
	f.cache.writeAt(p, off)
	d.changed(f, min(off, before), end, before, off>>f.shift, ceil(end, f.shift))
	return nil
}

// Truncate cuts the file, or lengthens it with zeros, to size bytes.
func (d *Disk) Truncate(name string, size int64) error {
	f := d.names.get(name)
	switch {
	case f == nil:
		return missing("truncate", name)
	case size < 0:
		return fail("truncate", name, fs.ErrInvalid)
	case size == f.cache.size:
		return nil
	case !d.hasRoom(f.cache.size, size):
		return fail("truncate", name, nodes.ErrNoSpace)
	}
	before := f.cache.size
	f.cache.resize(size)
	d.used += size - before
	// It needs no images: what it cut or added is zero in whatever it is applied to.
	d.changed(f, min(size, before), max(size, before), before, 0, 0)
	return nil
}

// changed records an operation on the content of f, which had the size before: it changed
// the bytes [off, end), and left new content in the sectors [first, last).
func (d *Disk) changed(f *inode, off, end, before, first, last int64) {
	assert(f.named, "only a file with a name is written")
	d.seq++
	f.record(d.seq, off, end, before, first, last)
	if f.log.due() && !d.inFlight(f) {
		f.fold()
	}
}
