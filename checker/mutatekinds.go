package checker

import (
	"fmt"
	"slices"
)

// register mutates a read of a register, or of a znode's data.
func (u *Mutator) register(x *Mutant, at int) bool {
	r := &u.h[at]
	plain := u.sites.plain[r.Key]
	if u.mixed(r.Key) {
		return false
	}
	w1, w2, ok := u.before(r.Key, r.Call)
	if !ok {
		return false
	}
	old, recent := u.h[w1].In, u.h[w2].In
	if x.Certain = plain; !old.IsSet() || !recent.IsSet() && x.Kind != StaleRead { // a delete brings nothing
		return false
	}
	switch x.Kind {
	case StaleRead:
		x.What = fmt.Sprintf("%s reads %s, after which %s's %s was acknowledged", r.Client, old, u.h[w2].Client, u.h[w2].Act())
		u.change(x, at, old)
		return r.Out != old
	case SwappedResults:
		return u.swapReads(x, at)
	case DuplicateWrite: // somebody saw the second value, and then the first comes back
		for _, i := range u.sites.reads[r.Key] {
			if o := &u.h[i]; o.Out == recent && o.Ret < r.Call && r.Out != old {
				x.What = fmt.Sprintf("the write of %s is done again after %s was read: %s reads it", old, recent, r.Client)
				u.change(x, at, old)
				return true
			}
		}
		return false
	case LostWrite: // who saw the second sees the first instead, and at least one of them asked when it was acknowledged
		return u.replace(x, r.Key, map[Value]Value{recent: old}, w2) && x.describe("the write of %s, acknowledged, is lost", recent)
	case Reordered:
		return u.replace(x, r.Key, map[Value]Value{recent: old, old: recent}, w2) &&
			x.describe("the writes of %s and %s are done the other way round", old, recent)
	}
	return false
}

func (x *Mutant) describe(format string, args ...any) bool {
	x.What = fmt.Sprintf(format, args...)
	return true
}

// mixed tells whether a key's values are put together from several, so that an old one may come back.
func (u *Mutator) mixed(key string) bool {
	for _, i := range u.sites.writes[key] {
		if u.h[i].F == Append {
			return true
		}
	}
	return false
}

// replace gives the readers of some values others, and tells whether one of them saw the value of w and asked after w had
// ended.
func (u *Mutator) replace(x *Mutant, key string, by map[Value]Value, w int) bool {
	after := false
	for _, i := range u.sites.reads[key] {
		o := &u.h[i]
		if v, ok := by[o.Out]; ok {
			after = after || o.Out == u.h[w].In && o.Call > u.h[w].Ret
			u.change(x, i, v)
		}
	}
	return after
}

// swapReads swaps the answers of two reads, one after the other, of two values that were written one after the other.
func (u *Mutator) swapReads(x *Mutant, at int) bool {
	r := &u.h[at]
	w2, ok := u.sites.by[r.Key][r.Out]
	if !ok || w2 < 0 {
		return false
	}
	for _, i := range slices.Backward(u.sites.reads[r.Key]) {
		o := &u.h[i]
		if w1, ok := u.sites.by[r.Key][o.Out]; ok && w1 >= 0 && o.Ret < r.Call && u.h[w1].Status == OK && u.h[w1].Ret < u.h[w2].Call {
			x.What = fmt.Sprintf("%s and %s get each other's answers, %s and %s", o.Client, r.Client, o.Out, r.Out)
			u.change(x, i, r.Out)
			u.change(x, at, o.Out)
			return true
		}
	}
	return false
}

