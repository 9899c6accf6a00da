package checker

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// A workload is what generate draws histories from.
type workload struct {
	ops, clients, keys int
	values             int // distinct values; 0 makes every value unique
	fs                 []F
	maybePPM, failPPM  int
	tellPPM            int // how often an append or a write tells what it saw
	thinkTime          int64
}

// generate runs clients against one real sequential object, with every operation taking effect at an instant between
// its call and its return (or, if it has no answer, maybe later and maybe never): the history is linearizable.
func generate(r *rand.Rand, w workload) History {
	g := generator{r: r, w: w, store: map[string]string{}}
	var h History
	type running struct {
		op              int
		effect, end, at int64
	}
	free := make([]int64, w.clients)
	var all []running
	for i := range w.ops {
		c := r.IntN(w.clients)
		call := free[c] + 1 + r.Int64N(w.thinkTime+1)
		ret := call + 2 + r.Int64N(20)
		op := g.op(fmt.Sprintf("c%d", c))
		op.ID, op.Call, op.Ret = int64(i), call*1000+int64(c), ret*1000+int64(c)
		effect := op.Call + 1 + r.Int64N(op.Ret-op.Call-1)
		switch {
		case r.IntN(1e6) < w.maybePPM:
			op.Status = Maybe
			effect = op.Call + 1 + r.Int64N(60_000)
			if r.IntN(2) == 0 {
				effect = Never
			}
		case r.IntN(1e6) < w.failPPM:
			op.Status, effect = Fail, Never
		default:
			op.Status = OK
		}
		free[c] = ret + 1
		h = append(h, op)
		all = append(all, running{op: i, effect: effect})
	}
	slices.SortFunc(all, func(a, b running) int {
		if a.effect < b.effect {
			return -1
		}
		return 1
	})
	for _, a := range all {
		if a.effect != Never {
			g.effect(&h[a.op])
		}
	}
	return h
}

type generator struct {
	r     *rand.Rand
	w     workload
	store map[string]string
	fresh int
}

func (g *generator) value() Value {
	if g.w.values == 0 {
		g.fresh++
		return Val(fmt.Sprintf("v%d.", g.fresh))
	}
	return Val(string(rune('a' + g.r.IntN(g.w.values))))
}

func (g *generator) key() string { return fmt.Sprintf("k%d", g.r.IntN(g.w.keys)) }

func (g *generator) op(client string) Op {
	o := Op{Client: client, F: g.w.fs[g.r.IntN(len(g.w.fs))], Key: g.key()}
	switch o.F {
	case Put, Write, Append:
		o.In = g.value()
	case CAS:
		o.In = g.value()
		o.Expect = g.value() // replaced by the real state when it takes effect, most of the time
		if g.r.IntN(6) == 0 {
			o.Expect = Unset
		}
	case Scan:
		if o.To = g.key(); o.To < o.Key || g.r.IntN(2) == 0 {
			o.To = ""
		}
	}
	return o
}

func (g *generator) get(k string) Value {
	if v, ok := g.store[k]; ok {
		return Val(v)
	}
	return Unset
}

// effect lets the operation take effect on the store and writes down what it saw.
func (g *generator) effect(o *Op) {
	was, certain := g.get(o.Key), o.Status == OK
	tells := certain && g.r.IntN(1e6) < g.w.tellPPM
	switch o.F {
	case Get, Read:
		if certain {
			o.Out = was
		}
	case Put, Write:
		g.store[o.Key] = o.In.Text()
	case Delete:
		delete(g.store, o.Key)
	case Append:
		g.store[o.Key] += o.In.Text()
		if tells {
			o.Out = Val(g.store[o.Key])
		}
		return
	case CAS:
		if g.r.IntN(3) > 0 {
			o.Expect = was
		}
		switch {
		case o.Expect == was:
			g.store[o.Key] = o.In.Text()
		case certain:
			o.Status = Mismatch
			if g.r.IntN(2) == 0 {
				o.Out = was
			}
		}
		return
	case Scan:
		if certain {
			o.Pairs = scanOf(g.store, o.Key, o.To)
		}
		return
	}
	if tells && !o.F.reads() {
		o.Out = was
	}
}

func scanOf(store map[string]string, from, to string) []Pair {
	var out []Pair
	for _, k := range slices.Sorted(maps.Keys(store)) {
		if k >= from && (to == "" || k < to) {
			out = append(out, Pair{k, store[k]})
		}
	}
	return out
}

// spoil changes one answer of h, if it has any; the history may stay linearizable.
func spoil(r *rand.Rand, h History) {
	for range 20 {
		o := &h[r.IntN(len(h))]
		other := &h[r.IntN(len(h))]
		switch {
		case o.F.oneRead() && o.Status == OK && other.Out.Said():
			o.Out = other.Out
		case o.F.oneRead() && o.Status == OK && other.In.Said():
			o.Out = other.In
		case o.F == CAS && o.Status == Mismatch && r.IntN(2) == 0:
			o.Status, o.Out = OK, Value{}
		case o.F == CAS && o.Status == OK:
			o.Status = Mismatch
		case o.F == Scan && o.Status == OK && other.Pairs != nil:
			o.Pairs = other.Pairs
		case o.F == Append && o.Out.IsSet():
			o.Out = Val(o.Out.Text()[1:] + "a")
		default:
			continue
		}
		return
	}
}

// oracle is the plainest checker that can be written on porcupine: one model over whole maps, no partitions, no
// preparation. Operations without an answer may be placed last, where nobody sees them.
func oracle(h History) bool {
	var ops []porcupine.Operation
	for i := range h {
		o := &h[i]
		if o.Status != Fail && (o.Status != Maybe || !o.F.reads()) {
			ops = append(ops, porcupine.Operation{Input: o, Call: o.Call, Return: o.End()})
		}
	}
	return porcupine.CheckOperations(porcupine.Model{
		Init:  func() any { return map[string]string{} },
		Step:  func(state, input, _ any) (bool, any) { return oracleStep(state.(map[string]string), input.(*Op)) },
		Equal: func(a, b any) bool { return maps.Equal(a.(map[string]string), b.(map[string]string)) },
		Hash: func(a any) uint64 {
			var sum uint64
			for k, v := range a.(map[string]string) {
				sum += uint64(len(v)*31) + uint64(k[len(k)-1])*uint64(1+strings.Count(v, "a"))
			}
			return sum
		},
	}, ops)
}

func oracleStep(store map[string]string, o *Op) (bool, any) {
	was := Unset
	if v, ok := store[o.Key]; ok {
		was = Val(v)
	}
	next := func(v Value) (bool, any) {
		after := maps.Clone(store)
		if v.IsSet() {
			after[o.Key] = v.Text()
		} else {
			delete(after, o.Key)
		}
		return true, after
	}
	switch o.F {
	case Get, Read:
		return o.Out == was, store
	case Scan:
		return slices.Equal(o.Pairs, scanOf(store, o.Key, o.To)), store
	case CAS:
		if o.Status == Mismatch {
			return was != o.Expect && (!o.Out.Said() || o.Out == was), store
		}
		if was == o.Expect {
			return next(o.In)
		}
		return o.Status == Maybe, store
	case Append:
		if v := Val(was.Text() + o.In.Text()); !o.Out.Said() || o.Out == v {
			return next(v)
		}
		return false, store
	}
	if o.Out.Said() && o.Out != was {
		return false, store
	}
	if o.F == Delete {
		return next(Unset)
	}
	return next(o.In)
}
