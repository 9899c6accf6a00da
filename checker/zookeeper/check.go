package zookeeper

import (
	"cmp"
	"fmt"
	"slices"

	"orrery/checker"
	"orrery/checker/guarantee"
)

// The anomalies.
const (
	WrongRead    guarantee.Anomaly = "wrong-read"    // an answer is not what the tree was at its zxid
	WrongResult  guarantee.Anomaly = "wrong-result"  // a write got a code, a stat or a name that its place in the order does not give
	WriteOrder   guarantee.Anomaly = "write-order"   // a write that had ended before another began has a larger zxid
	FutureRead   guarantee.Anomaly = "future-read"   // an answer that had come before a write began reflects that write's zxid
	OneZxid      guarantee.Anomaly = "one-zxid"      // two acknowledged writes share a zxid
	WentBack     guarantee.Anomaly = "went-back"     // a session's answers show an older state than it had seen before
	FIFO         guarantee.Anomaly = "fifo"          // answers of a connection came in another order than the requests went
	StaleSync    guarantee.Anomaly = "stale-sync"    // a read after a sync does not show what had been acknowledged before the sync
	UseAfterEnd  guarantee.Anomaly = "use-after-end" // a session was served after it had been closed or had expired
	NotInLog     guarantee.Anomaly = "not-in-log"    // an acknowledged write was not committed
	TwiceInLog   guarantee.Anomaly = "twice-in-log"  // a request was committed more than once
	LogDiffers   guarantee.Anomaly = "log-differs"   // what was committed is not what was asked for or acknowledged
	LogOrder     guarantee.Anomaly = "log-order"     // zxids of the log do not grow
	LateWatch    guarantee.Anomaly = "late-watch"    // an answer showed a change before the event of a watch on it
	NoCause      guarantee.Anomaly = "no-cause"      // a watch event for which nothing changed, or of another type
	Unregistered guarantee.Anomaly = "unregistered"  // a watch event for which no watch was left
	WatchOrder   guarantee.Anomaly = "watch-order"   // events of a connection in another order than the changes
)

// Options say what is promised beyond the usual.
type Options struct {
	// StrictSync counts a stale read after a sync. ZooKeeper's sync is no quorum operation (ZOOKEEPER-1675), so that while two
	// leaders overlap it may happen: without StrictSync it is shown as allowed.
	StrictSync bool
}

// check is one check under way.
type check struct {
	h   *History
	opt Options
	r   *guarantee.Report

	byInvoke []int // operations with an answer, by invocation
	maybes   []int
	txns     []commit // what was committed, by zxid
	of       map[request]int
	tree     *tree
	doubt    *doubts
	touched  map[string][]change // by path, what happened to the node
	under    map[string][]change // by path, what happened to its children, and its own deletion

	acked, compared, exempt, resolved, written, delivered, unwitnessed int
}

// request names an operation as logs do.
type request struct {
	session int64
	xid     int32
}

// A commit is a transaction, and the operation that it answers, or -1.
type commit struct {
	txn Txn
	op  int
}

// A change is what a transaction did to a node or to its children.
type change struct {
	zxid int64
	typ  EventType
}

// Check judges a history, in any order of time. Its report names paths, and of sessions their numbers, as subjects.
func Check(h History, opt Options) guarantee.Report {
	c := &check{h: &h, opt: opt, r: guarantee.NewReport("zookeeper"), of: make(map[request]int), tree: newTree(),
		touched: make(map[string][]change), under: make(map[string][]change)}
	if text := c.sort(); text != "" {
		return c.r.Malformed("%s", text)
	}
	c.doubt = newDoubts()
	if h.Log != nil {
		c.fromLog()
	} else {
		c.fromClients()
	}
	c.replay()
	c.realTime()
	c.sessions()
	c.watches()
	c.measure()
	return c.r.Done()
}

// sort finds what makes the history none, and orders operations by their invocation.
func (c *check) sort() string {
	for i := range c.h.Ops {
		o := &c.h.Ops[i]
		r := request{o.Session, o.Xid}
		j, twice := c.of[r]
		switch text := o.wrong(); {
		case text != "":
			return fmt.Sprintf("operation %d (%s): %s", i, o, text)
		case twice:
			return fmt.Sprintf("operation %d (%s): its session and xid are those of operation %d", i, o, j)
		}
		c.of[r] = i
		if o.Status == checker.Maybe {
			c.maybes = append(c.maybes, i)
		}
		if o.Status != checker.Fail {
			c.byInvoke = append(c.byInvoke, i)
		}
	}
	ops := c.h.Ops
	for n := range c.h.Log {
		if text := c.h.Log[n].wrong(true); text != "" {
			return fmt.Sprintf("transaction %d of the log, %#x: %s", n, c.h.Log[n].Zxid, text)
		}
	}
	slices.SortStableFunc(c.byInvoke, func(a, b int) int {
		return cmp.Or(cmp.Compare(ops[a].Invoke, ops[b].Invoke), cmp.Compare(ops[a].Xid, ops[b].Xid))
	})
	last := make(map[int64]int)
	for _, i := range c.byInvoke {
		o := &ops[i]
		if j, ok := last[o.Session]; ok && (ops[j].Xid > o.Xid || ops[j].Conn > o.Conn) {
			return fmt.Sprintf("operation %d (%s) was invoked after operation %d, which has a larger xid or connection", i, o, j)
		}
		last[o.Session] = i
	}
	return ""
}

