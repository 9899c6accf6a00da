package config

import (
	"errors"
	"fmt"

	"orrery/nodes/internal/properties"
)

// Error is one thing that is wrong with a configuration file.
type Error = properties.Error

// problems collects what is wrong with one file.
type problems struct {
	file string
	errs []error
}

func (p *problems) add(e entry, format string, args ...any) {
	p.errs = append(p.errs, &Error{File: p.file, Line: e.Line, Key: e.Key, What: fmt.Sprintf(format, args...)})
}

// missing reports a key that is needed and is not there.
func (p *problems) missing(key, format string, args ...any) {
	p.errs = append(p.errs, &Error{File: p.file, Key: key, What: fmt.Sprintf(format, args...)})
}

func (p *problems) err() error { return errors.Join(p.errs...) }

// entry is one key of a file.
type entry = properties.Entry
