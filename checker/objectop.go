package checker

import (
	"cmp"
	"slices"
	"strconv"
)

// integral tells whether v is an integer that fits in 64 bits.
func integral(v Value) bool {
	_, err := strconv.ParseInt(v.Text(), 10, 64)
	return v.IsSet() && err == nil
}

// number is the integer v, or what otherwise if v says nothing.
func number64(v Value, otherwise int64) int64 {
	n, err := strconv.ParseInt(v.Text(), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}

// An objop is an operation on an object that is no map, in the engines' terms.
type objop struct {
	call, end int64
	num       int64 // In as an integer: an offset, an amount, a token
	seen      int64 // Out as an integer: an offset, a length, a version, a token
	expect    int64 // Expect as an integer: a version, a token; anyVersion
	items     []int32
	src       int32 // index in the history
	who       int32 // the session
	key, in   int32 // a path; a value
	out       int32 // a value; nothing if it was not told
	class     int32 // operations of one class do the same and were told the same
	f         F
	maybe     bool
	refused   bool // Mismatch
	told      bool // Out was said
	pure      bool // it changes nothing, in whatever state
}

const (
	nothing    int32 = -1 // no value was told
	absent     int32 = -2 // Unset
	anyVersion int64 = -1
)

// An objects is one component of a history of objects that are no maps.
type objects struct {
	h      History
	of     object
	zero   int64 // where counters start
	ops    []objop
	nOK    int // the certain ones come first, by call; then the maybes, by call
	order  []int32
	names  namesTable
	paths  []int32 // of znodes, by path: the parent's path; nothing for the root
	states vectors
	b      *budget
}

// namesTable numbers strings.
type namesTable struct {
	ids   map[string]int32
	texts []string
}

func (t *namesTable) id(s string) int32 {
	id, ok := t.ids[s]
	if !ok {
		if t.ids == nil {
			t.ids = map[string]int32{}
		}
		id = int32(len(t.texts))
		t.ids[s] = id
		t.texts = append(t.texts, s)
	}
	return id
}

func (t *namesTable) value(v Value) int32 {
	switch v.kind {
	case unset:
		return absent
	case set:
		return t.id(v.text)
	}
	return nothing
}

// loadObjects compiles the operations of one component, which are given in the order of their calls.
func loadObjects(h History, m Model, part []int32, b *budget) *objects {
	c := compileObjects(h, m, part)
	c.b = b
	c.dropUnseen()
	c.classify()
	for i := range c.nOK {
		c.order = append(c.order, int32(i))
	}
	slices.SortFunc(c.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(c.ops[a].end, c.ops[b].end), cmp.Compare(a, b))
	})
	return c
}

// compileObjects is the part of loadObjects that leaves nothing out that tells anything.
func compileObjects(h History, m Model, part []int32) *objects {
	c := &objects{h: h, of: m.object, zero: number64(m.initial, 0)}
	c.numberNames(part)
	for _, maybe := range [2]bool{false, true} {
		for _, i := range part {
			if o := &h[i]; (o.Status == Maybe) == maybe && o.tells() {
				c.ops = append(c.ops, c.lower(o, i))
			}
		}
		if !maybe {
			c.nOK = len(c.ops)
		}
	}
	return c
}

// tells is false of an operation that says nothing of any state: a failure, or a read without an answer.
func (o *Op) tells() bool {
	return o.Status != Fail && (o.Status != Maybe || !o.F.reads())
}

// numberNames numbers all values first where their order matters: the smallest gets the smallest number.
func (c *objects) numberNames(part []int32) {
	switch c.of {
	case ofPriorityQueue:
		c.numberByPriority(part)
	case ofZnodes:
		c.numberPaths(part)
	}
}

func (c *objects) numberByPriority(part []int32) {
	var values []string
	for _, i := range part {
		for _, v := range []Value{c.h[i].In, c.h[i].Out} {
			if v.IsSet() {
				values = append(values, v.Text())
			}
		}
	}
	slices.SortFunc(values, comparePriority)
	for _, v := range values {
		c.names.id(v)
	}
}

