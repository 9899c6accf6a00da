package vdisk_test

import (
	"bytes"
	"maps"
	"slices"

	"orrery/sim/vdisk"
)

const sector = 8 // small, so that a few bytes span several

// model is the naive disk: it keeps every file's whole content after every write, and
// every table of names after every operation on names. It has one directory.
type model struct {
	seq     int
	names   map[string]*file
	durable map[string]*file
	tables  []table // after the operations on names that are not durable
	tabled  int     // begin number of the last directory sync that has ended
	begun   int
}

type table struct {
	seq   int
	names map[string]*file
}

type file struct {
	content []byte
	durable []byte
	states  []state // after the writes that are not durable
	synced  int     // begin number of the last sync that has ended
}

type state struct {
	seq         int
	content     []byte
	first, last int // sectors that the write touched
}

// capture is a sync in flight, in the model and on the disk.
type capture struct {
	begun, seq int
	file       *file // nil for the directory
	content    []byte
	names      map[string]*file
	disk       vdisk.Capture
}

func newModel() *model {
	return &model{names: map[string]*file{}, durable: map[string]*file{}}
}

// renamed notes the table of names after an operation on it.
func (m *model) renamed() {
	m.seq++
	m.tables = append(m.tables, table{m.seq, maps.Clone(m.names)})
}

// open returns the file of a name, and makes it if there is none.
func (m *model) open(name string) *file {
	if m.names[name] == nil {
		m.names[name] = &file{}
		m.renamed()
	}
	return m.names[name]
}

// wrote gives the file new content, in which the bytes [from, to) were written.
func (m *model) wrote(f *file, content []byte, from, to int) {
	m.seq++
	f.content = content
	f.states = append(f.states, state{m.seq, content, from / sector, (to + sector - 1) / sector})
}

func (m *model) writeAt(name string, p []byte, off int) {
	f := m.open(name)
	if len(p) == 0 {
		return
	}
	content := make([]byte, max(len(f.content), off+len(p)))
	copy(content, f.content)
	copy(content[off:], p)
	m.wrote(f, content, off, off+len(p))
}

func (m *model) truncate(name string, size int) {
	f := m.names[name]
	if f == nil || size == len(f.content) {
		return
	}
	content := make([]byte, size)
	copy(content, f.content)
	m.wrote(f, content, 0, 0)
}

func (m *model) rename(from, to string) {
	if m.names[from] != nil && from != to {
		m.names[to] = m.names[from]
		delete(m.names, from)
		m.renamed()
	}
}

func (m *model) remove(name string) {
	if m.names[name] != nil {
		delete(m.names, name)
		m.renamed()
	}
}

func (m *model) begin(f *file) capture {
	m.begun++
	c := capture{begun: m.begun, seq: m.seq, file: f}
	if f != nil {
		c.content = f.content
	} else {
		c.names = maps.Clone(m.names)
	}
	return c
}

func (m *model) end(c capture) {
	switch {
	case c.file == nil && c.begun > m.tabled:
		m.durable, m.tabled = c.names, c.begun
		m.tables = slices.DeleteFunc(m.tables, func(t table) bool { return t.seq <= c.seq })
	case c.file != nil && c.begun > c.file.synced:
		c.file.durable, c.file.synced = c.content, c.begun
		c.file.states = slices.DeleteFunc(c.file.states, func(s state) bool { return s.seq <= c.seq })
	}
}

// at is the content of a file when only the first writes, up to seq, have survived.
func (f *file) at(seq int) []byte {
	content := f.durable
	for _, s := range f.states {
		if s.seq <= seq {
			content = s.content
		}
	}
	return content
}

// image is what a disk holds, by name.
type image map[string]string

// at is the image when only the operations up to seq have survived.
func (m *model) at(seq int) image {
	names := m.durable
	for _, t := range m.tables {
		if t.seq <= seq {
			names = t.names
		}
	}
	im := image{}
	for name, f := range names {
		im[name] = string(f.at(seq))
	}
	return im
}

// withPart is the image before the operation seq, which was a write, and of which the
// given number of leading sectors survived. ok is false if it had not so many.
func (m *model) withPart(seq, sectors int) (im image, ok bool) {
	im = m.at(seq - 1)
	names := m.durable
	for _, t := range m.tables {
		if t.seq < seq {
			names = t.names
		}
	}
	for name, f := range names {
		i := slices.IndexFunc(f.states, func(s state) bool { return s.seq == seq })
		if i < 0 {
			continue
		}
		s := f.states[i]
		if s.first+sectors >= s.last {
			return nil, false
		}
		end := min((s.first+sectors)*sector, len(s.content))
		before := f.at(seq - 1)
		content := bytes.Clone(before)
		if end > len(content) {
			content = append(content, make([]byte, end-len(content))...)
		}
		copy(content[:end], s.content)
		im[name] = string(content)
		return im, true
	}
	return im, sectors == 1 // a write to a file that had lost its name
}

// read reads everything on a disk.
func read(d *vdisk.Disk) image {
	im := image{}
	names, _ := d.List("")
	for _, name := range names {
		content, _ := d.ReadFile(name)
		im[name] = string(content)
	}
	return im
}

// versions are all contents that a file has had since it was durable, that among them.
func (f *file) versions() [][]byte {
	vs := [][]byte{f.durable}
	for _, s := range f.states {
		vs = append(vs, s.content)
	}
	return vs
}

// allows tells whether a crash that keeps any subset of whole sectors may leave this content.
func (f *file) allows(content []byte) bool {
	vs := f.versions()
	if !slices.ContainsFunc(vs, func(v []byte) bool { return len(v) == len(content) }) {
		return false
	}
	for from := 0; from < len(content); from += sector {
		to := min(from+sector, len(content))
		ok := slices.ContainsFunc(vs, func(v []byte) bool {
			// The content of a version, of which the end may have been cut by the size of another.
			return slices.ContainsFunc(vs, func(cut []byte) bool {
				return bytes.Equal(content[from:to], padded(v, from, to, len(v))) ||
					bytes.Equal(content[from:to], padded(v, from, to, len(cut)))
			})
		})
		if !ok {
			return false
		}
	}
	return true
}

// padded is v[from:to] as far as v and size reach, then zeros.
func padded(v []byte, from, to, size int) []byte {
	p := make([]byte, to-from)
	if end := min(size, len(v), to); end > from {
		copy(p, v[from:end])
	}
	return p
}

// keeps tells whether the content still has every byte that was durable, and that no
// pending write has changed since.
func (f *file) keeps(content []byte) bool {
	for i, c := range f.durable {
		untouched := true
		for _, s := range f.states {
			untouched = untouched && i < len(s.content) && s.content[i] == c
		}
		if untouched && (i >= len(content) || content[i] != c) {
			return false
		}
	}
	return true
}
