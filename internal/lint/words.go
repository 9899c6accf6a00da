package lint

import (
	"bytes"
	"regexp"
	"strings"
)

// leftover matches the words by which people put work off. The alternatives are
// spelled so that this line does not match itself when grepped for.
var leftover = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)

// private are the texts that name places outside the repository.
var private = []string{"/wo" + "rk/", "shared/" + "reference"}

// checkLeftovers looks at the comments of Go files, and at all of other files
// but testdata, where any text may be input.
func checkLeftovers(t *Tree, r *Report) {
	for _, f := range t.Files {
		if f.AST != nil {
			for _, g := range f.AST.Comments {
				for _, c := range g.List {
					reportLeftovers(f, f.Line(c.Pos()), c.Text, r)
				}
			}
			continue
		}
		if f.Err == nil && !strings.Contains("/"+f.Path, "/testdata/") {
			reportLeftovers(f, 1, string(f.Src), r)
		}
	}
}

func reportLeftovers(f *File, first int, text string, r *Report) {
	line := first
	for s := range strings.SplitSeq(text, "\n") {
		if w := leftover.FindString(s); w != "" {
			r.add(f, line, "%s is left over: do it now, or open an issue and say here how things are", w)
		}
		line++
	}
}

// checkPrivate looks at every text file.
func checkPrivate(t *Tree, r *Report) {
	for _, f := range t.Files {
		line := 1
		for s := range bytes.Lines(f.Src) {
			for _, p := range private {
				if bytes.Contains(s, []byte(p)) {
					r.add(f, line, "%q names a place outside the repository: say what is meant", p)
				}
			}
			line++
		}
	}
}
