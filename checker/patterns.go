package checker

import (
	"cmp"
	"fmt"
	"slices"
)

// A first-in-first-out queue whose elements are all different is right exactly if none of four patterns is in its history
// (Bouajjani, Emmi, Enea and Hamza, ICALP 2015): an element that comes out and never went in, or before it went in; one that
// comes out twice; two that come out in the other order than they went in; a queue found empty while something was in it
// throughout. That is n log n, whatever the concurrency.

// An element is one value's way through a queue: indices of operations, or -1.
type element struct{ in, out int32 }

// inPatterns decides a queue by the patterns, if they apply; otherwise the verdict is 0.
func (c *objects) inPatterns() (Verdict, string, []int32) {
	p := patterns{c: c}
	switch {
	case !p.apply():
		return 0, "", nil
	case p.elementsAreRight() && p.assign() && p.orderIsKept():
		if p.emptyIsEmpty() {
			return Holds, "", nil
		}
		if len(p.guesses) > 0 { // taken otherwise, they might have left it empty
			return 0, "", nil
		}
	}
	var src []int32
	for _, i := range p.who {
		src = append(src, c.ops[i].src)
	}
	return Violated, p.why, src
}

type patterns struct {
	c        *objects
	elements []element // by value
	empty    []int32   // the dequeues that found nothing
	guesses  []int32   // the dequeues without an answer, by call
	twice    [2]int32  // two dequeues of one element, if there are
	why      string
	who      []int32
}

// apply sorts the operations by element. It returns false if an element was enqueued twice.
func (p *patterns) apply() bool {
	p.elements = make([]element, len(p.c.names.texts))
	for i := range p.elements {
		p.elements[i] = element{-1, -1}
	}
	for i := range p.c.ops {
		o := &p.c.ops[i]
		switch {
		case o.f == Enqueue:
			if p.elements[o.in].in >= 0 {
				return false
			}
			p.elements[o.in].in = int32(i)
		case o.maybe:
			p.guesses = append(p.guesses, int32(i))
		case o.out == absent:
			p.empty = append(p.empty, int32(i))
		case p.elements[o.out].out >= 0:
			p.twice = [2]int32{p.elements[o.out].out, int32(i)}
		default:
			p.elements[o.out].out = int32(i)
		}
	}
	return true
}

func (p *patterns) op(i int32) *Op { return &p.c.h[p.c.ops[i].src] }

func (p *patterns) wrong(who []int32, format string, args ...any) bool {
	p.why, p.who = fmt.Sprintf(format, args...), who
	return false
}

func (p *patterns) took(i int32) string {
	o := p.op(i)
	return fmt.Sprintf("client %s dequeued %s at %s", o.Client, o.Out, interval(o))
}

func (p *patterns) elementsAreRight() bool {
	if t := p.twice; t[0] != t[1] {
		who := t[:]
		if in := p.elements[p.c.ops[t[0]].out].in; in >= 0 {
			who = append([]int32{in}, who...)
		}
		return p.wrong(who, "%s, although %s had taken it already at %s", p.took(t[1]), p.op(t[0]).Client, interval(p.op(t[0])))
	}
	for _, e := range p.elements {
		switch {
		case e.out < 0:
		case e.in < 0:
			return p.wrong([]int32{e.out}, "%s, which nobody enqueued", p.took(e.out))
		case p.c.ops[e.out].end < p.c.ops[e.in].call:
			return p.wrong([]int32{e.in, e.out}, "%s, but %s called its enqueue only at %d",
				p.took(e.out), p.op(e.in).Client, p.c.ops[e.in].call)
		}
	}
	return true
}

// assign says what the dequeues without an answer took. An element that nobody is known to have taken, and behind which
// another one came in and out, was taken before that one was: it has a deadline. There is a way to meet all deadlines if the
// dequeues that were called first take the elements with the first deadlines. Those that are left may take, in their order,
// what nobody needs.
func (p *patterns) assign() bool {
	if len(p.guesses) == 0 {
		return true
	}
	ops := p.c.ops
	var byCall []element
	for _, e := range p.elements {
		if e.in >= 0 && e.out >= 0 {
			byCall = append(byCall, e)
		}
	}
	slices.SortFunc(byCall, func(a, b element) int { return cmp.Compare(ops[a.in].call, ops[b.in].call) })
	first := make([]int32, len(byCall)) // of the elements from here on, the one that came out first
	for i := len(byCall) - 1; i >= 0; i-- {
		if first[i] = int32(i); i+1 < len(byCall) && ops[byCall[first[i+1]].out].end < ops[byCall[i].out].end {
			first[i] = first[i+1]
		}
	}
	type lost struct {
		value    int
		deadline int64
		because  int32 // in byCall
	}
	var all []lost
	for v, e := range p.elements {
		if e.in < 0 || e.out >= 0 {
			continue
		}
		x := lost{value: v, deadline: Never, because: -1}
		n, _ := slices.BinarySearchFunc(byCall, ops[e.in].end, func(b element, end int64) int {
			return cmp.Or(cmp.Compare(ops[b.in].call, end), -1) // the first called after the end
		})
		if n < len(byCall) {
			x.deadline, x.because = ops[byCall[first[n]].out].end, first[n]
		}
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b lost) int {
		return cmp.Or(cmp.Compare(a.deadline, b.deadline), cmp.Compare(ops[p.elements[a.value].in].end, ops[p.elements[b.value].in].end))
	})
	for i, x := range all {
		switch {
		case i < len(p.guesses) && ops[p.guesses[i]].call <= x.deadline:
			p.elements[x.value].out = p.guesses[i]
		case x.because >= 0:
			return p.overtaken(p.elements[x.value], byCall[x.because])
		}
	}
	return true
}

