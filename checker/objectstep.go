package checker

import (
	"math"
	"slices"
)

// start numbers the state that an object has before the first operation.
func (c *objects) start() int32 {
	var v []int32
	switch c.of {
	case ofCounter:
		v = putNumber(v, c.zero)
	case ofLock:
		v = []int32{nothing}
	case ofFencedLock: // holder, last token, whether that is the holder's
		v = append(putNumber([]int32{nothing}, math.MinInt64), 1)
	case ofLeaseLock: // last token, greatest token that the resource has taken
		v = putNumber(putNumber(v, math.MinInt64), math.MinInt64)
	}
	return c.states.id(v)
}

func putNumber(v []int32, n int64) []int32 { return append(v, int32(n>>32), int32(uint32(n))) }
func numberAt(v []int32) int64             { return int64(v[0])<<32 | int64(uint32(v[1])) }

// step is the sequential object: the state after o, and whether o could have been answered so. An operation that may have
// happened and would have been refused changes nothing.
func (c *objects) step(state int32, o *objop) (int32, bool) {
	at := c.states.all[state]
	c.b.works(len(at) + len(o.items))
	to, ok := c.apply(at, c.states.to[:0], o)
	if cap(to) > cap(c.states.to) {
		c.states.to = to[:0]
	}
	if !ok || o.pure {
		return state, ok
	}
	return c.states.id(to), true
}

// apply is step on states themselves: it appends the state behind at to to, which is empty. If o changes nothing in
// whatever state, what it returns means nothing.
func (c *objects) apply(at, to []int32, o *objop) ([]int32, bool) {
	switch c.of {
	case ofList, ofLog:
		return stepLog(at, to, o, c.of)
	case ofQueue:
		return stepQueue(at, to, o)
	case ofPriorityQueue:
		return stepPriorityQueue(at, to, o)
	case ofStack:
		return stepStack(at, to, o)
	case ofCounter:
		return stepCounter(at, to, o)
	case ofLock:
		return stepLock(at, to, o)
	case ofFencedLock:
		return stepFencedLock(at, to, o)
	case ofLeaseLock:
		return stepLeaseLock(at, to, o)
	}
	return c.stepZnodes(at, to, o)
}

func stepLog(at, to []int32, o *objop, of object) ([]int32, bool) {
	n := int64(len(at))
	switch o.f {
	case Append:
		place := n // a log tells the offset, a list its length
		if of == ofList {
			place++
		}
		if o.told && o.seen != place {
			return to, false
		}
		return append(append(to, at...), o.in), true
	case ReadAt:
		if o.num < 0 || o.num >= n {
			return to, o.out == absent
		}
		return to, at[o.num] == o.out
	case Tail:
		return to, o.out >= 0 && o.seen == n
	}
	return to, slices.Equal(o.items, at)
}

func stepQueue(at, to []int32, o *objop) ([]int32, bool) {
	switch {
	case o.f == Enqueue:
		return append(append(to, at...), o.in), true
	case len(at) == 0:
		return to, o.maybe || o.out == absent
	case !o.maybe && o.out != at[0]:
		return to, false
	}
	return append(to, at[1:]...), true
}

// stepPriorityQueue keeps the elements sorted: the numbers of values are in the order of the values.
func stepPriorityQueue(at, to []int32, o *objop) ([]int32, bool) {
	if o.f == Enqueue {
		i, _ := slices.BinarySearch(at, o.in)
		return append(append(append(to, at[:i]...), o.in), at[i:]...), true
	}
	return stepQueue(at, to, o)
}

func stepStack(at, to []int32, o *objop) ([]int32, bool) {
	top := len(at) - 1
	switch {
	case o.f == Push:
		return append(append(to, at...), o.in), true
	case top < 0:
		return to, o.maybe || o.out == absent
	case !o.maybe && o.out != at[top]:
		return to, false
	}
	return append(to, at[:top]...), true
}

func stepCounter(at, to []int32, o *objop) ([]int32, bool) {
	n := numberAt(at)
	if o.f == Incr {
		n += o.num
	}
	return putNumber(to, n), !o.told || o.out >= 0 && o.seen == n
}

func stepLock(at, to []int32, o *objop) ([]int32, bool) {
	to = append(to, at...)
	may := at[0] == nothing // an acquire may succeed
	if o.f == Release {
		may = at[0] == o.who
	}
	switch {
	case o.refused:
		return to, !may
	case !may:
		return to, o.maybe
	case o.f == Acquire:
		to[0] = o.who
	default:
		to[0] = nothing
	}
	return to, true
}

func stepFencedLock(at, to []int32, o *objop) ([]int32, bool) {
	to, ok := stepLock(at, to, o)
	if !ok || o.refused || to[0] == at[0] {
		return to, ok
	}
	last, known := numberAt(at[1:]), at[3] == 1
	switch {
	case o.f == Acquire && o.maybe: // its token is greater than the last, but how great nobody was told
		return append(putNumber(to[:1], last+1), 0), true
	case o.f == Acquire:
		return append(putNumber(to[:1], o.seen), 1), o.seen > last
	case o.in < 0 || o.maybe && o.num != last:
		return append(putNumber(to[:1], last), 1), o.in < 0
	case known:
		return to, o.num == last
	}
	return append(putNumber(to[:1], o.num), 1), o.num >= last
}

func stepLeaseLock(at, to []int32, o *objop) ([]int32, bool) {
	last, taken := numberAt(at), numberAt(at[2:])
	ok := true
	switch {
	case o.f == Acquire && o.maybe:
		last++
	case o.f == Acquire:
		ok, last = o.seen > last, o.seen
	case o.f == Write && o.refused:
		ok = o.expect < taken
	case o.f == Write && o.expect >= taken:
		taken = o.expect
	case o.f == Write:
		ok = o.maybe
	}
	return putNumber(putNumber(to, last), taken), ok
}
