package deterministic

import (
	"go/ast"
	"go/token"
	"go/types"
)

const floatInstead = "use integers: parts per million for shares, time.Duration for times"

// checkFloats reports comparisons of floats, which decide, roundings to integers,
// which hide that they do, and arithmetic, which arm64 may fuse and amd64 does not.
func (c *checker) checkFloats(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if c.pass.TypesInfo.Types[n].Value == nil && (isFloat(c.typeOf(n.X)) || isFloat(c.typeOf(n.Y))) {
				c.report(n.Pos(), float, "%s is floating point, which rounds differently on other processors; %s", types.ExprString(n), floatInstead)
			}
		case *ast.AssignStmt:
			if n.Tok != token.ASSIGN && n.Tok != token.DEFINE && isFloat(c.typeOf(n.Lhs[0])) {
				c.report(n.Pos(), float, "%s is floating point, which rounds differently on other processors; %s", types.ExprString(n.Lhs[0]), floatInstead)
			}
		case *ast.CallExpr:
			tv := c.pass.TypesInfo.Types[n.Fun]
			if tv.IsType() && len(n.Args) == 1 && isInteger(tv.Type) &&
				isFloat(c.typeOf(n.Args[0])) && c.pass.TypesInfo.Types[n.Args[0]].Value == nil {
				c.report(n.Pos(), float, "%s cuts a float, which rounds differently on other processors; %s", types.ExprString(n), floatInstead)
			}
		}
		return true
	})
}

func isFloat(t types.Type) bool { return basicInfo(t)&(types.IsFloat|types.IsComplex) != 0 }

func isInteger(t types.Type) bool { return basicInfo(t)&types.IsInteger != 0 }

// basicInfo says what kind of basic type it is; of other types, nothing.
func basicInfo(t types.Type) types.BasicInfo {
	if t == nil {
		return 0
	}
	if b, ok := t.Underlying().(*types.Basic); ok {
		return b.Info()
	}
	return 0
}
