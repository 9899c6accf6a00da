package lint

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// ban keeps simulated code from a package, or from some of its names.
type ban struct {
	pkg     string   // import path; "os/..." bans the tree
	names   []string // these names only; nil bans the whole package
	but     []string // with names nil: these names are fine, all others are banned
	instead string   // what to use, and why
}

// bans lists the ways around the one door for entropy.
var bans = []ban{
	{pkg: "os/...", instead: "files are Env.Disk, settings are fields of the node: the host's differ from run to run"},
	{pkg: "syscall", instead: "the machine is Env"},
	{pkg: "io/ioutil", instead: "files are Env.Disk"},
	{pkg: "embed", instead: "a node's input comes through its fields and Env.Disk"},
	{pkg: "net/...", instead: "peers are Env.Send and Env.Dial: only there can a message be lost"},
	{pkg: "sync/...", instead: "plain fields: a handler runs alone and to its end, so there is nothing to lock"},
	{pkg: "context", instead: "a timer (Env.SetTimer) and a field that says what is awaited: cancellation by another goroutine has no place in a virtual time"},
	{pkg: "log/...", instead: "the trace records what happened; a node notes what it reached with the coverage marks of nodes"},
	{pkg: "crypto/rand", instead: "Env.Rand, the machine's own stream"},
	{pkg: "hash/maphash", instead: "hash/fnv or hash/crc32: maphash is seeded anew in each process"},
	{pkg: "unsafe", instead: "safe code: addresses differ from run to run"},
	{pkg: "runtime/...", instead: "nothing; the Go scheduler and its memory must not be able to show in a run"},
	{pkg: "weak", instead: "a plain pointer: when the collector runs is nobody's seed"},
	{pkg: "unique", instead: "a plain value"},
	{pkg: "C", instead: "Go: what C does no simulator sees"},
	{pkg: "testing/...", instead: "errors as values; tests live in _test.go files, nodes/nodestest and sim/simtest"},
	{pkg: "time", names: []string{"Now", "Since", "Until"},
		instead: "Env.Now, the machine's own clock, which drifts, steps and lies"},
	{pkg: "time", names: []string{"Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
		instead: "Env.SetTimer and a return: Fire comes when the machine's clock gets there"},
	{pkg: "time", names: []string{"Local", "LoadLocation", "ParseInLocation"},
		instead: "UTC: the host's time zone must not show in a run"},
	{pkg: "math/rand", but: randTypes, instead: randInstead},
	{pkg: "math/rand/v2", but: randTypes, instead: randInstead},
	{pkg: "fmt", names: []string{"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
		instead: "the trace, or a returned value: thousands of universes share one terminal"},
}

// randTypes are the names of math/rand and math/rand/v2 that draw from a given source.
var randTypes = []string{"New", "NewPCG", "NewChaCha8", "NewSource", "NewZipf",
	"Rand", "PCG", "ChaCha8", "Source", "Source64", "Zipf"}

const randInstead = "a *rand.Rand that was handed in (Env.Rand in a node): the top-level functions draw from one stream that the whole process shares"

// exemption lifts bans for a directory, which runs outside any universe or
// keeps what it learns out of every decision.
type exemption struct {
	dir   string   // this directory alone, not what lies below
	names []string // import paths, or path.Name for single names
	why   string
}

var exemptions = []exemption{
	{dir: "nodes/nodestest", names: []string{"testing", "os"},
		why: "the suite is called by tests; its toy nodes keep all other rules"},
	{dir: "sim/simtest", names: []string{"testing", "os", "time.Now", "time.Since"},
		why: "the front door stands outside the universe: it reads ORRERY_* and keeps the time budget"},
	{dir: "sim", names: []string{"runtime/debug.Stack"}, why: stackReason},
	{dir: "nodes/task", names: []string{"runtime.Callers", "runtime.CallersFrames"}, why: stackReason},
}

const stackReason = "where a node panicked goes into the artefact, never into the hash"

// exempt reports whether the directory may use the package or name.
func exempt(dir, what string) bool {
	for _, e := range exemptions {
		if e.dir == dir && matches(e.names, what) {
			return true
		}
	}
	return false
}

// exemptInPart reports whether the directory may use some names of the package.
func exemptInPart(dir, pkg string) bool {
	return slices.ContainsFunc(exemptions, func(e exemption) bool {
		return e.dir == dir && slices.ContainsFunc(e.names, func(n string) bool { return strings.HasPrefix(n, pkg+".") })
	})
}

// covers reports whether the ban concerns the import path.
func (b ban) covers(pkg string) bool { return matches([]string{b.pkg}, pkg) }

// whole reports whether the package may not even be imported.
func (b ban) whole() bool { return b.names == nil && b.but == nil }

// bars reports whether the ban concerns this name of its package.
func (b ban) bars(name string) bool {
	if b.names != nil {
		return matches(b.names, name)
	}
	return !matches(b.but, name)
}

// checkBans reports imports and uses that reach around Env.
func checkBans(t *Tree, r *Report) {
	imports := make(map[*File]map[string]string)
	eachSimulated(t, func(f *File, n ast.Node) {
		switch n := n.(type) {
		case *ast.File:
			imports[f] = importNames(n)
		case *ast.ImportSpec:
			checkBannedImport(f, n, r)
		case *ast.SelectorExpr:
			checkBannedName(f, n, imports[f], r)
		case *ast.BasicLit:
			if n.Kind == token.STRING && strings.Contains(n.Value, "%p") {
				r.at(f, n.Pos(), "%%p prints an address, which differs from run to run: print what the pointer points to, or a name")
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && id.Obj == nil && (id.Name == "print" || id.Name == "println") {
				r.at(f, n.Pos(), "%s is for debugging the Go runtime: use the trace", id.Name)
			}
		}
	})
}

func checkBannedImport(f *File, spec *ast.ImportSpec, r *Report) {
	p := importPath(spec)
	if spec.Name != nil && spec.Name.Name == "." {
		r.at(f, spec.Pos(), "a dot import of %s hides where names come from, so that no rule can see them: import it by name", p)
	}
	for _, b := range bans {
		if b.whole() && b.covers(p) && !exempt(f.Dir(), p) && !exemptInPart(f.Dir(), p) {
			r.at(f, spec.Pos(), "simulated code may not import %s; instead: %s", p, b.instead)
		}
	}
}

func checkBannedName(f *File, sel *ast.SelectorExpr, imports map[string]string, r *Report) {
	pkg, name, ok := qualified(imports, sel)
	if !ok {
		return
	}
	for _, b := range bans {
		if b.whole() && !exemptInPart(f.Dir(), pkg) {
			continue // the import itself is reported
		}
		if b.covers(pkg) && b.bars(name) && !exempt(f.Dir(), pkg+"."+name) {
			r.at(f, sel.Pos(), "simulated code may not use %s.%s; instead: %s", pkg, name, b.instead)
		}
	}
}
