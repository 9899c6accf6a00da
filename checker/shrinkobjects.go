package checker

import (
	"slices"
	"strings"
)

// goesWith returns the test for the operations of h that must go when w goes, so that what remains of a history that is
// right is right: take any order, leave w and them out, and nobody is left who could notice.
func (m Model) goesWith(h History, w *Op) func(*Op) bool {
	nobody := func(*Op) bool { return false }
	if w.F.reads() || w.Status == Mismatch {
		return nobody
	}
	switch m.object {
	case ofList, ofLog:
		return func(o *Op) bool { return sawLength(o) || slices.Contains(o.Out.Items(), w.In.Text()) }
	case ofSet:
		return func(o *Op) bool { return mayHaveSeenMember(o, w) }
	case ofQueue, ofPriorityQueue, ofStack:
		return goesWithElement(h, w)
	case ofCounter:
		return func(o *Op) bool { return o.F.oneRead() || o.Out.Said() }
	case ofLock, ofFencedLock:
		return goesWithHold(h, w)
	case ofLeaseLock:
		return func(o *Op) bool { return w.F == Write && o.Status == Mismatch }
	case ofZnodes:
		return func(o *Op) bool { return touches(o, w.Key) }
	}
	appended := slices.ContainsFunc(h, func(o Op) bool { return o.F == Append && o.Key == w.Key })
	return func(o *Op) bool { return mayHaveSeen(o, w, appended) }
}

// sawLength tells whether an answer depends on how many records there were.
func sawLength(o *Op) bool {
	return o.F == Tail || o.F == ReadAt && o.Out != Unset || o.F == Append && o.Out.Said()
}

func mayHaveSeenMember(o, w *Op) bool {
	if o.F.oneRead() {
		return w.F == Remove || slices.Contains(o.Out.Items(), w.In.Text())
	}
	return o.In == w.In && o.Out.Said()
}

// goesWithElement: an element and whoever took it go together, and with an element that nobody is known to have taken, the
// operations without an answer that may have.
func goesWithElement(h History, w *Op) func(*Op) bool {
	in, out := map[Value]int{}, map[Value]int{}
	for i := range h {
		switch o := &h[i]; {
		case o.Status == Fail:
		case o.F == Enqueue || o.F == Push:
			in[o.In]++
		case o.Status == OK:
			out[o.Out]++
		}
	}
	lost := func(v Value) bool { return in[v] > out[v] }
	takes := w.F == Dequeue || w.F == Pop
	value := w.In
	if takes {
		value = w.Out
	}
	if takes && w.Status == OK && value == Unset {
		return func(*Op) bool { return false }
	}
	guess := takes && w.Status == Maybe
	return func(o *Op) bool {
		puts := o.F == Enqueue || o.F == Push
		switch {
		case guess:
			return puts && lost(o.In) || !puts && o.Status == Maybe
		case puts:
			return o.In == value
		case o.Status == Maybe:
			return lost(value)
		}
		return o.Out == value
	}
}

// goesWithHold: an acquire and the release that follows it go together, and with them whoever found the lock held. Where an
// answer is missing, all that its session did goes.
func goesWithHold(h History, w *Op) func(*Op) bool {
	var own []*Op // what the session certainly did, by call
	unsure := false
	for i := range h {
		o := &h[i]
		if o.who() == w.who() && o.Key == w.Key && o.Status != Fail {
			unsure = unsure || o.Status == Maybe
			if o.Status == OK {
				own = append(own, o)
			}
		}
	}
	slices.SortFunc(own, func(a, b *Op) int { return int(min(1, max(-1, a.Call-b.Call))) })
	at := slices.IndexFunc(own, func(o *Op) bool { return o.ID == w.ID })
	partner := int64(-1)
	switch {
	case at < 0:
		unsure = true
	case w.F == Acquire && at+1 < len(own):
		partner = own[at+1].ID
	case w.F == Release && at > 0:
		partner = own[at-1].ID
	}
	return func(o *Op) bool {
		return o.who() == w.who() && (unsure || o.ID == partner) || o.F == Acquire && o.Status == Mismatch
	}
}

// touches tells whether o has to do with the znode at path, those below it, or its being a child.
func touches(o *Op, path string) bool {
	switch {
	case path == "/":
		return o.Key == "/" && o.F != Children
	case o.Key == path || strings.HasPrefix(o.Key, path+"/"):
		return true
	}
	return o.Key == parentPath(path) && (o.F == Children || o.Status == Mismatch)
}
