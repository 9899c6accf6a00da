package lint

import (
	"bytes"
	"go/format"
)

// checkFormat reports files that gofmt would change, at the first line that it would.
func checkFormat(t *Tree, r *Report) {
	for _, f := range t.Files {
		if f.AST == nil || f.Err != nil {
			continue
		}
		want, err := format.Source(f.Src)
		if err != nil {
			r.add(f, 1, "gofmt: %v", err)
			continue
		}
		if !bytes.Equal(want, f.Src) {
			r.add(f, firstDifference(f.Src, want), "the file is not gofmt'ed: run gofmt -w %s", f.Path)
		}
	}
}

// firstDifference returns the line, from 1, where the texts part.
func firstDifference(a, b []byte) int {
	la, lb := bytes.SplitAfter(a, []byte("\n")), bytes.SplitAfter(b, []byte("\n"))
	for i := range min(len(la), len(lb)) {
		if !bytes.Equal(la[i], lb[i]) {
			return i + 1
		}
	}
	return min(len(la), len(lb))
}
