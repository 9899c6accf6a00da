package checker

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Things that only grow show their own history. A list that was read as [a b] had a first and b second; a log tells
// offsets; of two reads of a set that nothing leaves, one contains the other. So the object has versions 0, 1, …, every
// answer says between which versions it was given, and every change that was seen says which version it made. What is left
// to ask is whether real time allows it, and that has a direct answer: version k begins at the earliest after version k-1
// began, after the call of what made it, and after the call of everybody who did not see it yet. An order exists exactly if
// nobody returned before the version began that it saw or made. (This is a witness order, which the history itself gives.)
// It takes n log n steps, whatever the concurrency.

// A span of versions: the answer, or the change, can stand only where the object has a version from lo to hi.
type versionSpan struct {
	lo, hi int64
	made   int64 // the version that the operation made, or 0
}

const noVersion = math.MaxInt64

// versions is what the operations of a component say of versions.
type versions struct {
	c     *objects
	of    []versionSpan // by operation
	last  int64         // the highest version that is known
	start []int32       // by version: the operation whose call is when it begins; -1: the beginning of time
	why   string
	who   []int32 // what contradicts each other: indices in c.ops
}

// inVersions decides the component if it is of a kind that has versions, and if all that were seen are known. Otherwise the
// verdict is 0.
func (c *objects) inVersions() (Verdict, string, []int32) {
	v := versions{c: c, of: make([]versionSpan, len(c.ops))}
	for i := range v.of {
		v.of[i].hi = noVersion
	}
	var known bool
	switch c.of {
	case ofList, ofLog:
		known = v.ofSequence()
	case ofSet:
		known = v.ofGrowingSet()
	}
	switch {
	case v.why != "":
		return Violated, v.why, v.culprits()
	case !known:
		return 0, "", nil
	case !v.fitRealTime():
		return Violated, v.why, v.culprits()
	}
	return Holds, "", nil
}

func (v *versions) culprits() []int32 {
	var src []int32
	for _, i := range v.who {
		src = append(src, v.c.ops[i].src)
	}
	return src
}

func (v *versions) wrong(why string, who ...int32) bool {
	v.why, v.who = why, who
	return false
}

func (v *versions) name(i int32) string {
	o := &v.c.h[v.c.ops[i].src]
	return fmt.Sprintf("%s's %s at %s", o.Client, o.Act(), interval(o))
}

// fitRealTime is the second half: given who saw and who made which version, does real time allow it?
func (v *versions) fitRealTime() bool {
	c := v.c
	pushed := make([]int32, v.last+2) // by version: the last called operation that did not see it yet
	makers := make([][]int32, v.last+1)
	for k := range pushed {
		pushed[k] = -1
	}
	for i := range c.ops {
		at := &v.of[i]
		if at.made > 0 {
			makers[at.made] = append(makers[at.made], int32(i))
		} else if at.hi < v.last {
			pushed[at.hi+1] = v.later(pushed[at.hi+1], int32(i))
		}
	}
	v.start = make([]int32, v.last+1)
	v.start[0] = -1
	for k := int64(1); k <= v.last; k++ {
		before := v.later(v.start[k-1], pushed[k])
		v.start[k] = before
		for _, i := range makers[k] {
			if before >= 0 && c.ops[i].end < c.ops[before].call {
				return v.tooLate(i, before)
			}
			v.start[k] = v.later(v.start[k], i)
		}
	}
	for i := range c.ops {
		if at := &v.of[i]; at.made == 0 && !c.ops[i].maybe {
			if s := v.start[min(at.lo, v.last)]; s >= 0 && c.ops[i].end < c.ops[s].call {
				return v.tooLate(int32(i), s)
			}
		}
	}
	return true
}

func (v *versions) tooLate(i, before int32) bool {
	return v.wrong(fmt.Sprintf("by what was seen, %s comes behind %s, and yet it had ended before that one was called", v.name(i), v.name(before)),
		before, i)
}

func (v *versions) later(a, b int32) int32 {
	if a < 0 || b >= 0 && v.c.ops[b].call > v.c.ops[a].call {
		return b
	}
	return a
}

// ofSequence finds the versions of lists and logs: version k has k items.
func (v *versions) ofSequence() bool {
	c := v.c
	maker := map[int32]int32{} // by value: its append
	longest := int32(-1)
	for i := range c.ops {
		o := &c.ops[i]
		switch {
		case o.f == Append:
			if _, twice := maker[o.in]; twice {
				return false
			}
			maker[o.in] = int32(i)
		case (o.f == Read || o.f == Get) && (longest < 0 || len(o.items) > len(c.ops[longest].items)):
			longest = int32(i)
		}
	}
	at := map[int64]int32{} // by version: the append that made it
	if longest >= 0 && !v.agreeWith(longest, maker, at) {
		return false
	}
	for i := range c.ops {
		if !v.toldPlace(int32(i), maker, at) {
			return false
		}
	}
	for k := range at {
		v.last = max(v.last, k)
	}
	if int64(len(at)) < v.last {
		return false // nobody says what stands in between: a search has to try who
	}
	return v.placeTheRest()
}

