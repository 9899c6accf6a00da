package zookeeper

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"orrery/checker"
)

// A watch is one registration that has not fired: of a node, or of its children.
type watch struct {
	path  string
	child bool
}

// A pending watch, and what fires it.
type pending struct {
	op    int
	fires change // the first change after it was set; zxid 0 if there is none
}

// viewer is the client's end of one session, as far as watches go.
type viewer struct {
	conn    int32
	watches map[watch]pending
	due     []watch // those that something fires, ordered by its zxid
	latest  int64   // zxid of the latest event
	again   bool    // it has reconnected: what it learns has documented gaps
}

// arrival is an answer, or an event, that reached a client.
type arrival struct {
	at    int64
	op    int // or -1
	event int
}

// watches judges that each watch event has a cause, comes once, in the order of the changes, and before any answer that shows
// the change.
func (c *check) watches() {
	var all []arrival
	for _, i := range c.byInvoke {
		if c.h.Ops[i].Status == checker.OK {
			all = append(all, arrival{at: c.h.Ops[i].Return, op: i})
		}
	}
	for e := range c.h.Events {
		all = append(all, arrival{at: c.h.Events[e].At, op: -1, event: e})
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.op, b.op)) })
	viewers := make(map[int64]*viewer)
	of := func(session int64, conn int32) *viewer {
		v := viewers[session]
		if v == nil {
			v = &viewer{conn: conn, watches: make(map[watch]pending)}
			viewers[session] = v
		}
		if v.conn != conn {
			v.conn, v.again, v.latest = conn, true, 0
			v.due = v.due[:0] // when they come is not promised any more
		}
		return v
	}
	for _, a := range all {
		if a.op < 0 {
			e := &c.h.Events[a.event]
			c.event(of(e.Session, e.Conn), e)
			continue
		}
		o := &c.h.Ops[a.op]
		v := of(o.Session, o.Conn)
		c.late(v, a.op, o)
		if o.Watch && o.Zxid != 0 && (o.Code == OK || o.Kind == Exists && o.Code == NoNode) {
			c.set(v, a.op, o)
		}
	}
}

// set notes a watch. One that is there already stays as it is.
func (c *check) set(v *viewer, i int, o *Op) {
	w := watch{o.Path, o.Kind == GetChildren}
	if p, there := v.watches[w]; there && (p.fires.zxid == 0 || p.fires.zxid > o.Zxid) {
		return
	}
	p := pending{op: i, fires: c.first(w, o.Zxid)}
	v.watches[w] = p
	if p.fires.zxid != 0 {
		n := sort.Search(len(v.due), func(n int) bool { return v.watches[v.due[n]].fires.zxid > p.fires.zxid })
		v.due = slices.Insert(v.due, n, w)
	}
}

// first returns the first change that fires a watch set at that zxid.
func (c *check) first(w watch, zxid int64) change {
	list := c.touched[w.path]
	if w.child {
		list = c.under[w.path]
	}
	n := sort.Search(len(list), func(n int) bool { return list[n].zxid > zxid })
	if n == len(list) {
		return change{}
	}
	return list[n]
}

// late judges that an answer does not show a change whose event has not come.
func (c *check) late(v *viewer, i int, o *Op) {
	for len(v.due) > 0 && o.Zxid != 0 {
		w := v.due[0]
		p := v.watches[w]
		if p.fires.zxid > o.Zxid {
			return
		}
		c.found(LateWatch, w.path, []int{p.op, i}, "%s was answered at %#x before the %s of %s, which %s had asked to be told and which happened at %#x",
			o.act(), o.Zxid, p.fires.typ, w.path, c.h.Ops[p.op].act(), p.fires.zxid)
		v.due = v.due[1:]
	}
}

// event judges an event, and takes the watches away that it fired.
func (c *check) event(v *viewer, e *Event) {
	c.delivered++
	tables := []bool{false}
	switch e.Type {
	case NodeChildrenChanged:
		tables = []bool{true}
	case NodeDeleted:
		tables = []bool{false, true} // one event for both
	}
	subject := fmt.Sprintf("session %#x", e.Session)
	fired := false
	for _, child := range tables {
		w := watch{e.Path, child}
		p, there := v.watches[w]
		if !there {
			continue
		}
		fired = true
		delete(v.watches, w)
		if n := slices.Index(v.due, w); n >= 0 {
			v.due = slices.Delete(v.due, n, n+1)
		}
		doubt := c.doubt.about(e.Path, checker.Never) || c.doubt.below(e.Path, checker.Never)
		switch {
		case v.again || doubt:
		case p.fires.zxid == 0 || p.fires.typ != e.Type:
			what := "nothing changed"
			if p.fires.zxid != 0 {
				what = fmt.Sprintf("the first change was %s at %#x", p.fires.typ, p.fires.zxid)
			}
			c.found(NoCause, subject, []int{p.op}, "session %#x got %s of %s at %d, and %s since the watch was set", e.Session, e.Type, e.Path, e.At, what)
		case p.fires.zxid < v.latest:
			c.found(WatchOrder, subject, []int{p.op}, "session %#x got %s of %s, of %#x, after the event of %#x", e.Session, e.Type, e.Path, p.fires.zxid, v.latest)
		default:
			v.latest = p.fires.zxid
		}
	}
	if !fired && !v.again {
		c.found(Unregistered, subject, nil, "session %#x got %s of %s at %d, and had no watch there, or it had fired already", e.Session, e.Type, e.Path, e.At)
	}
}
