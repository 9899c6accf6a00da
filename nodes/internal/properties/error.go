package properties

import (
	"fmt"
	"strings"
)

// Error is one thing that is wrong with a file.
type Error struct {
	File string // as it was given to the parser
	Line int    // from 1; 0 if it is about the file as a whole
	Key  string // "" if it is about none
	What string // what is wrong, and what would be right
}

// Error prints "zoo.cfg:3: tickTime: ..."; parts that are unknown are left out.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Key != "" {
		b.WriteString(": " + e.Key)
	}
	return b.String() + ": " + e.What
}
