package checker

// An outlook is what is known, before anything is placed, of when the elements of a queue or a stack come out, if they are
// all different. It keeps a search from finding out late: of two elements that are inside together one has to come out
// first, and if real time, or their answers, say that it comes out last, or that the one in its way never does, then they
// may not be inside together like that.
type outlook struct {
	out   []int32 // by value: the operation that certainly took it, or -1
	empty []int32 // the operations that found nothing, by end
	takes bool    // some operation without an answer may have taken anything
}

// newOutlook returns nil if the object has no elements, or has one twice.
func newOutlook(c *objects) *outlook {
	if c.of != ofQueue && c.of != ofPriorityQueue && c.of != ofStack {
		return nil
	}
	l := outlook{out: make([]int32, len(c.names.texts))}
	for v := range l.out {
		l.out[v] = -1
	}
	in := make([]bool, len(c.names.texts))
	for i := range c.ops {
		o := &c.ops[i]
		if o.f != Enqueue && o.f != Push {
			l.takes = l.takes || o.maybe
			if o.out >= 0 && !o.maybe {
				l.out[o.out] = int32(i)
			}
			continue
		}
		if in[o.in] {
			return nil
		}
		in[o.in] = true
	}
	for _, i := range c.order {
		if o := &c.ops[i]; o.f != Enqueue && o.f != Push && o.out == absent {
			l.empty = append(l.empty, i)
		}
	}
	return &l
}

// doomed tells whether operation i, if it is placed next, brings in an element that makes a right order impossible.
func (l *outlook) doomed(s *objectSearch, i int32) bool {
	o := &s.c.ops[i]
	if l == nil || o.f != Enqueue && o.f != Push {
		return false
	}
	if l.keepsFromEmpty(s, o.in) {
		return true
	}
	for _, v := range s.c.states.all[s.at.state] {
		first, last := v, o.in // who has to come out first
		switch s.c.of {
		case ofStack:
			first, last = o.in, v
		case ofPriorityQueue:
			first, last = min(v, o.in), max(v, o.in)
		}
		if !l.canPrecede(s.c, first, last) {
			return true
		}
	}
	return false
}

// canPrecede tells whether element a can come out before element b, given that it is in b's way.
func (l *outlook) canPrecede(c *objects, a, b int32) bool {
	outA, outB := l.out[a], l.out[b]
	switch {
	case outB < 0: // nothing need be behind a
		return true
	case outA < 0:
		return l.takes
	}
	return c.ops[outB].end >= c.ops[outA].call
}

// keepsFromEmpty tells whether some operation that found nothing, and is still to be placed, has to be placed before the
// element can come out.
func (l *outlook) keepsFromEmpty(s *objectSearch, v int32) bool {
	out := l.out[v]
	if out < 0 && l.takes {
		return false
	}
	for _, e := range l.empty { // the first that is left is the most pressing
		if !s.done[e] {
			return out < 0 || s.c.ops[e].end < s.c.ops[out].call
		}
	}
	return false
}
