package proto

import (
	"encoding/binary"
	"sort"
)

// shapeOf is the layout of the last row that is not behind key and version; ok is false if that is of another key.
func shapeOf(rows []shape, key, version int16) (layout string, ok bool) {
	i := sort.Search(len(rows), func(i int) bool {
		return rows[i].key > key || rows[i].key == key && rows[i].from > version
	})
	if i == 0 || rows[i-1].key != key {
		return "", false
	}
	return rows[i-1].layout, version <= Max(key, true)
}

// checkShape holds the lengths in a message against the bytes that are there, before a decoder believes them: kmsg
// makes room for as many elements as an array says it has, if there is a byte for each, and goes round as often as
// the number of tagged fields says. Bytes may be left: of a request of a later client.
func checkShape(p []byte, rows []shape, key, version int16) error {
	layout, ok := shapeOf(rows, key, version)
	if !ok {
		return malformed("a message that is not served")
	}
	s := skimmer{rest: p}
	s.all(layout)
	if s.bad {
		return malformed("lengths and counts that %d bytes cannot have", len(p))
	}
	return nil
}

// skimmer goes over a message without decoding it. Once bad, it has no bytes left.
type skimmer struct {
	rest []byte
	bad  bool
}

// maxTags is how many tagged fields a structure may have. No release of Kafka has had more than a handful.
const maxTags = 64

func (s *skimmer) fail() {
	s.rest, s.bad = nil, true
}

// skip goes over n bytes; a negative n is null, and none.
func (s *skimmer) skip(n int64) {
	switch {
	case n > int64(len(s.rest)):
		s.fail()
	case n > 0:
		s.rest = s.rest[n:]
	}
}

// number reads a signed number of size bytes.
func (s *skimmer) number(size int) int64 {
	if len(s.rest) < size {
		s.fail()
		return 0
	}
	p := s.rest
	s.rest = p[size:]
	if size == 2 {
		return int64(int16(binary.BigEndian.Uint16(p)))
	}
	return int64(int32(binary.BigEndian.Uint32(p)))
}

// uvarint reads an unsigned number of at most 32 bits.
func (s *skimmer) uvarint() int64 {
	x, n := binary.Uvarint(s.rest)
	if n <= 0 || n > 5 || x > 1<<32-1 {
		s.fail()
		return 0
	}
	s.rest = s.rest[n:]
	return int64(x)
}

// all goes over the fields of a layout.
func (s *skimmer) all(layout string) {
	for len(layout) > 0 && !s.bad {
		kind := layout[0]
		switch kind {
		case 's':
			s.skip(s.number(2))
		case 'S', 'Y':
			s.skip(s.uvarint() - 1)
		case 'y':
			s.skip(s.number(4))
		case 't':
			s.tags("")
		case '[', '(', '{':
			inside, rest := enclosed(layout)
			switch kind {
			case '[':
				s.array(s.number(4), inside)
			case '(':
				s.array(s.uvarint()-1, inside)
			case '{':
				s.tags(inside)
			}
			layout = rest
			continue
		default:
			s.skip(least(layout[:1]))
		}
		layout = layout[1:]
	}
}

// array goes over n elements, if so many can be there.
func (s *skimmer) array(n int64, element string) {
	if n <= 0 {
		return
	}
	size := least(element)
	if n > int64(len(s.rest))/size {
		s.fail()
		return
	}
	if fixed(element) {
		s.skip(n * size)
		return
	}
	for ; n > 0 && !s.bad; n-- {
		s.all(element)
	}
}

// tags goes over tagged fields (KIP-482); known are those whose content has a layout.
func (s *skimmer) tags(known string) {
	n := s.uvarint()
	if n > maxTags {
		s.fail()
	}
	for ; n > 0 && !s.bad; n-- {
		tag, size := s.uvarint(), s.uvarint()
		if size > int64(len(s.rest)) {
			s.fail()
			return
		}
		content := skimmer{rest: s.rest[:size]}
		content.all(tagged(known, tag))
		s.rest = s.rest[size:]
		if content.bad {
			s.fail()
		}
	}
}

// tagged is the layout of one tagged field: what stands behind its number in known.
func tagged(known string, tag int64) string {
	for len(known) > 0 {
		n, at := int64(0), 0
		for ; known[at] != ':'; at++ {
			n = 10*n + int64(known[at]-'0')
		}
		end := at + 1
		for depth := 0; known[end] != ',' || depth > 0; end++ {
			depth += nesting(known[end])
		}
		if n == tag {
			return known[at+1 : end]
		}
		known = known[end+1:]
	}
	return ""
}

// nesting is +1 for what opens an array or a list of fields, and -1 for what closes one.
func nesting(c byte) int {
	switch c {
	case '[', '(', '{':
		return 1
	case ']', ')', '}':
		return -1
	}
	return 0
}

// enclosed is what stands between the bracket that a layout begins with and the one that closes it, and what is behind.
func enclosed(layout string) (inside, rest string) {
	for i, depth := 0, 0; ; i++ {
		if depth += nesting(layout[i]); depth == 0 {
			return layout[1:i], layout[i+1:]
		}
	}
}

// least is the fewest bytes that a layout's fields take.
func least(layout string) int64 {
	n := int64(0)
	for len(layout) > 0 {
		switch layout[0] {
		case 'b', 'S', 'Y', 't':
			n++
		case 'h', 's':
			n += 2
		case 'i', 'y':
			n += 4
		case 'l':
			n += 8
		case 'u':
			n += 16
		case '[', '(', '{':
			n++ // a compact length, or the number of tagged fields
			if layout[0] == '[' {
				n += 3
			}
			_, layout = enclosed(layout)
			continue
		}
		layout = layout[1:]
	}
	return n
}

// fixed tells that all fields of a layout have one size.
func fixed(layout string) bool {
	for i := range len(layout) {
		switch layout[i] {
		case 'b', 'h', 'i', 'l', 'u':
		default:
			return false
		}
	}
	return true
}

// skipTags goes over the tagged fields of a header.
func skipTags(p []byte) ([]byte, error) {
	s := skimmer{rest: p}
	s.tags("")
	if s.bad {
		return nil, malformed("the tagged fields of the header")
	}
	return s.rest, nil
}
