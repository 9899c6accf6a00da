package checker

import (
	"slices"
	"strings"
)

// A replay is a sequential object that is changed in place, for those who know the order.
type replay interface {
	// do lets operation i of the history, which is o, take effect, and tells whether it would have been answered so.
	do(o *Op, i int) bool
}

func newReplay(h History, m Model) replay {
	switch m.object {
	case ofMap:
		return &mapReplay{initial: m.initial, values: map[string]Value{}}
	case ofList, ofLog, ofQueue, ofStack, ofPriorityQueue:
		return &sequenceReplay{of: m.object, items: map[string]*sequence{}}
	case ofSet:
		return setReplay{}
	case ofCounter:
		return &counterReplay{zero: number64(m.initial, 0), at: map[string]int64{}}
	}
	return newObjectReplay(h, m)
}

// mapReplay is registers and key-value stores.
type mapReplay struct {
	initial Value
	values  map[string]Value
}

func (s *mapReplay) get(key string) Value {
	if v, ok := s.values[key]; ok {
		return v
	}
	return s.initial
}

func (s *mapReplay) do(o *Op, _ int) bool {
	was := s.get(o.Key)
	told := o.Status != Maybe && o.Out.Said()
	switch o.F {
	case Get, Read:
		return o.Out == was
	case Scan:
		return slices.Equal(o.Pairs, s.scan(o))
	case CAS:
		switch {
		case o.Status == Mismatch:
			return was != o.Expect && (!told || o.Out == was)
		case was != o.Expect:
			return o.Status == Maybe
		}
		s.values[o.Key] = o.In
	case Append:
		now := Val(was.Text() + o.In.Text())
		s.values[o.Key] = now
		return !told || o.Out == now
	case Delete:
		s.values[o.Key] = Unset
		return !told || o.Out == was
	default:
		s.values[o.Key] = o.In
		return !told || o.Out == was
	}
	return true
}

func (s *mapReplay) scan(o *Op) (pairs []Pair) {
	for k, v := range s.values {
		if v.IsSet() && k >= o.Key && (o.To == "" || k < o.To) {
			pairs = append(pairs, Pair{k, v.Text()})
		}
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return strings.Compare(a.Key, b.Key) })
	return pairs
}

// sequenceReplay is lists, logs, queues and stacks.
type sequenceReplay struct {
	of    object
	items map[string]*sequence
}

// A sequence is what it holds: items[from:].
type sequence struct {
	items []string
	from  int
}

func (s *sequenceReplay) do(o *Op, _ int) bool {
	q := s.items[o.Key]
	if q == nil {
		q = &sequence{}
		s.items[o.Key] = q
	}
	n := int64(len(q.items) - q.from)
	told := o.Status == OK && o.Out.Said()
	switch o.F {
	case Append:
		q.items = append(q.items, o.In.Text())
		place := n // a log tells the offset, a list its length
		if s.of == ofList {
			place++
		}
		return !told || number64(o.Out, -1) == place
	case Enqueue, Push:
		at := len(q.items)
		if s.of == ofPriorityQueue {
			at, _ = slices.BinarySearchFunc(q.items[q.from:], o.In.Text(), comparePriority)
			at += q.from
		}
		q.items = slices.Insert(q.items, at, o.In.Text())
		return true
	case ReadAt:
		if at := number64(o.In, -1); at >= 0 && at < n {
			return o.Out == Val(q.items[at])
		}
		return o.Out == Unset
	case Tail:
		return number64(o.Out, -1) == n
	case Read, Get:
		return slices.Equal(o.Out.Items(), q.items)
	}
	if n == 0 {
		return !told || o.Out == Unset
	}
	return q.take(s.of) == o.Out || !told
}

func (q *sequence) take(of object) Value {
	at := q.from
	if of == ofStack {
		at = len(q.items) - 1
		v := Val(q.items[at])
		q.items = q.items[:at]
		return v
	}
	q.from++
	return Val(q.items[at])
}

// setReplay is sets, by key and member.
type setReplay map[string]map[string]bool

func (s setReplay) do(o *Op, _ int) bool {
	members := s[o.Key]
	if members == nil {
		members = map[string]bool{}
		s[o.Key] = members
	}
	v := o.In.Text()
	was := Val("false")
	if members[v] {
		was = Val("true")
	}
	untold := o.Status == Maybe || !o.Out.Said()
	switch o.F {
	case Add:
		members[v] = true
		return untold || (o.Out == Val("true")) != (was == Val("true"))
	case Remove:
		delete(members, v)
		return untold || o.Out == was
	case Contains:
		return o.Out == was
	}
	items := o.Out.Items()
	for _, m := range items {
		if !members[m] {
			return false
		}
	}
	slices.Sort(items)
	return len(slices.Compact(items)) == len(members) && len(o.Out.Items()) == len(members)
}

type counterReplay struct {
	zero int64
	at   map[string]int64
}

func (s *counterReplay) do(o *Op, _ int) bool {
	n, begun := s.at[o.Key]
	if !begun {
		n = s.zero
	}
	if !o.F.oneRead() {
		n += number64(o.In, 1)
	}
	s.at[o.Key] = n
	return o.Status == Maybe || !o.Out.Said() || integral(o.Out) && number64(o.Out, 0) == n
}

// objectReplay is locks and trees: the states of the search, without numbers for them.
type objectReplay struct {
	parts []*objects
	part  []int32 // by operation of the history
	op    []int32 // by operation of the history: in its part
	at    [][]int32
	spare []int32
}

func newObjectReplay(h History, m Model) *objectReplay {
	r := &objectReplay{part: make([]int32, len(h)), op: make([]int32, len(h))}
	for n, part := range objectParts(h, m) {
		c := compileObjects(h, m, part)
		for i := range c.ops {
			r.part[c.ops[i].src], r.op[c.ops[i].src] = int32(n), int32(i)
		}
		r.parts = append(r.parts, c)
		r.at = append(r.at, slices.Clone(c.states.all[c.start()]))
	}
	return r
}

func (r *objectReplay) do(_ *Op, i int) bool {
	n := r.part[i]
	o := &r.parts[n].ops[r.op[i]]
	to, ok := r.parts[n].apply(r.at[n], r.spare[:0], o)
	if o.pure {
		r.spare = to
		return ok
	}
	r.at[n], r.spare = to, r.at[n]
	return ok
}
