package wire

import "encoding/binary"

// AppendString appends a string behind its length.
func AppendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// Reader takes an encoding apart. After the first mistake it yields zeros, and Done reports it.
type Reader struct {
	p   []byte
	bad bool
}

// NewReader reads p.
func NewReader(p []byte) Reader { return Reader{p: p} }

// Uint reads an integer.
func (r *Reader) Uint() uint64 {
	v, n := binary.Uvarint(r.p)
	if n <= 0 {
		r.p, r.bad = nil, true
		return 0
	}
	r.p = r.p[n:]
	return v
}

// String reads a string.
func (r *Reader) String() string {
	n := r.Uint()
	if n > uint64(len(r.p)) {
		r.p, r.bad = nil, true
		return ""
	}
	s := string(r.p[:n])
	r.p = r.p[n:]
	return s
}

// Failed tells whether there was a mistake: for loops over counts that the bytes claim.
func (r *Reader) Failed() bool { return r.bad }

// Done tells whether everything could be read, and nothing is left.
func (r *Reader) Done() bool { return !r.bad && len(r.p) == 0 }
