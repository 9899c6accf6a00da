package checker

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// A Value is what an operation carried or what it saw. It has four shapes, and they are never confused:
//
//   - the zero Value: nothing was said (a put has no output, a bare compare-and-set mismatch names no value);
//   - Unset: the key was looked at and held nothing;
//   - Val(s): the key held s, which may be the empty string;
//   - List(items...): what was seen is a list: the members of a set, the records of a log, the children of a znode.
//
// Unset is a value like every other: it is not a wildcard. (Checkers that let a nil read match any state have
// passed lost writes as correct.) Values are comparable with ==.
type Value struct {
	text string
	kind valueKind
}

type valueKind uint8

const (
	unsaid valueKind = iota
	unset
	set
	list // text holds the items, each behind its length
)

// Unset is the value of a key that holds nothing.
var Unset = Value{kind: unset}

// Val returns the value s.
func Val(s string) Value { return Value{text: s, kind: set} }

// List returns the list of items, in their order.
func List(items ...string) Value {
	var b []byte
	for _, s := range items {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return Value{text: string(b), kind: list}
}

// IsList tells whether v is a list.
func (v Value) IsList() bool { return v.kind == list }

// Items returns the items of a list, and nil of every other value.
func (v Value) Items() []string {
	if v.kind != list {
		return nil
	}
	items := []string{}
	for rest := v.text; rest != ""; {
		n, size := uvarint(rest)
		items = append(items, rest[size:size+n])
		rest = rest[size+n:]
	}
	return items
}

// uvarint reads the length in front of an item, and how many bytes it takes.
func uvarint(s string) (n, size int) {
	for shift := 0; ; shift += 7 {
		c := s[size]
		size++
		n |= int(c&0x7f) << shift
		if c < 0x80 {
			return n, size
		}
	}
}

// Said tells whether v says anything at all: it is false for the zero Value only.
func (v Value) Said() bool { return v.kind != unsaid }

// IsSet tells whether v is a value that a key can hold.
func (v Value) IsSet() bool { return v.kind == set }

// Text returns the string of a set value, and "" otherwise.
func (v Value) Text() string {
	if v.kind != set {
		return ""
	}
	return v.text
}

// String prints a value for people: "unset", "-" when nothing was said, and otherwise the text itself, quoted when it
// would be hard to read bare, and cut when it is long.
func (v Value) String() string {
	switch v.kind {
	case unsaid:
		return "-"
	case unset:
		return "unset"
	case list:
		return listText(v.Items())
	case set:
	}
	return printable(v.text)
}

// itemsMax is how many items of a list are printed: half of them from its beginning, half from its end.
const itemsMax = 12

func listText(items []string) string {
	words := make([]string, 0, itemsMax+1)
	for i, s := range items {
		switch {
		case len(items) > itemsMax && i == itemsMax/2:
			words = append(words, "…"+strconv.Itoa(len(items)-itemsMax)+" more…")
			continue
		case len(items) > itemsMax && i > itemsMax/2 && i < len(items)-itemsMax/2:
			continue
		}
		words = append(words, printable(s))
	}
	return "[" + strings.Join(words, " ") + "]"
}

const printableMax = 48

func printable(s string) string {
	cut := ""
	if len(s) > printableMax {
		s, cut = s[:printableMax], "…"
	}
	if s == "" || s == "unset" || s == "-" {
		return strconv.Quote(s)
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return strconv.Quote(s) + cut
		}
	}
	return s + cut
}
