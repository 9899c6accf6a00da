package nemesis

import (
	"fmt"
	"strings"

	"orrery/internal/near"
)

// SyntaxError says what is wrong with the text of a fault or of a plan, where, and
// what would be right. It is one line.
type SyntaxError struct {
	File   string // "" if the text is not from a file
	Line   int    // from 1; 0 if the text is a single fault
	Column int    // in bytes, from 1
	Field  string // of a plan in JSON: "fault"; "" otherwise
	Reason string // what is wrong, and what was expected
}

// Error prints it as "plan.json:3:12: fault: unknown fault …".
func (e *SyntaxError) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ":")
	}
	switch {
	case e.Line > 0:
		fmt.Fprintf(&b, "%d:%d: ", e.Line, e.Column)
	case e.File != "":
		fmt.Fprintf(&b, "%d: ", e.Column)
	default:
		fmt.Fprintf(&b, "at %d: ", e.Column)
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	return b.String() + e.Reason
}

// unknown says that a word is not among the known ones, and which of them it may have
// been meant to be.
func unknown(what, word string, known []string) string { return near.Unknown(what, word, known) }
