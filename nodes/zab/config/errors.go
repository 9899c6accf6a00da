package config

import (
	"errors"
	"fmt"
	"strings"

	"orrery/nodes/internal/properties"
)

// Error is one thing that is wrong with a configuration file.
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

// problems collects what is wrong with one file.
type problems struct {
	file string
	errs []error
}

func (p *problems) add(e entry, format string, args ...any) {
	p.errs = append(p.errs, &Error{p.file, e.Line, e.Key, fmt.Sprintf(format, args...)})
}

// missing reports a key that is needed and is not there.
func (p *problems) missing(key, format string, args ...any) {
	p.errs = append(p.errs, &Error{p.file, 0, key, fmt.Sprintf(format, args...)})
}

func (p *problems) err() error { return errors.Join(p.errs...) }

// entry is one key of a file.
type entry = properties.Entry
