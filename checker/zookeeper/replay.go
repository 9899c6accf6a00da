package zookeeper

import (
	"cmp"
	"path"
	"slices"

	"orrery/checker"
)

// replay applies what was committed in the order of zxids, and compares each answer with the tree at its zxid.
func (c *check) replay() {
	var answers []int
	for _, i := range c.byInvoke {
		o := &c.h.Ops[i]
		switch {
		case o.Status != checker.OK || o.Kind == Sync || o.Kind == Close:
		case o.Kind.writes() && o.Code == OK:
		case o.Zxid == 0:
			c.unwitnessed++
		default:
			answers = append(answers, i)
		}
	}
	ops := c.h.Ops
	slices.SortStableFunc(answers, func(a, b int) int { return cmp.Compare(ops[a].Zxid, ops[b].Zxid) })
	n := 0
	for _, x := range c.txns {
		for ; n < len(answers) && ops[answers[n]].Zxid < x.txn.Zxid; n++ {
			c.compare(answers[n])
		}
		c.commit(&x)
	}
	for ; n < len(answers); n++ {
		c.compare(answers[n])
	}
}

// commit applies a transaction, and judges the answer to the operation that it came from.
func (c *check) commit(x *commit) {
	acked := x.op >= 0 && c.h.Ops[x.op].Status == checker.OK
	if x.op >= 0 && c.h.Ops[x.op].Kind != Close {
		o := &c.h.Ops[x.op]
		code, made := c.tree.try(o)
		switch {
		case code != OK && !c.doubtAbout(o, x.txn.Zxid):
			c.found(WrongResult, o.Path, []int{x.op}, "%s succeeded at %#x, where it had to fail with %s", o.act(), x.txn.Zxid, codeText(code))
		case code != OK:
			c.exempt++
		default:
			c.names(x, o, made)
		}
	}
	c.tree.apply(&x.txn, func(a applied) { c.changed(a, x.txn.Zxid) })
	if !acked {
		return
	}
	if o := &c.h.Ops[x.op]; o.Stat != nil && (o.Kind == SetData || o.Kind == Create) {
		c.stat(x.op, x.txn.Path, WrongResult)
	}
}

// names judges the names that sequential creates got.
func (c *check) names(x *commit, o *Op, made []string) {
	parts, txns := []Op{*o}, []Txn{x.txn}
	if o.Kind == Multi {
		parts, txns = o.Subs, x.txn.Subs
	}
	for i := range parts {
		if parts[i].Kind != Create || i >= len(txns) {
			continue
		}
		told := txns[i].Path
		if parts[i].Sequential && parts[i].Created == "" && x.op >= 0 && c.h.Log == nil {
			txns[i].Path = made[i] // nobody said, so it is what it must be
			if o.Kind != Multi {
				x.txn.Path = made[i]
			}
			continue
		}
		switch {
		case told == made[i] && (parts[i].Created == "" || parts[i].Created == told):
		case parts[i].Sequential && c.doubt.below(path.Dir(parts[i].Path), x.txn.Zxid):
			c.exempt++
		default:
			got := told
			if parts[i].Created != "" {
				got = parts[i].Created
			}
			c.found(WrongResult, parts[i].Path, []int{x.op}, "%s made %s at %#x, where it had to make %s", o.act(), got, x.txn.Zxid, made[i])
		}
	}
}

// doubtAbout tells whether what an operation's code depends on is uncertain.
func (c *check) doubtAbout(o *Op, zxid int64) bool {
	if o.Kind == Multi {
		return slices.ContainsFunc(o.Subs, func(s Op) bool { return c.doubtAbout(&s, zxid) })
	}
	return c.doubt.about(o.Path, zxid) || o.Kind == Create && c.doubt.about(path.Dir(o.Path), zxid) ||
		o.Kind == Create && o.Sequential && c.doubt.below(path.Dir(o.Path), zxid) || o.Kind == Delete && c.doubt.below(o.Path, zxid)
}

// changed notes a change for the watches.
func (c *check) changed(a applied, zxid int64) {
	typ := map[Kind]EventType{Create: NodeCreated, Delete: NodeDeleted, SetData: NodeDataChanged}[a.kind]
	c.touched[a.path] = append(c.touched[a.path], change{zxid, typ})
	if a.kind == SetData {
		return
	}
	c.under[path.Dir(a.path)] = append(c.under[path.Dir(a.path)], change{zxid, NodeChildrenChanged})
	if a.kind == Delete {
		c.under[a.path] = append(c.under[a.path], change{zxid, NodeDeleted})
	}
}

// treeCodes are the codes that the state of the tree decides.
func treeCode(code int32) bool {
	return code <= NoNode && code >= NotEmpty && codeNames[code] != "" || code == OK
}

// compare judges the answer to a read, or to a write that was refused.
func (c *check) compare(i int) {
	o := &c.h.Ops[i]
	if !treeCode(o.Code) {
		return
	}
	kind, doubt := WrongRead, c.doubtAbout(o, o.Zxid)
	if o.Kind.writes() {
		kind = WrongResult
	}
	code, _ := c.tree.try(o)
	c.compared++
	switch {
	case code != o.Code && doubt:
		c.exempt++
		return
	case code != o.Code:
		c.found(kind, o.Path, []int{i, c.lastWriter(o.Path, o.Zxid)}, "%s was answered %s at %#x, where it is %s", o.act(), codeText(o.Code), o.Zxid, codeText(code))
		return
	case code != OK || o.Kind.writes():
		return
	}
	n := c.tree.nodes[o.Path]
	if n.stat.Czxid != 0 || n.creates > 0 {
		c.written++
	}
	if o.Kind == GetData && o.Got != n.data {
		if doubt {
			c.exempt++
			return
		}
		c.found(WrongRead, o.Path, []int{i, c.lastWriter(o.Path, o.Zxid)}, "session %#x read %s=%q at %#x, where it is %q", o.Session, o.Path, o.Got, o.Zxid, n.data)
		return
	}
	if o.Kind == GetChildren && !c.sameChildren(o.Children, n) {
		if c.doubt.below(o.Path, o.Zxid) || doubt {
			c.exempt++
			return
		}
		c.found(WrongRead, o.Path, []int{i, c.lastWriter(o.Path, o.Zxid)}, "session %#x saw %v below %s at %#x, where there are %d children", o.Session, o.Children, o.Path, o.Zxid, len(n.children))
		return
	}
	if o.Stat != nil {
		c.stat(i, o.Path, WrongRead)
	}
}

func (c *check) sameChildren(got []string, n *znode) bool {
	if len(got) != len(n.children) {
		return false
	}
	seen := make(map[string]bool, len(got))
	for _, g := range got {
		if _, there := n.children[g]; !there || seen[g] {
			return false
		}
		seen[g] = true
	}
	return true
}

// lastWriter returns an operation that changed the node last before the zxid, or -1, for a finding.
func (c *check) lastWriter(p string, zxid int64) int {
	op := -1
	for _, x := range c.txns {
		if x.txn.Zxid > zxid {
			break
		}
		hits := x.txn.Path == p || slices.ContainsFunc(x.txn.Subs, func(s Txn) bool { return s.Path == p })
		if hits && x.op >= 0 {
			op = x.op
		}
	}
	return op
}
