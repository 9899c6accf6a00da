package checker

import (
	"strings"
	"time"
)

// smallestCore leaves out operations as long as the rest is violated: half of them at once, then a quarter, down to one
// at a time, until none can go. It returns false beside its best if the time ended first.
func (x *explainer) smallestCore(h History) (History, bool) {
	for size := (len(h) + 1) / 2; size >= 1; {
		smaller := false
		for at := 0; at < len(h); {
			if x.outOfTime() {
				return h, false
			}
			rest := x.without(h, at, min(at+size, len(h)))
			if len(rest) > 0 && x.violated(rest, Auto) {
				h, smaller = rest, true
				continue
			}
			if x.late {
				return h, false
			}
			at += size
		}
		if size == 1 && !smaller {
			break
		}
		size = max(1, min(size/2, len(h)/2))
	}
	return h, true
}

// without leaves out the operations from, …, to-1 of h, and with each that writes everything that could have seen its
// work: take any order in which the whole history is right, and it stays right when these are taken out. (It would not
// if a reader stayed and its writer went.) When the time is up, nothing is left.
func (x *explainer) without(h History, from, to int) History {
	gone := make([]bool, len(h))
	var todo []int
	for i := from; i < to; i++ {
		gone[i] = true
		todo = append(todo, i)
	}
	for len(todo) > 0 {
		if x.outOfTime() {
			return nil
		}
		w := &h[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		if w.F.reads() || w.Status == Mismatch {
			continue
		}
		goes := x.m.goesWith(h, w)
		for i := range h {
			if !gone[i] && goes(&h[i]) {
				gone[i] = true
				todo = append(todo, i)
			}
		}
	}
	var rest History
	for i := range h {
		if !gone[i] {
			rest = append(rest, h[i])
		}
	}
	return rest
}

// outOfTime looks at the clock, and notes that it was too late.
func (x *explainer) outOfTime() bool {
	x.late = x.late || !x.deadline.IsZero() && time.Now().After(x.deadline)
	return x.late
}

// mayHaveSeen tells whether the answer of o, or whether o took effect, may depend on the writer w.
func mayHaveSeen(o, w *Op, appended bool) bool {
	if o.F == Scan {
		return o.Status == OK && scanMayHaveSeen(o, w, appended)
	}
	if o.Key != w.Key {
		return false
	}
	if o.Status == Mismatch && !o.Out.Said() {
		return true // anything but what it expected: w may be the reason
	}
	if o.F == CAS && o.Status != Mismatch && showsWorkOf(o.Expect, w, appended) {
		return true
	}
	return o.Out.Said() && showsWorkOf(o.Out, w, appended)
}

func scanMayHaveSeen(o, w *Op, appended bool) bool {
	if w.Key < o.Key || (o.To != "" && w.Key >= o.To) {
		return false
	}
	seen := Unset
	for _, p := range o.Pairs {
		if p.Key == w.Key {
			seen = Val(p.Value)
		}
	}
	return showsWorkOf(seen, w, appended)
}

// showsWorkOf tells whether a key that held v may have done so because of w. With appends, v may have been built on what
// w wrote, and on nothing if w is a delete.
func showsWorkOf(v Value, w *Op, appended bool) bool {
	switch {
	case w.F == Delete:
		return appended || v == Unset
	case appended:
		return v.IsSet() && strings.Contains(v.Text(), w.In.Text())
	}
	return v == w.In
}
