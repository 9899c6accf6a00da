package deterministic

import (
	"go/ast"
	"go/types"
	"slices"
	"strconv"
)

// checkImports reports imports that do their harm without a name being used.
func (c *checker) checkImports(file *ast.File) {
	for _, spec := range file.Imports {
		switch p, _ := strconv.Unquote(spec.Path.Value); p {
		case "C":
			c.report(spec.Pos(), host, "C code runs where no simulator sees it; use Go")
		case "unsafe":
			if spec.Name != nil && spec.Name.Name == "_" {
				c.report(spec.Pos(), address, "unsafe opens the package for linkname, by which it reaches around every rule; take it away")
			}
		}
	}
}

// checkNames reports uses of banned names. What counts is what a name means, not how it is
// spelled: renamed and dot imports make no difference.
func (c *checker) checkNames(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		obj := c.pass.TypesInfo.Uses[id]
		if obj == nil || obj.Pkg() == nil || obj.Pkg() == c.pass.Pkg {
			return true
		}
		if fn, ok := obj.(*types.Func); ok && fn.Signature().Recv() != nil {
			c.checkMethod(id, fn)
			return true
		}
		if obj.Parent() != obj.Pkg().Scope() {
			return true // a field
		}
		if b, banned := banOf(obj.Pkg().Path(), obj.Name()); banned {
			c.report(id.Pos(), b.category, "%s.%s reaches outside the universe; %s", obj.Pkg().Name(), obj.Name(), b.instead)
		}
		return true
	})
}

func (c *checker) checkMethod(id *ast.Ident, fn *types.Func) {
	recv := receiverName(fn)
	if recv == nil {
		return
	}
	for _, m := range methods {
		if recv.Pkg() != nil && recv.Pkg().Path() == m.pkg && recv.Name() == m.recv && slices.Contains(m.names, fn.Name()) {
			c.report(id.Pos(), m.category, "%s.%s.%s reaches outside the universe; %s", recv.Pkg().Name(), m.recv, fn.Name(), m.instead)
		}
	}
}

// receiverName returns the type that the method is declared on, or nil.
func receiverName(fn *types.Func) *types.TypeName {
	r := fn.Signature().Recv()
	if r == nil {
		return nil
	}
	t := types.Unalias(r.Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj()
	}
	return nil
}
