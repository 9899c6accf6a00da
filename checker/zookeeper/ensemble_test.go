package zookeeper_test

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"

	"orrery/checker"
	. "orrery/checker/zookeeper"
)

// An ensemble is a ZooKeeper of the simplest kind: one log, and servers that have applied a part of it. It keeps its state as
// plainly as can be, and anew for each question, so that it shares nothing with the checker.
type ensemble struct {
	r       *rand.Rand
	now     int64
	log     []Txn
	h       History
	conns   map[int64]*client
	lossy   bool // some answers are lost
	logless bool // and nobody will see the log
}

type client struct {
	applied int // how much of the log its server has applied
	conn    int32
	xid     int32
	watches map[[2]string]bool // path and table
	closed  bool
}

type naiveNode struct {
	data    string
	stat    Stat
	creates int32
	kids    []string
}

// state folds the first n transactions.
func state(log []Txn, n int) map[string]*naiveNode {
	nodes := map[string]*naiveNode{"/": {kids: []string{"zookeeper"}}}
	var step func(x Txn)
	step = func(x Txn) {
		parent := nodes[path.Dir(x.Path)]
		switch x.Kind {
		case Create:
			owner := int64(0)
			if x.Ephemeral {
				owner = x.Session
			}
			nodes[x.Path] = &naiveNode{data: x.Data, stat: Stat{Czxid: x.Zxid, Mzxid: x.Zxid, Pzxid: x.Zxid, EphemeralOwner: owner}}
			parent.kids = append(parent.kids, path.Base(x.Path))
			parent.creates++
			parent.stat.Pzxid = x.Zxid
		case Delete:
			delete(nodes, x.Path)
			parent.kids = slices.DeleteFunc(parent.kids, func(k string) bool { return k == path.Base(x.Path) })
			parent.stat.Pzxid = x.Zxid
		case SetData:
			nodes[x.Path].data = x.Data
			nodes[x.Path].stat.Version++
			nodes[x.Path].stat.Mzxid = x.Zxid
		case Multi:
			for _, s := range x.Subs {
				s.Zxid, s.Session = x.Zxid, x.Session
				step(s)
			}
		case Close:
			for p, nd := range nodes {
				if nd.stat.EphemeralOwner == x.Session {
					step(Txn{Zxid: x.Zxid, Kind: Delete, Path: p})
				}
			}
		}
	}
	for _, x := range log[:n] {
		step(x)
	}
	for _, nd := range nodes {
		nd.stat.NumChildren = int32(len(nd.kids))
		nd.stat.Cversion = 2*nd.creates - nd.stat.NumChildren
	}
	return nodes
}

// run makes a history of n operations of k sessions.
func run(r *rand.Rand, n, k int, lossy, logless bool) History {
	e := &ensemble{r: r, conns: map[int64]*client{}, lossy: lossy, logless: logless}
	for s := range int64(k) {
		e.conns[s+1] = &client{watches: map[[2]string]bool{}}
	}
	for range n {
		s := 1 + r.Int64N(int64(k))
		if c := e.conns[s]; !c.closed {
			e.request(s, c)
		}
	}
	if !logless {
		e.h.Log = append([]Txn{}, e.log...)
	}
	return e.h
}

func (e *ensemble) tick() int64 { e.now++; return e.now }

func (e *ensemble) zxid(applied int) int64 {
	if applied == 0 {
		return 1
	}
	return e.log[applied-1].Zxid
}

var paths = []string{"/a", "/b", "/a/x", "/a/y", "/b/x"}

func (e *ensemble) request(session int64, c *client) {
	if e.lossy && e.r.IntN(25) == 0 { // another server, which must not be behind
		c.conn++
		c.watches = map[[2]string]bool{}
		c.applied += e.r.IntN(len(e.log) - c.applied + 1)
	}
	o := Op{Session: session, Conn: c.conn, Xid: c.xid, Path: paths[e.r.IntN(len(paths))], Version: AnyVersion, Status: checker.OK, Invoke: e.tick()}
	c.xid++
	switch e.r.IntN(12) {
	case 0, 1:
		o.Kind, o.Data = Create, fmt.Sprint("d", e.now)
		o.Ephemeral = e.r.IntN(4) == 0
		if o.Sequential = e.r.IntN(4) == 0; o.Sequential {
			o.Path += "-"
		}
	case 2:
		o.Kind, o.Version = Delete, []int32{AnyVersion, 0, 1}[e.r.IntN(3)]
	case 3, 4:
		o.Kind, o.Data, o.Version = SetData, fmt.Sprint("d", e.now), []int32{AnyVersion, AnyVersion, 0, 1}[e.r.IntN(4)]
	case 5:
		o.Kind, o.Path = Multi, ""
		o.Subs = []Op{{Kind: CheckVersion, Path: "/a", Version: AnyVersion}, {Kind: SetData, Path: "/a", Data: fmt.Sprint("d", e.now), Version: AnyVersion},
			{Kind: SetData, Path: "/b", Data: fmt.Sprint("d", e.now), Version: AnyVersion}}
	case 6:
		o.Kind = Sync
	case 7:
		if o.Kind = Exists; e.r.IntN(8) == 0 {
			o.Kind, o.Path = Close, ""
		}
	case 8, 9:
		o.Kind = GetData
	case 10:
		o.Kind = Exists
	default:
		o.Kind = GetChildren
	}
	e.serve(&o, c)
	e.h.Ops = append(e.h.Ops, o)
}

