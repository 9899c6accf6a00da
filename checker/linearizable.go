package checker

import (
	"fmt"
	"sync"
	"time"
)

// Options bound a check and say when it is worth anything. The zero value is what a scenario wants.
type Options struct {
	// Steps bounds the search in each component, in configurations visited; 0 is 2,000,000 (about 250 MB at worst). It
	// is the budget that normally ends a search that explodes, because it ends it at the same place on every machine.
	Steps int
	// Time bounds the whole check in wall time; 0 is one minute. It is the safety net of Steps.
	Time time.Duration
	// Memory bounds what searches remember, in bytes, roughly; 0 is 512 MiB. Like Steps it ends a search at the same place
	// on every machine.
	Memory int
	// Engine chooses the algorithm; 0 is Auto.
	Engine Engine
	// Floors is what must have happened for Holds; nil is Model.Floors.
	Floors *Floors
	// Deliveries is how often one request may take effect: more than once where clients, or what carries their requests, try
	// again and the system does not notice. 0 is 1. With more, every change may happen again at any time after its call, as
	// often as is left, whatever its client was told.
	Deliveries int
}

// An Engine is an algorithm that decides linearizability. All of them give the same answers; they differ in what they
// can afford.
type Engine uint8

const (
	// Auto takes, for each component, the cheapest engine that applies: zones, versions or patterns (n log n, any
	// concurrency) when every value is brought at most once, otherwise the windowed search, and Porcupine when more than 256
	// operations of the component overlap.
	Auto Engine = iota
	// Search is the windowed search alone: Wing and Gong's algorithm with Lowe's memory, reads taken eagerly.
	Search
	// Porcupine is github.com/anishathalye/porcupine alone. The others are tested against it.
	Porcupine
)

const (
	defaultSteps  = 2_000_000
	defaultTime   = time.Minute
	defaultMemory = 512 << 20
)

// A Result is what Linearizable found.
type Result struct {
	Verdict  Verdict
	Reason   string // one line that says why the verdict is not Holds
	Coverage Coverage
	// Component holds the indices in the history of the operations among which the violation is: those of one key, or of
	// keys that a scan ties together. Operations that certainly took no effect are not among them.
	Component []int32
	// Culprits holds those of Component that contradict each other, if the algorithm that found the violation knows them;
	// searches do not, and leave it to Explain.
	Culprits []int32
	// Steps is the number of configurations that searches visited; zones need none.
	Steps int
}

// Linearizable decides whether h is linearizable with respect to m (Herlihy and Wing 1990): whether its operations can
// be put in one order that respects real time (a before b if a returned before b was called) and in which m would have
// given every answer that was seen. Operations that failed are left out, and those that may have happened are placed
// anywhere after their call, or nowhere.
//
// Keys name objects. Linearizability is local, so keys are judged one by one, except that keys within one scan's range are judged
// together: a scan is one operation on all of them, and to judge them apart would pass a scan that saw half of a past.
//
// The verdict is Violated, Malformed (h is no history, or uses what m does not have), Unknown (the budget ended),
// Vacuous (see Floors) or Holds.
func Linearizable(h History, m Model, opt Options) Result {
	if res, bad := malformed(h, m); bad {
		return res
	}
	return decide(h, m, opt)
}

// decide is Linearizable of a history that is one.
func decide(h History, m Model, opt Options) Result {
	if opt.Deliveries > 1 {
		return decideDelivered(h, m, opt)
	}
	switch m.object {
	case ofMap:
	case ofSet:
		return linearizableSets(h, m, opt)
	default:
		return linearizableObjects(h, m, opt)
	}
	if opt.Engine == Auto {
		if res, ok := judgeInLane(h, m, opt); ok {
			return res
		}
	}
	s := scratchPool.Get().(*scratch)
	defer scratchPool.Put(s)
	return s.linearizable(h, m, opt)
}

func malformed(h History, m Model) (Result, bool) {
	if d := h.defect(); d != nil {
		return Result{Verdict: Malformed, Reason: d.Error()}, true
	}
	for i := range h {
		if !m.Accepts(h[i].F) {
			at := ""
			if h[i].Line > 0 {
				at = fmt.Sprintf("line %d: ", h[i].Line)
			}
			return Result{Verdict: Malformed, Reason: fmt.Sprintf("%soperation %d (%s): model %s has no %s",
				at, h[i].ID, h[i].String(), m.Name(), h[i].F)}, true
		}
		if field, want := m.defect(&h[i]); field != "" {
			return Result{Verdict: Malformed, Reason: h.wrong(i, field, want).Error()}, true
		}
	}
	return Result{}, false
}

var scratchPool = sync.Pool{New: func() any { return newScratch() }}

func (s *scratch) linearizable(h History, m Model, opt Options) Result {
	s.compile(h, m)
	res := Result{Verdict: Holds, Coverage: s.coverage(h)}
	b := newBudget(opt)
	s.b = b
	for i := range s.parts {
		p := &s.parts[i]
		verdict, why := s.judge(p, m, opt.Engine, b)
		res.Steps += b.spent
		if verdict == Violated {
			res.Verdict, res.Component = Violated, s.sources(p)
			res.Reason = fmt.Sprintf("%s: no order of its %d operations is one that %s could have answered",
				s.partName(p), len(p.ops), m.Name())
			return res
		}
		if verdict == Unknown && res.Verdict < Unknown {
			res.Verdict, res.Reason = Unknown, s.partName(p)+": "+why
		}
	}
	return res.floored(m, opt)
}

