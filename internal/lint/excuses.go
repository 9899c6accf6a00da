package lint

import (
	"bytes"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
)

// excuse is a comment by which a line is let off a rule.
type excuse struct {
	rule   string
	reason string
	first  int // the lines that it covers
	last   int
	line   int // where it stands
	used   bool
}

// excusable are the rules that can be excused at all.
var excusable = []string{"maporder", "float"}

var excusePattern = regexp.MustCompile(`^//\s*lint:(\w+)[ \t]*(.*)$`)

// excused reports whether the line is let off the rule, and remembers that the
// excuse was needed.
func (f *File) excused(rule string, line int) bool {
	found := false
	for _, e := range f.allExcuses() {
		if e.rule == rule && e.reason != "" && e.first <= line && line <= e.last {
			e.used, found = true, true
		}
	}
	return found
}

// allExcuses returns the excuses of a file by the line where each stands.
func (f *File) allExcuses() map[int]*excuse {
	if f.excuses != nil || f.AST == nil {
		return f.excuses
	}
	f.excuses = make(map[int]*excuse)
	for _, group := range f.AST.Comments {
		for _, c := range group.List {
			m := excusePattern.FindStringSubmatch(c.Text)
			if m == nil {
				continue
			}
			line := f.Line(c.Pos())
			e := &excuse{rule: m[1], reason: m[2], first: line, last: line, line: line}
			if f.standsAlone(c) {
				e.last = f.Line(group.End()) + 1
			}
			f.excuses[line] = e
		}
	}
	f.widenFloatExcuses()
	return f.excuses
}

// standsAlone reports whether there is no code before the comment on its line.
func (f *File) standsAlone(c *ast.Comment) bool {
	offset := f.fset.Position(c.Pos()).Offset
	start := bytes.LastIndexByte(f.Src[:offset], '\n') + 1
	return len(bytes.TrimSpace(f.Src[start:offset])) == 0
}

// widenFloatExcuses lets an excuse in the doc comment of a declaration cover
// the declaration: a function that computes a statistic needs it on every line.
func (f *File) widenFloatExcuses() {
	for _, d := range f.AST.Decls {
		doc := declDoc(d)
		if doc == nil {
			continue
		}
		for _, c := range doc.List {
			if e := f.excuses[f.Line(c.Pos())]; e != nil && e.rule == "float" {
				e.last = f.Line(d.End())
			}
		}
	}
}

func declDoc(d ast.Decl) *ast.CommentGroup {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		if d.Tok != token.IMPORT {
			return d.Doc
		}
	}
	return nil
}

// checkExcuses reports excuses that are none: of a rule that has no excuse,
// without a reason, outside simulated code, or (if all rules have run) unused.
func checkExcuses(t *Tree, allRulesRan bool) []Finding {
	r := Report{rule: "excuses"}
	for _, f := range t.Files {
		for _, e := range f.allExcuses() {
			switch {
			case !slices.Contains(excusable, e.rule):
				r.add(f, e.line, "the rule %q cannot be excused", e.rule)
			case e.reason == "":
				r.add(f, e.line, "lint:%s needs a reason: say why the line is harmless", e.rule)
			case allRulesRan && !e.used:
				r.add(f, e.line, "lint:%s excuses nothing: take it away", e.rule)
			}
		}
	}
	return sorted(r.findings)
}
