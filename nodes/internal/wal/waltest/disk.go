package waltest

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"orrery/nodes"
)

const sectorSize = 512

// Disk is a nodes.Disk. The zero value is an empty one. It is for one test
// goroutine.
type Disk struct {
	names   map[string]*file // as the process sees them
	durable map[string]*file // as they are after a crash
	pending []pending
	begun   uint64 // numbers the syncs
	dirAt   uint64 // the sync that durable is from
	// Fail is the error that the next write reports, once; nil means none. Part of what
	// it would have written is written.
	Fail error
}

type file struct {
	data   []byte // the page cache
	synced []byte // on the medium
	at     uint64 // the sync that synced is from
}

// pending is a sync that has begun and not ended.
type pending struct {
	n    uint64
	tag  nodes.Tag
	dir  bool
	file *file
	data []byte           // the file's content when the sync began
	ents map[string]*file // the names when the sync began
}

func (d *Disk) open(name string, create bool) (*file, error) {
	f := d.names[name]
	if f == nil && create {
		if d.names == nil {
			d.names = map[string]*file{}
		}
		f = &file{}
		d.names[name] = f
	}
	if f == nil {
		return nil, fmt.Errorf("%s: %w", name, nodes.ErrNotExist)
	}
	return f, nil
}

// ReadFile implements nodes.Disk.
func (d *Disk) ReadFile(name string) ([]byte, error) {
	f, err := d.open(name, false)
	if err != nil {
		return nil, err
	}
	return slices.Clone(f.data), nil
}

// ReadAt implements nodes.Disk.
func (d *Disk) ReadAt(name string, p []byte, off int64) (int, error) {
	f, err := d.open(name, false)
	if err != nil {
		return 0, err
	}
	if off >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements nodes.Disk.
func (d *Disk) WriteAt(name string, p []byte, off int64) error {
	f, err := d.open(name, true)
	if err != nil {
		return err
	}
	failed := d.Fail
	if d.Fail = nil; failed != nil {
		p = p[:len(p)/2]
	}
	if end := int(off) + len(p); end > len(f.data) {
		f.data = append(f.data, make([]byte, end-len(f.data))...)
	}
	copy(f.data[off:], p)
	return failed
}

// Append implements nodes.Disk.
func (d *Disk) Append(name string, p []byte) error {
	size, _ := d.Size(name)
	return d.WriteAt(name, p, size)
}

// Truncate implements nodes.Disk.
func (d *Disk) Truncate(name string, size int64) error {
	f, err := d.open(name, true)
	if err != nil {
		return err
	}
	f.data = resize(f.data, int(size))
	return nil
}

func resize(p []byte, size int) []byte {
	if size <= len(p) {
		return slices.Clone(p[:size])
	}
	return append(slices.Clone(p), make([]byte, size-len(p))...)
}

// Size implements nodes.Disk.
func (d *Disk) Size(name string) (int64, error) {
	f, err := d.open(name, false)
	if err != nil {
		return 0, err
	}
	return int64(len(f.data)), nil
}

// Rename implements nodes.Disk.
func (d *Disk) Rename(oldName, newName string) error {
	f, err := d.open(oldName, false)
	if err != nil {
		return err
	}
	delete(d.names, oldName)
	d.names[newName] = f
	return nil
}

// Remove implements nodes.Disk.
func (d *Disk) Remove(name string) error {
	if _, err := d.open(name, false); err != nil {
		return err
	}
	delete(d.names, name)
	return nil
}

// List implements nodes.Disk.
func (d *Disk) List(dir string) ([]string, error) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		if strings.HasPrefix(name, dir) {
			names = append(names, name)
		}
	}
	return names, nil
}

// Sync implements nodes.Disk.
func (d *Disk) Sync(name string, tag nodes.Tag) {
	f, _ := d.open(name, true)
	d.begun++
	d.pending = append(d.pending, pending{n: d.begun, tag: tag, file: f, data: slices.Clone(f.data)})
}

// SyncDir implements nodes.Disk.
func (d *Disk) SyncDir(_ string, tag nodes.Tag) {
	d.begun++
	d.pending = append(d.pending, pending{n: d.begun, tag: tag, dir: true, ents: maps.Clone(d.names)})
}

// Pending is how many syncs are under way.
func (d *Disk) Pending() int { return len(d.pending) }

// End ends the i-th of the syncs that are under way, and returns its tag. What a later
// sync has made durable stays so.
func (d *Disk) End(i int) nodes.Tag {
	p := d.pending[i]
	d.pending = slices.Delete(d.pending, i, i+1)
	switch {
	case p.dir && p.n > d.dirAt:
		d.durable, d.dirAt = p.ents, p.n
	case !p.dir && p.n > p.file.at:
		p.file.synced, p.file.at = p.data, p.n
	}
	return p.tag
}

// Durable is how many bytes of a file are certain to survive a crash, and whether its
// name is. It is -1 for a file that there is not.
func (d *Disk) Durable(name string) (size int64, named bool) {
	f := d.names[name]
	if f == nil {
		f = d.durable[name]
	}
	if f == nil {
		return -1, false
	}
	return int64(len(f.synced)), d.durable[name] == f
}

// Flip changes bits of the byte at off of a file, on the medium and in the cache.
func (d *Disk) Flip(name string, off int64, bits byte) {
	f := d.names[name]
	for _, p := range [][]byte{f.data, f.synced} {
		if off < int64(len(p)) {
			p[off] ^= bits
		}
	}
}

// Kill is the end of the process alone: the page cache stays, and is no more durable than it was.
func (d *Disk) Kill() { d.pending = nil }

// Crash loses what was not synced. choose(n) returns one of 0 … n-1 and decides
// about each file's length, each sector and each name that is not certain: 0 is the
// kindest choice, in which everything survives.
func (d *Disk) Crash(choose func(n int) int) {
	d.pending = nil
	after := map[string]*file{}
	for _, name := range d.everyName() {
		now, was := d.names[name], d.durable[name]
		f := now
		if now != was && choose(2) == 1 {
			f = was
		}
		if f != nil {
			after[name] = f
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		f := after[name]
		f.data = crashed(f.synced, f.data, choose)
		f.synced = slices.Clone(f.data)
	}
	d.names, d.durable = after, maps.Clone(after)
}

func (d *Disk) everyName() []string {
	all := map[string]*file{}
	maps.Copy(all, d.names)
	maps.Copy(all, d.durable)
	return slices.Sorted(maps.Keys(all))
}

// crashed mixes the two images, sector by sector.
func crashed(synced, data []byte, choose func(int) int) []byte {
	size := len(data)
	if len(data) != len(synced) {
		switch choose(3) {
		case 1:
			size = len(synced)
		case 2:
			size = (len(data) + len(synced)) / 2
		}
	}
	old, now := resize(synced, size), resize(data, size)
	out := slices.Clone(now)
	for at := 0; at < size; at += sectorSize {
		end := min(at+sectorSize, size)
		if slices.Equal(old[at:end], now[at:end]) {
			continue
		}
		switch choose(5) {
		case 1, 2:
			copy(out[at:end], old[at:end])
		case 3: // torn: the front half is new
			copy(out[(at+end)/2:end], old[(at+end)/2:end])
		case 4: // garbage
			for i := at; i < end; i++ {
				out[i] = byte(i*31 + 7)
			}
		}
	}
	return out
}
