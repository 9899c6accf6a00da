package near

import (
	"fmt"
	"slices"
	"strings"
)

// Words lists at most three known words that are like the given one, the most alike first.
func Words(word string, known []string) []string {
	type candidate struct {
		word     string
		distance int
	}
	var found []candidate
	for _, k := range known {
		d := distance(word, k)
		if len(word) >= 3 && (strings.Contains(k, word) || strings.Contains(word, k)) {
			d = min(d, 1)
		}
		if d <= max(2, len(word)/3) && d < len(word) {
			found = append(found, candidate{k, d})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return a.distance - b.distance })
	var words []string
	for _, f := range found[:min(len(found), 3)] {
		words = append(words, f.word)
	}
	return words
}

// Unknown says in a line that a word is not among the known ones: with those that may have
// been meant, or, if none is like it and they are few, with all that there are.
func Unknown(what, word string, known []string) string {
	near := Words(word, known)
	switch {
	case len(near) > 0:
		return fmt.Sprintf("unknown %s %q; did you mean %s?", what, word, strings.Join(near, " or "))
	case len(known) <= 12:
		return fmt.Sprintf("unknown %s %q; there are: %s", what, word, strings.Join(known, ", "))
	default:
		return fmt.Sprintf("unknown %s %q", what, word)
	}
}

// distance is the number of bytes to insert, to delete, to replace, or to exchange with
// their neighbour, that lead from a to b.
func distance(a, b string) int {
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
