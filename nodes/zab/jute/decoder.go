package jute

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// What is wrong with bytes that do not decode. They are compared with errors.Is.
var (
	// ErrShort says that the bytes end before the record does. On a stream, more may come.
	ErrShort = errors.New("jute: the record is longer than the bytes")
	// ErrLength says that a length is negative or over the limit. No more bytes can mend that.
	ErrLength = errors.New("jute: unreasonable length")
	// ErrTrailing says that bytes are left behind the record.
	ErrTrailing = errors.New("jute: bytes are left behind the record")
)

// Decoder reads from a slice of bytes. Make one with [NewDecoder] or [Sharing].
type Decoder struct {
	p     []byte
	off   int
	max   int // the longest string or buffer
	share bool
	err   error
	inner *Decoder // for what is within p
}

// NewDecoder reads p. What it returns is copied, so that p may be overwritten later.
func NewDecoder(p []byte) *Decoder { return &Decoder{p: p, max: math.MaxInt32} }

// Sharing reads p, and the buffers that it returns are parts of p: for bytes that nobody
// will overwrite.
func Sharing(p []byte) *Decoder { return &Decoder{p: p, max: math.MaxInt32, share: true} }

// Reset reads p, as one from [NewDecoder] does, whatever was read before: for who reads often.
func (d *Decoder) Reset(p []byte) { *d = Decoder{p: p, max: math.MaxInt32, inner: d.inner} }

// Inner reads p, as one from [NewDecoder] does. It is the same decoder each time.
func (d *Decoder) Inner(p []byte) *Decoder {
	if d.inner == nil {
		d.inner = new(Decoder)
	}
	d.inner.Reset(p)
	return d.inner
}

// Limit makes strings and buffers longer than n bytes an ErrLength. Without it only the
// bytes at hand bound them, and a longer one is an ErrShort. ZooKeeper's own limit is
// jute.maxbuffer + zookeeper.jute.maxbuffer.extrasize.
func (d *Decoder) Limit(n int) { d.max = n }

// Err is the first error, or nil.
func (d *Decoder) Err() error { return d.err }

// Offset is how many bytes have been read.
func (d *Decoder) Offset() int { return d.off }

// Left is how many bytes have not been read; 0 after an error.
func (d *Decoder) Left() int {
	if d.err != nil {
		return 0
	}
	return len(d.p) - d.off
}

// Rest returns all bytes that have not been read, and reads them. It is never nil.
func (d *Decoder) Rest() []byte { return d.bytes(d.Left()) }

// View returns all bytes that have not been read, and reads them: as parts of the bytes that the decoder reads, which must
// not be overwritten as long as they are used.
func (d *Decoder) View() []byte {
	n := d.Left()
	return d.take(n)[:n:n]
}

// End is d.Err(), or ErrTrailing if bytes are left.
func (d *Decoder) End() error {
	if d.err == nil && d.off < len(d.p) {
		return fmt.Errorf("%w: %d of %d", ErrTrailing, len(d.p)-d.off, len(d.p))
	}
	return d.err
}

// Fail makes err the decoder's error unless it has one: for a reader that finds the
// content impossible.
func (d *Decoder) Fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// take reads n bytes, or fails and returns nil.
func (d *Decoder) take(n int) []byte {
	if d.err != nil {
		return nil
	}
	if len(d.p)-d.off < n {
		d.err = ErrShort
		return nil
	}
	p := d.p[d.off : d.off+n]
	d.off += n
	return p
}

// bytes reads n bytes as a buffer of their own, unless the decoder shares.
func (d *Decoder) bytes(n int) []byte {
	p := d.take(n)
	if d.err != nil {
		return nil
	}
	if d.share {
		return p[:n:n]
	}
	return append(make([]byte, 0, n), p...)
}

// Bool reads one byte; any but 0 is true.
func (d *Decoder) Bool() bool {
	p := d.take(1)
	return p != nil && p[0] != 0
}

// Int reads four bytes.
func (d *Decoder) Int() int32 {
	p := d.take(4)
	if p == nil {
		return 0
	}
	return int32(binary.BigEndian.Uint32(p))
}

// Long reads eight bytes.
func (d *Decoder) Long() int64 {
	p := d.take(8)
	if p == nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(p))
}

// Buffer reads a buffer: nil if it is null, and not nil if it is empty.
func (d *Decoder) Buffer() []byte {
	n := d.length()
	if n < 0 {
		return nil
	}
	return d.bytes(n)
}

// String reads a string. Null reads as "".
func (d *Decoder) String() string {
	n := d.length()
	if n <= 0 {
		return ""
	}
	return text(d.take(n))
}

// Optional reads a string that may be null, which nil stands for.
func (d *Decoder) Optional() *string {
	n := d.length()
	if n < 0 {
		return nil
	}
	s := text(d.take(n))
	if d.err != nil {
		return nil
	}
	return &s
}

// Strings reads a vector of strings. Null reads as nil, and so does the empty vector.
func (d *Decoder) Strings() []string {
	n := d.Count(4)
	if n <= 0 {
		return nil
	}
	v := make([]string, 0, n)
	for range n {
		v = append(v, d.String())
	}
	return v
}

// length reads the length of a string or a buffer: -1 for null and after an error.
func (d *Decoder) length() int {
	n := d.Int()
	switch {
	case d.err != nil || n == null:
		return -1
	case n < 0 || int(n) > d.max:
		d.err = fmt.Errorf("%w: %d", ErrLength, n)
		return -1
	}
	return int(n)
}

// Count reads the count of a vector whose elements are at least size bytes long: -1
// for null and after an error. A count that the bytes at hand cannot hold is an ErrShort, so
// that nobody makes room for it. As in Java, any other negative count is an empty vector.
func (d *Decoder) Count(size int) int {
	n := d.Int()
	switch {
	case d.err != nil || n == null:
		return -1
	case n < 0:
		return 0
	case int64(n)*int64(size) > int64(len(d.p)-d.off):
		d.err = ErrShort
		return -1
	}
	return int(n)
}

// Text reads a string of n bytes whose length has been read already.
func (d *Decoder) Text(n int) string {
	if n < 0 || n > d.max {
		d.Fail(fmt.Errorf("%w: %d", ErrLength, n))
		return ""
	}
	return text(d.take(n))
}
