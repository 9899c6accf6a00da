package lint

import (
	"go/ast"
	"go/token"
	"path"
	"strings"
)

// checkDocs reports packages without a doc.go and exported names without a comment.
func checkDocs(t *Tree, r *Report) {
	dirs, files := t.packages()
	for _, dir := range dirs {
		if !isLesson(dir) {
			checkPackageDoc(files[dir], r)
		}
		for _, f := range files[dir] {
			if !f.IsTest() && !f.IsGenerated() {
				checkExportedDocs(f, r)
			}
		}
	}
}

// isLesson tells of the directory of a lesson ("lessons/09-forgotten-promise") and of those below it. A lesson is
// explained by its README.md and shown by its story.txt, and a test of package lessons wants both.
func isLesson(dir string) bool {
	rest, below := strings.CutPrefix(dir, "lessons/")
	return below && rest[0] >= '0' && rest[0] <= '9'
}

// checkPackageDoc wants the package comment in doc.go, where a reader looks first.
func checkPackageDoc(files []*File, r *Report) {
	for _, f := range files {
		if path.Base(f.Path) != "doc.go" {
			continue
		}
		name := f.AST.Name.Name
		switch {
		case f.AST.Doc.Text() == "":
			r.add(f, 1, "doc.go has no package comment: say what the package is, and end with its invariants")
		case name != "main" && !strings.HasPrefix(f.AST.Doc.Text(), "Package "+name+" "):
			r.add(f, 1, "the package comment begins with \"Package %s\"", name)
		}
		return
	}
	r.add(files[0], 1, "package %s has no doc.go: say there what the package is, and end with its invariants", files[0].AST.Name.Name)
}

// checkExportedDocs wants a comment on each exported declaration and on the
// exported methods of exported types. The members of a group share its comment.
func checkExportedDocs(f *File, r *Report) {
	for _, d := range f.AST.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && receiverIsExported(d) && d.Doc.Text() == "" {
				r.at(f, d.Pos(), "%s is exported and has no comment: say what it promises, with units, errors and source", d.Name.Name)
			}
		case *ast.GenDecl:
			if d.Tok != token.IMPORT {
				checkGroupDocs(f, d, r)
			}
		}
	}
}

func checkGroupDocs(f *File, d *ast.GenDecl, r *Report) {
	for _, s := range d.Specs {
		var names []*ast.Ident
		documented := d.Doc.Text() != ""
		switch s := s.(type) {
		case *ast.TypeSpec:
			names = []*ast.Ident{s.Name}
			documented = s.Doc.Text() != "" || !d.Lparen.IsValid() && documented
		case *ast.ValueSpec:
			names = s.Names
			documented = documented || s.Doc.Text() != "" || s.Comment.Text() != ""
		}
		for _, n := range names {
			if n.IsExported() && !documented {
				r.at(f, n.Pos(), "%s is exported and has no comment: say what it means, with its unit and source", n.Name)
			}
		}
	}
}

// receiverIsExported reports whether the function is none of an unexported type.
func receiverIsExported(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr: // a generic type
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// checkExamples wants an example_test.go in each package, with an example that
// go test runs: one that has an Output comment.
func checkExamples(t *Tree, r *Report) {
	dirs, files := t.packages()
	for _, dir := range dirs {
		if !isLesson(dir) {
			checkPackageExample(files[dir], r)
		}
	}
}

func checkPackageExample(files []*File, r *Report) {
	for _, f := range files {
		if path.Base(f.Path) != "example_test.go" {
			continue
		}
		for _, d := range f.AST.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Example") && hasOutput(f.AST, fn) {
				return
			}
		}
		r.add(f, 1, "example_test.go has no example that runs: write a func Example… that ends with an // Output: comment")
		return
	}
	r.add(files[0], 1, "package %s has no example_test.go: show its use in a func Example… with an // Output: comment", files[0].AST.Name.Name)
}

// hasOutput reports whether the function holds an Output comment.
func hasOutput(file *ast.File, fn *ast.FuncDecl) bool {
	for _, g := range file.Comments {
		if g.Pos() < fn.Body.Pos() || g.End() > fn.Body.End() {
			continue
		}
		text := strings.ToLower(strings.TrimSpace(g.Text()))
		if strings.HasPrefix(text, "output:") || strings.HasPrefix(text, "unordered output:") {
			return true
		}
	}
	return false
}
