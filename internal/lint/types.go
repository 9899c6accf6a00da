package lint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
)

// typedFile is a file of simulated code with the types of its expressions.
type typedFile struct {
	*File
	info *types.Info
	pkg  *types.Package
}

// CheckTypes runs the typed rules over the simulated packages of the tree that
// was loaded from root, and then, having run everything, judges the excuses:
// call it after [Check], on the same tree. It needs the go command, which
// compiles what is not yet in the build cache.
func CheckTypes(root string, t *Tree) ([]Finding, error) {
	ex := &exports{files: make(map[string]string)}
	if patterns := simulatedPatterns(t); len(patterns) > 0 {
		if err := ex.list(root, patterns...); err != nil {
			return nil, err
		}
	}
	return checkTypes(t, ex, Rules()), nil
}

func checkTypes(t *Tree, ex *exports, rules []Rule) []Finding {
	var r Report
	imp := importer.ForCompiler(t.Fset, "gc", ex.open)
	dirs, files := t.packages()
	for _, dir := range dirs {
		if !simulated(dir) {
			continue
		}
		for _, f := range typePackage(t.Fset, imp, dir, files[dir], &r) {
			for _, rule := range rules {
				if rule.typed != nil {
					r.rule = rule.Name
					rule.typed(f, &r)
				}
			}
		}
	}
	return sorted(append(r.findings, checkExcuses(t, true)...))
}

// typePackage finds the types of the package's non-test files. What does not
// type-check is reported, and judged as far as it does.
func typePackage(fset *token.FileSet, imp types.Importer, dir string, files []*File, r *Report) []*typedFile {
	info := &types.Info{
		Types: make(map[ast.Expr]types.TypeAndValue),
		Uses:  make(map[*ast.Ident]types.Object),
	}
	var typed []*typedFile
	var asts []*ast.File
	for _, f := range files {
		if !f.IsTest() {
			typed = append(typed, &typedFile{File: f, info: info})
			asts = append(asts, f.AST)
		}
	}
	var first error
	conf := types.Config{Importer: imp, Error: func(err error) {
		if first == nil {
			first = err
		}
	}}
	pkg, _ := conf.Check(path.Join(module, dir), fset, asts, info) // the error is first
	if first != nil {
		r.rule = "types"
		reportTypeError(typed, first, r)
	}
	for _, f := range typed {
		f.pkg = pkg
	}
	return typed
}

func reportTypeError(files []*typedFile, err error, r *Report) {
	at := files[0]
	line := 1
	var te types.Error
	if errors.As(err, &te) {
		p := te.Fset.Position(te.Pos)
		i := slices.IndexFunc(files, func(f *typedFile) bool { return f.Path == p.Filename })
		if i >= 0 {
			at, line = files[i], p.Line
		}
		err = errors.New(te.Msg)
	}
	r.add(at.File, line, "the package does not compile: %v", err)
}

// simulatedPatterns returns the go command's patterns for the simulated code there is.
func simulatedPatterns(t *Tree) []string {
	var patterns []string
	for _, top := range []string{"nodes", "sim", "nemesis"} {
		if slices.ContainsFunc(t.Files, func(f *File) bool { return f.AST != nil && under(f.Dir(), top) }) {
			patterns = append(patterns, "./"+top+"/...")
		}
	}
	return patterns
}

// exports finds the compiler's export data.
type exports struct {
	files map[string]string // by import path
}

// list asks the go command for the export data of the packages and all that they import.
func (ex *exports) list(dir string, patterns ...string) error {
	args := append([]string{"list", "-e", "-export", "-deps", "-json=ImportPath,Export", "--"}, patterns...)
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("lint: go list -export: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Export string }
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("lint: output of go list: %w", err)
		}
		if p.Export != "" {
			ex.files[p.ImportPath] = p.Export
		}
	}
}

// open is the lookup function of the importer.
func (ex *exports) open(pkg string) (io.ReadCloser, error) {
	name, ok := ex.files[pkg]
	if !ok {
		return nil, fmt.Errorf("no export data for %s: it does not compile", pkg)
	}
	return os.Open(name)
}
