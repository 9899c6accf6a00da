package zookeeper

import (
	"cmp"
	"fmt"
	"slices"

	"orrery/checker"
)

// realTime compares zxids with real time: whatever had been answered before a write began has a smaller zxid. Of writes this
// is linearizability, of reads the rest of ordered sequential consistency.
func (c *check) realTime() {
	ops := c.h.Ops
	var returned []int
	for _, i := range c.byInvoke {
		if ops[i].Status == checker.OK && ops[i].Zxid != 0 {
			returned = append(returned, i)
		}
	}
	slices.SortStableFunc(returned, func(a, b int) int { return cmp.Compare(ops[a].Return, ops[b].Return) })
	n, last := 0, -1
	for _, i := range c.byInvoke {
		o := &ops[i]
		for ; n < len(returned) && ops[returned[n]].Return < o.Invoke; n++ {
			if last < 0 || ops[returned[n]].Zxid > ops[last].Zxid {
				last = returned[n]
			}
		}
		if last < 0 || o.Status != checker.OK || o.Code != OK || !o.Kind.writes() || o.Zxid == 0 || ops[last].Zxid < o.Zxid {
			continue
		}
		l := &ops[last]
		if l.Kind.writes() && l.Code == OK {
			c.found(WriteOrder, o.Path, []int{last, i}, "%s had been acknowledged with %#x when %s began, which got %#x", l.act(), l.Zxid, o.act(), o.Zxid)
		} else {
			c.found(FutureRead, o.Path, []int{last, i}, "%s had been answered at %#x when %s began, which got %#x", l.act(), l.Zxid, o.act(), o.Zxid)
		}
	}
}

// standing is what is known of a session on the way through it.
type standing struct {
	last    int // the latest answer with a zxid, or -1
	broken  int // the latest operation of the connection without an answer, or -1
	replied int // the latest answer of the connection, or -1
	conn    int32
	bound   int64 // after a sync: what the next read must show
	sync    int   // that sync, or -1
	ended   int64 // when it was told that it is over, or checker.Never
	end     int   // by which answer
}

// sessions follows each session through its operations.
func (c *check) sessions() {
	at := make(map[int64]*standing)
	synced := c.syncBounds()
	for _, i := range c.byInvoke {
		o := &c.h.Ops[i]
		s := at[o.Session]
		if s == nil {
			s = &standing{last: -1, broken: -1, replied: -1, sync: -1, conn: o.Conn, ended: checker.Never, end: -1}
			at[o.Session] = s
		}
		if s.conn != o.Conn {
			s.conn, s.broken, s.replied = o.Conn, -1, -1
		}
		c.fifo(s, i, o)
		if o.Status != checker.OK {
			continue
		}
		c.back(s, i, o)
		c.synced(s, i, o, synced)
		c.ended(s, i, o)
	}
}

// fifo judges the order of answers on a connection.
func (c *check) fifo(s *standing, i int, o *Op) {
	subject := fmt.Sprintf("session %#x", o.Session)
	if o.Status == checker.Maybe {
		s.broken = i
		return
	}
	switch {
	case s.broken >= 0:
		c.found(FIFO, subject, []int{s.broken, i}, "%s was answered on a connection that had left %s before it without an answer", o.act(), c.h.Ops[s.broken].act())
	case s.replied >= 0 && c.h.Ops[s.replied].Return > o.Return:
		c.found(FIFO, subject, []int{s.replied, i}, "%s was answered at %d, and %s, which was sent before it, at %d", o.act(), o.Return, c.h.Ops[s.replied].act(), c.h.Ops[s.replied].Return)
	}
	s.replied = i
}

// back judges that a session never sees an older state, whichever server it is connected to, and that its writes come after
// what it had seen.
func (c *check) back(s *standing, i int, o *Op) {
	if o.Zxid == 0 {
		return
	}
	if s.last >= 0 {
		l := &c.h.Ops[s.last]
		write := o.Kind.writes() && o.Code == OK
		if o.Zxid < l.Zxid || write && o.Zxid == l.Zxid {
			c.found(WentBack, fmt.Sprintf("session %#x", o.Session), []int{s.last, i}, "session %#x was at %#x with %s, and then at %#x with %s",
				o.Session, l.Zxid, l.act(), o.Zxid, o.act())
		}
		if o.Zxid < l.Zxid {
			return
		}
	}
	s.last = i
}

// syncBounds returns, for each sync, the largest zxid that had been acknowledged to anybody when it was called.
func (c *check) syncBounds() map[int]int64 {
	ops := c.h.Ops
	var acked []int
	for _, i := range c.byInvoke {
		if o := &ops[i]; o.Status == checker.OK && o.Code == OK && o.Kind.writes() {
			acked = append(acked, i)
		}
	}
	slices.SortStableFunc(acked, func(a, b int) int { return cmp.Compare(ops[a].Return, ops[b].Return) })
	out := make(map[int]int64)
	n, top := 0, int64(0)
	for _, i := range c.byInvoke {
		for ; n < len(acked) && ops[acked[n]].Return < ops[i].Invoke; n++ {
			top = max(top, ops[acked[n]].Zxid)
		}
		if ops[i].Kind == Sync {
			out[i] = top
		}
	}
	return out
}

// synced judges the first read after a sync.
func (c *check) synced(s *standing, i int, o *Op, bounds map[int]int64) {
	switch {
	case o.Kind == Sync && o.Code == OK:
		s.sync, s.bound = i, bounds[i]
	case s.sync >= 0 && !o.Kind.writes() && o.Zxid != 0:
		if o.Zxid < s.bound {
			note := c.r.Allowed
			if c.opt.StrictSync {
				note = c.r.Found
			}
			note(StaleSync, o.Path, c.cite(s.sync, i), "%s: %s was answered at %#x, although %#x had been acknowledged before the sync was called", StaleSync, o.act(), o.Zxid, s.bound)
		}
		s.sync = -1
	}
}

// ended judges that nothing is served after the session's end.
func (c *check) ended(s *standing, i int, o *Op) {
	if s.end >= 0 && o.Invoke > s.ended && o.Code == OK {
		c.found(UseAfterEnd, fmt.Sprintf("session %#x", o.Session), []int{s.end, i}, "%s succeeded, although session %#x had been told at %d that it is over", o.act(), o.Session, s.ended)
	}
	if s.end < 0 && (o.Kind == Close && o.Code == OK || o.Code == SessionExpired) {
		s.end, s.ended = i, o.Return
	}
}
