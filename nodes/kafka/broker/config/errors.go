package config

import (
	"errors"
	"fmt"

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

func (p *problems) err() error { return errors.Join(p.errs...) }
