package checker

import (
	"cmp"
	"slices"
	"strings"
)

// A lop is an operation of one component, with local numbers for states.
type lop struct {
	call, end int64
	src       int32 // index in the history
	key       int32 // local
	a, b      int32 // local states; b of an append is not known before its state
	tok       int32 // what an append adds: an index into scratch.vals; noVal if no answer shows it
	want      span  // what a scan saw: a range of component.wants
	kind      kind
}

type span struct{ from, to int32 }

// A keyState is one key's state: what a scan saw of it.
type keyState struct{ key, state int32 }

// A component is what one search works on. States are numbered locally, and a state that no remaining answer could
// tell from others is the same state, called dead: a value that was written and never seen. Merging them is exact (no
// operation has another outcome in one than in the other) and is most of what keeps searches small.
type component struct {
	s     *scratch
	raw   []iop
	ops   []lop // those that certainly took effect, by call; from nOK on those that may have, by call
	nOK   int
	wants []keyState
	sums  map[uint64]int32 // (state, value appended) → state

	keys    []int32 // local key → scratch key
	keyOf   []int32 // scratch key → local key, valid for this component's keys
	perKey  []keyFacts
	states  []stateFacts
	stateID map[uint64]int32 // (local key, value) → state
	gone    []bool           // of raw: maybes that left no trace
	order   []int32          // certain operations by end
	slot    []int32          // of ops: its bit in the window
	twin    []int32          // of the maybes: an earlier one with the same effect, or -1
	dfs     search
	zone    zoneMemory
}

// keyFacts is what holds of one key throughout a search.
type keyFacts struct {
	unset, dead, init int32
	appends, misses   bool
	observed          []string // sorted: every string that some answer names (kept for keys with appends)
}

// stateFacts is about one state of one key.
type stateFacts struct {
	key, val int32
	seenBy   int32 // certain operations that need this state
	maybeBy  int32 // compare-and-sets that may have happened and need it
	madeBy   int32 // operations that lead to it, the beginning of time included
	firstEnd int64 // the earliest end of a certain operation that needs it
}

func (c *component) addState(key, val int32) int32 {
	c.states = append(c.states, stateFacts{key: key, val: val, firstEnd: Never})
	return int32(len(c.states) - 1)
}

func stateKey(key, val int32) uint64 { return uint64(uint32(key))<<32 | uint64(uint32(val)) }

// observe numbers a state that an answer names.
func (c *component) observe(key, val int32) int32 {
	k := stateKey(key, val)
	id, ok := c.stateID[k]
	if !ok {
		id = c.addState(key, val)
		c.stateID[k] = id
	}
	return id
}

// state numbers the state of key that holds val: dead, if no answer can tell.
func (c *component) state(key, val int32) int32 {
	k := stateKey(key, val)
	if id, ok := c.stateID[k]; ok {
		return id
	}
	f := &c.perKey[key]
	id := f.dead
	if f.appends && f.leadsToAnObservation(c.s.vals[val]) {
		id = c.addState(key, val)
	}
	c.stateID[k] = id
	return id
}

// leadsToAnObservation tells whether appends can turn text into a string that some answer names.
func (f *keyFacts) leadsToAnObservation(text string) bool {
	i, _ := slices.BinarySearch(f.observed, text)
	return i < len(f.observed) && strings.HasPrefix(f.observed[i], text)
}

// appended is the state after tok was appended to the state from.
func (c *component) appended(from, tok int32) int32 {
	st := c.states[from]
	f := &c.perKey[st.key]
	if from == f.dead || tok == noVal {
		return f.dead
	}
	k := uint64(uint32(from))<<32 | uint64(uint32(tok))
	if to, ok := c.sums[k]; ok {
		return to
	}
	text := c.s.vals[tok]
	if from != f.unset {
		text = c.s.vals[st.val] + text
	}
	to := f.dead
	if f.leadsToAnObservation(text) {
		to = c.state(st.key, c.s.val(Val(text)))
	}
	c.sums[k] = to
	return to
}

// load makes c the component p. It returns false if some answer is wrong in every state.
func (c *component) load(s *scratch, p *part, m Model) bool {
	c.reset(s, p)
	for _, i := range p.ops {
		o := s.ops[i]
		if o.kind == kNever {
			return false
		}
		o.key = c.keyOf[o.key]
		if len(c.keys) == 1 {
			o.key = 0
		}
		c.raw = append(c.raw, o)
		c.perKey[o.key].appends = c.perKey[o.key].appends || o.kind == kAppend
		c.perKey[o.key].misses = c.perKey[o.key].misses || o.kind == kMiss
	}
	c.numberObservations()
	c.collectObservedTexts()
	initial := s.val(m.initial)
	for k := range c.perKey {
		c.perKey[k].init = c.state(int32(k), initial)
	}
	c.settleMaybes()
	c.finish()
	return true
}

func (c *component) reset(s *scratch, p *part) {
	if c.stateID == nil {
		c.stateID = map[uint64]int32{}
		c.sums = map[uint64]int32{}
	}
	c.s, c.keys = s, p.keys
	c.raw, c.ops, c.wants, c.states = c.raw[:0], c.ops[:0], c.wants[:0], c.states[:0]
	clear(c.stateID)
	clear(c.sums)
	if len(c.keyOf) < len(s.keys) {
		c.keyOf = make([]int32, 2*len(s.keys))
	}
	c.perKey = c.perKey[:0]
	for local, key := range p.keys {
		c.keyOf[key] = int32(local)
		k := int32(local)
		f := keyFacts{unset: c.observe(k, unsetVal), dead: c.addState(k, noVal)}
		c.perKey = append(c.perKey, f)
	}
}

