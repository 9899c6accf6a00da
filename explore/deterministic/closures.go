package deterministic

import (
	"go/ast"
	"go/types"
	"slices"
)

// captures returns an identifier in a function literal that stands for a
// variable from outside of it.
func (c *checker) captures(lit *ast.FuncLit, is func(*ast.Ident) bool) *ast.Ident {
	var found *ast.Ident
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || found != nil {
			return found == nil
		}
		v, ok := c.object(id).(*types.Var)
		if ok && !v.IsField() && (v.Pos() < lit.Pos() || lit.End() <= v.Pos()) && is(id) {
			found = id
		}
		return true
	})
	return found
}

// renewed reports whether keeping the Env in this field is fine: the field is
// given up again before the function returns, or every handler of the type begins with putting its own
// Env there (which the contract allows to libraries that must reach the Env from below).
func (k *keeper) renewed(x, e ast.Expr) bool {
	sel, ok := ast.Unparen(x).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if k.givenUp(types.ExprString(x)) {
		return true
	}
	if _, ok := ast.Unparen(e).(*ast.Ident); !ok || k.fn.Recv == nil {
		return false
	}
	recv := k.receiver(k.fn)
	if recv == nil || k.root(sel.X) == nil || !k.nodes[recv] {
		return false
	}
	all := true
	k.eachMethod(recv, func(fn *ast.FuncDecl) {
		if slices.Contains(handlers, fn.Name.Name) && !k.beginsWith(fn, sel.Sel.Name) {
			all = false
		}
	})
	return all
}

// givenUp reports whether the function sets x to nil.
func (k *keeper) givenUp(x string) bool {
	found := false
	ast.Inspect(k.fn.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if ok && len(a.Lhs) == len(a.Rhs) {
			for i := range a.Lhs {
				found = found || types.ExprString(a.Lhs[i]) == x && k.pass.TypesInfo.Types[a.Rhs[i]].IsNil()
			}
		}
		return !found
	})
	return found
}

// beginsWith reports whether the first statement of the handler puts its Env into the field.
func (k *keeper) beginsWith(fn *ast.FuncDecl, field string) bool {
	if fn.Body == nil || len(fn.Body.List) == 0 {
		return false
	}
	a, ok := fn.Body.List[0].(*ast.AssignStmt)
	if !ok || len(a.Lhs) != len(a.Rhs) {
		return false
	}
	for i := range a.Lhs {
		sel, ok := a.Lhs[i].(*ast.SelectorExpr)
		if ok && sel.Sel.Name == field && k.isEnv(k.typeOf(a.Rhs[i])) {
			return true
		}
	}
	return false
}

// receiver returns the type that the method is declared on, or nil.
func (c *checker) receiver(fn *ast.FuncDecl) *types.TypeName {
	f, ok := c.pass.TypesInfo.Defs[fn.Name].(*types.Func)
	if !ok {
		return nil
	}
	return receiverName(f)
}

// eachMethod visits the methods of the type that the package declares.
func (c *checker) eachMethod(recv *types.TypeName, visit func(*ast.FuncDecl)) {
	for _, file := range c.pass.Files {
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && c.receiver(fn) == recv {
				visit(fn)
			}
		}
	}
}

// codecShares reports whether a codec of the package makes messages that visibly share the
// bytes they are read from: Decode puts its argument, or a part of it, into a literal or a field.
func (c *checker) codecShares() bool {
	shares := false
	for _, file := range c.pass.Files {
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != "Decode" || fn.Body == nil {
				continue
			}
			f, ok := c.pass.TypesInfo.Defs[fn.Name].(*types.Func)
			if !ok || f.Signature().Params().Len() != 1 || f.Signature().Results().Len() != 2 ||
				!isNamed(f.Signature().Results().At(0).Type(), c.message) {
				continue
			}
			p := f.Signature().Params().At(0)
			shares = shares || c.stores(fn.Body, func(id *ast.Ident) bool { return c.object(id) == p })
		}
	}
	return shares
}

// stores reports whether the body puts such a variable into a literal or a field.
func (c *checker) stores(body *ast.BlockStmt, is func(*ast.Ident) bool) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			found = found || c.holds(n, is) != nil
		case *ast.AssignStmt:
			for i := range min(len(n.Lhs), len(n.Rhs)) {
				_, field := n.Lhs[i].(*ast.SelectorExpr)
				found = found || field && c.holds(n.Rhs[i], is) != nil
			}
		}
		return !found
	})
	return found
}
