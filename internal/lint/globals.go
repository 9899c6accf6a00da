package lint

import (
	"go/ast"
	"go/token"
	"go/types"
)

// checkGlobals reports writes to package variables. Tables that are filled
// where they are declared, or in an init function, are fine.
func checkGlobals(f *typedFile, r *Report) {
	for _, d := range f.AST.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil || fn.Recv == nil && fn.Name.Name == "init" {
			continue
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			for _, e := range f.written(n) {
				if v := f.packageVar(e); v != nil {
					r.at(f.File, e.Pos(), "%s is written, a variable of the whole process; make it a field of the node or of the universe", v.Name())
				}
			}
			return true
		})
	}
}

// written returns the expressions that a statement or call changes.
func (f *typedFile) written(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.CallExpr:
		id, ok := n.Fun.(*ast.Ident)
		if !ok || len(n.Args) == 0 {
			return nil
		}
		if b, ok := f.info.Uses[id].(*types.Builtin); ok {
			switch b.Name() {
			case "delete", "clear", "copy":
				return n.Args[:1]
			}
		}
	}
	return nil
}

// packageVar returns the package variable that the expression is or is a part
// of, or nil.
func (f *typedFile) packageVar(e ast.Expr) *types.Var {
	for {
		var id *ast.Ident
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
			continue
		case *ast.IndexExpr:
			e = x.X
			continue
		case *ast.SliceExpr:
			e = x.X
			continue
		case *ast.StarExpr:
			e = x.X
			continue
		case *ast.SelectorExpr:
			left, ok := x.X.(*ast.Ident)
			if !ok {
				e = x.X
				continue
			}
			id = left
			if _, isPkg := f.info.Uses[left].(*types.PkgName); isPkg {
				id = x.Sel
			}
		case *ast.Ident:
			id = x
		default:
			return nil
		}
		v, ok := f.info.Uses[id].(*types.Var)
		if ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
			return v
		}
		return nil
	}
}
