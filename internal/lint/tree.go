package lint

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// module is the path that our own packages are imported under.
const module = "orrery"

// File is one text file of the repository.
type File struct {
	Path string // slash-separated, relative to the root
	Src  []byte
	AST  *ast.File // nil if this is not Go source that the go command would build
	Err  error     // why the source could not be parsed

	fset    *token.FileSet
	excuses map[int]*excuse // by line; filled when first asked for
}

// Tree is the text of a repository, with its Go files parsed.
type Tree struct {
	Fset  *token.FileSet
	Files []*File // by path
}

func newTree() *Tree { return &Tree{Fset: token.NewFileSet()} }

// skippedDirs are never part of a checkout: version control, and what .gitignore names.
var skippedDirs = []string{".git", "bin", "artifacts", "node_modules"}

// skippedSuffixes are the files that .gitignore names.
var skippedSuffixes = []string{".test", ".out", ".prof"}

// Load reads the repository below root. It walks the directory instead of asking
// git, so that a file is judged before it is added. It fails only if a file
// cannot be read; source that does not parse is kept, with its Err.
func Load(root string) (*Tree, error) {
	t := newTree()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(skippedDirs, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		hasSuffix := func(s string) bool { return strings.HasSuffix(name, s) }
		if !d.Type().IsRegular() || slices.ContainsFunc(skippedSuffixes, hasSuffix) {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if !bytes.ContainsRune(src, 0) { // binaries hold no words
			t.Add(filepath.ToSlash(rel), src)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lint: %w", err)
	}
	return t, nil
}

// Add puts one more file into the tree, parsing it if it is Go source.
func (t *Tree) Add(name string, src []byte) {
	f := &File{Path: name, Src: src, fset: t.Fset}
	if built(name) {
		f.AST, f.Err = parser.ParseFile(t.Fset, name, src, parser.ParseComments)
	}
	t.Files = append(t.Files, f)
	slices.SortStableFunc(t.Files, func(a, b *File) int { return strings.Compare(a.Path, b.Path) })
}

// built reports whether the go command takes the file for source of a package.
func built(name string) bool {
	if path.Ext(name) != ".go" {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "testdata" || part == "vendor" || strings.HasPrefix(part, ".") || strings.HasPrefix(part, "_") {
			return false
		}
	}
	return true
}

// Dir returns the directory of the file, which for Go source is its package:
// "." for the root.
func (f *File) Dir() string { return path.Dir(f.Path) }

// IsTest reports whether only go test compiles the file.
func (f *File) IsTest() bool { return strings.HasSuffix(f.Path, "_test.go") }

// IsGenerated reports whether the file says that a program wrote it.
func (f *File) IsGenerated() bool { return f.AST != nil && ast.IsGenerated(f.AST) }

// Line returns the line of a position in this file.
func (f *File) Line(p token.Pos) int { return f.fset.Position(p).Line }

// lines returns how many lines the file has.
func (f *File) lines() int {
	n := bytes.Count(f.Src, []byte("\n"))
	if len(f.Src) > 0 && f.Src[len(f.Src)-1] != '\n' {
		n++
	}
	return n
}

// packages groups the parsed Go files by directory; the directories come sorted,
// because the files are.
func (t *Tree) packages() (dirs []string, files map[string][]*File) {
	files = make(map[string][]*File)
	for _, f := range t.Files {
		if f.AST == nil {
			continue
		}
		if _, seen := files[f.Dir()]; !seen {
			dirs = append(dirs, f.Dir())
		}
		files[f.Dir()] = append(files[f.Dir()], f)
	}
	return dirs, files
}

// under reports whether dir is top or lies below it.
func under(dir, top string) bool {
	return dir == top || strings.HasPrefix(dir, top+"/")
}

// simulated reports whether code of the directory runs inside a universe, where
// one seed has to decide everything.
func simulated(dir string) bool {
	return under(dir, "nodes") || under(dir, "sim") || under(dir, "nemesis")
}
