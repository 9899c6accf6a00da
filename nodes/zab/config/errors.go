package config

import (
	"errors"
	"fmt"
	"strings"
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
	p.errs = append(p.errs, &Error{p.file, e.line, e.key, fmt.Sprintf(format, args...)})
}

// missing reports a key that is needed and is not there.
func (p *problems) missing(key, format string, args ...any) {
	p.errs = append(p.errs, &Error{p.file, 0, key, fmt.Sprintf(format, args...)})
}

func (p *problems) err() error { return errors.Join(p.errs...) }

// alike returns the known word that is most like the given one, or "" if none is: that is, none
// within two changes of a letter or a third of its length, and none that differs in case only.
func alike(word string, known []string) string {
	best, bestDistance := "", max(2, len(word)/3)+1
	for _, k := range known {
		d := distance(strings.ToLower(word), strings.ToLower(k))
		if d < bestDistance && d < len(word) {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is the number of bytes to insert, delete or replace on the way from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
