package lint

import (
	"go/ast"
	"go/token"
)

// checkConcurrency reports everything by which the Go scheduler could get a say,
// and goto, by which a reader could lose the thread.
func checkConcurrency(t *Tree, r *Report) {
	eachSimulated(t, func(f *File, n ast.Node) {
		switch n := n.(type) {
		case *ast.GoStmt:
			r.at(f, n.Pos(), "go starts a goroutine; do the work in this handler, hand it to a stage with Env.Post, or write a task (nodes/task)")
		case *ast.SelectStmt:
			r.at(f, n.Pos(), "select takes a random ready case; keep what is awaited in a field and let the handlers look at it")
		case *ast.ChanType:
			r.at(f, n.Pos(), "a channel joins goroutines, and there is one; use a slice, or Env.Post between stages")
		case *ast.SendStmt:
			r.at(f, n.Pos(), "a channel send may block for ever here; append to a slice, or use Env.Post")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				r.at(f, n.Pos(), "a channel receive may block for ever here; return, and go on in the handler that the answer wakes")
			}
		case *ast.BranchStmt:
			if n.Tok == token.GOTO {
				r.at(f, n.Pos(), "goto: write a loop or a function")
			}
		}
	})
}