// judge decides one component.
func (s *scratch) judge(p *part, m Model, e Engine, b *budget) (Verdict, string) {
	b.begin()
	c := &s.comp
	if !c.load(s, p, m) {
		return Violated, ""
	}
	slots := c.colour()
	switch {
	case e == Auto && c.zonesApply():
		if c.zones() {
			return Holds, ""
		}
		return Violated, ""
	case e == Porcupine || slots > windowMax:
		return c.porcupine(b)
	case e == Auto && len(p.keys) > 1:
		return s.judgeTied(p, m, b)
	}
	return c.search(b)
}

// judgeTied decides a component of several keys, which is loaded. Most are found to hold at once. Of the rest, most are
// violated already in the view of one key, in which a scan is a read: that is far easier to find than to search for.
func (s *scratch) judgeTied(p *part, m Model, b *budget) (Verdict, string) {
	c, whole := &s.comp, b.steps
	b.steps = min(whole, 1000+4*len(p.ops))
	verdict, why := c.search(b)
	b.steps = whole
	if verdict != Unknown || b.outOfTime() {
		return verdict, why
	}
	for _, k := range p.keys {
		view := s.viewOf(p, k)
		if !c.load(s, &view, m) {
			return Violated, ""
		}
		ok := true
		switch slots := c.colour(); {
		case c.zonesApply():
			ok = c.zones()
		case slots <= windowMax:
			verdict, _ := c.search(b)
			ok = verdict != Violated
		}
		if !ok {
			return Violated, ""
		}
	}
	c.load(s, p, m)
	c.colour()
	return c.search(b)
}

// viewOf is the component p as one of its keys sees it.
func (s *scratch) viewOf(p *part, key int32) part {
	s.view = s.view[:0]
	for _, i := range p.ops {
		o := &s.ops[i]
		if o.kind == kScan && s.inRange(o, key) || o.kind != kScan && o.key == key {
			s.view = append(s.view, i)
		}
	}
	return part{keys: []int32{key}, ops: s.view}
}

// inRange tells whether the scan o covers key.
func (s *scratch) inRange(o *iop, key int32) bool {
	scan, name := &s.h[o.src], s.keys[key]
	return name >= scan.Key && (scan.To == "" || name < scan.To)
}

// sources returns the indices in the history of the operations of p, in the order of their calls.
func (s *scratch) sources(p *part) []int32 {
	out := make([]int32, len(p.ops))
	for i, j := range p.ops {
		out[i] = s.ops[j].src
	}
	return out
}

func (s *scratch) partName(p *part) string {
	if len(p.keys) == 1 {
		return "key " + keyText(s.keys[p.keys[0]])
	}
	return fmt.Sprintf("the %d keys from %s on, which scans tie together", len(p.keys), keyText(s.keys[p.keys[0]]))
}

// A budget ends a search. spent counts within the component at hand.
type budget struct {
	steps    int
	spent    int
	memory   int
	used     int // bytes that the component at hand remembers, roughly
	worked   int // since the last look at the clock
	deadline time.Time
	limit    time.Duration
}

func newBudget(opt Options) *budget {
	b := &budget{steps: opt.Steps, memory: opt.Memory, limit: opt.Time}
	if b.steps <= 0 {
		b.steps = defaultSteps
	}
	if b.memory <= 0 {
		b.memory = defaultMemory
	}
	if b.limit <= 0 {
		b.limit = defaultTime
	}
	b.deadline = time.Now().Add(b.limit)
	return b
}

func (b *budget) begin() { b.spent, b.used = 0, 0 }

// uses says how much the search remembers by now.
func (b *budget) uses(bytes int) { b.used = bytes }

const (
	stepsBetweenLooksAtTheClock = 4096
	workBetweenLooksAtTheClock  = 1 << 22
)

// works says how much the search did that is not a step: the numbers of a state that it looked at.
func (b *budget) works(n int) { b.worked += n }

// left is the time that is left, but never nothing, which would mean the default.
func (b *budget) left() time.Duration { return max(time.Nanosecond, time.Until(b.deadline)) }

func (b *budget) outOfTime() bool { return time.Now().After(b.deadline) }

// step counts a step and tells why the search has to end, or "".
func (b *budget) step() string {
	b.spent++
	if b.spent > b.steps {
		return fmt.Sprintf("undecided after %d steps", b.steps)
	}
	if b.used > b.memory {
		return fmt.Sprintf("undecided within %d MiB", max(1, b.memory>>20))
	}
	if b.spent%stepsBetweenLooksAtTheClock != 0 && b.worked < workBetweenLooksAtTheClock {
		return ""
	}
	if b.worked = 0; b.outOfTime() {
		return fmt.Sprintf("undecided after %v", b.limit)
	}
	return ""
}
