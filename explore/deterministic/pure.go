package deterministic

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// purePackages are those whose functions change nothing and look at nothing but their arguments.
var purePackages = []string{"strings", "bytes", "strconv", "cmp", "unicode", "unicode/utf8", "math", "math/bits", "path", "time"}

// pure returns what the expression does besides having a value, or "". It notes what the
// expression reads.
func (l *loop) pure(e ast.Expr) string {
	switch e := e.(type) {
	case nil, *ast.BasicLit:
		return ""
	case *ast.Ident:
		l.reads[e.Name] = true
		return ""
	case *ast.SelectorExpr:
		l.reads[types.ExprString(e)] = true
		return l.pure(e.X)
	case *ast.IndexExpr:
		if l.isKey(e.Index) {
			l.own[types.ExprString(e.X)] = true // each round looks at its own element
			return ""
		}
		return l.allPure([]ast.Expr{e.X, e.Index})
	case *ast.SliceExpr:
		return l.allPure([]ast.Expr{e.X, e.Low, e.High, e.Max})
	case *ast.StarExpr:
		return l.pure(e.X)
	case *ast.ParenExpr:
		return l.pure(e.X)
	case *ast.UnaryExpr:
		if e.Op != token.ARROW {
			return l.pure(e.X)
		}
	case *ast.BinaryExpr:
		return l.allPure([]ast.Expr{e.X, e.Y})
	case *ast.KeyValueExpr:
		return l.pure(e.Value)
	case *ast.CompositeLit:
		return l.allPure(e.Elts)
	case *ast.TypeAssertExpr:
		return l.pure(e.X)
	case *ast.CallExpr:
		return l.pureCall(e)
	}
	return "its body holds " + types.ExprString(e)
}

func (l *loop) allPure(es []ast.Expr) string {
	for _, e := range es {
		if why := l.pure(e); why != "" {
			return why
		}
	}
	return ""
}

func (l *loop) pureCall(call *ast.CallExpr) string {
	fn := l.called(call)
	switch {
	case l.pass.TypesInfo.Types[call.Fun].IsType():
	case slices.Contains([]string{"len", "cap", "min", "max", "make", "new"}, l.builtin(call)):
	case isFunc(fn, "slices", "Contains", "Index", "Max", "Min", "Equal", "Compare", "Clone", "BinarySearch"):
	case isFunc(fn, "fmt", "Sprint", "Sprintf", "Sprintln"):
	case fn != nil && fn.Pkg() != nil && slices.Contains(purePackages, fn.Pkg().Path()) && fn.Signature().Recv() == nil:
	case isMethod(fn, "time", "Time", fnName(fn)) || isMethod(fn, "time", "Duration", fnName(fn)):
		if why := l.pure(call.Fun); why != "" {
			return why
		}
	default:
		return "its body calls " + types.ExprString(call.Fun)
	}
	return l.allPure(call.Args)
}

func fnName(fn *types.Func) string {
	if fn == nil {
		return ""
	}
	return fn.Name()
}

// isKey reports whether the expression is the loop's key: another in each round.
func (l *loop) isKey(e ast.Expr) bool {
	o := l.variable(ast.Unparen(e))
	return o != nil && o == l.key
}

// constant reports whether the expression has one value in all rounds: a constant, nil, or an
// empty composite literal of no identity.
func (l *loop) constant(e ast.Expr) bool {
	tv := l.pass.TypesInfo.Types[e]
	if tv.Value != nil || tv.IsNil() {
		return true
	}
	lit, ok := e.(*ast.CompositeLit)
	return ok && len(lit.Elts) == 0
}

// call judges a call whose result is dropped.
func (l *loop) call(in *ast.BlockStmt, e ast.Expr) string {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return l.pure(e)
	}
	if l.builtin(call) != "delete" {
		return "its body calls " + types.ExprString(call.Fun)
	}
	m, k := call.Args[0], call.Args[1]
	if types.ExprString(m) == types.ExprString(l.stmt.X) && !l.isKey(k) {
		return "what it deletes may or may not have had its round"
	}
	if why := l.pure(k); why != "" {
		return why
	}
	l.element(m, k)
	return l.wrote(in, m, "delete")
}
