package deterministic

import (
	"go/ast"
	"go/token"
)

// checkGlobals reports writes to package variables. Tables that are filled where
// they are declared, or in an init function, are fine.
func (c *checker) checkGlobals(file *ast.File) {
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil || fn.Recv == nil && fn.Name.Name == "init" {
			continue
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			for _, e := range c.written(n) {
				if v := c.root(e); isPackageVar(v) {
					c.report(e.Pos(), global, "%s is a variable of the whole process, in which universes run side by side and machines restart; make it a field of the node", v.Name())
				}
			}
			return true
		})
	}
}

// written returns the expressions that a statement or call changes.
func (c *checker) written(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN && n.Value != nil {
			return []ast.Expr{n.Key, n.Value}
		} else if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key}
		}
	case *ast.CallExpr:
		switch c.builtin(n) {
		case "delete", "clear", "copy":
			return n.Args[:1]
		}
	}
	return nil
}
