package record

import (
	"encoding/binary"
)

// Record is one record. Its slices belong to the batch or to the decompressor that it was read through.
type Record struct {
	Attributes int8
	Offset     int64
	Timestamp  int64  // milliseconds
	Key        []byte // nil is null
	Value      []byte // nil is null: a tombstone, where a topic is compacted
	Headers    Headers
	raw        []byte // all of it, without the length
}

// Header is a name and a value that travel with a record.
type Header struct {
	Key   string
	Value []byte // nil is null
}

// Headers are the headers of a record, in their encoding.
type Headers struct {
	n int
	p []byte
}

// Len is how many there are.
func (h Headers) Len() int { return h.n }

// All returns the headers.
func (h Headers) All() []Header {
	out := make([]Header, 0, h.n)
	s := scanner{p: h.p}
	for range h.n {
		k, _ := s.bytes()
		v, _ := s.bytes()
		out = append(out, Header{string(k), v})
	}
	return out
}

// scanner reads what a record consists of. What it cannot read leaves bad set.
type scanner struct {
	p   []byte
	bad bool
}

func (s *scanner) varint() int64 {
	v, n := binary.Varint(s.p)
	if n <= 0 {
		s.bad = true
		s.p = nil
		return 0
	}
	s.p = s.p[n:]
	return v
}

// varint32 reads a varint that must be an int32.
func (s *scanner) varint32() int64 {
	v := s.varint()
	if v != int64(int32(v)) {
		s.bad = true
		return 0
	}
	return v
}

// bytes reads a length and so many bytes; -1 is null.
func (s *scanner) bytes() (p []byte, ok bool) {
	n := s.varint32()
	if n == -1 {
		return nil, true
	}
	if s.bad || n < 0 || n > int64(len(s.p)) {
		s.bad = true
		return nil, false
	}
	p = s.p[:n:n]
	s.p = s.p[n:]
	return p, true
}

// Reader goes through the records of a batch. The zero value is ready; use it again for the next batch. It is not for
// concurrent use.
type Reader struct {
	Decompressor Decompressor

	b    Batch
	rest []byte
	left int32
	err  error
}

// Reset begins with the batch, which must be whole. The error is that of the decompression.
func (r *Reader) Reset(b Batch) error {
	p, err := r.Decompressor.Decompress(b)
	r.b, r.rest, r.left, r.err = b, p, b.Count(), err
	if err != nil {
		r.left = 0
	}
	return err
}

// Next reads the next record into rec, and allocates nothing. It returns false behind the last, and where the records are
// not what they should be: then Err says why.
func (r *Reader) Next(rec *Record) bool {
	if r.left == 0 {
		if len(r.rest) > 0 && r.err == nil {
			r.err = refuse(InvalidRecord, "%d bytes follow the last record", len(r.rest))
		}
		return false
	}
	r.left--
	s := scanner{p: r.rest}
	body, ok := s.bytes()
	if !ok || body == nil {
		return r.stop("a record's length")
	}
	r.rest = s.p
	if !r.parse(rec, body) {
		return r.stop("a record")
	}
	return true
}

func (r *Reader) stop(what string) bool {
	r.err = refuse(InvalidRecord, "%s is malformed, %d records before the end of the batch at %d", what, r.left, r.b.BaseOffset())
	r.left = 0
	return false
}

// Err is why Next has stopped early, an *Error, or nil.
func (r *Reader) Err() error { return r.err }

func (r *Reader) parse(rec *Record, body []byte) bool {
	if len(body) == 0 {
		return false
	}
	s := scanner{p: body[1:]}
	rec.Attributes = int8(body[0])
	rec.raw = body
	time := s.varint()
	rec.Offset = r.b.BaseOffset() + s.varint32()
	rec.Timestamp = r.b.BaseTimestamp() + time
	if r.b.LogAppendTime() {
		rec.Timestamp = r.b.MaxTimestamp()
	}
	rec.Key, _ = s.bytes()
	rec.Value, _ = s.bytes()
	n := s.varint32()
	if s.bad || n < 0 || n > int64(len(s.p)) {
		return false
	}
	rec.Headers = Headers{int(n), s.p}
	for range n {
		k, ok := s.bytes()
		s.bad = s.bad || ok && k == nil
		s.bytes()
		if s.bad {
			return false
		}
	}
	return len(s.p) == 0
}
