package vdisk

// image is the content of a file: its cache or what is durable of it.
type image struct {
	buf  []byte // whole sectors; zero from size on, up to the capacity
	size int64
}

func (m *image) bytes() []byte { return m.buf[:m.size] }

// resize cuts the image, or lengthens it with zeros.
func (m *image) resize(size int64, shift uint8) {
	if size < m.size {
		clear(m.buf[size:m.size])
	}
	room := int(ceil(size, shift)) << shift
	if room > cap(m.buf) {
		grown := make([]byte, room, max(room, 2*cap(m.buf)))
		copy(grown, m.buf)
		m.buf = grown
	}
	m.buf = m.buf[:room]
	m.size = size
}

// setTo makes the image equal to another one from the byte low on; below, it is already.
func (m *image) setTo(src *image, low int64, shift uint8) {
	m.resize(src.size, shift)
	if low < src.size {
		copy(m.buf[low:], src.buf[low:])
	}
}

func (m *image) clone() image {
	return image{buf: append([]byte(nil), m.buf...), size: m.size}
}

// put copies one sector's content in, as far as the file reaches.
func (m *image) put(sector int64, content []byte, shift uint8) {
	off := sector << shift
	if off < m.size {
		copy(m.buf[off:m.size], content)
	}
}

// sector is the content of a sector, zeros beyond the end of the file; nil for a sector
// that lies wholly beyond it.
func (m *image) sector(s int64, shift uint8) []byte {
	off := s << shift
	if off >= m.size {
		return nil
	}
	return m.buf[off : off+1<<shift]
}

// ceil is how many sectors it takes to hold n bytes.
func ceil(n int64, shift uint8) int64 { return (n + 1<<shift - 1) >> shift }
