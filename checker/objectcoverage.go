package checker

// objectCoverage is the coverage of a history of objects that are no maps.
func objectCoverage(h History, m Model) Coverage {
	c := Coverage{Clients: h.clients()}
	order := h.byCall()
	for i := range h {
		c.Ops[h[i].F][h[i].Status]++
		if m.telling(&h[i]) {
			c.Telling++
		}
	}
	var ends []int64
	c.Concurrent = concurrentPairs(h, order, &ends)
	for _, part := range objectParts(h, m) {
		c.Forced += undisturbed(h, part)
	}
	return c
}

// telling tells whether an answer showed what was not so from the beginning.
func (m Model) telling(o *Op) bool {
	if o.Status == Mismatch {
		return m.object != ofZnodes || o.Out.Text() != reasonNoNode
	}
	if o.Status != OK {
		return false
	}
	switch o.F {
	case Contains:
		return o.Out.Text() == "true"
	case Release:
		return true
	case Acquire, Write: // a token that is in order, a resource that takes it
		return m.object != ofLock
	case Tail:
		return o.Out.Text() != "0"
	case Incr, Add, Remove, Append, SetData:
		return o.Out.Said()
	case Read, Get:
		initial := m.initial
		if m.object == ofCounter && !initial.IsSet() {
			initial = Val("0")
		}
		return o.Out != initial && o.Out != List()
	}
	return o.F.answers() && o.Out != Unset && o.Out != List()
}

// undisturbed counts the answers that were given while no change of the object was under way.
func undisturbed(h History, part []int32) int {
	n := 0
	latest := int64(-1 << 63)    // end of the changes called so far
	open := make([]int32, 0, 16) // answers that no change has overlapped yet
	for _, i := range part {
		o := &h[i]
		if !o.F.reads() {
			kept := open[:0]
			for _, r := range open {
				if h[r].Ret >= o.Call {
					continue
				}
				kept = append(kept, r)
			}
			n += len(kept)
			open = open[:0]
		}
		answers := o.Status == Mismatch || o.Status == OK && o.Out.Said()
		if answers && latest < o.Call {
			open = append(open, i)
		}
		if !o.F.reads() {
			latest = max(latest, o.End())
		}
	}
	return n + len(open)
}
