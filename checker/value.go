package checker

import "strconv"

// A Value is what an operation carried or what it saw. It has three shapes, and they are never confused:
//
//   - the zero Value: nothing was said (a put has no output, a bare compare-and-set mismatch names no value);
//   - Unset: the key was looked at and held nothing;
//   - Val(s): the key held s, which may be the empty string.
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
)

// Unset is the value of a key that holds nothing.
var Unset = Value{kind: unset}

// Val returns the value s.
func Val(s string) Value { return Value{text: s, kind: set} }

// Said tells whether v says anything at all: it is false for the zero Value only.
func (v Value) Said() bool { return v.kind != unsaid }

// IsSet tells whether v is a value that a key can hold.
func (v Value) IsSet() bool { return v.kind == set }

// Text returns the string of a set value, and "" otherwise.
func (v Value) Text() string { return v.text }

// String prints a value for people: "unset", "-" when nothing was said, and otherwise the text itself, quoted when it
// would be hard to read bare, and cut when it is long.
func (v Value) String() string {
	switch v.kind {
	case unsaid:
		return "-"
	case unset:
		return "unset"
	case set:
	}
	return printable(v.text)
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
