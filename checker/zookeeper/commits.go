package zookeeper

import (
	"cmp"
	"math"
	"path"
	"slices"
	"strings"

	"orrery/checker"
)

// fromLog takes what was committed from the log, and compares it with what was acknowledged.
func (c *check) fromLog() {
	logged := make(map[request]int, len(c.h.Log))
	last := int64(math.MinInt64)
	for n := range c.h.Log {
		x := &c.h.Log[n]
		if x.Zxid <= last {
			c.found(LogOrder, x.Path, nil, "the log has %#x behind %#x", x.Zxid, last)
		}
		last = max(last, x.Zxid)
		r := request{x.Session, x.Xid}
		op, known := c.of[r]
		if !known {
			op = -1
		}
		if x.Kind == 0 {
			continue
		}
		if m, twice := logged[r]; twice && known {
			c.found(TwiceInLog, x.Path, []int{op}, "%s was committed at %#x and at %#x", c.h.Ops[op].act(), c.h.Log[m].Zxid, x.Zxid)
		}
		logged[r] = n
		c.txns = append(c.txns, commit{*x, op})
	}
	slices.SortStableFunc(c.txns, func(a, b commit) int { return cmp.Compare(a.txn.Zxid, b.txn.Zxid) })
	for i := range c.h.Ops {
		o := &c.h.Ops[i]
		n, there := logged[request{o.Session, o.Xid}]
		acked := o.Status == checker.OK && o.Code == OK && o.Kind.writes()
		if acked {
			c.acked++
		}
		switch {
		case !acked && there && o.Status == checker.OK:
			c.found(LogDiffers, o.Path, []int{i}, "%s was refused, and was committed at %#x", o.act(), c.h.Log[n].Zxid)
		case acked && !there:
			c.found(NotInLog, o.Path, []int{i}, "%s was acknowledged at %#x, and never committed", o.act(), o.Zxid)
		case acked && o.Zxid != 0 && c.h.Log[n].Zxid != o.Zxid:
			c.found(LogDiffers, o.Path, []int{i}, "%s was acknowledged at %#x, and committed at %#x", o.act(), o.Zxid, c.h.Log[n].Zxid)
		case there && !asAsked(o, &c.h.Log[n]):
			c.found(LogDiffers, o.Path, []int{i}, "%s was asked for, and something else committed at %#x", o.act(), c.h.Log[n].Zxid)
		case there && o.Status == checker.Maybe:
			c.resolved++
		}
	}
}

// asAsked tells whether the transaction is what the operation asked for.
func asAsked(o *Op, x *Txn) bool {
	switch {
	case o.Kind != x.Kind || len(o.Subs) < len(x.Subs):
		return false
	case o.Kind == Create && (o.Sequential && !strings.HasPrefix(x.Path, o.Path) || !o.Sequential && x.Path != o.Path || o.Ephemeral != x.Ephemeral):
		return false
	case o.Kind == Delete || o.Kind == SetData:
		return x.Path == o.Path && (o.Kind == Delete || x.Data == o.Data)
	}
	return o.Kind != Create || x.Data == o.Data
}

// asTxn makes the transaction that an acknowledged write is.
func asTxn(o *Op, zxid int64) Txn {
	x := Txn{Zxid: zxid, Session: o.Session, Xid: o.Xid, Kind: o.Kind, Path: o.Path, Data: o.Data, Ephemeral: o.Ephemeral}
	if o.Kind == Create && o.Created != "" {
		x.Path = o.Created
	}
	for i := range o.Subs {
		x.Subs = append(x.Subs, asTxn(&o.Subs[i], zxid))
	}
	return x
}

// fromClients takes what was committed from what was acknowledged, and from the traces of the rest.
func (c *check) fromClients() {
	at := make(map[int64]int)
	var lost []int // writes of which it is not known whether, or where, they were committed
	for i := range c.h.Ops {
		o := &c.h.Ops[i]
		if !o.Kind.writes() || o.Status == checker.Fail || o.Status == checker.OK && o.Code != OK {
			continue
		}
		if o.Status == checker.Maybe || o.Zxid == 0 {
			lost = append(lost, i)
			continue
		}
		c.acked++
		if j, twice := at[o.Zxid]; twice {
			c.found(OneZxid, o.Path, []int{j, i}, "%s and %s were both acknowledged at %#x", c.h.Ops[j].act(), o.act(), o.Zxid)
		}
		at[o.Zxid] = i
		c.txns = append(c.txns, commit{asTxn(o, o.Zxid), i})
	}
	lost = c.trace(lost, at)
	slices.SortStableFunc(c.txns, func(a, b commit) int { return cmp.Compare(a.txn.Zxid, b.txn.Zxid) })
	c.uncertain(lost)
	c.ephemerals()
}

// trail is what the traces of one lost write may be.
type trail struct {
	op    int
	zxid  int64
	count int
}

