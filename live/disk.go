package live

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"orrery/nodes"
)

// disk is the node's disk: the files below one directory. It belongs to the loop; only
// fsync runs elsewhere.
type disk struct {
	p    *Process
	root *os.Root // which no name can leave, not by a symbolic link either
	// elsewhere are the roots of names that begin so.
	elsewhere map[string]*os.Root
	files     map[string]*file
	stray     map[*file]bool // without a name any more, kept until their syncs have ended
	used      uint64
	dirs      map[string]*flusher
	slots     chan struct{} // one for each fsync that may run at once
}

// file is an open file.
type file struct {
	f       *os.File
	size    int64
	used    uint64 // when it was last, in uses of the disk
	writes  uint64 // how many there were
	durable uint64 // how many of them a sync has made durable
	sync    flusher
}

const (
	maxOpen  = 256 // files, but for those that wait for a sync
	maxSyncs = 4   // at once
)

func newDisk(p *Process, root *os.Root, elsewhere map[string]*os.Root) *disk {
	return &disk{p: p, root: root, elsewhere: elsewhere, files: map[string]*file{}, stray: map[*file]bool{}, dirs: map[string]*flusher{}, slots: make(chan struct{}, maxSyncs)}
}

// rootOf is the directory below which a name is.
func (d *disk) rootOf(name string) *os.Root {
	for prefix, root := range d.elsewhere {
		if strings.HasPrefix(name, prefix) {
			return root
		}
	}
	return d.root
}

// open returns an open file, and makes one and its directories if create says so.
func (d *disk) open(name string, create bool) (*file, error) {
	d.used++
	if f := d.files[name]; f != nil {
		f.used = d.used
		return f, nil
	}
	if !fs.ValidPath(name) || name == "." {
		return nil, fmt.Errorf("live: file name %q: %w", name, fs.ErrInvalid)
	}
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	root := d.rootOf(name)
	f, err := root.OpenFile(name, flags, 0o640)
	if create && errors.Is(err, fs.ErrNotExist) {
		if err = root.MkdirAll(path.Dir(name), 0o750); err == nil {
			f, err = root.OpenFile(name, flags, 0o640)
		}
	}
	if err != nil {
		return nil, diskError(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, diskError(err)
	}
	d.evict()
	it := &file{f: f, size: info.Size(), used: d.used}
	it.sync = flusher{d: d, run: f.Sync, ended: func() { d.letGo(it) }}
	d.files[name] = it
	return it, nil
}

// evict closes the file that was not used for longest, if too many are open. One with
// writes that are not durable stays: a file that is opened anew may not be told that
// writing its pages has failed.
func (d *disk) evict() {
	if len(d.files) < maxOpen {
		return
	}
	var oldest string
	for name, f := range d.files {
		if f.writes == f.durable && !f.sync.busy && (oldest == "" || f.used < d.files[oldest].used) {
			oldest = name
		}
	}
	if oldest != "" {
		d.files[oldest].f.Close()
		delete(d.files, oldest)
	}
}

// forget takes the name off an open file. Syncs of it that were begun still end.
func (d *disk) forget(name string) {
	if f := d.files[name]; f != nil {
		delete(d.files, name)
		d.stray[f] = true
		d.letGo(f)
	}
}

func (d *disk) letGo(f *file) {
	if d.stray[f] && !f.sync.busy {
		delete(d.stray, f)
		f.f.Close()
	}
}

func (d *disk) close() {
	for _, f := range d.files {
		f.f.Close()
	}
	for f := range d.stray {
		f.f.Close()
	}
}

func (d *disk) writeAt(f *file, p []byte, off int64) error {
	f.writes++
	n, err := f.f.WriteAt(p, off)
	f.size = max(f.size, off+int64(n))
	return diskError(err)
}

// appendTo writes at the end. Of a write that failed nothing stays, so that the next one does
// not follow half a record.
func (d *disk) appendTo(f *file, p []byte) error {
	before := f.size
	err := d.writeAt(f, p, before)
	if err != nil && f.f.Truncate(before) == nil {
		f.size = before
	}
	return err
}

func (d *disk) rename(from, to string) error {
	f, err := d.open(from, false)
	if err != nil {
		return err
	}
	if !fs.ValidPath(to) || to == "." {
		return fmt.Errorf("live: file name %q: %w", to, fs.ErrInvalid)
	}
	if from == to {
		return nil
	}
	root := d.rootOf(from)
	if d.rootOf(to) != root {
		return fmt.Errorf("live: %s and %s are not below one directory: %w", from, to, syscall.EXDEV)
	}
	err = root.Rename(from, to)
	if errors.Is(err, fs.ErrNotExist) {
		if err = root.MkdirAll(path.Dir(to), 0o750); err == nil {
			err = root.Rename(from, to)
		}
	}
	if err != nil {
		return diskError(err)
	}
	d.forget(to)
	delete(d.files, from)
	d.files[to] = f
	return nil
}

// list returns the names of all files below a directory, sorted.
func (d *disk) list(dir string) ([]string, error) {
	if dir == "" {
		dir = "."
	}
	if !fs.ValidPath(dir) {
		return nil, fmt.Errorf("live: directory name %q: %w", dir, fs.ErrInvalid)
	}
	var names []string
	err := fs.WalkDir(d.root.FS(), dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && name != dir && d.rootOf(name) == d.root {
			names = append(names, name)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, diskError(err)
	}
	for prefix, root := range d.elsewhere {
		at := path.Dir(prefix)
		if dir != "." && at != dir && !strings.HasPrefix(at, dir+"/") {
			continue
		}
		entries, err := fs.ReadDir(root.FS(), at)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, diskError(err)
		}
		for _, e := range entries {
			if name := path.Join(at, e.Name()); !e.IsDir() && strings.HasPrefix(name, prefix) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names) // the walk is sorted within each directory, which is another order
	return names, nil
}

// diskError says a device's error in the contract's words. A name that is a directory's, or
// below a file, is no file's.
func diskError(err error) error {
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist), errors.Is(err, io.EOF):
		return err
	case errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w: %w", nodes.ErrNotExist, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%w: %w", nodes.ErrNoSpace, err)
	case errors.Is(err, syscall.EIO):
		return fmt.Errorf("%w: %w", nodes.ErrIO, err)
	}
	return err
}