// wrong says what is wrong with an operation by itself.
func (o *Op) wrong() string {
	switch {
	case o.Kind < Create || o.Kind > Close || o.Kind == CheckVersion:
		return "no such operation"
	case o.Return < o.Invoke:
		return "it returned before it was invoked"
	case o.Status > checker.Fail:
		return "its status must be ok, maybe or fail"
	case o.Kind != Multi && o.Kind != Close && !validPath(o.Path) && !(o.Sequential && len(o.Path) > 0 && o.Path[0] == '/'):
		return "its path is none"
	case o.Kind <= Delete && o.Path == "/":
		return "the root is always there"
	case o.Created != "" && (!validPath(o.Created) || o.Created == "/"):
		return "the path that it made is none"
	case o.Zxid < 0:
		return "its zxid is negative"
	}
	for i := range o.Subs {
		s := &o.Subs[i]
		switch {
		case o.Kind != Multi:
			return "only a multi has parts"
		case s.Kind < Create || s.Kind > CheckVersion:
			return fmt.Sprintf("part %d: a multi has creates, deletes, sets and checks", i)
		case !validPath(s.Path) && !(s.Sequential && len(s.Path) > 0 && s.Path[0] == '/'):
			return fmt.Sprintf("part %d: its path is none", i)
		case s.Kind <= Delete && s.Path == "/", s.Created != "" && (!validPath(s.Created) || s.Created == "/"):
			return fmt.Sprintf("part %d: the root is always there, and no other path is empty", i)
		}
	}
	return ""
}

// wrong says what is wrong with a transaction by itself.
func (x *Txn) wrong(whole bool) string {
	switch {
	case x.Kind == 0 && whole:
		return "" // a request that failed
	case !whole && (x.Kind < Create || x.Kind > CheckVersion):
		return "a multi has creates, deletes, sets and checks"
	case whole && (x.Kind > Close || !x.Kind.writes() || x.Kind == CheckVersion):
		return "no such transaction"
	case x.Kind != Multi && x.Kind != Close && (!validPath(x.Path) || x.Kind <= Delete && x.Path == "/"):
		return "its path is none"
	case x.Kind != Multi && len(x.Subs) > 0:
		return "only a multi has parts"
	}
	for i := range x.Subs {
		if text := x.Subs[i].wrong(false); text != "" {
			return text
		}
	}
	return ""
}

// cite names operations for a finding.
func (c *check) cite(places ...int) []guarantee.Op {
	var out []guarantee.Op
	for _, p := range places {
		if p >= 0 {
			out = append(out, guarantee.Op{Index: p, Text: c.h.Ops[p].String()})
		}
	}
	return out
}

// found notes an anomaly.
func (c *check) found(a guarantee.Anomaly, subject string, places []int, format string, args ...any) {
	c.r.Found(a, subject, c.cite(places...), "%s: %s", a, fmt.Sprintf(format, args...))
}

// measure says how much the history put to the test.
func (c *check) measure() {
	sessions, conns, reads := make(map[int64]bool), 0, 0
	for _, i := range c.byInvoke {
		o := &c.h.Ops[i]
		sessions[o.Session] = true
		conns = max(conns, int(o.Conn))
		if o.Status == checker.OK && !o.Kind.writes() && o.Kind != Sync {
			reads++
		}
	}
	c.r.Measure("operations", len(c.h.Ops), 1)
	c.r.Measure("sessions", len(sessions), 0)
	c.r.Measure("reconnections of one session, at most", conns, 0)
	c.r.Measure("acknowledged writes", c.acked, 1)
	c.r.Measure("operations with an unknown end", len(c.maybes), 0)
	c.r.Measure("of which traces told the end", c.resolved, 0)
	c.r.Measure("reads", reads, 0)
	c.r.Measure("answers compared with the tree", c.compared, 1)
	c.r.Measure("reads that showed what was written", c.written, 1)
	c.r.Measure("answers that are uncertain, exempt", c.exempt, 0)
	c.r.Measure("answers without a zxid, not compared", c.unwitnessed, 0)
	c.r.Measure("watch events", c.delivered, 0)
}
