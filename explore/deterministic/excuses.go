package deterministic

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

// excuse is a comment by which a line is let off.
type excuse struct {
	pos    token.Pos
	name   string // what follows "orrery:"
	reason string
	used   bool
}

// directive is the form of an excuse: like all directives, without a space after the slashes.
var directive = regexp.MustCompile(`^//orrery:(\w+)(?:[ \t]+(.*))?$`)

// readExcuses notes the excuses of a file at each line that they cover: their own, and
// if no code stands there, the first line below.
func (c *checker) readExcuses(file *ast.File) {
	code := c.codeLines(file)
	for _, group := range file.Comments {
		for _, comment := range group.List {
			m := directive.FindStringSubmatch(comment.Text)
			if m == nil {
				continue
			}
			// A comment within the comment is no reason.
			reason, _, _ := strings.Cut(" "+m[2], " //")
			e := &excuse{pos: comment.Pos(), name: m[1], reason: strings.TrimSpace(reason)}
			at := c.place(comment.Pos())
			c.excuses[at] = append(c.excuses[at], e)
			if !code[at.line] {
				below := place{at.file, c.place(group.End()).line + 1}
				c.excuses[below] = append(c.excuses[below], e)
			}
		}
	}
}

// codeLines returns the lines on which something other than a comment begins or ends.
func (c *checker) codeLines(file *ast.File) map[int]bool {
	lines := make(map[int]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n.(type) {
		case nil:
			return true
		case *ast.Comment, *ast.CommentGroup:
			return false
		case *ast.File:
			return true
		}
		lines[c.place(n.Pos()).line] = true
		lines[c.place(n.End()).line] = true
		return true
	})
	return lines
}

// excused reports whether the line is let off the category, and remembers that
// the excuse was needed.
func (c *checker) excused(at place, category string) bool {
	found := false
	for _, e := range c.excuses[at] {
		if e.reason != "" && (e.name == "allow" || e.name == "anyorder" && category == mapOrder) {
			e.used, found = true, true
		}
	}
	return found
}

// judgeExcuses reports the excuses that are none. An excuse cannot be excused.
func (c *checker) judgeExcuses() {
	for at, es := range c.excuses {
		for _, e := range es {
			if c.place(e.pos) != at {
				continue // it is judged where it stands
			}
			switch {
			case e.name != "allow" && e.name != "anyorder":
				c.excuseFinding(e, "there is no //orrery:"+e.name+"; write //orrery:allow or //orrery:anyorder, and the reason")
			case e.reason == "":
				c.excuseFinding(e, "//orrery:"+e.name+" needs a reason: say why the line is harmless")
			case !e.used:
				c.excuseFinding(e, "//orrery:"+e.name+" silences nothing: take it away")
			}
		}
	}
}

func (c *checker) excuseFinding(e *excuse, message string) {
	c.found = append(c.found, diagnostic(e.pos, excuses, message))
}
