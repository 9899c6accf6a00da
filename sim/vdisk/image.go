package vdisk

import (
	"bytes"
	"slices"
)

// image is the content of a file: its cache or what is durable of it. It is cut into pages. So a
// file that grows is never copied, what was never written takes no memory, and the two
// images of a file, which are twins, share the pages in which nothing is pending: a sync, if it
// leaves nothing pending, only moves references. Whoever writes to a page that is shared gets a
// copy for itself.
type image struct {
	pages [][]byte // nil for one of zeros alone; zero from size on
	size  int64
	twin  *image
	pool  *pool
}

// resize cuts the image, or lengthens it with zeros.
func (m *image) resize(size int64) {
	n := ceil(size, m.pool.shift)
	for i := n; i < int64(len(m.pages)); i++ {
		m.drop(i)
	}
	if in := size & m.pool.mask(); size < m.size && in > 0 && m.pages[n-1] != nil {
		clear(m.own(n - 1)[in:])
	}
	switch {
	case n > 0 && m.pages == nil:
		m.pages = m.pool.takeList(int(n))
	case n > int64(cap(m.pages)):
		m.pages = slices.Grow(m.pages, max(int(n)-len(m.pages), firstPages))
	}
	m.pages, m.size = m.pages[:n], size // what lies beyond the length is nil
}

// free gives back all memory.
func (m *image) free() {
	m.resize(0)
	m.pool.putList(m.pages)
	m.pages = nil
}

// shares tells whether a page is the twin's as well.
func (m *image) shares(i int64) bool {
	t := m.twin
	return m.pages[i] != nil && i < int64(len(t.pages)) && t.pages[i] != nil && &t.pages[i][0] == &m.pages[i][0]
}

// drop lets go of a page.
func (m *image) drop(i int64) {
	if !m.shares(i) {
		m.pool.put(m.pages[i])
	}
	m.pages[i] = nil
}

// own is a page for writing.
func (m *image) own(i int64) []byte {
	page := m.pages[i]
	switch {
	case page == nil:
		m.pages[i] = m.pool.takeBlank()
	case m.shares(i):
		m.pages[i] = m.pool.take()
		copy(m.pages[i], page)
	}
	return m.pages[i]
}

// span is the bytes [off, end) of one page, for reading alone.
func (m *image) span(off, end int64) []byte {
	page := m.pages[off>>m.pool.shift]
	if page == nil {
		return blank[:end-off]
	}
	in := off & m.pool.mask()
	return page[in : in+end-off]
}

// writeAt puts p at the offset of an image that is long enough.
func (m *image) writeAt(p []byte, off int64) {
	for len(p) > 0 {
		n := copy(m.own(off >> m.pool.shift)[off&m.pool.mask():], p)
		p, off = p[n:], off+int64(n)
	}
}

// appendTo appends the bytes [off, end) to p.
func (m *image) appendTo(p []byte, off, end int64) []byte {
	for off < end {
		next := min(end, m.pool.pageEnd(off))
		p = append(p, m.span(off, next)...)
		off = next
	}
	return p
}

// bytes is a copy of the whole content.
func (m *image) bytes() []byte { return m.appendTo(make([]byte, 0, m.size), 0, m.size) }

// adopt makes the image equal to its twin from the byte low on; below, it is already.
func (m *image) adopt(low int64) {
	m.resize(m.twin.size)
	for i := low >> m.pool.shift; i < int64(len(m.pages)); i++ {
		m.drop(i)
		m.pages[i] = m.twin.pages[i]
	}
}

// copyTo makes an empty image equal to this one.
func (m *image) copyTo(c *image) {
	c.resize(m.size)
	for i, page := range m.pages {
		if page != nil {
			copy(c.own(int64(i)), page)
		}
	}
}

// put copies one sector's content in, as far as the file reaches.
func (m *image) put(sector int64, content []byte, shift uint8) {
	if off := sector << shift; off < m.size {
		m.writeAt(content[:min(m.size-off, 1<<shift)], off)
	}
}

// flip flips bits of one byte.
func (m *image) flip(at int64, mask byte) {
	m.own(at >> m.pool.shift)[at&m.pool.mask()] ^= mask
}

// sector is the content of a sector, for reading alone, with zeros beyond the end of the file;
// nil for a sector that lies wholly beyond it.
func (m *image) sector(s int64, shift uint8) []byte {
	off := s << shift
	if off >= m.size {
		return nil
	}
	return m.span(off, off+1<<shift)
}

// matches tells whether the twin, like the image, has end bytes, and the same.
func (m *image) matches(end int64) bool {
	for off := int64(0); off < end; {
		next := min(end, m.pool.pageEnd(off))
		if !bytes.Equal(m.span(off, next), m.twin.span(off, next)) {
			return false
		}
		off = next
	}
	return true
}

// differing is how many bytes of a sector are in the image and not, or not the same, in
// its twin, or the other way round.
func (m *image) differing(s int64, shift uint8) (n int64) {
	off := s << shift
	either := min(max(m.size, m.twin.size), off+1<<shift)
	both := max(off, min(m.size, m.twin.size, either))
	if off < both {
		x, y := m.span(off, both), m.twin.span(off, both)
		if !bytes.Equal(x, y) {
			for i := range x {
				if x[i] != y[i] {
					n++
				}
			}
		}
	}
	return n + either - both
}

// ceil is how many units of 1<<shift bytes it takes to hold n bytes.
func ceil(n int64, shift uint8) int64 { return (n + 1<<shift - 1) >> shift }