// numberObservations gives a state to everything that some answer, or some comparison, can tell from other states.
func (c *component) numberObservations() {
	for i := range c.raw {
		o := &c.raw[i]
		if o.kind == kScan && len(c.keys) == 1 {
			o.kind, o.a = kRead, c.scannedOne(o)
		}
		switch o.kind {
		case kRead, kCAS, kMiss:
			c.note(c.observe(o.key, o.a), o)
		case kAppend:
			if o.a != noVal {
				c.note(c.observe(o.key, o.a), o)
			}
		case kScan:
			want := c.scanned(o)
			for _, w := range c.wants[want.from:want.to] {
				c.note(w.state, o)
			}
			o.a, o.b = want.from, want.to
		}
	}
}

func (c *component) note(state int32, o *iop) {
	f := &c.states[state]
	switch {
	case o.kind == kMiss: // it needs any other state
	case o.maybe:
		f.maybeBy++
	default:
		f.seenBy++
		f.firstEnd = min(f.firstEnd, o.end)
	}
}

// scannedOne is what a scan saw of the only key.
func (c *component) scannedOne(o *iop) int32 {
	name := c.s.keys[c.keys[0]]
	for _, p := range c.s.h[o.src].Pairs {
		if p.Key == name {
			return c.s.val(Val(p.Value))
		}
	}
	return unsetVal
}

// scanned lists what a scan saw of every key in its range.
func (c *component) scanned(o *iop) span {
	h := &c.s.h[o.src]
	from := int32(len(c.wants))
	next := 0
	for k, key := range c.keys { // in the order of their names, and so are the pairs
		name := c.s.keys[key]
		if !c.s.inRange(o, key) {
			continue
		}
		val := unsetVal
		if next < len(h.Pairs) && h.Pairs[next].Key == name {
			val = c.s.val(Val(h.Pairs[next].Value))
			next++
		}
		c.wants = append(c.wants, keyState{int32(k), c.observe(int32(k), val)})
	}
	return span{from, int32(len(c.wants))}
}

func (c *component) collectObservedTexts() {
	for i := range c.states {
		st := &c.states[i]
		if f := &c.perKey[st.key]; f.appends && st.val > unsetVal {
			f.observed = append(f.observed, c.s.vals[st.val])
		}
	}
	for k := range c.perKey {
		slices.Sort(c.perKey[k].observed)
	}
}

// finish turns the settled operations into lops, the certain ones first, and counts who makes which state.
func (c *component) finish() {
	for i := range c.states {
		c.states[i].madeBy = 0
	}
	for k := range c.perKey {
		c.states[c.perKey[k].init].madeBy++
	}
	for _, maybe := range [2]bool{false, true} {
		for i := range c.raw {
			if o := &c.raw[i]; o.maybe == maybe && !c.gone[i] {
				c.ops = append(c.ops, c.local(o))
			}
		}
		if !maybe {
			c.nOK = len(c.ops)
		}
	}
	c.findTwins()
	c.order = c.order[:0]
	for i := range c.nOK {
		c.order = append(c.order, int32(i))
	}
	slices.SortFunc(c.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(c.ops[a].end, c.ops[b].end), cmp.Compare(a, b))
	})
}

// findTwins pairs every maybe with the one before it that does the same. Twins that are both open can change places, so
// only the first that is left need be tried.
func (c *component) findTwins() {
	type deed struct {
		key, a, b, tok int32
		kind           kind
	}
	c.twin = c.twin[:0]
	if c.nOK == len(c.ops) {
		return
	}
	last := map[deed]int32{}
	for i := c.nOK; i < len(c.ops); i++ {
		o := &c.ops[i]
		d := deed{o.key, o.a, o.b, o.tok, o.kind}
		twin, ok := last[d]
		if !ok {
			twin = -1
		}
		last[d] = int32(i)
		c.twin = append(c.twin, twin)
	}
}

func (c *component) local(o *iop) lop {
	l := lop{call: o.call, end: o.end, src: o.src, key: o.key, a: -1, b: -1, tok: noVal, kind: o.kind}
	switch o.kind {
	case kRead, kMiss:
		l.a = c.observe(o.key, o.a)
	case kCAS:
		l.a, l.b = c.observe(o.key, o.a), c.state(o.key, o.b)
	case kWrite:
		l.b = c.state(o.key, o.b)
	case kAppend:
		l.tok = o.b
		if !c.perKey[o.key].showing(c.s.vals[o.b]) {
			l.tok = noVal
		}
		if o.a != noVal {
			l.a = c.observe(o.key, o.a)
		}
	case kScan:
		l.want = span{o.a, o.b}
	}
	if l.b >= 0 {
		c.states[l.b].madeBy++
	}
	return l
}

// next is the state of the operation's key after it, when the key is in state at; ok is false if the answer would have
// been another. A scan is not for it.
func (c *component) next(o *lop, at int32) (to int32, ok bool) {
	switch o.kind {
	case kRead:
		return at, at == o.a
	case kMiss:
		return at, at != o.a
	case kWrite:
		return o.b, true
	case kCAS:
		return o.b, at == o.a
	case kAppend:
		to = c.appended(at, o.tok)
		return to, o.a < 0 || to == o.a
	}
	return at, false
}
