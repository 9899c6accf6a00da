package deterministic

import (
	"go/ast"
	"go/token"
	"go/types"
)

// checkConcurrency reports everything by which the Go scheduler gets a say.
func (c *checker) checkConcurrency(file *ast.File) {
	var visit func(ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			c.report(n.Pos(), concurrency, "go starts a goroutine, which the Go scheduler runs when it likes; do the work in this handler, hand it to a stage with Env.Post, or write a task (orrery/nodes/task)")
		case *ast.SelectStmt:
			c.report(n.Pos(), concurrency, "select takes a random ready case; keep what is awaited in a field and let the handlers look at it")
			for _, clause := range n.Body.List { // the cases go with the select
				for _, s := range clause.(*ast.CommClause).Body {
					ast.Inspect(s, visit)
				}
			}
			return false
		case *ast.ChanType:
			c.report(n.Pos(), concurrency, "a channel joins goroutines, and a node has one; use a slice, or Env.Post between stages")
		case *ast.SendStmt:
			c.report(n.Pos(), concurrency, "a channel send waits for another goroutine; append to a slice, or use Env.Post")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				c.report(n.Pos(), concurrency, "a channel receive waits for another goroutine; return, and go on in the handler that the answer wakes")
			}
		case *ast.RangeStmt:
			if isChan(c.typeOf(n.X)) {
				c.report(n.Pos(), concurrency, "a range over a channel waits for another goroutine; use a slice, and the handlers that fill it")
			}
		case *ast.CallExpr:
			if c.builtin(n) == "close" {
				c.report(n.Pos(), concurrency, "closing a channel wakes other goroutines; set a field that the handlers look at")
			}
		}
		return true
	}
	ast.Inspect(file, visit)
}

func isChan(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Chan)
	return ok
}
