package checker

import (
	"cmp"
	"fmt"
	"slices"
)

// A system often says itself in which order it did things: a log index, a zxid, an offset. Then there is nothing to search
// for. To follow the order once, n steps (and a sort, if the history is not in that order already), shows whether it
// explains every answer and keeps real time. If it does, the history is linearizable. If it does not, the system is wrong
// about its own order, and it is another question whether any order would do.

// A Witnessed is what InOrder found.
type Witnessed struct {
	Result
	// Order is Holds if the order that the system claims is right: each operation once, none behind one that was called
	// after it had returned, every answer what the model would have given. It is Violated if not, and Unknown if the claim
	// is not whole: an operation that succeeded has no place in it.
	Order Verdict
	At    int    // the first operation, by its index in the history, at which the order is not right; -1 if there is none
	Why   string // one line that says why Order is not Holds
}

// InOrder asks whether the order that a system claims is one that m could have answered in, and only if it is not, whether
// any order is: then Result is that of Linearizable.
//
// place returns where the system says that operation i of h took effect: for a change its own index, for an answer that
// changed nothing that of the last change that it saw. It returns false for an operation that has no place. Every operation
// that succeeded or mismatched must have one; one without an answer took effect if it has one, and otherwise it did not.
// Changes that share a place, as in one transaction, are taken in the order of h.
func InOrder(h History, m Model, place func(i int) (int64, bool), opt Options) Witnessed {
	if res, bad := malformed(h, m); bad {
		return Witnessed{Result: res, Order: Malformed, At: -1, Why: res.Reason}
	}
	w := follow(h, m, place)
	if w.Order != Holds {
		w.Result = decide(h, m, opt)
		return w
	}
	w.Result = Result{Verdict: Holds, Coverage: coverageOf(h, m)}.floored(m, opt)
	return w
}

// coverageOf is the coverage of any history.
func coverageOf(h History, m Model) Coverage {
	if m.object != ofMap {
		return objectCoverage(h, m)
	}
	if _, ok := laneFits(h); ok {
		l := newLane(h, m, 0)
		for i := range h {
			l.key(h[i].Key)
		}
		return l.coverage()
	}
	s := scratchPool.Get().(*scratch)
	defer scratchPool.Put(s)
	s.compile(h, m)
	return s.coverage(h)
}

// A placed is an operation and where it is said to have taken effect.
type placed struct {
	at     int64
	op     int32
	change bool
}

func follow(h History, m Model, place func(i int) (int64, bool)) Witnessed {
	order, w := claimed(h, place)
	if w.Order != Holds {
		return w
	}
	store := newReplay(h, m)
	last := -1 // of those so far, the one that was called last
	for _, p := range order {
		i := int(p.op)
		o := &h[i]
		if last >= 0 && o.End() < h[last].Call {
			return Witnessed{Order: Violated, At: i, Why: fmt.Sprintf("%s is said to have come behind %s, but had ended before that one was called",
				o.String(), h[last].String())}
		}
		if last < 0 || o.Call > h[last].Call {
			last = i
		}
		if !store.do(o, i) {
			return Witnessed{Order: Violated, At: i, Why: fmt.Sprintf("%s is not what %s answers at place %d", o.String(), m.Name(), p.at)}
		}
	}
	return w
}

// claimed sorts the operations by their places: at one place the changes first, then those who saw them, by call.
func claimed(h History, place func(i int) (int64, bool)) ([]placed, Witnessed) {
	order := make([]placed, 0, len(h))
	sorted := true
	for i := range h {
		o := &h[i]
		if !o.tells() {
			continue
		}
		at, said := place(i)
		if !said {
			if o.Status == Maybe {
				continue
			}
			return nil, Witnessed{Order: Unknown, At: i, Why: o.String() + " has no place in the order"}
		}
		p := placed{at: at, op: int32(i), change: !o.F.reads() && o.Status != Mismatch}
		sorted = sorted && (len(order) == 0 || order[len(order)-1].before(p, h) <= 0)
		order = append(order, p)
	}
	if !sorted {
		slices.SortStableFunc(order, func(a, b placed) int { return a.before(b, h) })
	}
	return order, Witnessed{Order: Holds, At: -1}
}

func (a placed) before(b placed, h History) int {
	switch {
	case a.at != b.at:
		return cmp.Compare(a.at, b.at)
	case a.change != b.change:
		if a.change {
			return -1
		}
		return 1
	case a.change:
		return 0
	}
	return cmp.Compare(h[a.op].Call, h[b.op].Call)
}
