package lint

import (
	"go/ast"
	"go/token"
	"go/types"
)

const floatInstead = "use integers: parts per million for probabilities, time.Duration for times; or add // lint:float and the reason if nothing is decided by it"

// checkFloatSyntax reports floating point that can be seen without types.
func checkFloatSyntax(t *Tree, r *Report) {
	eachSimulated(t, func(f *File, n ast.Node) {
		what := ""
		switch n := n.(type) {
		case *ast.Ident:
			if n.Obj == nil && (n.Name == "float32" || n.Name == "float64") {
				what = n.Name
			}
		case *ast.BasicLit:
			if n.Kind == token.FLOAT || n.Kind == token.IMAG {
				what = n.Value
			}
		}
		if what != "" && !f.excused("float", f.Line(n.Pos())) {
			r.at(f, n.Pos(), "%s is floating point; %s", what, floatInstead)
		}
	})
}

// checkFloatTypes reports floating point that hides in the type of an
// expression: d.Seconds(), or a draw from rng.Float64().
func checkFloatTypes(f *typedFile, r *Report) {
	ast.Inspect(f.AST, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		tv, ok := f.info.Types[e]
		if !ok || tv.Type == nil || !tv.IsValue() {
			return true
		}
		b, ok := tv.Type.Underlying().(*types.Basic)
		if ok && b.Info()&(types.IsFloat|types.IsComplex) != 0 && !f.excused("float", f.Line(e.Pos())) {
			r.at(f.File, e.Pos(), "%s is a %s; %s", types.ExprString(e), tv.Type, floatInstead)
		}
		return true
	})
}