// trace finds lost creates and sets by the zxids that they left in stats: a zxid of nobody else's, on a path that only one of
// them changed in this way. It returns those that left none.
func (c *check) trace(lost []int, at map[int64]int) []int {
	type key struct {
		path string
		kind Kind
		data string
	}
	trails := make(map[key]*trail)
	many := make(map[key]bool)
	keyOf := func(o *Op) key {
		k := key{o.Path, o.Kind, o.Data}
		if o.Kind == Create {
			k.data = ""
		}
		return k
	}
	for _, i := range lost {
		o := &c.h.Ops[i]
		if o.Kind == SetData || o.Kind == Create && !o.Sequential {
			many[keyOf(o)] = trails[keyOf(o)] != nil
			trails[keyOf(o)] = &trail{op: i}
		}
	}
	note := func(k key, zxid int64) {
		_, known := at[zxid]
		if t := trails[k]; t != nil && !known && !many[k] && t.zxid != zxid {
			t.zxid = zxid
			t.count++
		}
	}
	for i := range c.h.Ops {
		if o := &c.h.Ops[i]; o.Status == checker.OK && o.Code == OK && o.Stat != nil && !o.Kind.writes() {
			note(key{o.Path, Create, ""}, o.Stat.Czxid)
			if o.Kind == GetData && o.Stat.Mzxid != o.Stat.Czxid {
				note(key{o.Path, SetData, o.Got}, o.Stat.Mzxid)
			}
		}
	}
	rest := lost[:0:0]
	for _, i := range lost {
		o := &c.h.Ops[i]
		t := trails[keyOf(o)]
		if t == nil || t.op != i || t.count != 1 {
			rest = append(rest, i)
			continue
		}
		c.resolved++
		c.txns = append(c.txns, commit{asTxn(o, t.zxid), -1})
	}
	return rest
}

// doubts says from which zxid on something is uncertain.
type doubts struct {
	node     map[string]int64
	children map[string]int64
	prefixes map[string][]string // by parent, the prefixes of sequential nodes that may be there
}

func newDoubts() *doubts {
	return &doubts{node: map[string]int64{}, children: map[string]int64{}, prefixes: map[string][]string{}}
}

func lower(m map[string]int64, p string, zxid int64) {
	if z, ok := m[p]; !ok || zxid < z {
		m[p] = zxid
	}
}

// about tells whether the node may be other than it is known at that zxid.
func (d *doubts) about(p string, zxid int64) bool {
	if z, ok := d.node[p]; ok && zxid > z {
		return true
	}
	return slices.ContainsFunc(d.prefixes[path.Dir(p)], func(s string) bool { return strings.HasPrefix(p, s) })
}

// below tells whether the node may have other children than are known at that zxid.
func (d *doubts) below(p string, zxid int64) bool {
	z, ok := d.children[p]
	return ok && zxid > z
}

// uncertain notes what lost writes may have changed, from what had been seen by anybody when they were invoked.
func (c *check) uncertain(lost []int) {
	returned := slices.Clone(c.byInvoke)
	ops := c.h.Ops
	slices.SortFunc(returned, func(a, b int) int { return cmp.Or(cmp.Compare(ops[a].Return, ops[b].Return), cmp.Compare(a, b)) })
	slices.SortFunc(lost, func(a, b int) int { return cmp.Or(cmp.Compare(ops[a].Invoke, ops[b].Invoke), cmp.Compare(a, b)) })
	n, seen := 0, int64(0)
	for _, i := range lost {
		for ; n < len(returned) && ops[returned[n]].Return < ops[i].Invoke; n++ {
			if ops[returned[n]].Status == checker.OK {
				seen = max(seen, ops[returned[n]].Zxid)
			}
		}
		c.doubtful(&ops[i], seen)
	}
}

func (c *check) doubtful(o *Op, zxid int64) {
	d := c.doubt
	parent := path.Dir(o.Path)
	switch o.Kind {
	case Create:
		lower(d.children, parent, zxid)
		if o.Sequential {
			d.prefixes[parent] = append(d.prefixes[parent], o.Path)
			return
		}
		lower(d.node, o.Path, zxid)
	case Delete:
		lower(d.node, o.Path, zxid)
		lower(d.children, o.Path, zxid)
		lower(d.children, parent, zxid)
	case SetData:
		lower(d.node, o.Path, zxid)
	case Multi:
		for i := range o.Subs {
			c.doubtful(&o.Subs[i], zxid)
		}
	}
}

// ephemerals notes that nodes of sessions that were not seen to close may be gone after the last answer to the session.
func (c *check) ephemerals() {
	alive, closed := make(map[int64]int64), make(map[int64]bool)
	for i := range c.h.Ops {
		o := &c.h.Ops[i]
		if o.Status != checker.OK {
			continue
		}
		alive[o.Session] = max(alive[o.Session], o.Zxid)
		closed[o.Session] = closed[o.Session] || o.Kind == Close && o.Code == OK && o.Zxid != 0
	}
	var visit func(x *Txn, session int64)
	visit = func(x *Txn, session int64) {
		for i := range x.Subs {
			visit(&x.Subs[i], session)
		}
		if x.Kind == Create && x.Ephemeral && !closed[session] {
			lower(c.doubt.node, x.Path, alive[session])
			lower(c.doubt.children, path.Dir(x.Path), alive[session])
		}
	}
	for i := range c.txns {
		visit(&c.txns[i].txn, c.txns[i].txn.Session)
	}
}
