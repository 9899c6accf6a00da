package lint

import (
	"cmp"
	"fmt"
	"slices"
)

// Finding is one breach of one rule.
type Finding struct {
	File    string // slash-separated, relative to the root of the repository
	Line    int    // from 1
	Rule    string // the Name of the Rule
	Message string // what is wrong, what to write instead, and why
}

// String returns the finding as one line that editors can jump to:
// "file:line: rule: message".
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Rule, f.Message)
}

// sorted orders findings by place and keeps one of each rule a line, because a
// line with two channels in it needs mending once.
func sorted(fs []Finding) []Finding {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule))
	})
	return slices.CompactFunc(fs, func(a, b Finding) bool {
		return a.File == b.File && a.Line == b.Line && a.Rule == b.Rule
	})
}
