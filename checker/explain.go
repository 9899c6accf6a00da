package checker

import (
	"cmp"
	"slices"
	"time"
)

// An Explanation says why a history is not linearizable, with as little as possible.
type Explanation struct {
	Property string // "linearizability"
	// Sentence names who saw what, and what contradicts it.
	Sentence string
	// Core is a smallest part of the history that is still violated: without any one of these operations (and those that
	// cannot be understood without it) the rest could be ordered. Operations that were still open at the end of the
	// smallest prefix are Maybes in it. Ordered by call.
	Core []Op
	// Prefix is how many operations had returned when the violation became certain: the history cut after the Prefix-th
	// return is violated, and cut one return earlier it is not.
	Prefix int
	// Confirmed tells that porcupine, asked about Core alone, finds it violated as well.
	Confirmed bool
	// Minimal is false if the time ended before the core was as small as it gets.
	Minimal bool
}

// explainTime is the wall time that Explain takes at most, unless Options.Time says otherwise.
const explainTime = 5 * time.Second

// Explain takes a history that Linearizable found violated and finds the smallest prefix that still is, in the order of
// the returns, then the smallest set of its operations. Options.Time bounds it, 5 s if 0; when the time is up, the best so
// far is returned. The Explanation is empty unless res.Verdict is Violated.
//
// What is left out never makes a violation: a read may go always, and an operation that wrote something only together with
// all that saw it. So a violated core proves that the whole history is violated.
func Explain(h History, m Model, res Result, opt Options) Explanation {
	if res.Verdict != Violated || len(res.Component) == 0 {
		return Explanation{}
	}
	if opt.Time <= 0 {
		opt.Time = explainTime
	}
	began := time.Now()
	x := explainer{m: m, opt: opt, deadline: began.Add(opt.Time / 2)} // the prefix may take half of it
	whole := make(History, 0, len(res.Component))
	for _, i := range res.Component {
		whole = append(whole, h[i])
	}
	cut, last := x.smallestPrefix(whole)
	hurried := x.late
	x.deadline, x.late = began.Add(opt.Time), false
	core, minimal := x.smallestCore(x.culprits(cut))
	minimal = minimal && !hurried
	slices.SortStableFunc(core, func(a, b Op) int { return cmp.Compare(a.Call, b.Call) })
	e := Explanation{Property: PropertyLinearizability, Core: core, Minimal: minimal}
	for i := range h {
		if h[i].Ret <= last {
			e.Prefix++
		}
	}
	e.Confirmed = x.violated(core, Porcupine)
	e.Sentence = x.sentence(h, core)
	return e
}

// culprits is the part of h whose operations contradict each other, if the engine that judges h says which and they are
// violated by themselves; otherwise it is h.
func (x *explainer) culprits(h History) History {
	res := decide(h, x.m, x.options(Auto, time.Until(x.deadline)))
	culprits := res.Culprits
	if x.m.object == ofSet {
		culprits = sameMembers(h, culprits)
	}
	if len(culprits) == 0 || len(culprits) == len(h) || !x.m.culpritsStandAlone(h) {
		return h
	}
	part := make(History, 0, len(culprits))
	for _, i := range culprits {
		part = append(part, h[i])
	}
	if decide(part, x.m, x.options(Auto, time.Second)).Verdict != Violated {
		return h
	}
	return part
}

// sameMembers are all operations of a set on the members that culprits are about: what is done to other members says
// nothing of these. It is nil if a culprit reads the whole set.
func sameMembers(h History, culprits []int32) (all []int32) {
	members := map[Value]bool{}
	for _, i := range culprits {
		if !h[i].In.IsSet() {
			return nil
		}
		members[h[i].In] = true
	}
	for i := range h {
		if h[i].In.IsSet() && members[h[i].In] {
			all = append(all, int32(i))
		}
	}
	return all
}

// culpritsStandAlone tells whether the culprits among the operations of h are without all that could excuse them: values of
// a map with those who wrote and saw them, elements of a queue, members of a set. A list or a log without the rest would be another one.
func (m Model) culpritsStandAlone(h History) bool {
	if m.object == ofQueue {
		return !slices.ContainsFunc(h, func(o Op) bool { return o.F == Dequeue && o.Status == Maybe })
	}
	return m.object == ofMap || m.object == ofSet
}

// sentence says why core is violated: in the words of the engine that judged it, if it has any.
func (x *explainer) sentence(h, core History) string {
	if x.m.object == ofMap {
		return sentence(h, core, x.m)
	}
	if res := decide(core, x.m, x.options(Auto, time.Second)); res.Verdict == Violated && len(res.Culprits) > 0 && x.m.object != ofSet {
		return res.Reason
	}
	return objectSentence(h, core, x.m)
}

func (x *explainer) options(e Engine, left time.Duration) Options {
	opt := x.opt
	opt.Engine, opt.Time, opt.Floors = e, max(time.Nanosecond, left), &Floors{}
	return opt
}

// explainer asks again and again whether a part of a history is violated.
type explainer struct {
	m        Model
	opt      Options
	deadline time.Time
	late     bool // the time was up before a question could be asked
}

func (x *explainer) violated(h History, e Engine) bool {
	left := time.Until(x.deadline)
	if left <= 0 {
		if x.late = true; e != Porcupine {
			return false
		}
		left = time.Second
	}
	return decide(h, x.m, x.options(e, left)).Verdict == Violated
}

// smallestPrefix cuts h after the first return at which it is violated, and returns the time of that return. A history is
// linearizable only if all its prefixes are, so halving finds it.
func (x *explainer) smallestPrefix(h History) (History, int64) {
	var returns []int64
	for i := range h {
		if h[i].Status != Maybe {
			returns = append(returns, h[i].Ret)
		}
	}
	slices.Sort(returns)
	lo, hi := 0, len(returns)-1 // the cut after returns[hi] is violated
	for lo < hi {
		mid := lo + (hi-lo)/2
		if x.violated(prefix(h, returns[mid]), Auto) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return prefix(h, returns[hi]), returns[hi]
}

// prefix is h as it stood just after time t: what had not returned is open.
func prefix(h History, t int64) History {
	var out History
	for _, o := range h {
		if o.Call > t {
			continue
		}
		if o.Ret > t {
			o.Status, o.Ret, o.Out, o.Pairs = Maybe, Never, Value{}, nil
		}
		if o.Status != Maybe || !o.F.reads() {
			out = append(out, o)
		}
	}
	return out
}
