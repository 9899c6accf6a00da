package checker

import (
	"cmp"
	"slices"
)

// kind is what an operation does to a state, once names, failures and reported values have been taken care of.
type kind uint8

const (
	kRead   kind = iota // state = a
	kMiss               // state ≠ a
	kScan               // every key of a range is as listed
	kNever              // no state allows it
	kWrite              // state ← b; a delete writes unset
	kCAS                // state = a, then state ← b
	kAppend             // state ← state + b; if a ≥ 0, the result is a
)

func (k kind) pure() bool { return k <= kNever }

// An iop is an operation in the engines' terms: numbers instead of strings.
type iop struct {
	call, end int64
	src       int32 // index in the history
	key       int32
	a, b      int32 // values: an index into scratch.vals, unsetVal, or nothing
	kind      kind
	maybe     bool
}

const (
	unsetVal int32 = 0
	noVal    int32 = -1
)

// A part is a component of a history: operations that have to be judged together.
type part struct {
	keys []int32
	ops  []int32 // indices into scratch.ops, in the order of the calls
}

// scratch is the memory of a check, used again and again: a simulator checks thousands of small histories a second.
type scratch struct {
	h       History
	keyID   map[string]int32
	keys    []string
	valID   map[string]int32
	vals    []string // vals[unsetVal] stands for unset
	ops     []iop    // in the order of the calls
	order   []int32  // of the history, by call
	initial Value
	parts   []part
	group   []int32 // the memory of the parts' ops
	view    []int32 // the operations of a component that one of its keys sees
	scans   bool
	parent  []int32 // union-find over keys
	comp    component
	cov     coverageScratch
	b       *budget // of the check at hand
}

func newScratch() *scratch {
	return &scratch{keyID: map[string]int32{}, valID: map[string]int32{}}
}

func (s *scratch) key(name string) int32 {
	id, ok := s.keyID[name]
	if !ok {
		id = int32(len(s.keys))
		s.keys = append(s.keys, name)
		s.keyID[name] = id
	}
	return id
}

func (s *scratch) val(v Value) int32 {
	switch v.kind {
	case unsaid:
		return noVal
	case unset:
		return unsetVal
	case set:
	}
	id, ok := s.valID[v.text]
	if !ok {
		id = int32(len(s.vals))
		s.vals = append(s.vals, v.text)
		s.valID[v.text] = id
	}
	return id
}

// compile turns the history into components.
func (s *scratch) compile(h History, m Model) {
	clear(s.keyID)
	clear(s.valID)
	s.h, s.keys, s.vals, s.ops, s.scans = h, s.keys[:0], append(s.vals[:0], ""), s.ops[:0], false
	s.order, s.initial = h.byCall(), m.initial
	for _, i := range s.order {
		if o, ok := s.lower(&h[i], i); ok {
			s.ops = append(s.ops, o)
		}
	}
	s.val(m.initial)
	if s.scans {
		s.tieScannedKeys()
	}
	s.partition()
}

// lower translates one operation; it returns false for one that says nothing: a failure, or a read without an answer.
func (s *scratch) lower(o *Op, src int32) (iop, bool) {
	if o.Status == Fail || (o.F.reads() && o.Status != OK) {
		return iop{}, false
	}
	p := iop{call: o.Call, end: o.End(), src: src, key: s.key(o.Key), a: noVal, b: noVal, maybe: o.Status == Maybe}
	switch o.F {
	case Get, Read:
		p.kind, p.a = kRead, s.val(o.Out)
	case Put, Write, Delete:
		p.kind, p.b = kWrite, unsetVal
		if o.F != Delete {
			p.b = s.val(o.In)
		}
		if o.Out.Said() && !p.maybe { // told what it replaced: a compare-and-set that succeeded
			p.kind, p.a = kCAS, s.val(o.Out)
		}
	case Append:
		p.kind, p.b = kAppend, s.val(o.In)
		if !p.maybe {
			p.a = s.val(o.Out)
		}
	case CAS:
		if o.Status == Mismatch {
			s.lowerMismatch(o, &p)
			return p, true
		}
		p.kind, p.a, p.b = kCAS, s.val(o.Expect), s.val(o.In)
	case Scan:
		p.kind = s.lowerScan(o)
		if o.To != "" && o.To <= o.Key && p.kind == kScan { // it asked for nothing and was told nothing
			return iop{}, false
		}
	}
	if p.kind == kCAS && p.a == p.b { // it changes nothing: it is a read, and tells nothing if it may not have happened
		p.kind, p.b = kRead, noVal
		return p, !p.maybe
	}
	return p, true
}

