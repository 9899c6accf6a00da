package lint

import "go/ast"

// The limits, in lines with comments and blank ones.
const (
	maxFile     = 600
	maxTestFile = 900
	maxFunc     = 70
)

// checkSize reports files and functions that are too long. Generated files are
// as long as they are; functions of test files may be long tables.
func checkSize(t *Tree, r *Report) {
	for _, f := range t.Files {
		if f.AST == nil || f.IsGenerated() {
			continue
		}
		limit := maxFile
		if f.IsTest() {
			limit = maxTestFile
		}
		if n := f.lines(); n > limit {
			r.add(f, limit+1, "the file has %d lines, at most %d are allowed: split it by idea", n, limit)
		}
		if !f.IsTest() {
			checkFuncSize(f, r)
		}
	}
}

// checkFuncSize measures declared functions, and function literals that stand
// in package variables; other literals count as part of what they stand in.
func checkFuncSize(f *File, r *Report) {
	ast.Inspect(f.AST, func(n ast.Node) bool {
		name := ""
		switch n := n.(type) {
		case *ast.FuncDecl:
			name = n.Name.Name
		case *ast.FuncLit:
			name = "a function literal"
		default:
			return true
		}
		if lines := f.Line(n.End()) - f.Line(n.Pos()) + 1; lines > maxFunc {
			start := f.Line(n.Pos())
			if d, ok := n.(*ast.FuncDecl); ok { // the doc comment does not count
				start = f.Line(d.Type.Pos())
				lines = f.Line(n.End()) - start + 1
			}
			if lines > maxFunc {
				r.add(f, start, "%s has %d lines, at most %d are allowed: name its parts", name, lines, maxFunc)
			}
		}
		return false
	})
}
