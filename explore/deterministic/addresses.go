package deterministic

import (
	"go/ast"
	"go/constant"
	"go/types"
	"regexp"
)

// pointerVerb is %p with any flags, width and precision; %% is no verb.
var pointerVerb = regexp.MustCompile(`(?:^|[^%])(?:%%)*%[-+# 0]*(?:\[\d+\])?[\d*]*(?:\.[\d*]+)?p`)

// checkAddresses reports formats that print addresses.
func (c *checker) checkAddresses(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if format := c.format(call); format != nil && pointerVerb.MatchString(constant.StringVal(c.pass.TypesInfo.Types[format].Value)) {
			c.report(format.Pos(), address, "%%p prints an address, which differs from run to run; print what the pointer points to, or a name")
		}
		return true
	})
}

// format returns the constant format of a call of a printf-like function, or nil: its last two
// parameters are a string and any number of values of any type.
func (c *checker) format(call *ast.CallExpr) ast.Expr {
	sig, ok := c.typeOf(call.Fun).(*types.Signature)
	if !ok || !sig.Variadic() || sig.Params().Len() < 2 {
		return nil
	}
	last := sig.Params().Len() - 1
	rest, ok := sig.Params().At(last).Type().(*types.Slice)
	if !ok || !types.IsInterface(rest.Elem()) || len(call.Args) < last {
		return nil
	}
	v := c.pass.TypesInfo.Types[call.Args[last-1]].Value
	if v == nil || v.Kind() != constant.String {
		return nil
	}
	return call.Args[last-1]
}