// serve answers a request, unless the connection breaks first.
func (e *ensemble) serve(o *Op, c *client) {
	if o.Kind <= Multi || o.Kind == Close {
		e.write(o, c)
	} else {
		e.read(o, c)
	}
	if o.Return = e.tick(); !e.lossy || e.r.IntN(12) > 0 {
		return
	}
	*o = Op{Session: o.Session, Conn: o.Conn, Xid: o.Xid, Kind: o.Kind, Path: o.Path, Data: o.Data, Version: o.Version, Ephemeral: o.Ephemeral,
		Sequential: o.Sequential, Subs: o.Subs, Status: checker.Maybe, Invoke: o.Invoke, Return: o.Return}
	for i := range o.Subs {
		o.Subs[i].Created = ""
	}
	c.conn++
	c.watches = map[[2]string]bool{}
}

func (e *ensemble) write(o *Op, c *client) {
	x := Txn{Zxid: int64(len(e.log) + 2), Session: o.Session, Xid: o.Xid}
	now := state(e.log, len(e.log))
	code, made := request(now, o)
	if o.Code = code; code == OK {
		x.Kind, x.Path, x.Data, x.Ephemeral = o.Kind, made, o.Data, o.Ephemeral
		for _, s := range o.Subs {
			x.Subs = append(x.Subs, Txn{Kind: s.Kind, Path: s.Path, Data: s.Data})
		}
	}
	e.log = append(e.log, x)
	e.advance(c, o, len(e.log))
	o.Zxid = x.Zxid
	if o.Kind == Create && code == OK {
		o.Created = made
	}
	if o.Kind == SetData && code == OK {
		s := state(e.log, len(e.log))[o.Path].stat
		o.Stat = &s
	}
	c.closed = o.Kind == Close
}

// request tells what a write gets.
func request(now map[string]*naiveNode, o *Op) (int32, string) {
	node, parent := now[o.Path], now[path.Dir(o.Path)]
	switch o.Kind {
	case Create:
		if parent == nil {
			return NoNode, ""
		}
		made := o.Path
		if o.Sequential {
			made = fmt.Sprintf("%s%010d", o.Path, parent.creates)
		}
		switch {
		case now[made] != nil:
			return NodeExists, ""
		case parent.stat.EphemeralOwner != 0:
			return NoChildrenForEphemerals, ""
		}
		return OK, made
	case Multi:
		for i := range o.Subs {
			if code, _ := request(now, &o.Subs[i]); code != OK {
				return code, ""
			}
		}
	case Delete, SetData, CheckVersion:
		switch {
		case node == nil:
			return NoNode, ""
		case o.Version != AnyVersion && o.Version != node.stat.Version:
			return BadVersion, ""
		case o.Kind == Delete && len(node.kids) > 0:
			return NotEmpty, ""
		}
	}
	return OK, o.Path
}

// advance applies more of the log on the client's server, and sends the events that this makes.
func (e *ensemble) advance(c *client, o *Op, to int) {
	for ; c.applied < to; c.applied++ {
		before := state(e.log, c.applied)
		after := state(e.log, c.applied+1)
		fire := func(p, table string, typ EventType) {
			if c.watches[[2]string{p, table}] {
				delete(c.watches, [2]string{p, table})
				if typ == NodeDeleted {
					delete(c.watches, [2]string{p, "data"})
					delete(c.watches, [2]string{p, "child"})
				}
				e.h.Events = append(e.h.Events, Event{Session: o.Session, Conn: o.Conn, Type: typ, Path: p, At: e.tick()})
			}
		}
		for _, p := range append([]string{"/"}, paths...) {
			was, is := before[p], after[p]
			switch {
			case was == nil && is == nil:
			case was == nil:
				fire(p, "data", NodeCreated)
			case is == nil:
				fire(p, "data", NodeDeleted)
				fire(p, "child", NodeDeleted)
			case was.stat.Mzxid != is.stat.Mzxid:
				fire(p, "data", NodeDataChanged)
			}
			if was != nil && is != nil && was.stat.Pzxid != is.stat.Pzxid {
				fire(p, "child", NodeChildrenChanged)
			}
		}
	}
}

func (e *ensemble) read(o *Op, c *client) {
	to := c.applied + e.r.IntN(len(e.log)-c.applied+1)
	if o.Kind == Sync {
		to = len(e.log)
	}
	e.advance(c, o, to)
	o.Zxid = e.zxid(to)
	if o.Kind == Sync {
		return
	}
	nd := state(e.log, to)[o.Path]
	o.Watch = e.r.IntN(4) == 0
	if nd == nil {
		if o.Code = NoNode; o.Watch && o.Kind == Exists {
			c.watches[[2]string{o.Path, "data"}] = true
		}
		return
	}
	s := nd.stat
	o.Stat = &s
	switch o.Kind {
	case GetData:
		o.Got = nd.data
	case GetChildren:
		o.Children = slices.Clone(nd.kids)
	}
	if table := map[bool]string{true: "child", false: "data"}[o.Kind == GetChildren]; o.Watch {
		c.watches[[2]string{o.Path, table}] = true
	}
}
