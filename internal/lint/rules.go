package lint

import (
	"fmt"
	"go/ast"
	"go/token"
)

// Rule is one house rule.
type Rule struct {
	Name string
	Why  string // one sentence, for whoever runs into it

	check func(*Tree, *Report)
	typed func(*typedFile, *Report)
}

// Report collects what the rules find.
type Report struct {
	rule     string
	findings []Finding
}

// add reports a breach at a line of a file.
func (r *Report) add(f *File, line int, format string, args ...any) {
	r.findings = append(r.findings, Finding{f.Path, line, r.rule, fmt.Sprintf(format, args...)})
}

// at reports a breach at a position of a file.
func (r *Report) at(f *File, p token.Pos, format string, args ...any) {
	r.add(f, f.Line(p), format, args...)
}

// Rules returns the house rules, the syntactic ones first.
func Rules() []Rule {
	return []Rule{
		{Name: "syntax", check: checkSyntax,
			Why: "what does not parse cannot be judged"},
		{Name: "imports", check: checkImports,
			Why: "a protocol that imports the simulator cannot run in production, and a cycle of layers cannot be understood one at a time"},
		{Name: "bans", check: checkBans,
			Why: "one door for all entropy: what reaches the host around Env differs from run to run"},
		{Name: "concurrency", check: checkConcurrency,
			Why: "a handler runs to completion; a second goroutine would hand the schedule to the Go runtime, which no seed decides"},
		{Name: "float", check: checkFloatSyntax, typed: checkFloatTypes,
			Why: "floating point rounds differently on amd64 and arm64, where the compiler may fuse multiply and add"},
		{Name: "maporder", typed: checkMapOrder,
			Why: "Go visits a map in another order at each run"},
		{Name: "globals", typed: checkGlobals,
			Why: "universes run side by side in one process and must not see each other"},
		{Name: "size", check: checkSize,
			Why: "a file is one idea and a function fits on a screen"},
		{Name: "docs", check: checkDocs,
			Why: "an exported name is a promise, and the promise is the comment"},
		{Name: "examples", check: checkExamples,
			Why: "an example that runs is the only documentation that cannot rot"},
		{Name: "sleep", check: checkSleep,
			Why: "a test that sleeps is slow on a good day and red on a bad one"},
		{Name: "leftovers", check: checkLeftovers,
			Why: "work that is left over belongs into the tracker, where somebody looks"},
		{Name: "private", check: checkPrivate,
			Why: "a path of one machine means nothing to a reader on another"},
		{Name: "format", check: checkFormat,
			Why: "there is one Go format"},
	}
}

// Check runs the syntactic rules over the tree and returns all findings.
func Check(t *Tree) []Finding { return check(t, Rules()) }

func check(t *Tree, rules []Rule) []Finding {
	var r Report
	for _, rule := range rules {
		if rule.check != nil {
			r.rule = rule.Name
			rule.check(t, &r)
		}
	}
	return sorted(r.findings)
}

// checkSyntax reports the files that do not parse.
func checkSyntax(t *Tree, r *Report) {
	for _, f := range t.Files {
		if f.Err != nil {
			r.add(f, 1, "%v", f.Err)
		}
	}
}

// eachSimulated calls visit for every node of every file that runs inside a
// universe. Generated files are visited too: a generator can be wrong as well.
func eachSimulated(t *Tree, visit func(*File, ast.Node)) {
	for _, f := range t.Files {
		if f.AST == nil || f.IsTest() || !simulated(f.Dir()) {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if n != nil {
				visit(f, n)
			}
			return true
		})
	}
}
