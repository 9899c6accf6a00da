package storm

import (
	"encoding/binary"
	"errors"
	"fmt"

	"orrery/nodes/internal/wire"
)

// Values are the fields of a tuple, in the order in which its component declares them. Each is a string, an int64, or
// a []byte; AppendValues panics on anything else.
type Values []any

// String is the field i as a string; "" if it is none.
func (v Values) String(i int) string {
	if i < len(v) {
		if s, ok := v[i].(string); ok {
			return s
		}
	}
	return ""
}

// Int is the field i as an integer; 0 if it is none.
func (v Values) Int(i int) int64 {
	if i < len(v) {
		if n, ok := v[i].(int64); ok {
			return n
		}
	}
	return 0
}

// The types of a field on the wire.
const (
	isString = 's'
	isInt    = 'i'
	isBytes  = 'b'
)

// AppendValues appends the encoding of v.
func AppendValues(b []byte, v Values) []byte {
	b = binary.AppendUvarint(b, uint64(len(v)))
	for _, f := range v {
		switch f := f.(type) {
		case string:
			b = wire.AppendString(append(b, isString), f)
		case int64:
			b = binary.AppendUvarint(append(b, isInt), uint64(f)<<1^uint64(f>>63))
		case []byte:
			b = wire.AppendString(append(b, isBytes), string(f))
		default:
			panic(fmt.Sprintf("storm: a field of type %T: want string, int64 or []byte", f))
		}
	}
	return b
}

var errMalformed = errors.New("storm: malformed message")

// DecodeValues reads what AppendValues made.
func DecodeValues(p []byte) (Values, error) {
	r := reader{wire.NewReader(p)}
	v := r.values()
	if !r.Done() {
		return nil, errMalformed
	}
	return v, nil
}

// reader is a wire.Reader that knows values.
type reader struct{ wire.Reader }

func (r *reader) values() Values {
	n := r.Uint()
	var v Values
	for i := uint64(0); i < n && !r.Failed(); i++ {
		switch kind := r.Uint(); kind {
		case isString:
			v = append(v, r.String())
		case isInt:
			u := r.Uint()
			v = append(v, int64(u>>1)^-int64(u&1))
		case isBytes:
			v = append(v, []byte(r.String()))
		default:
			r.fail()
		}
	}
	return v
}

// fail makes the reader one that has failed.
func (r *reader) fail() {
	r.Reader = wire.NewReader(nil)
	r.Uint()
}

func (r *reader) tasks() []int32 {
	n := r.Uint()
	var list []int32
	for i := uint64(0); i < n && !r.Failed(); i++ {
		list = append(list, int32(r.Uint()))
	}
	return list
}

// hash is FNV-1a over the encoding: fields groupings send equal fields to one task with it.
func hash(v Values) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range AppendValues(nil, v) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h ^ h>>29
}