// comparePriority puts integers, by size, before all other strings.
func comparePriority(a, b string) int {
	n, errA := strconv.ParseInt(a, 10, 64)
	m, errB := strconv.ParseInt(b, 10, 64)
	switch {
	case errA == nil && errB == nil:
		return cmp.Or(cmp.Compare(n, m), cmp.Compare(a, b))
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

func (c *objects) lower(o *Op, src int32) objop {
	p := objop{call: o.Call, end: o.End(), src: src, f: o.F, maybe: o.Status == Maybe, refused: o.Status == Mismatch,
		who: nothing, in: c.names.value(o.In), out: nothing, expect: anyVersion}
	p.pure = o.F.reads() || p.refused
	p.num = number64(o.In, 0)
	switch c.of {
	case ofCounter:
		p.num = number64(o.In, 1)
		if o.F == Add {
			p.f = Incr
		}
	case ofLock, ofFencedLock, ofLeaseLock:
		p.who = c.names.id("who " + o.who())
		p.expect = number64(o.Expect, 0)
	case ofZnodes:
		p.key = c.names.id(o.Key)
		p.expect = number64(o.Expect, anyVersion)
		if !o.In.Said() {
			p.in = c.names.id("")
		}
	}
	if p.maybe { // whatever it says of an answer is not one
		return p
	}
	p.told = o.Out.Said()
	p.out, p.seen = c.names.value(o.Out), number64(o.Out, 0)
	for _, s := range o.Out.Items() {
		p.items = append(p.items, c.names.id(s))
	}
	return p
}

// who is the session of an operation, or its client if it has none.
func (o *Op) who() string {
	if o.Session != "" {
		return o.Session
	}
	return o.Client
}

// dropUnseen leaves out operations without an answer that nobody can have noticed: take any order in which one is, leave
// it out, and no answer changes. Elements that nobody is known to have taken may as well never have come in (and who took one,
// and does not know it, may as well have done nothing), and what the list holds behind
// all that was read may as well end there. (Of a log not: others may have been told the offsets behind it.)
func (c *objects) dropUnseen() {
	switch c.of {
	case ofQueue, ofPriorityQueue, ofStack, ofList:
	default:
		return
	}
	seen := make([]bool, len(c.names.texts))
	for i := range c.ops {
		o := &c.ops[i]
		if c.of == ofList && (o.f == Tail || o.f == Append && o.told) {
			return // a length shows all that is there
		}
		if o.out >= 0 {
			seen[o.out] = true
		}
		for _, v := range o.items {
			seen[v] = true
		}
	}
	c.ops = slices.DeleteFunc(c.ops, func(o objop) bool { return o.maybe && o.in >= 0 && !seen[o.in] })
}

// classify finds the operations that do the same and were told the same.
func (c *objects) classify() {
	type content struct {
		num, seen, expect        int64
		who, key, in, out, items int32
		f                        F
		maybe, refused, told     bool
	}
	classes := map[content]int32{}
	lists := map[string]int32{}
	for i := range c.ops {
		o := &c.ops[i]
		k := content{num: o.num, seen: o.seen, expect: o.expect, who: o.who, key: o.key, in: o.in, out: o.out, f: o.f,
			maybe: o.maybe, refused: o.refused, told: o.told}
		if len(o.items) > 0 {
			name := packed(o.items)
			if _, ok := lists[name]; !ok {
				lists[name] = int32(len(lists) + 1)
			}
			k.items = lists[name]
		}
		if _, ok := classes[k]; !ok {
			classes[k] = int32(len(classes))
		}
		o.class = classes[k]
	}
}

// vectors numbers the states of an object, which are lists of numbers.
type vectors struct {
	ids  map[string]int32
	all  [][]int32
	size int // bytes, roughly
	to   []int32
}

const vectorOverhead = 96

func (t *vectors) id(v []int32) int32 {
	name := packed(v)
	id, ok := t.ids[name]
	if !ok {
		if t.ids == nil {
			t.ids = map[string]int32{}
		}
		id = int32(len(t.all))
		t.ids[name] = id
		t.all = append(t.all, slices.Clone(v))
		t.size += 8*len(v) + vectorOverhead
	}
	return id
}
