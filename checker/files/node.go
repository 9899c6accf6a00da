package files

import (
	"strconv"
	"strings"
)

// kind is the kind of a datum.
type kind uint8

const (
	isNil kind = iota
	isBool
	isInt
	isNumber // any other number, as it was written
	isString
	isKeyword // text has the colon
	isSymbol
	isVector // also a list, and an array of JSON
	isMap    // items are keys and values by turns; also an object of JSON
	isSet
)

// A node is one datum of EDN or JSON.
type node struct {
	kind  kind
	text  string // of a scalar
	items []node
	line  int // where it begins
}

// get returns what a map has under a keyword or string of that name, and nil if it has nothing.
func (n *node) get(name string) *node {
	if n.kind != isMap {
		return nil
	}
	for i := 0; i+1 < len(n.items); i += 2 {
		k := &n.items[i]
		if k.kind == isKeyword && k.text[1:] == name || k.kind == isString && k.text == name {
			return &n.items[i+1]
		}
	}
	return nil
}

// none tells whether nothing is there: no datum, or nil.
func (n *node) none() bool { return n == nil || n.kind == isNil }

// word is the name of a keyword, symbol or string, without colon and namespace; "" of anything else.
func (n *node) word() string {
	if n == nil {
		return ""
	}
	switch n.kind {
	case isKeyword:
		return n.text[strings.LastIndexByte(n.text, '/')+1:][btoi(!strings.Contains(n.text, "/")):]
	case isString, isSymbol:
		return strings.TrimPrefix(n.text, ":")
	}
	return ""
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// integer returns the datum as an integer.
func (n *node) integer() (int64, bool) {
	if n == nil || n.kind != isInt {
		return 0, false
	}
	i, err := strconv.ParseInt(n.text, 10, 64)
	return i, err == nil
}

// sequence tells whether the datum has items in an order, or is a set.
func (n *node) sequence() bool { return n != nil && (n.kind == isVector || n.kind == isSet) }

// pair returns the two items of a vector of two.
func (n *node) pair() (a, b *node, ok bool) {
	if n == nil || n.kind != isVector || len(n.items) != 2 {
		return nil, nil, false
	}
	return &n.items[0], &n.items[1], true
}

// scalar is the text of any datum as a value: a string is itself, a collection is as EDN writes it.
func (n *node) scalar() string {
	if n.kind <= isSymbol {
		if n.kind == isNil {
			return "nil"
		}
		return n.text
	}
	var b strings.Builder
	n.print(&b)
	return b.String()
}

func (n *node) print(b *strings.Builder) {
	brackets := [2]string{"[", "]"}
	switch n.kind {
	case isString:
		b.WriteString(strconv.Quote(n.text))
		return
	case isMap:
		brackets = [2]string{"{", "}"}
	case isSet:
		brackets = [2]string{"#{", "}"}
	case isVector:
	default:
		b.WriteString(n.scalar())
		return
	}
	b.WriteString(brackets[0])
	for i := range n.items {
		if i > 0 {
			b.WriteByte(' ')
		}
		n.items[i].print(b)
	}
	b.WriteString(brackets[1])
}

// String prints the datum for messages, cut to a few words.
func (n *node) String() string {
	const most = 60
	if n == nil {
		return ""
	}
	var b strings.Builder
	n.print(&b)
	return printable(b.String(), most)
}

// printable makes any text fit for a message of one line.
func printable(s string, most int) string {
	s = strings.ToValidUTF8(s, "?")
	cut := ""
	if runes := []rune(s); len(runes) > most {
		s, cut = string(runes[:most]), "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return '?'
		}
		return r
	}, s) + cut
}