func (s *scratch) lowerMismatch(o *Op, p *iop) {
	p.kind, p.a = kMiss, s.val(o.Expect)
	if !o.Out.Said() {
		return
	}
	p.kind, p.a = kRead, s.val(o.Out)
	if o.Out == o.Expect { // it found what it expected, and failed all the same
		p.kind = kNever
	}
}

func (s *scratch) lowerScan(o *Op) kind {
	s.scans = true
	for i, p := range o.Pairs {
		s.key(p.Key)
		s.val(Val(p.Value))
		inRange := p.Key >= o.Key && (o.To == "" || p.Key < o.To)
		if !inRange || (i > 0 && o.Pairs[i-1].Key >= p.Key) {
			return kNever
		}
	}
	return kScan
}

func (s *scratch) find(k int32) int32 {
	for s.parent[k] != k {
		s.parent[k] = s.parent[s.parent[k]]
		k = s.parent[k]
	}
	return k
}

// tieScannedKeys joins the keys that one scan saw, or saw unset.
func (s *scratch) tieScannedKeys() {
	s.parent = s.parent[:0]
	for k := range s.keys {
		s.parent = append(s.parent, int32(k))
	}
	for i := range s.ops {
		if p := &s.ops[i]; p.kind == kScan || s.h[p.src].F == Scan {
			s.tie(p)
		}
	}
}

func (s *scratch) tie(p *iop) {
	root := s.find(p.key)
	for k := range s.keys {
		if s.inRange(p, int32(k)) {
			if r := s.find(int32(k)); r != root {
				s.parent[r] = root
			}
		}
	}
}

// partition groups the operations by component, components in the order of their first keys' names.
func (s *scratch) partition() {
	if cap(s.group) < len(s.ops) {
		s.group = make([]int32, 0, max(len(s.ops), 2*cap(s.group)))
	}
	byRoot := make([]int32, len(s.keys)) // counts, then where the next operation of the component goes
	for i := range s.ops {
		byRoot[s.rootOf(s.ops[i].key)]++
	}
	group := s.group[:len(s.ops)]
	s.parts = s.parts[:0]
	partOf := make([]int32, len(s.keys))
	at := int32(0)
	for k := range s.keys {
		n := byRoot[k]
		partOf[k] = -1
		if s.rootOf(int32(k)) == int32(k) && n > 0 {
			partOf[k] = int32(len(s.parts))
			s.parts = append(s.parts, part{ops: group[at : at : at+n]})
			at += n
		}
	}
	for i := range s.ops {
		p := &s.parts[partOf[s.rootOf(s.ops[i].key)]]
		p.ops = append(p.ops, int32(i))
	}
	keys := make([]int32, len(s.keys))
	for k := range keys {
		keys[k] = int32(k)
	}
	slices.SortFunc(keys, func(a, b int32) int { return cmp.Compare(s.keys[a], s.keys[b]) })
	for i, k := range keys {
		if at := partOf[s.rootOf(k)]; at >= 0 {
			p := &s.parts[at]
			if !s.scans {
				p.keys = keys[i : i+1 : i+1]
				continue
			}
			p.keys = append(p.keys, k)
		}
	}
	slices.SortFunc(s.parts, func(a, b part) int { return cmp.Compare(s.keys[a.keys[0]], s.keys[b.keys[0]]) })
}

func (s *scratch) rootOf(k int32) int32 {
	if !s.scans {
		return k
	}
	return s.find(k)
}
