package files

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"orrery/checker"
)

// History reads the operations of objects, as model has them: what a read of a set, a list or a log returned is a list,
// and what a read of a register returned is one value, whatever that is made of. The error is nil, one of the file, or
// a *checker.SyntaxError; a history that is none is an error, too.
//
// What a compare-and-set that failed says is for File.FailedCAS; one with an :error says nothing.
func (f *File) History(model checker.Model) (checker.History, error) {
	if err := f.once(); err != nil {
		return nil, err
	}
	if !f.events() {
		if f.Format != Operations && f.Format != Lines {
			return nil, f.not("operations on objects")
		}
		return checker.ReadHistory(f.in, f.Name)
	}
	o := newObjects(f, model)
	var h checker.History
	var ends []int32
	err := f.eachStep(func(s *step) error {
		op, err := o.op(s)
		if err != nil {
			return err
		}
		op.ID = int64(len(h))
		h = append(h, op)
		end := s.line
		if s.end != nil {
			end = s.end.line
		}
		ends = append(ends, int32(end))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := h.Validate(); err != nil {
		return nil, f.malformed(err, ends)
	}
	return h, nil
}

// EachOperation reads the same one by one, in the order of their calls, and keeps none but those that are open and those
// called after one that is. yield returns an error to end it. Of lines of operations it wants them to be in that order.
func (f *File) EachOperation(model checker.Model, yield func(checker.Op) error) error {
	if err := f.once(); err != nil {
		return err
	}
	if !f.events() {
		if f.Format != Operations && f.Format != Lines {
			return f.not("operations on objects")
		}
		return checker.EachOperation(f.in, f.Name, yield)
	}
	o := newObjects(f, model)
	id := int64(0)
	return f.eachStep(func(s *step) error {
		op, err := o.op(s)
		if err != nil {
			return err
		}
		op.ID = id
		id++
		if err := (checker.History{op}).Validate(); err != nil {
			return f.malformed(err, []int32{int32(s.line)})
		}
		return yield(op)
	})
}

func newObjects(f *File, model checker.Model) objects {
	return objects{f: f, lists: slices.Contains([]string{"list", "log", "set", "znodes"}, model.Name())}
}

// malformed gives the defect of a history the line where it shows.
func (f *File) malformed(err error, ends []int32) error {
	var m *checker.MalformedError
	if !errors.As(err, &m) {
		return err
	}
	e := &checker.SyntaxError{File: f.Name, Line: int(m.Op.Line), Field: m.Field, Want: m.Want}
	switch m.Field {
	case "in", "expect":
		e.Field = "value"
	case "out", "ret":
		e.Field, e.Line = "value", int(ends[m.Index])
	case "client":
		e.Field = "process"
	}
	return e
}

// objects turns events into operations on objects.
type objects struct {
	f     *File
	lists bool // reads of the model are of lists
	// Of an independent history every value is a key and what was otherwise a value; the first invocation decides.
	begun, independent bool
}

// functions are the functions of checker by name, with what others call them.
var functions = func() map[string]checker.F {
	m := map[string]checker.F{"r": checker.Read, "w": checker.Write, "inc": checker.Incr, "increment": checker.Incr,
		"lock": checker.Acquire, "unlock": checker.Release, "compare-and-set": checker.CAS, "set": checker.Put}
	for f := checker.F(1); int(f) < checker.FCount; f++ {
		m[f.String()] = f
	}
	return m
}()

func (o *objects) op(s *step) (op checker.Op, err error) {
	op = checker.Op{Client: cmp.Or(s.own.client, s.process), Session: s.own.session, Call: s.call, Ret: s.ret, Line: int32(s.line)}
	if op.F = functions[s.f]; op.F == 0 {
		return op, o.f.wrong(&s.event, "f", "a function of an object, such as read, write, cas, enqueue or acquire", text(s.f))
	}
	if !o.begun {
		o.begun, o.independent = true, s.key == nil && independent(op.F, s.value)
	}
	value, err := o.value(&s.event, &op)
	if err != nil {
		return op, err
	}
	var seen *node
	if s.end != nil {
		if seen, err = o.value(s.end, nil); err != nil {
			return op, err
		}
	}
	if value.none() && s.end != nil && s.end.typ == "ok" && brings(op.F) { // what was brought may be known only in the end
		value = seen
	}
	switch {
	case op.F == checker.CAS:
		expect, in, ok := value.pair()
		if !ok {
			return op, o.f.wrong(&s.event, "value", "[expected new]", value)
		}
		op.Expect, op.In = valueOf(expect), valueOf(in)
	case brings(op.F) || (op.F == checker.Incr || op.F == checker.Release || op.F == checker.Create || op.F == checker.SetData) && !value.none():
		op.In = valueOf(value)
	}
	if s.own.expect != nil {
		op.Expect = o.own(s.own.expect)
	}
	if s.own.in != nil {
		op.In = o.own(s.own.in)
	}
	if err := o.end(s, &op, seen); err != nil {
		return op, err
	}
	if s.end != nil && s.end.own.out != nil {
		op.Out = o.own(s.end.own.out)
	}
	return op, nil
}

// own is a value as WriteEDN writes it.
func (o *objects) own(n *node) checker.Value {
	if n.sequence() {
		return listOf(n)
	}
	return valueOf(n)
}

// value is the value of an event without the key, which goes into op.
func (o *objects) value(e *event, op *checker.Op) (*node, error) {
	if op != nil && e.key != nil {
		op.Key = e.key.scalar()
		if !e.to.none() {
			op.To = e.to.scalar()
		}
	}
	if !o.independent || op == nil && (e.value.none() || e.typ != "ok") {
		return e.value, nil
	}
	k, v, ok := e.value.pair()
	if !ok {
		return nil, o.f.wrong(e, "value", "[key value], as in the first operation of the history", e.value)
	}
	if op != nil {
		op.Key = k.scalar()
	}
	return v, nil
}

// independent tells whether the value of an invocation has a key in it: where others have a value it is a pair.
func independent(f checker.F, v *node) bool {
	_, second, ok := v.pair()
	if !ok || f != checker.CAS {
		return ok
	}
	_, _, ok = second.pair()
	return ok
}

func (o *objects) end(s *step, op *checker.Op, seen *node) (err error) {
	if s.end == nil {
		return nil
	}
	switch s.end.typ {
	case "info":
		return nil // Maybe
	case "fail":
		if op.Status = checker.Fail; s.end.own.mismatch || op.F == checker.CAS && !s.end.failed && o.f.FailedCAS == Mismatched {
			op.Status = checker.Mismatch
		}
		return nil
	}
	op.Status = checker.OK
	switch {
	case op.F == checker.Scan:
		op.Pairs, err = o.pairs(s.end, seen)
	case op.F == checker.Acquire && seen != nil && seen.kind == isInt:
		op.Out = valueOf(seen)
	case s.end.told && (op.F == checker.Add || op.F == checker.Remove):
		op.Out = valueOf(seen)
	case !answers(op.F):
	case seen.none() && o.lists && (op.F == checker.Read || op.F == checker.Get):
		op.Out = checker.List()
	case o.lists && seen.sequence():
		op.Out = listOf(seen)
	case seen == nil:
		return o.f.wrong(s.end, "value", "what was seen, nil for nothing", nil)
	default:
		op.Out = valueOf(seen)
	}
	return err
}

func (o *objects) pairs(e *event, seen *node) (pairs []checker.Pair, err error) {
	switch {
	case seen.none():
		return nil, nil
	case seen.kind == isMap:
		for i := 0; i+1 < len(seen.items); i += 2 {
			pairs = append(pairs, checker.Pair{Key: seen.items[i].scalar(), Value: seen.items[i+1].scalar()})
		}
		slices.SortFunc(pairs, func(a, b checker.Pair) int { return strings.Compare(a.Key, b.Key) })
		return pairs, nil
	case seen.sequence():
		for i := range seen.items {
			k, v, ok := seen.items[i].pair()
			if !ok {
				return nil, o.f.wrong(e, "value", "pairs of keys and values", &seen.items[i])
			}
			pairs = append(pairs, checker.Pair{Key: k.scalar(), Value: v.scalar()})
		}
		return pairs, nil
	}
	return nil, o.f.wrong(e, "value", "pairs of keys and values, or a map", seen)
}

// brings tells whether a function takes a value.
func brings(f checker.F) bool {
	switch f {
	case checker.Put, checker.Write, checker.Append, checker.CAS, checker.Add, checker.Remove, checker.Contains,
		checker.Enqueue, checker.Push, checker.ReadAt:
		return true
	}
	return false
}

// answers tells whether a function shows a value.
func answers(f checker.F) bool {
	switch f {
	case checker.Get, checker.Read, checker.Contains, checker.Dequeue, checker.Pop, checker.GetData, checker.Exists,
		checker.Children, checker.ReadAt, checker.Tail:
		return true
	}
	return false
}

// valueOf is a datum as one value, however it is made.
func valueOf(n *node) checker.Value {
	switch {
	case n == nil:
		return checker.Value{}
	case n.kind == isNil:
		return checker.Unset
	}
	return checker.Val(n.scalar())
}

func listOf(n *node) checker.Value {
	items := make([]string, len(n.items))
	for i := range n.items {
		items[i] = n.items[i].scalar()
	}
	if n.kind == isSet {
		slices.Sort(items)
	}
	return checker.List(items...)
}

// text is a word as a datum, for messages.
func text(s string) *node { return &node{kind: isSymbol, text: s} }
