package deterministic

import (
	"go/ast"
	"go/token"
	"go/types"
)

// wrote notes that x is written, and how. Two ways to write one thing need not commute.
func (l *loop) wrote(in *ast.BlockStmt, x ast.Expr, how string) string {
	name := types.ExprString(x)
	if before, ok := l.writes[name]; ok && before != how {
		return name + " is written in two ways"
	}
	l.writes[name] = how
	l.effects = append(l.effects, effect{in, how})
	return ""
}

// element notes that an element of the container is written.
func (l *loop) element(container, index ast.Expr) {
	if !l.isKey(index) {
		l.others[types.ExprString(container)] = true
	}
}

// isLocal reports whether the expression is a variable of the round.
func (l *loop) isLocal(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok {
		return false
	}
	o := l.object(id)
	return id.Name == "_" || o != nil && l.stmt.Pos() <= o.Pos() && o.Pos() < l.stmt.End()
}

func (l *loop) assign(in *ast.BlockStmt, s *ast.AssignStmt) string {
	if s.Tok != token.ASSIGN && s.Tok != token.DEFINE {
		if why := l.pure(s.Rhs[0]); why != "" {
			return why
		}
		return l.accumulate(in, s.Lhs[0], s.Tok)
	}
	local := true
	for _, x := range s.Lhs {
		local = local && l.isLocal(x)
	}
	if !local && len(s.Lhs) == len(s.Rhs) {
		for i := range s.Lhs {
			if why := l.write(in, s.Lhs[i], s.Rhs[i]); why != "" {
				return why
			}
		}
		return ""
	}
	if !local {
		return "which round comes last decides " + types.ExprString(s.Lhs[0])
	}
	for i, e := range s.Rhs {
		if args := l.appended(s.Lhs[min(i, len(s.Lhs)-1)], e); args != nil {
			if why := l.allPure(args); why != "" {
				return why
			}
		} else if why := l.pure(e); why != "" {
			return why
		}
	}
	return ""
}

// write judges x = e.
func (l *loop) write(in *ast.BlockStmt, x, e ast.Expr) string {
	if l.isLocal(x) {
		return l.pure(e)
	}
	if args := l.appended(x, e); args != nil {
		if !l.sortsAfter(l.after, l.stmt, x) {
			return "its body collects into " + types.ExprString(x) + ", which is not sorted afterwards"
		}
		if why := l.allPure(args); why != "" {
			return why
		}
		return l.wrote(in, x, "append")
	}
	if name, other := l.bound(x, e); other != nil {
		if why := l.pure(other); why != "" {
			return why
		}
		return l.wrote(in, x, name)
	}
	if why := l.pure(e); why != "" {
		return why
	}
	if ix, ok := x.(*ast.IndexExpr); ok {
		if why := l.pure(ix.Index); why != "" {
			return why
		}
		l.element(ix.X, ix.Index)
		if l.constant(e) {
			return l.wrote(in, ix.X, "="+types.ExprString(e))
		}
		if l.isKey(ix.Index) {
			return l.wrote(in, ix.X, "[key]")
		}
		return "two rounds may write the same element of " + types.ExprString(ix.X)
	}
	if l.constant(e) {
		return l.wrote(in, x, "="+types.ExprString(e))
	}
	return "which round comes last decides " + types.ExprString(x)
}

// appended returns the arguments that e appends to x, or nil.
func (l *loop) appended(x, e ast.Expr) []ast.Expr {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if ok && l.builtin(call) == "append" && len(call.Args) > 1 && types.ExprString(call.Args[0]) == types.ExprString(x) {
		return call.Args[1:]
	}
	return nil
}

// accumulate judges x op= e: sums, products and sets of bits of integers do not depend on the order.
func (l *loop) accumulate(in *ast.BlockStmt, x ast.Expr, op token.Token) string {
	if l.isLocal(x) {
		return ""
	}
	if !isInteger(l.typeOf(x)) {
		return "its body adds up " + types.ExprString(x) + ", which is no integer"
	}
	if ix, ok := x.(*ast.IndexExpr); ok {
		if why := l.pure(ix.Index); why != "" {
			return why
		}
		l.element(ix.X, ix.Index)
		x = ix.X
	}
	switch op {
	case token.ADD_ASSIGN, token.SUB_ASSIGN:
		return l.wrote(in, x, "+")
	case token.MUL_ASSIGN, token.OR_ASSIGN, token.AND_ASSIGN, token.XOR_ASSIGN, token.AND_NOT_ASSIGN:
		return l.wrote(in, x, op.String())
	}
	return "the result of " + types.ExprString(x) + " " + op.String() + " depends on the order"
}

// bound recognises x = max(x, e) and x = min(x, e).
func (l *loop) bound(x, e ast.Expr) (name string, other ast.Expr) {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok || len(call.Args) != 2 || !ordered(l.typeOf(x)) {
		return "", nil
	}
	name = l.builtin(call)
	if name == "max" || name == "min" {
		for i, a := range call.Args {
			if types.ExprString(a) == types.ExprString(x) {
				return name, call.Args[1-i]
			}
		}
	}
	return "", nil
}

// extreme recognises if v > x { x = v }, which finds a maximum or minimum.
func (l *loop) extreme(s *ast.IfStmt) bool {
	cond, ok := ast.Unparen(s.Cond).(*ast.BinaryExpr)
	if !ok || s.Init != nil || s.Else != nil || len(s.Body.List) != 1 {
		return false
	}
	a, ok := s.Body.List[0].(*ast.AssignStmt)
	if !ok || a.Tok != token.ASSIGN || len(a.Lhs) != 1 || len(a.Rhs) != 1 {
		return false
	}
	x, v := types.ExprString(a.Lhs[0]), types.ExprString(a.Rhs[0])
	left, right := types.ExprString(cond.X), types.ExprString(cond.Y)
	greater := cond.Op == token.GTR || cond.Op == token.GEQ
	if !greater && cond.Op != token.LSS && cond.Op != token.LEQ {
		return false
	}
	if left == x && right == v {
		greater = !greater
	} else if left != v || right != x {
		return false
	}
	how := "min"
	if greater {
		how = "max"
	}
	return ordered(l.typeOf(a.Lhs[0])) && l.pure(a.Rhs[0]) == "" && l.wrote(s.Body, a.Lhs[0], how) == ""
}

// ordered reports whether values of the type that compare equal are the same. NaN
// makes that false of floats.
func ordered(t types.Type) bool { return basicInfo(t)&(types.IsInteger|types.IsString) != 0 }
