package nemesis

import (
	"fmt"
	"slices"
	"strings"
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
func unknown(what, word string, known []string) string {
	near := nearest(word, known)
	switch {
	case len(near) > 0:
		return fmt.Sprintf("unknown %s %q; did you mean %s?", what, word, strings.Join(near, " or "))
	case len(known) <= 12:
		return fmt.Sprintf("unknown %s %q; there are: %s", what, word, strings.Join(known, ", "))
	default:
		return fmt.Sprintf("unknown %s %q", what, word)
	}
}

// nearest lists at most three known words that are like the given one, the most
// alike first.
func nearest(word string, known []string) []string {
	type near struct {
		word     string
		distance int
	}
	var found []near
	for _, k := range known {
		d := editDistance(word, k)
		if len(word) >= 3 && (strings.Contains(k, word) || strings.Contains(word, k)) {
			d = min(d, 1)
		}
		if d <= max(2, len(word)/3) && d < len(word) {
			found = append(found, near{k, d})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return a.distance - b.distance })
	var words []string
	for _, f := range found[:min(len(found), 3)] {
		words = append(words, f.word)
	}
	return words
}

// editDistance is the number of bytes to insert, to delete, to replace, or to exchange
// with their neighbour, that lead from a to b.
func editDistance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		above := slices.Clone(row)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before = above
	}
	return row[len(b)]
}
