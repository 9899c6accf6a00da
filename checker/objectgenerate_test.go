package checker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// objectWorkload is what objectHistory draws from.
type objectWorkload struct {
	ops, clients, keys int
	values             int // distinct values; 0 makes every value unique
	maybePPM, failPPM  int
	tellPPM            int
	think              int64
	fs                 []F // of the model; nil: all
}

// objectHistory lets clients work on one real object, every operation at an instant between its call and its return, or,
// if it has no answer, maybe later and maybe never. The history is linearizable.
func objectHistory(r *rand.Rand, m Model, w objectWorkload) History {
	g := objectGenerator{r: r, m: m, w: w, at: bruteStart(m), token: 3}
	for f := F(1); f < fEnd; f++ {
		if m.Accepts(f) && f != Get && (w.fs == nil || slices.Contains(w.fs, f)) {
			g.fs = append(g.fs, f)
		}
	}
	h := make(History, w.ops)
	effects := make([]int64, w.ops)
	free := make([]int64, w.clients)
	for i := range h {
		c := r.IntN(w.clients)
		call := free[c] + 1 + r.Int64N(w.think+1)
		ret := call + 2 + r.Int64N(12)
		o := g.draw(fmt.Sprintf("c%d", c))
		o.ID, o.Call, o.Ret, o.Status = int64(i), call*100+int64(c), ret*100+int64(c), OK
		effects[i] = o.Call + 1 + r.Int64N(o.Ret-o.Call-1)
		switch {
		case r.IntN(1e6) < w.maybePPM:
			o.Status = Maybe
			if effects[i] = o.Call + 1 + r.Int64N(4000); r.IntN(2) == 0 {
				effects[i] = Never
			}
		case r.IntN(1e6) < w.failPPM:
			o.Status, effects[i] = Fail, Never
		}
		free[c] = ret + 1
		h[i] = o
	}
	order := make([]int, w.ops)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(min(1, max(-1, effects[a]-effects[b]))) })
	for _, i := range order {
		if effects[i] != Never {
			g.effect(&h[i])
		}
	}
	return h
}

type objectGenerator struct {
	r     *rand.Rand
	m     Model
	w     objectWorkload
	fs    []F
	at    bruteState
	fresh int
	token int
}

func (g *objectGenerator) value() Value {
	if g.w.values == 0 {
		g.fresh++
		return Val(fmt.Sprintf("%d", (g.fresh*7919)%100003))
	}
	return Val(fmt.Sprint(g.r.IntN(g.w.values)))
}

var paths = []string{"/a", "/a/b", "/a/c", "/a/b/d", "/e", "/e/f"}

func (g *objectGenerator) draw(client string) Op {
	o := Op{Client: client, F: g.fs[g.r.IntN(len(g.fs))]}
	if g.w.keys > 1 {
		o.Key = fmt.Sprintf("k%d", g.r.IntN(g.w.keys))
	}
	if g.m == Znodes {
		o.Key = paths[g.r.IntN(len(paths))]
		if (o.F == Children || o.F == SetData || o.F == GetData) && g.r.IntN(8) == 0 {
			o.Key = "/"
		}
		if (o.F == SetData || o.F == Delete) && g.r.IntN(2) == 0 {
			o.Expect = Val(fmt.Sprint(g.r.IntN(4) - 1))
		}
	}
	switch {
	case o.F == ReadAt:
		o.In = Val(fmt.Sprint(g.r.IntN(5)))
	case o.F == Incr || o.F == Add && g.m == Counter:
		if g.r.IntN(3) > 0 || o.F == Add {
			o.In = Val(fmt.Sprint(g.r.IntN(4) - 1))
		}
	case o.F.brings() && o.F != Write, o.F == Create, o.F == SetData:
		o.In = g.value()
	}
	if g.m == LeaseLock && o.F == Write {
		o.In, o.Expect = Val("w"), Val(fmt.Sprint(g.token-g.r.IntN(3)))
	}
	return o
}

// effect lets o take effect and writes down what it is told: every answer that the object could give is tried until one
// is right.
func (g *objectGenerator) effect(o *Op) {
	maybe := o.Status == Maybe
	if !maybe {
		for _, answer := range g.answers(o) {
			p := *o
			p.Status, p.Out = answer.status, answer.out
			if l, _ := g.at[o.Key].(bruteLock); p.F == Release && g.m == FencedLock && p.Status == OK && !l.guess && g.r.IntN(2) == 0 {
				p.In = Val(fmt.Sprint(l.token))
			}
			if next, ok := g.at.after(&p, g.m); ok {
				g.at, *o = next, p
				return
			}
		}
		panic("no answer for " + o.String())
	}
	if next, ok := g.at.after(o, g.m); ok {
		g.at = next
		if o.F == Acquire {
			g.token++
		}
	}
}

