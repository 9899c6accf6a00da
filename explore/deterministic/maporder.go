package deterministic

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"orrery/internal/maptype"
)

const mapOrderInstead = "range over slices.Sorted(maps.Keys(m)) or keep a sorted slice, or add //orrery:anyorder and the reason why the order cannot show"

// checkMapOrder reports the places of a file where the order of a map can get
// into a run: ranges, and the iterators of package maps. Printing with fmt and encoding
// with encoding/json sort.
func (c *checker) checkMapOrder(file inspector.Cursor) {
	tamed := make(map[*ast.CallExpr]bool) // iterators that a parent has judged
	for cur := range file.Preorder((*ast.RangeStmt)(nil), (*ast.CallExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.RangeStmt:
			c.checkRange(cur, n, tamed)
		case *ast.CallExpr:
			c.checkIterator(cur, n, tamed)
		}
	}
}

func (c *checker) checkRange(cur inspector.Cursor, n *ast.RangeStmt, tamed map[*ast.CallExpr]bool) {
	what, keyed := n.X, true
	if call, ok := ast.Unparen(n.X).(*ast.CallExpr); ok && isFunc(c.called(call), "maps", "Keys", "Values", "All") {
		tamed[call] = true
		what, keyed = call.Args[0], c.called(call).Name() != "Values"
	} else if !maptype.Is(c.typeOf(n.X)) {
		return
	}
	l := loop{checker: c, stmt: n, after: enclosingBody(cur), writes: make(map[string]string), reads: make(map[string]bool)}
	if keyed {
		l.key = c.variable(n.Key)
	}
	if why := l.judge(); why != "" {
		c.report(n.Pos(), mapOrder, "the range over the map %s has another order at each run, and %s; %s", types.ExprString(what), why, mapOrderInstead)
	}
}

// checkIterator reports an iterator over a map (or a slice of its keys) whose
// order is not undone at once, or where the slice that it is collected into is not sorted afterwards.
func (c *checker) checkIterator(cur inspector.Cursor, call *ast.CallExpr, tamed map[*ast.CallExpr]bool) {
	fn := c.called(call)
	if isFunc(fn, "slices", "Sorted", "SortedFunc", "SortedStableFunc") || isFunc(fn, "maps", "Collect", "Insert") || c.sortedLater(cur, call) {
		for _, a := range call.Args {
			if inner, ok := ast.Unparen(a).(*ast.CallExpr); ok {
				tamed[inner] = true
			}
		}
	}
	keys := isFunc(fn, "golang.org/x/exp/maps", "Keys", "Values") || isMethod(fn, "reflect", "Value", "MapKeys")
	if keys && c.sortedLater(cur, call) {
		return
	}
	if !tamed[call] && (keys || isFunc(fn, "maps", "Keys", "Values", "All")) {
		c.report(call.Pos(), mapOrder, "%s has another order at each run; %s", types.ExprString(call.Fun), mapOrderInstead)
	}
}

// sortedLater reports whether the result of the call is collected into a
// variable that is sorted before the function ends.
func (c *checker) sortedLater(cur inspector.Cursor, call *ast.CallExpr) bool {
	fn := c.called(call)
	if fn == nil || isFunc(fn, "maps", "Keys", "Values", "All") {
		return false // an iterator is no collection
	}
	s, ok := cur.Parent().Node().(*ast.AssignStmt)
	return ok && len(s.Lhs) == 1 && len(s.Rhs) == 1 && s.Rhs[0] == call &&
		(isFunc(fn, "slices", "Collect", "AppendSeq") || isFunc(fn, "golang.org/x/exp/maps", "Keys", "Values") || isMethod(fn, "reflect", "Value", "MapKeys")) &&
		c.sortsAfter(enclosingBody(cur), s, s.Lhs[0])
}

// sortsAfter reports whether the function body sorts x somewhere after the statement.
func (c *checker) sortsAfter(body *ast.BlockStmt, s ast.Stmt, x ast.Expr) bool {
	want, found := types.ExprString(x), false
	if body == nil {
		return false
	}
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || call.Pos() < s.End() || len(call.Args) == 0 || !sorts(c.called(call)) {
			return !found
		}
		ast.Inspect(call.Args[0], func(n ast.Node) bool { // also in sort.Sort(byAge(x))
			if e, ok := n.(ast.Expr); ok && types.ExprString(e) == want {
				found = true
			}
			return !found
		})
		return !found
	})
	return found
}

// sorts reports whether the function puts its first argument in order. That the comparison
// has no ties is left to its author.
func sorts(fn *types.Func) bool {
	return isFunc(fn, "slices", "Sort", "SortFunc", "SortStableFunc") ||
		isFunc(fn, "sort", "Strings", "Ints", "Float64s", "Slice", "SliceStable", "Sort", "Stable")
}

// enclosingBody returns the body of the innermost function around the cursor.
func enclosingBody(cur inspector.Cursor) *ast.BlockStmt {
	for f := range cur.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		switch f := f.Node().(type) {
		case *ast.FuncDecl:
			return f.Body
		case *ast.FuncLit:
			return f.Body
		}
	}
	return nil
}

// variable returns what the identifier on the left of a range or assignment
// stands for, or nil if it is absent, blank, or no identifier.
func (c *checker) variable(e ast.Expr) types.Object {
	id, ok := e.(*ast.Ident)
	if !ok || id.Name == "_" {
		return nil
	}
	return c.object(id)
}

func isMethod(fn *types.Func, pkg, recv string, names ...string) bool {
	if fn == nil || !slices.Contains(names, fn.Name()) {
		return false
	}
	t := receiverName(fn)
	return t != nil && t.Pkg() != nil && t.Pkg().Path() == pkg && t.Name() == recv
}
