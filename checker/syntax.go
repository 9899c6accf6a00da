package checker

import (
	"fmt"
	"strings"
)

// A SyntaxError says what is wrong with a file that should be a history, and what would be right.
type SyntaxError struct {
	File  string // as it was named to ReadHistory
	Line  int    // from 1
	Field string // the field of the line, or "" for the line as a whole
	Want  string // what was expected
	Got   string // what was there, "" if nothing was
}

// Error is one line: "h.jsonl:7: ret: want an integer, got "soon"".
func (e *SyntaxError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: ", e.File, e.Line)
	if e.Field != "" {
		fmt.Fprintf(&b, "%s: ", e.Field)
	}
	fmt.Fprintf(&b, "want %s", e.Want)
	if e.Got != "" {
		fmt.Fprintf(&b, ", got %s", e.Got)
	}
	return b.String()
}

// quoted makes any bytes of a file fit for a one-line error.
func quoted(raw []byte) string {
	const most = 60
	s, cut := string(raw), ""
	if len(s) > most {
		s, cut = s[:most], "…"
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufffd' }) {
		return fmt.Sprintf("%q", s) + cut
	}
	return s + cut
}