type answer struct {
	status Status
	out    Value
}

// answers lists what o may be told, the right one among them.
func (g *objectGenerator) answers(o *Op) (all []answer) {
	tell := g.r.IntN(1e6) < g.w.tellPPM
	ok := func(v Value) { all = append(all, answer{OK, v}) }
	items, _ := g.at[o.Key].([]string)
	switch o.F {
	case Read, Get:
		if g.m == Counter {
			n, _ := g.at[o.Key].(int)
			ok(Val(fmt.Sprint(n)))
			return all
		}
		ok(List(items...))
	case Incr, Enqueue, Push:
		ok(Value{})
	case Add, Remove:
		if tell && g.m == Set {
			ok(Val("true"))
			ok(Val("false"))
			return all
		}
		ok(Value{})
	case Contains:
		ok(Val("true"))
		ok(Val("false"))
	case Append:
		if tell {
			ok(Val(fmt.Sprint(len(items))))
			ok(Val(fmt.Sprint(len(items) + 1)))
		}
		ok(Value{})
	case Tail:
		ok(Val(fmt.Sprint(len(items))))
	case Dequeue, Pop, ReadAt:
		for _, v := range items {
			ok(Val(v))
		}
		ok(Unset)
	case Acquire:
		g.token++
		token := Val(fmt.Sprint(g.token))
		if g.m == Lock {
			token = Value{}
		}
		ok(token)
		all = append(all, answer{Mismatch, Value{}})
	case Release, Write:
		ok(Value{})
		all = append(all, answer{Mismatch, Value{}})
	default:
		return g.treeAnswers(o, tell)
	}
	if o.F == Incr && tell {
		n, _ := g.at[o.Key].(int)
		for d := -1; d < 4; d++ {
			all = slices.Insert(all, 0, answer{OK, Val(fmt.Sprint(n + d))})
		}
	}
	return all
}

func (g *objectGenerator) treeAnswers(o *Op, tell bool) (all []answer) {
	node, _ := g.at[o.Key].(bruteZnode)
	version := fmt.Sprint(node.version)
	switch o.F {
	case Create, Delete:
		all = append(all, answer{OK, Value{}})
	case SetData:
		if tell {
			all = append(all, answer{OK, Val(fmt.Sprint(node.version + 1))})
		}
		all = append(all, answer{OK, Value{}})
	case GetData:
		if tell {
			all = append(all, answer{OK, List(node.data, version)})
		}
		all = append(all, answer{OK, Val(node.data)})
	case Exists:
		if tell {
			all = append(all, answer{OK, Val(version)})
		}
		all = append(all, answer{OK, Val("true")}, answer{OK, Unset})
	case Children:
		var names []string
		for p := range g.at {
			if up := p[:strings.LastIndex(p, "/")]; p != "/" && (up == o.Key || up == "" && o.Key == "/") {
				names = append(names, p[strings.LastIndex(p, "/")+1:])
			}
		}
		slices.Sort(names)
		all = append(all, answer{OK, List(names...)})
	}
	if tell {
		for _, why := range []string{"NoNode", "NodeExists", "BadVersion", "NotEmpty"} {
			all = append(all, answer{Mismatch, Val(why)})
		}
	}
	return append(all, answer{Mismatch, Value{}})
}

// spoilObject changes one answer of h, if it has any; the history may stay linearizable.
func spoilObject(r *rand.Rand, m Model, h History) {
	for range 20 {
		o, other := &h[r.IntN(len(h))], &h[r.IntN(len(h))]
		switch {
		case o.Status == Mismatch && r.IntN(2) == 0 && o.F != GetData && o.F != Children && o.F != Acquire:
			o.Status, o.Out = OK, Value{}
		case o.Status == OK && o.F == other.F && other.Status == OK && o.Out != other.Out:
			o.Out, other.Out = other.Out, o.Out
		case o.Status == OK && (o.F == Dequeue || o.F == Pop || o.F == ReadAt || o.F == Contains || o.F == Exists) && r.IntN(2) == 0:
			o.Out = map[bool]Value{true: Unset, false: other.In}[o.F != Contains && !other.In.IsSet()]
			if o.F == Contains {
				o.Out = Val("true")
			}
			if o.F == Exists || !o.Out.Said() {
				o.Out = Unset
			}
		case o.Status == OK && o.Out.IsList() && len(o.Out.Items()) > 0 && o.F != GetData:
			o.Out = List(o.Out.Items()[1:]...)
		case o.Status == OK && o.F == Release && m.mismatches(Release) || o.Status == OK && o.F == Acquire && !o.Out.Said():
			o.Status = Mismatch
		default:
			continue
		}
		return
	}
}
