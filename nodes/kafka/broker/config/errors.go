package config

import (
	"errors"
	"fmt"
	"strings"
)

// Error is one thing that is wrong with a configuration.
type Error struct {
	File string // as it was given to the parser
	Line int    // from 1; 0 if it is about the file as a whole
	Key  string // "" if it is about none
	What string // what is wrong, and what would be right
}

// Error prints "server.properties:3: num.partitions: ..."; parts that are unknown are left out.
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

// problems collects what is wrong with one configuration.
type problems struct {
	file  string
	lines map[string]int // where each key stands
	errs  []error
}

// add reports what is wrong with a key.
func (p *problems) add(key, format string, args ...any) {
	p.errs = append(p.errs, &Error{p.file, p.lines[key], key, fmt.Sprintf(format, args...)})
}

func (p *problems) err() error { return errors.Join(p.errs...) }
