package deterministic

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// handlers are the methods by which a runtime calls a node.
var handlers = []string{"Boot", "Deliver", "Fire", "Synced", "Opened", "Received", "Closed", "Posted"}

// checkKeeping reports what outlives the call that it is valid in: an Env, the bytes
// of Received, and a message of Deliver if the codec lets it share the runtime's bytes.
func (c *checker) checkKeeping(file *ast.File) {
	if c.env == nil {
		return
	}
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		k := keeper{checker: c, fn: fn, lent: c.lent(fn)}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if len(n.Lhs) == len(n.Rhs) {
					for i := range n.Lhs {
						k.assigned(n.Lhs[i], n.Rhs[i])
					}
				}
			case *ast.CallExpr:
				k.posted(n)
			}
			return true
		})
	}
}

// keeper looks at what one function keeps.
type keeper struct {
	*checker
	fn   *ast.FuncDecl
	lent map[types.Object]string // parameters whose memory is the runtime's, and what to do
}

// lent returns the parameters of a handler that are valid only during the call.
func (c *checker) lent(fn *ast.FuncDecl) map[types.Object]string {
	lent := make(map[types.Object]string)
	f, ok := c.pass.TypesInfo.Defs[fn.Name].(*types.Func)
	if !ok || f.Signature().Recv() == nil || f.Signature().Params().Len() != 3 || !c.isEnv(f.Signature().Params().At(0).Type()) {
		return lent
	}
	last := f.Signature().Params().At(2)
	switch {
	case fn.Name.Name == "Received":
		lent[last] = "the runtime uses its bytes again; keep bytes.Clone of it"
	case fn.Name.Name == "Deliver" && c.codecShares():
		lent[last] = "this package's codec lets messages share the runtime's bytes, which are used again; keep a copy, or clone in Decode"
	}
	return lent
}

// assigned judges x = e.
func (k *keeper) assigned(x, e ast.Expr) {
	if !k.outlives(x) {
		return
	}
	if id := k.holds(e, func(id *ast.Ident) bool { return k.isEnv(k.typeOf(id)) }); id != nil && !k.renewed(x, e) {
		k.report(e.Pos(), keeping, "%s is an Env, valid only during this call, and %s outlives it; hand the Env of each call down as an argument", id.Name, types.ExprString(x))
	}
	k.lends(e, types.ExprString(x))
}

// posted judges what is handed to another stage, which gets it after this call.
func (k *keeper) posted(call *ast.CallExpr) {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if ok && sel.Sel.Name == "Post" && k.isEnv(k.typeOf(sel.X)) && len(call.Args) == 2 {
		k.lends(call.Args[1], "the stage's queue")
	}
}

func (k *keeper) lends(e ast.Expr, where string) {
	id := k.holds(e, func(id *ast.Ident) bool { return k.lent[k.object(id)] != "" })
	if id != nil {
		k.report(e.Pos(), keeping, "%s is valid only during this call, and %s outlives it: %s", id.Name, where, k.lent[k.object(id)])
	}
}

// outlives reports whether what is assigned to x is there after the call: x is
// a package variable, or a part of what the receiver, a parameter or a pointer leads to. A local
// variable that was made here does not count: where it goes is not followed.
func (k *keeper) outlives(x ast.Expr) bool {
	v := k.root(x)
	if v == nil || isPackageVar(v) {
		return v != nil
	}
	if _, plain := ast.Unparen(x).(*ast.Ident); plain {
		return false
	}
	switch v.Type().Underlying().(type) {
	case *types.Pointer, *types.Map, *types.Slice:
		return !k.madeHere(v)
	}
	return false
}

// madeHere reports whether the variable begins in this function with a fresh value.
func (k *keeper) madeHere(v *types.Var) bool {
	made := false
	ast.Inspect(k.fn.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE || len(a.Lhs) != len(a.Rhs) {
			return true
		}
		for i, x := range a.Lhs {
			if k.variable(x) == v {
				made = made || k.fresh(a.Rhs[i])
			}
		}
		return true
	})
	return made
}

func (k *keeper) fresh(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.UnaryExpr:
		return e.Op == token.AND && k.fresh(e.X)
	case *ast.CallExpr:
		return slices.Contains([]string{"new", "make"}, k.builtin(e))
	}
	return false
}

// holds returns an identifier for which is holds and that the value of e keeps hold of:
// itself, a slice of it, a part of a literal, an element that is appended, or a captured variable.
func (c *checker) holds(e ast.Expr, is func(*ast.Ident) bool) *ast.Ident {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if is(e) {
			return e
		}
	case *ast.SliceExpr:
		return c.holds(e.X, is)
	case *ast.TypeAssertExpr:
		return c.holds(e.X, is)
	case *ast.UnaryExpr:
		return c.holds(e.X, is)
	case *ast.KeyValueExpr:
		return c.holds(e.Value, is)
	case *ast.CompositeLit:
		return c.anyHolds(e.Elts, is)
	case *ast.FuncLit:
		return c.captures(e, is)
	case *ast.CallExpr:
		if c.builtin(e) == "append" && e.Ellipsis == token.NoPos { // with an ellipsis, what the elements hold is copied
			return c.anyHolds(e.Args, is)
		}
	}
	return nil
}

func (c *checker) anyHolds(es []ast.Expr, is func(*ast.Ident) bool) *ast.Ident {
	for _, e := range es {
		if id := c.holds(e, is); id != nil {
			return id
		}
	}
	return nil
}