// left is when an element's dequeue was called: until then, from the end of its enqueue on, it was in the queue.
func (p *patterns) left(e element) int64 {
	if e.out < 0 {
		return Never
	}
	return p.c.ops[e.out].call
}

// orderIsKept looks for a and b with enq(a) before enq(b), and deq(b) before deq(a).
func (p *patterns) orderIsKept() bool {
	var in []element
	for _, e := range p.elements {
		if e.in >= 0 {
			in = append(in, e)
		}
	}
	ops := p.c.ops
	byEnd := slices.Clone(in)
	slices.SortFunc(byEnd, func(a, b element) int { return cmp.Compare(ops[a.in].end, ops[b.in].end) })
	slices.SortFunc(in, func(a, b element) int { return cmp.Compare(ops[a.in].call, ops[b.in].call) })
	n := 0
	last := element{-1, -1} // of those whose enqueue had ended, the one that left last
	for _, b := range in {
		for n < len(byEnd) && ops[byEnd[n].in].end < ops[b.in].call {
			if last.in < 0 || p.left(byEnd[n]) > p.left(last) {
				last = byEnd[n]
			}
			n++
		}
		if b.out >= 0 && last.in >= 0 && ops[b.out].end < p.left(last) {
			return p.overtaken(last, b)
		}
	}
	return true
}

func (p *patterns) overtaken(a, b element) bool {
	first := p.op(a.in)
	story := fmt.Sprintf("%s, although %s, which %s had enqueued by %d, before the enqueue of %s was called at %d,",
		p.took(b.out), first.In, first.Client, first.Ret, p.op(b.in).In, p.op(b.in).Call)
	if a.out < 0 {
		return p.wrong([]int32{a.in, b.in, b.out}, "%s had not been dequeued", story)
	}
	return p.wrong([]int32{a.in, b.in, b.out, a.out}, "%s was dequeued only at %s", story, interval(p.op(a.out)))
}

// emptyIsEmpty looks for a dequeue that found nothing, at a time in which at every instant some element was in the queue.
func (p *patterns) emptyIsEmpty() bool {
	ops := p.c.ops
	var inside []element // the elements that were certainly in the queue for a while: after enq.end, before deq.call
	for _, e := range p.elements {
		if e.in >= 0 && ops[e.in].end < p.left(e) {
			inside = append(inside, e)
		}
	}
	slices.SortFunc(inside, func(a, b element) int { return cmp.Compare(ops[a.in].end, ops[b.in].end) })
	var runs []run
	for _, e := range inside {
		from, until := ops[e.in].end, p.left(e)
		switch n := len(runs) - 1; {
		case n < 0 || from >= runs[n].until: // at that instant nothing need be in it
			runs = append(runs, run{from: from, until: until, of: []element{e}})
		case until > runs[n].until:
			runs[n].until, runs[n].of = until, append(runs[n].of, e)
		}
	}
	for _, d := range p.empty {
		i, _ := slices.BinarySearchFunc(runs, ops[d].call, func(r run, call int64) int { return cmp.Compare(r.from, call) })
		if i > 0 && runs[i-1].until > ops[d].end {
			return p.neverEmpty(d, runs[i-1].of)
		}
	}
	return true
}

// A run is a time, its ends not included, in which the queue was never empty, and the elements that show it.
type run struct {
	from, until int64
	of          []element
}

func (p *patterns) neverEmpty(d int32, covered []element) bool {
	o := p.op(d)
	who := []int32{d}
	names := ""
	for _, e := range covered {
		if p.left(e) <= p.c.ops[d].call || p.c.ops[e.in].end >= p.c.ops[d].end {
			continue
		}
		who = append(who, e.in)
		if e.out >= 0 {
			who = append(who, e.out)
		}
		if names != "" {
			names += ", then "
		}
		names += p.op(e.in).In.String()
	}
	return p.wrong(who, "client %s found the queue empty at %s, although at every instant of it something was in it: %s",
		o.Client, interval(o), names)
}
