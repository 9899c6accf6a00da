package jute

import "encoding/binary"

// Record is what the generated types of package proto are.
type Record interface {
	// Append appends the record's encoding to b and returns the longer slice.
	Append(b []byte) []byte
	// Decode reads the record from the front of what is left in d, and overwrites all its fields.
	// The error is d.Err().
	Decode(d *Decoder) error
}

// AppendBool appends one byte, 0 or 1.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendInt appends four bytes.
func AppendInt(b []byte, v int32) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }

// AppendLong appends eight bytes.
func AppendLong(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) }

// AppendBuffer appends a buffer. nil is null, which is not the same as an empty one: the
// data of a node may be either.
func AppendBuffer(b, v []byte) []byte {
	if v == nil {
		return AppendNull(b)
	}
	return append(AppendCount(b, len(v)), v...)
}

// AppendCount appends the count that a vector, a string or a buffer of n begins with. It
// panics if n does not fit an int of 32 bits.
func AppendCount(b []byte, n int) []byte {
	if n < 0 || n > 1<<31-1 {
		panic("jute: a count of more than 31 bits")
	}
	return AppendInt(b, int32(n))
}

// AppendNull appends the count that stands for null.
func AppendNull(b []byte) []byte { return AppendInt(b, null) }

// AppendOptional appends a string that may be null, which nil stands for.
func AppendOptional(b []byte, s *string) []byte {
	if s == nil {
		return AppendNull(b)
	}
	return AppendString(b, *s)
}

// AppendStrings appends a vector of strings. nil is the empty vector, not null.
func AppendStrings(b []byte, v []string) []byte {
	b = AppendCount(b, len(v))
	for _, s := range v {
		b = AppendString(b, s)
	}
	return b
}

// null is the count of what is not there.
const null = -1
