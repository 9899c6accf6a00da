package kafka

import (
	"fmt"
	"strings"

	"orrery/checker"
	"orrery/checker/guarantee"
	"orrery/checker/internal/digraph"
)

// What an edge means.
const (
	eWR       uint8 = 1 << iota // the head polled what the tail sent
	eWW                         // the head's record follows the tail's in a log
	eProcess                    // one process ran both, the tail first
	eRealtime                   // the tail had returned before the head was invoked
	eLink                       // the edge to its tail goes on
)

// judgeCycles looks for operations that depend on themselves. If no operation both sends and polls, a circle of reads and
// time has a poll in it that saw a record before that was sent, which judgeRecord has found; so the graph is left out.
func (c *check) judgeCycles() {
	if !c.opt.WW && !c.mixed() {
		return
	}
	g := digraph.New(len(c.h), 4*len(c.h))
	for n, p := range c.polled {
		w, r := c.values[p.val].writer, c.readers[n]
		if w != none && c.h[r].Status == checker.OK && c.h[w].Status != checker.Fail {
			g.Add(w, r, eWR)
		}
	}
	if c.opt.WW {
		c.writeOrder(g)
	}
	c.timeOrder(g)
	g.Seal()
	if _, count := g.Components(eWR | eWW | eProcess | eRealtime | eLink); count == 0 {
		return
	}
	named := make(map[guarantee.Anomaly]bool)
	for _, class := range []struct {
		name          guarantee.Anomaly
		mask, through uint8
		allowed       bool
	}{
		{G0, eWW, eWW, true},
		{G1c, eWR, eWR, c.opt.Uncommitted},
		{G1cProcess, eWR | eProcess, eWR, c.opt.Uncommitted},
		{G1cRealtime, eWR | eProcess | eRealtime | eLink, eWR, c.opt.Uncommitted},
		{G1c, eWR | eWW, eWR, true},
	} {
		if named[class.name] || class.name == G1cRealtime && (named[G1c] || named[G1cProcess]) || class.name == G1cProcess && named[G1c] {
			continue
		}
		comp, count := g.Components(class.mask)
		for k := range int32(count) {
			if cycle := g.Cycle(comp, k, class.mask, class.through); cycle != nil {
				named[class.name] = true
				c.story(class.name, class.allowed, cycle)
			}
		}
	}
}

// mixed tells whether some operation that may have taken effect both sent and polled.
func (c *check) mixed() bool {
	for i := range c.h {
		send, poll := false, false
		for j := range c.h[i].Mops {
			send, poll = send || c.h[i].Mops[j].Send, poll || len(c.h[i].Mops[j].Records) > 0
		}
		if send && poll && c.h[i].Status == checker.OK {
			return true
		}
	}
	return false
}

// writeOrder adds that neighbours in a log were written in that order.
func (c *check) writeOrder(g *digraph.Graph) {
	for _, slots := range c.byRank {
		last := int32(none)
		for _, s := range slots {
			w := c.values[c.slots[s].val].writer
			if w == none || c.h[w].Status == checker.Fail {
				continue
			}
			if last != none {
				g.Add(last, w, eWW)
			}
			last = w
		}
	}
}

// timeOrder adds the order of processes and of real time, the latter over a chain of moments that keeps it linear. Nothing
// follows what did not certainly succeed.
func (c *check) timeOrder(g *digraph.Graph) {
	returned := sortedBy(c.h, func(o *Op) int64 { return o.Return })
	last := make(map[int64]int32)
	moment, done := int32(none), 0
	for _, i := range c.byInvoke {
		o := &c.h[i]
		if j, ok := last[o.Process]; ok {
			g.Add(j, i, eProcess)
		}
		if o.Status == checker.OK {
			last[o.Process] = i
		}
		next := int32(none) // one moment for all that returned since the last
		for ; done < len(returned) && c.h[returned[done]].Return < o.Invoke; done++ {
			j := returned[done]
			if c.h[j].Status != checker.OK {
				continue
			}
			if next == none {
				next = g.Node()
			}
			g.Add(j, next, eRealtime)
		}
		if next != none {
			if moment != none {
				g.Add(moment, next, eLink)
			}
			moment = next
		}
		if moment != none {
			g.Add(moment, i, eLink)
		}
	}
}

// story tells a cycle.
func (c *check) story(name guarantee.Anomaly, allowed bool, cycle []digraph.Edge) {
	const most = 5
	var parts []string
	var places []int32
	from := int32(none)
	for _, e := range cycle {
		if int(e.From) < len(c.h) {
			from = e.From
		}
		if int(e.To) >= len(c.h) || from == none {
			continue
		}
		if len(places) < most {
			places = append(places, from)
			parts = append(parts, c.why(from, e))
		}
	}
	more := ""
	if len(cycle) > len(parts) && len(parts) == most {
		more = ", and so on"
	}
	c.found(name, allowed, c.mopPartOf(places[0]), places, "%s%s: each before itself", strings.Join(parts, ", and "), more)
}

// why says why the head of an edge comes after from.
func (c *check) why(from int32, e digraph.Edge) string {
	a, b := &c.h[from], &c.h[e.To]
	names := fmt.Sprintf("process %d at %d before process %d at %d", a.Process, a.Invoke, b.Process, b.Invoke)
	switch {
	case e.Label == eWR:
		for n, p := range c.polled {
			if c.readers[n] == e.To && c.values[p.val].writer == from {
				return fmt.Sprintf("%s, which polled its %d", names, c.vals.large[p.val])
			}
		}
	case e.Label == eProcess:
		return names + ", being the same process"
	case e.Label == eWW:
		return names + ", which wrote behind it"
	}
	return fmt.Sprintf("%s, because it had returned at %d", names, a.Return)
}

// mopPartOf returns the partition of the first micro-operation of an operation.
func (c *check) mopPartOf(i int32) int32 {
	n := 0
	for j := range i {
		n += len(c.h[j].Mops)
	}
	return c.mopPart[n]
}
