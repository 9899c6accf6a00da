package lint

import (
	"go/ast"
	"path"
	"strconv"
	"strings"
)

// checkImports holds each package against the table of layers.
func checkImports(t *Tree, r *Report) {
	dirs, files := t.packages()
	for _, dir := range dirs {
		l, top, ok := layerOf(dir)
		if !ok {
			r.add(files[dir][0], 1, "the table of layers does not know %q: add it to internal/lint/layers.go and say whom it may import", dir)
			continue
		}
		for _, f := range files[dir] {
			if f.IsTest() {
				continue
			}
			for _, spec := range f.AST.Imports {
				if !l.admits(top, importPath(spec)) {
					r.at(f, spec.Pos(), "%s imports %s, but %s may import only %s: %s",
						dir, importPath(spec), l.dir, l.allowed(), l.why)
				}
			}
		}
	}
}

// admits reports whether a package of the layer, below top, may import pkg.
func (l layer) admits(top, pkg string) bool {
	if pkg == module {
		return matches(l.ours, ".")
	}
	if own, ours := strings.CutPrefix(pkg, module+"/"); ours {
		if _, t, ok := layerOf(own); ok && t == top {
			return true
		}
		return matches(l.ours, own) && !matches(l.never, own)
	}
	return isStandard(pkg) || matches(l.third, pkg)
}

// isStandard reports whether the import path is of the standard library: those
// of others begin with a host name, which has a dot.
func isStandard(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".")
}

func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value // the parser has let it pass, so this cannot be
	}
	return p
}

// importNames maps the names by which a file calls its imports to their paths.
func importNames(f *ast.File) map[string]string {
	names := make(map[string]string, len(f.Imports))
	for _, spec := range f.Imports {
		p := importPath(spec)
		name := path.Base(p)
		if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
			name = path.Base(path.Dir(p)) // math/rand/v2 is called rand
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = p
	}
	return names
}

// qualified returns the import path and the name of an expression like
// time.Now, if its left side is an imported package and not a variable.
func qualified(imports map[string]string, e ast.Node) (pkg, name string, ok bool) {
	sel, isSel := e.(*ast.SelectorExpr)
	if !isSel {
		return "", "", false
	}
	id, isIdent := sel.X.(*ast.Ident)
	if !isIdent || id.Obj != nil { // a local variable hides the package
		return "", "", false
	}
	pkg, ok = imports[id.Name]
	return pkg, sel.Sel.Name, ok
}
