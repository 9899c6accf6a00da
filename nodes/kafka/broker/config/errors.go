package config

import (
	"errors"
	"fmt"
	"slices"

	"orrery/nodes/internal/properties"
)

// Error is one thing that is wrong with a configuration.
type Error = properties.Error

// problems collects what is wrong with one configuration.
type problems struct {
	file  string
	lines map[string]int // where each key stands
	errs  []error
}

// add reports what is wrong with a key.
func (p *problems) add(key, format string, args ...any) {
	p.errs = append(p.errs, &Error{File: p.file, Line: p.lines[key], Key: key, What: fmt.Sprintf(format, args...)})
}

// has tells whether something is wrong with a key: one that could not be read is not also missing.
func (p *problems) has(key string) bool {
	return slices.ContainsFunc(p.errs, func(err error) bool {
		e, ok := errors.AsType[*Error](err)
		return ok && e.Key == key
	})
}

func (p *problems) err() error { return errors.Join(p.errs...) }
