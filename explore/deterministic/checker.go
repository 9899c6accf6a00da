package deterministic

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
)

// The categories of findings.
const (
	clock       = "clock"
	random      = "random"
	concurrency = "concurrency"
	host        = "host"
	address     = "address"
	mapOrder    = "maporder"
	keeping     = "keeping"
	global      = "global"
	float       = "float"
	excuses     = "excuse"
)

// place is a line of a file.
type place struct {
	file string
	line int
}

// checker judges one package.
type checker struct {
	pass    *analysis.Pass
	options *options

	env     *types.TypeName          // nodes.Env, or nil if the package does not import it
	message *types.TypeName          // nodes.Message, likewise
	nodes   map[*types.TypeName]bool // the types that implement nodes.Node

	excuses map[place][]*excuse
	found   []analysis.Diagnostic
	seen    map[place][]string // the categories found on a line
}

func newChecker(pass *analysis.Pass, o *options) *checker {
	c := &checker{
		pass: pass, options: o,
		excuses: make(map[place][]*excuse),
		seen:    make(map[place][]string),
	}
	c.findContract()
	return c
}

func (c *checker) place(p token.Pos) place {
	at := c.pass.Fset.Position(p)
	return place{at.Filename, at.Line}
}

// report notes a finding, unless its line is excused or already has one of the category.
// Findings that a flag switches off use up their excuses all the same: an excuse must not
// depend on flags.
func (c *checker) report(p token.Pos, category, format string, args ...any) {
	at := c.place(p)
	if c.excused(at, category) || category == float && !c.options.float || slices.Contains(c.seen[at], category) {
		return
	}
	c.seen[at] = append(c.seen[at], category)
	c.found = append(c.found, diagnostic(p, category, fmt.Sprintf(format, args...)))
}

func diagnostic(p token.Pos, category, message string) analysis.Diagnostic {
	return analysis.Diagnostic{Pos: p, Category: category, Message: message}
}

// flush hands the findings over, sorted by position.
func (c *checker) flush() {
	slices.SortStableFunc(c.found, func(a, b analysis.Diagnostic) int { return cmp.Compare(a.Pos, b.Pos) })
	for _, d := range c.found {
		c.pass.Report(d)
	}
}

// typeOf is the type of the expression, or nil.
func (c *checker) typeOf(e ast.Expr) types.Type { return c.pass.TypesInfo.TypeOf(e) }

// object is what the identifier declares or uses, or nil.
func (c *checker) object(id *ast.Ident) types.Object { return c.pass.TypesInfo.ObjectOf(id) }

// called returns the function or method that the call names, or nil for a
// conversion, a builtin, or the value of a variable.
func (c *checker) called(call *ast.CallExpr) *types.Func {
	id := calleeName(call)
	if id == nil {
		return nil
	}
	fn, _ := c.object(id).(*types.Func)
	return fn
}

// builtin returns the name of the builtin function that is called, or "".
func (c *checker) builtin(call *ast.CallExpr) string {
	if id := calleeName(call); id != nil {
		if b, ok := c.object(id).(*types.Builtin); ok {
			return b.Name()
		}
	}
	return ""
}

// calleeName returns the identifier by which the call names its function, or nil.
func calleeName(call *ast.CallExpr) *ast.Ident {
	e := ast.Unparen(call.Fun)
	switch x := e.(type) { // explicit type arguments
	case *ast.IndexExpr:
		e = x.X
	case *ast.IndexListExpr:
		e = x.X
	}
	switch x := e.(type) {
	case *ast.Ident:
		return x
	case *ast.SelectorExpr:
		return x.Sel
	}
	return nil
}

// isFunc reports whether fn is a package-level function of that package, of one of the names.
func isFunc(fn *types.Func, pkg string, names ...string) bool {
	return fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == pkg && fn.Signature().Recv() == nil &&
		slices.Contains(names, fn.Name())
}

// isEnv reports whether the type is nodes.Env.
func (c *checker) isEnv(t types.Type) bool { return c.env != nil && isNamed(t, c.env) }

func isNamed(t types.Type, name *types.TypeName) bool {
	if t == nil || name == nil {
		return false
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj() == name
}

// root returns the variable that the expression is, or is a part of: n for n.log[3].
func (c *checker) root(e ast.Expr) *types.Var {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SelectorExpr:
			if id, ok := x.X.(*ast.Ident); ok {
				if _, isPkg := c.object(id).(*types.PkgName); isPkg {
					e = x.Sel
					continue
				}
			}
			e = x.X
		case *ast.Ident:
			v, _ := c.object(x).(*types.Var)
			return v
		default:
			return nil
		}
	}
}

// isPackageVar reports whether the variable lives as long as the process.
func isPackageVar(v *types.Var) bool {
	return v != nil && v.Pkg() != nil && v.Parent() == v.Pkg().Scope()
}