// agreeWith takes the order from the longest read, and checks that the others begin like it.
func (v *versions) agreeWith(longest int32, maker map[int32]int32, at map[int64]int32) bool {
	c := v.c
	whole := c.ops[longest].items
	seen := map[int32]bool{}
	for k, value := range whole {
		m, ok := maker[value]
		switch {
		case !ok:
			return v.wrong(fmt.Sprintf("%s shows %s, which nobody appended", v.name(longest), c.names.texts[value]), longest)
		case seen[value]:
			return v.wrong(fmt.Sprintf("%s shows %s twice, which was appended once", v.name(longest), c.names.texts[value]), longest, m)
		}
		seen[value] = true
		at[int64(k+1)] = m
		v.of[m].made = int64(k + 1)
	}
	for i := range c.ops {
		o := &c.ops[i]
		if o.f != Read && o.f != Get {
			continue
		}
		if !slices.Equal(o.items, whole[:len(o.items)]) {
			return v.wrong(fmt.Sprintf("%s does not begin like %s", v.name(longest), v.name(int32(i))), int32(i), longest)
		}
		v.of[i].lo, v.of[i].hi = int64(len(o.items)), int64(len(o.items))
	}
	return true
}

// toldPlace notes what an operation was told of lengths and offsets.
func (v *versions) toldPlace(i int32, maker map[int32]int32, at map[int64]int32) bool {
	c, o := v.c, &v.c.ops[i]
	span := &v.of[i]
	switch {
	case o.f == Append && o.told:
		k := o.seen
		if c.of == ofLog {
			k++
		}
		return v.stands(i, i, k, at)
	case o.f == Tail:
		span.lo, span.hi = o.seen, o.seen
		return o.out >= 0 && o.seen >= 0
	case o.f == ReadAt && o.out == absent:
		span.hi = max(o.num, 0)
		if o.num < 0 {
			span.hi = noVersion
		}
	case o.f == ReadAt:
		m, ok := maker[o.out]
		if !ok {
			return v.wrong(fmt.Sprintf("%s shows what nobody appended", v.name(i)), i)
		}
		span.lo = o.num + 1
		return v.stands(i, m, o.num+1, at)
	}
	return true
}

// stands notes that append m made version k, as operation i says.
func (v *versions) stands(i, m int32, k int64, at map[int64]int32) bool {
	other, taken := at[k]
	switch {
	case k <= 0:
		return v.wrong(fmt.Sprintf("%s names a place that is none", v.name(i)), i)
	case v.of[m].made != 0 && v.of[m].made != k:
		return v.wrong(fmt.Sprintf("%s puts it in place %d, where another answer does not have it", v.name(i), k), m, i)
	case taken && other != m:
		return v.wrong(fmt.Sprintf("%s puts it in place %d, where %s stands", v.name(i), k, v.name(other)), other, i)
	}
	at[k] = m
	v.of[m].made = k
	return true
}

// placeTheRest says of the appends that nobody saw that they come behind all that is known.
func (v *versions) placeTheRest() bool {
	c, unseen := v.c, false
	for i := range c.ops {
		unseen = unseen || c.ops[i].f == Append && v.of[i].made == 0 && !c.ops[i].maybe
	}
	for i := range c.ops {
		switch o := &c.ops[i]; {
		case o.f == Tail && o.seen > v.last:
			return false // it counts what nobody saw
		case o.f == ReadAt && o.out == absent && unseen && o.num > v.last:
			return false // so does it
		}
	}
	v.makeLast(Append)
	return true
}

// makeLast lets the changes that nobody saw make one more version together.
func (v *versions) makeLast(f F) {
	last := v.last
	for i := range v.c.ops {
		if o := &v.c.ops[i]; o.f == f && v.of[i].made == 0 && !o.maybe {
			v.last, v.of[i].made = last+1, last+1
		}
	}
}

// ofGrowingSet finds the versions of a set that is only added to and read as a whole, no member added twice: there is one
// version for every set that was read.
func (v *versions) ofGrowingSet() bool {
	c := v.c
	maker := map[int32]int32{}
	var reads []int32
	for i := range c.ops {
		switch o := &c.ops[i]; o.f {
		case Add:
			if _, twice := maker[o.in]; twice || o.told {
				return false
			}
			maker[o.in] = int32(i)
		case Read, Get:
			reads = append(reads, int32(i))
		default:
			return false
		}
	}
	slices.SortFunc(reads, func(a, b int32) int {
		return cmp.Or(cmp.Compare(len(c.ops[a].items), len(c.ops[b].items)), cmp.Compare(a, b))
	})
	in := map[int32]int32{} // by member: the read that was the last to show it
	for n, r := range reads {
		if !v.nextSet(r, reads[:n], maker, in) {
			return false
		}
	}
	v.makeLast(Add)
	return true
}

// nextSet gives a version to read r, which must show all that the reads before it showed.
func (v *versions) nextSet(r int32, before []int32, maker, in map[int32]int32) bool {
	c := v.c
	items := c.ops[r].items
	for _, value := range items {
		m, ok := maker[value]
		if !ok {
			return v.wrong(fmt.Sprintf("%s shows %s, which nobody added", v.name(r), c.names.texts[value]), r)
		}
		if last, ok := in[value]; ok && last == r {
			return v.wrong(fmt.Sprintf("%s shows %s twice", v.name(r), c.names.texts[value]), m, r)
		}
		in[value] = r
	}
	prev := int32(-1)
	if len(before) > 0 {
		prev = before[len(before)-1]
		for _, value := range c.ops[prev].items {
			if in[value] != r {
				return v.wrong(fmt.Sprintf("%s shows %s and not all that %s shows, which does not show all of this one either",
					v.name(r), c.h[c.ops[r].src].Out, v.name(prev)), prev, r)
			}
		}
	}
	switch {
	case prev < 0 && len(items) > 0, prev >= 0 && len(items) > len(c.ops[prev].items):
		v.last++
	}
	for _, value := range items {
		if m := maker[value]; v.of[m].made == 0 {
			v.of[m].made = v.last
		}
	}
	v.of[r].lo, v.of[r].hi = v.last, v.last
	return true
}
