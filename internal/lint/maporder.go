package lint

import (
	"go/ast"
	"go/types"
	"slices"

	"orrery/internal/maptype"
)

const maporderInstead = "range over slices.Sorted(maps.Keys(m)) or keep a sorted slice; or add // lint:maporder and the reason why the order cannot show"

// checkMapOrder reports places where the order of a map can get into a run:
// ranges, and the iterators of package maps that are not sorted at once.
// A range without variables only counts, and printing with fmt sorts.
func checkMapOrder(f *typedFile, r *Report) {
	tamed := make(map[ast.Expr]bool) // arguments of functions that undo the order
	ast.Inspect(f.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if n.Key != nil && maptype.Is(f.info.TypeOf(n.X)) && !f.excused("maporder", f.Line(n.Pos())) {
				r.at(f.File, n.Pos(), "the range over the map %s has another order at each run; %s", types.ExprString(n.X), maporderInstead)
			}
		case *ast.CallExpr:
			fn := f.called(n)
			if orderless(fn) {
				for _, a := range n.Args {
					tamed[ast.Unparen(a)] = true
				}
			}
			if !tamed[n] && leaksOrder(fn) && !f.excused("maporder", f.Line(n.Pos())) {
				r.at(f.File, n.Pos(), "%s has another order at each run; %s", types.ExprString(n.Fun), maporderInstead)
			}
		}
		return true
	})
}

// called returns the package-level function or the method that the call names, or nil.
func (f *typedFile) called(call *ast.CallExpr) *types.Func {
	e := ast.Unparen(call.Fun)
	for { // explicit type arguments
		if x, ok := e.(*ast.IndexExpr); ok {
			e = x.X
		} else if x, ok := e.(*ast.IndexListExpr); ok {
			e = x.X
		} else {
			break
		}
	}
	var id *ast.Ident
	switch e := e.(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		id = e.Sel
	default:
		return nil
	}
	fn, _ := f.info.Uses[id].(*types.Func)
	return fn
}

// leaksOrder reports whether the function yields the elements of a map in its order.
func leaksOrder(fn *types.Func) bool {
	return isFunc(fn, "maps", "Keys", "Values", "All") || isFunc(fn, "reflect", "MapKeys", "MapRange")
}

// orderless reports whether the function's result does not depend on the order
// of its argument. A SortedFunc does if its comparison has ties, but those that
// have are rare and those that sort by key are not.
func orderless(fn *types.Func) bool {
	return isFunc(fn, "slices", "Sorted", "SortedFunc", "SortedStableFunc") || isFunc(fn, "maps", "Collect", "Insert")
}

func isFunc(fn *types.Func, pkg string, names ...string) bool {
	return fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == pkg && slices.Contains(names, fn.Name())
}