// collection mutates a read of a whole list, log or set.
func (u *Mutator) collection(x *Mutant, at int) bool {
	r := &u.h[at]
	items := r.Out.Items()
	x.Certain = u.sites.plain[r.Key]
	if len(items) == 0 || !x.Certain {
		return false
	}
	switch x.Kind {
	case StaleRead: // without what had been acknowledged
		return u.leaveOut(x, []int{at}, at)
	case LostWrite:
		return u.leaveOut(x, u.sites.reads[r.Key], at)
	case DuplicateWrite:
		v := items[u.r.IntN(len(items))]
		u.change(x, at, List(append(items, v)...))
		return x.describe("%s is in it twice, as %s reads it", printable(v), r.Client)
	case SwappedResults:
		for _, i := range u.sites.reads[r.Key] {
			if o := &u.h[i]; o.Ret < r.Call && len(o.Out.Items()) < len(items) {
				u.change(x, i, r.Out)
				u.change(x, at, o.Out)
				return x.describe("%s and %s get each other's answers", o.Client, r.Client)
			}
		}
	case Reordered:
		return u.m.object != ofSet && u.turnItems(x, at)
	}
	return false
}

// leaveOut takes an item that had been acknowledged before read at was called out of the given reads.
func (u *Mutator) leaveOut(x *Mutant, reads []int, at int) bool {
	items := u.h[at].Out.Items()
	n := u.r.IntN(len(items))
	for k := range items {
		v := items[(n+k)%len(items)]
		w, ok := u.sites.by[u.h[at].Key][Val(v)]
		if !ok || w < 0 || u.h[w].Status != OK || u.h[w].Ret >= u.h[at].Call {
			continue
		}
		for _, i := range reads {
			old := u.h[i].Out.Items()
			kept := slices.DeleteFunc(slices.Clone(old), func(s string) bool { return s == v })
			if x.Kind == StaleRead && u.m.object != ofSet { // the read of an older list ends before the item
				kept = old[:slices.Index(old, v)]
			}
			if len(kept) < len(old) {
				u.change(x, i, List(kept...))
			}
		}
		return x.describe("%s, acknowledged, is not in it", printable(v))
	}
	return false
}

// turnItems turns two items round in a read, which were appended one after the other.
func (u *Mutator) turnItems(x *Mutant, at int) bool {
	items := u.h[at].Out.Items()
	by := u.sites.by[u.h[at].Key]
	for i := 1; i < len(items); i++ {
		a, okA := by[Val(items[i-1])]
		b, okB := by[Val(items[i])]
		if okA && okB && a >= 0 && b >= 0 && u.h[a].Status == OK && u.h[a].Ret < u.h[b].Call {
			items[i-1], items[i] = items[i], items[i-1]
			u.change(x, at, List(items...))
			return x.describe("%s and %s are the other way round, as %s reads them", items[i], items[i-1], u.h[at].Client)
		}
	}
	return false
}

// element mutates what comes out of a queue or a stack. A stack and a priority queue say little of their order, so that only
// what comes out twice is certainly wrong.
func (u *Mutator) element(x *Mutant, at int) bool {
	d := &u.h[at]
	fifo := u.m.object == ofQueue
	plain := u.sites.plain[d.Key]
	for _, i := range slices.Backward(u.sites.reads[d.Key]) {
		o := &u.h[i]
		if i == at || o.Ret >= d.Call {
			continue
		}
		in, later := u.sites.by[d.Key][o.Out], u.sites.by[d.Key][d.Out]
		ordered := plain && fifo && u.h[in].Status == OK && u.h[in].Ret < u.h[later].Call
		switch {
		case x.Kind == DuplicateWrite || x.Kind == StaleRead:
			x.Certain = plain
			u.change(x, at, o.Out)
			return x.describe("%s, which %s took, comes out again: %s takes it", o.Out, o.Client, d.Client)
		case x.Kind == LostWrite && ordered: // o finds what came in later, and the one before is gone
			u.change(x, i, d.Out)
			x.History = slices.Delete(x.History, at, at+1)
			x.Changed = nil
			x.Certain = !slices.ContainsFunc(u.h, func(o Op) bool { return o.F == Dequeue && o.Status == Maybe })
			return x.describe("%s, acknowledged, never comes out, and %s, which came in later, does", o.Out, d.Out)
		case (x.Kind == SwappedResults || x.Kind == Reordered) && (ordered || !fifo):
			u.change(x, i, d.Out)
			u.change(x, at, o.Out)
			x.Certain = ordered
			return x.describe("%s and %s come out the other way round", o.Out, d.Out)
		}
	}
	return false
}

