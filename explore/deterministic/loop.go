package deterministic

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// loop judges whether the order of the rounds of a range over a map can show. It cannot if
// all that the rounds do to what outlives them commutes, and no round reads what another has
// written. Variables and fields are told apart by how they are spelled, so two names of one
// thing deceive it; what it does not know, it takes for a place where the order shows.
type loop struct {
	*checker
	stmt  *ast.RangeStmt
	after *ast.BlockStmt // the function around the loop, in which collections may be sorted
	key   types.Object   // another value in each round, or nil

	writes  map[string]string // what is written, and how
	reads   map[string]bool   // what expressions mention
	own     map[string]bool   // the containers of which rounds read the element under their key
	others  map[string]bool   // the containers of which rounds write elements under other keys
	exits   map[string]bool   // how rounds can end the loop
	breaks  []*ast.BlockStmt  // the blocks that hold a break
	effects []effect
}

// effect is a write, in the block that holds it.
type effect struct {
	block *ast.BlockStmt
	how   string
}

// judge returns why the order can show, or "".
func (l *loop) judge() string {
	if blank(l.stmt.Key) && blank(l.stmt.Value) {
		return "" // every round is alike
	}
	if l.stmt.Tok == token.ASSIGN {
		return "the last key is left in a variable"
	}
	l.exits, l.own, l.others = make(map[string]bool), make(map[string]bool), make(map[string]bool)
	if l.changesKey() {
		l.key = nil // it may then be the same in two rounds
	}
	if why := l.block(l.stmt.Body); why != "" {
		return why
	}
	for x := range l.writes { //orrery:anyorder any of the reasons will do
		if l.reads[x] || l.own[x] && l.others[x] {
			return "a round reads " + x + ", which others write"
		}
	}
	return l.judgeExits()
}

// judgeExits says whether it matters which round ends the loop: not if they all end it in one
// way, and no other round has left anything behind.
func (l *loop) judgeExits() string {
	if len(l.exits) == 0 {
		return ""
	}
	if len(l.exits) > 1 {
		return "whichever round comes first decides how the loop ends"
	}
	for _, e := range l.effects {
		if l.exits["break"] && e.how[0] == '=' && contains(l.breaks, e.block) {
			continue // found = true; break
		}
		return "it ends early, so that chance decides which rounds there are"
	}
	return ""
}

// changesKey reports whether the body assigns to the loop's key, or takes its address.
func (l *loop) changesKey() bool {
	found := false
	ast.Inspect(l.stmt.Body, func(n ast.Node) bool {
		changed := l.written(n)
		if u, ok := n.(*ast.UnaryExpr); ok && u.Op == token.AND {
			changed = []ast.Expr{u.X}
		}
		for _, x := range changed {
			found = found || l.isKey(x)
		}
		return !found
	})
	return found
}

func contains(blocks []*ast.BlockStmt, b *ast.BlockStmt) bool {
	for _, x := range blocks {
		if x == b {
			return true
		}
	}
	return false
}

func blank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return e == nil || ok && id.Name == "_"
}

func (l *loop) block(b *ast.BlockStmt) string {
	for _, s := range b.List {
		if why := l.statement(b, s); why != "" {
			return why
		}
	}
	return ""
}

// statement returns why the order shows in the statement, or "".
func (l *loop) statement(in *ast.BlockStmt, s ast.Stmt) string {
	switch s := s.(type) {
	case nil, *ast.EmptyStmt:
		return ""
	case *ast.BlockStmt:
		return l.block(s)
	case *ast.IfStmt:
		return l.ifStatement(in, s)
	case *ast.AssignStmt:
		return l.assign(in, s)
	case *ast.IncDecStmt:
		return l.accumulate(in, s.X, token.ADD_ASSIGN)
	case *ast.ExprStmt:
		return l.call(in, s.X)
	case *ast.RangeStmt:
		return l.inner(s)
	case *ast.BranchStmt:
		return l.branch(in, s)
	case *ast.ReturnStmt:
		return l.returns(s)
	case *ast.SwitchStmt:
		return l.switches(in, s)
	case *ast.DeclStmt:
		return l.declares(s)
	}
	return fmt.Sprintf("its body does more than collect, delete and sum (line %d)", l.line(s))
}

func (l *loop) line(n ast.Node) int { return l.place(n.Pos()).line }

func (l *loop) branch(in *ast.BlockStmt, s *ast.BranchStmt) string {
	switch {
	case s.Tok == token.CONTINUE && s.Label == nil:
		return ""
	case s.Tok == token.BREAK && s.Label == nil:
		l.exits["break"] = true
		l.breaks = append(l.breaks, in)
		return ""
	}
	return fmt.Sprintf("it jumps out of the loop (line %d)", l.line(s))
}

// returns admits constants: any and all are asked in this way.
func (l *loop) returns(s *ast.ReturnStmt) string {
	how := "return"
	for _, e := range s.Results {
		if !l.constant(e) {
			return "whichever round comes first returns " + types.ExprString(e)
		}
		how += " " + types.ExprString(e)
	}
	l.exits[how] = true
	return ""
}

func (l *loop) ifStatement(in *ast.BlockStmt, s *ast.IfStmt) string {
	if l.extreme(s) {
		return ""
	}
	if s.Init != nil {
		if why := l.statement(in, s.Init); why != "" {
			return why
		}
	}
	if why := l.pure(s.Cond); why != "" {
		return why
	}
	if why := l.block(s.Body); why != "" {
		return why
	}
	return l.statement(in, s.Else)
}

// inner admits a loop over something that has an order; a range over another map is judged
// by itself as well.
func (l *loop) inner(s *ast.RangeStmt) string {
	if s.Tok == token.ASSIGN || isChan(l.typeOf(s.X)) {
		return fmt.Sprintf("it holds a loop with effects of its own (line %d)", l.line(s))
	}
	if _, isFunc := l.typeOf(s.X).Underlying().(*types.Signature); isFunc {
		return "its body calls " + types.ExprString(s.X)
	}
	if why := l.pure(s.X); why != "" {
		return why
	}
	return l.block(s.Body)
}

// switches judges all cases. A break in one of them counts as one of the loop's, to be safe.
func (l *loop) switches(in *ast.BlockStmt, s *ast.SwitchStmt) string {
	if why := l.statement(in, s.Init); why != "" {
		return why
	}
	if why := l.pure(s.Tag); why != "" {
		return why
	}
	for _, c := range s.Body.List {
		c := c.(*ast.CaseClause)
		if why := l.allPure(c.List); why != "" {
			return why
		}
		if why := l.block(&ast.BlockStmt{List: c.Body}); why != "" {
			return why
		}
	}
	return ""
}

// declares judges variables of the round.
func (l *loop) declares(s *ast.DeclStmt) string {
	for _, spec := range s.Decl.(*ast.GenDecl).Specs {
		if v, ok := spec.(*ast.ValueSpec); ok {
			if why := l.allPure(v.Values); why != "" {
				return why
			}
		}
	}
	return ""
}
