package paxos

import (
	"encoding/binary"
	"slices"
	"sort"
)

// store is the replicated key-value store. It is deterministic: what it answers, and
// what a snapshot of it looks like, is a function of the commands that were applied.
type store struct {
	cells map[string]*cell
	keys  []string // sorted, but for those in fresh
	fresh []string // keys that are not yet in keys
}

type cell struct{ value []byte }

func newStore() store { return store{cells: map[string]*cell{}} }

// execute runs c and appends its answer, encoded, to out.
func (s *store) execute(c *command, out []byte) []byte {
	at := s.cells[string(c.key)]
	switch c.kind {
	case OpGet:
		if at == nil {
			return appendAnswer(out, false, nil)
		}
		return appendAnswer(out, true, at.value)
	case OpScan:
		return s.scan(c, out)
	case OpPut:
		s.set(at, c.key, c.value)
	case OpAppend:
		if at == nil {
			s.set(nil, c.key, c.value)
		} else {
			at.value = append(at.value, c.value...)
		}
	case OpCAS:
		if at == nil || string(at.value) != string(c.expect) {
			return appendMismatch(out, at)
		}
		s.set(at, c.key, c.value)
	case OpCreate:
		if at != nil {
			return appendMismatch(out, at)
		}
		s.set(nil, c.key, c.value)
	case OpDelete:
		if at == nil {
			return appendAnswer(out, false, nil)
		}
		s.remove(string(c.key))
	default:
		panic("paxos: the store does not know the operation " + c.kind.String())
	}
	return appendAnswer(out, true, nil)
}

func (s *store) set(at *cell, key, value []byte) {
	if at == nil {
		at = &cell{}
		k := string(key)
		s.cells[k] = at
		s.fresh = append(s.fresh, k)
	}
	at.value = append(at.value[:0], value...)
}

func (s *store) remove(key string) {
	s.order()
	delete(s.cells, key)
	i := sort.SearchStrings(s.keys, key)
	s.keys = slices.Delete(s.keys, i, i+1)
}

// order puts the fresh keys in their places.
func (s *store) order() {
	if len(s.fresh) == 0 {
		return
	}
	s.keys = append(s.keys, s.fresh...)
	slices.Sort(s.keys)
	s.fresh = s.fresh[:0]
	if len(s.keys) != len(s.cells) {
		panic("paxos: the store has lost the order of its keys")
	}
}

func (s *store) scan(c *command, out []byte) []byte {
	s.order()
	from := sort.Search(len(s.keys), func(i int) bool { return s.keys[i] >= string(c.key) })
	to := len(s.keys)
	if len(c.to) > 0 {
		to = max(from, sort.Search(len(s.keys), func(i int) bool { return s.keys[i] >= string(c.to) }))
	}
	to = min(to, from+c.limit)
	out = binary.AppendUvarint(appendBool(out, true), uint64(to-from))
	for _, key := range s.keys[from:to] {
		out = appendBytes(appendString(out, key), s.cells[key].value)
	}
	return out
}

// snapshot appends the whole store, in the order of its keys.
func (s *store) snapshot(b []byte) []byte {
	s.order()
	b = binary.AppendUvarint(b, uint64(len(s.keys)))
	for _, key := range s.keys {
		b = appendBytes(appendString(b, key), s.cells[key].value)
	}
	return b
}

func readStore(r *reader) store {
	s := newStore()
	for range r.count(2) {
		key, value := r.bytes(), r.bytes()
		if n := len(s.keys); n > 0 && s.keys[n-1] >= string(key) {
			r.fail() // not in order: not ours
			break
		}
		s.keys = append(s.keys, string(key))
		s.cells[string(key)] = &cell{value: slices.Clone(value)}
	}
	return s
}