// hold mutates a lock: it is granted while it is held, or with a token that is not new.
func (u *Mutator) hold(x *Mutant, at int) bool {
	a := &u.h[at]
	if u.m.object != ofLock && x.Kind != LostWrite {
		for _, i := range u.sites.reads[a.Key] {
			if o := &u.h[i]; o.Ret < a.Call && o.Out != a.Out {
				x.Certain = true
				u.change(x, at, o.Out)
				if x.Kind == SwappedResults || x.Kind == Reordered {
					u.change(x, i, a.Out)
				}
				return x.describe("%s gets token %s, which %s had got", a.Client, o.Out, o.Client)
			}
		}
		return false
	}
	unsure := func(o Op) bool { return o.Status == Maybe && o.who() == a.who() }
	if u.m.object == ofLeaseLock || x.Kind != LostWrite && x.Kind != DuplicateWrite || slices.ContainsFunc(u.h, unsure) {
		return false
	}
	for i := range u.h { // its release is never done, and still somebody else gets it
		o := &u.h[i]
		if o.F != Release || o.Key != a.Key || o.who() != a.who() || o.Call <= a.Ret || o.Status != OK {
			continue
		}
		for _, k := range u.sites.reads[a.Key] {
			next := &u.h[k]
			if next.Call > o.Ret && next.who() != a.who() {
				x.History = slices.Clone(u.h)
				x.History[i].Status, x.History[i].Out = Mismatch, Value{}
				x.Changed, x.Certain = []int{i}, true
				return x.describe("the release of %s is refused, although it held the lock", a.Client)
			}
		}
		return false
	}
	return false
}

// count mutates a read of a counter that only grows: it reads less than what had been counted before it was called.
func (u *Mutator) count(x *Mutant, at int) bool {
	r := &u.h[at]
	least := number64(u.m.initial, 0)
	for i := range u.h {
		o := &u.h[i]
		if o.Key != r.Key || o.F != Incr && o.F != Add || o.Status == Fail {
			continue
		}
		by := number64(o.In, 1)
		if by < 0 {
			return false
		}
		if o.Status == OK && o.Ret < r.Call {
			least += by
		}
	}
	if least == number64(u.m.initial, 0) || x.Kind == SwappedResults || x.Kind == Reordered || x.Kind == DuplicateWrite {
		return false
	}
	x.Certain = true
	u.change(x, at, Val(fmt.Sprint(least-1)))
	return x.describe("%s reads %d, although %d had been counted", r.Client, least-1, least)
}

// A MutationScore says how many mutants of one kind a check rejected.
type MutationScore struct {
	Kind     Mutation
	Made     int // mutants
	Certain  int // of them, wrong beyond doubt
	Rejected int // of Made
	Caught   int // of Certain; less than Certain only if the check is wrong, or ran out of its budget
	Missed   []Mutant
}

// MutationTest makes up to n mutants of each kind from h, which must be right by m, and asks Linearizable of each. Scores of
// kinds that h has no place for have Made 0. Missed has the certain mutants that were not rejected.
func (u *Mutator) MutationTest(n int, opt Options) []MutationScore {
	scores := make([]MutationScore, 0, int(mutationEnd))
	for _, kind := range Mutations() {
		s := MutationScore{Kind: kind}
		for range n {
			x, ok := u.Mutate(kind)
			if !ok {
				break
			}
			s.Made++
			rejected := Linearizable(x.History, u.m, opt).Verdict == Violated
			if rejected {
				s.Rejected++
			}
			switch {
			case x.Certain && rejected:
				s.Certain++
				s.Caught++
			case x.Certain:
				s.Certain++
				s.Missed = append(s.Missed, x)
			}
		}
		scores = append(scores, s)
	}
	return scores
}
