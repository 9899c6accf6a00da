package files

import (
	"fmt"
	"strconv"
	"strings"

	"orrery/checker"
	"orrery/checker/isolation"
)

// Txns reads transactions. Of events they have the function txn, or none, and a value of micro-operations: [:append k
// v], [:w k v] and [:r k what-was-read]. A history may have ends only, without invocations and processes; then nothing
// is known of its time. Elements and values that are no integers get numbers of their own, from 2^40 on.
func (f *File) Txns() ([]isolation.Txn, error) {
	if err := f.once(); err != nil {
		return nil, err
	}
	if !f.events() {
		if f.Format != Transactions && f.Format != Lines {
			return nil, f.not("transactions")
		}
		return isolation.ReadHistory(f.in, f.Name)
	}
	steps, err := f.steps(true)
	if err != nil {
		return nil, err
	}
	t := txns{f: f, values: map[string]int64{}, processes: map[string]int64{}}
	h := make([]isolation.Txn, 0, len(steps))
	for i := range steps {
		x, err := t.txn(steps[i])
		if err != nil {
			return nil, err
		}
		x.ID = int64(i)
		h = append(h, x)
		steps[i] = nil
	}
	t.settle(h)
	if why := isolation.WellFormed(h); why != "" {
		return nil, f.malformedText(why)
	}
	return h, nil
}

type txns struct {
	f         *File
	values    map[string]int64 // numbers of values that are none
	processes map[string]int64
	lists     bool // something is appended or read as a list
}

const firstNumber = 1 << 40

func (t *txns) txn(s *step) (isolation.Txn, error) {
	x := isolation.Txn{Process: number(t.processes, s.process, 0), Type: isolation.Info, Invoke: s.call, Return: s.ret, Line: s.line}
	value := s.value
	if s.f != "" && s.f != "txn" && !value.sequence() {
		return x, t.f.wrong(&s.event, "f", "txn", text(s.f))
	}
	if s.end != nil {
		switch s.end.typ {
		case "ok":
			x.Type = isolation.OK
			value = s.end.value
		case "fail":
			x.Type = isolation.Fail
		}
	}
	if value.none() {
		return x, nil
	}
	if !value.sequence() {
		return x, t.f.wrong(&s.event, "value", "micro-operations, as [[:append x 1] [:r x [1]]]", value)
	}
	for i := range value.items {
		m, err := t.mop(s, &value.items[i])
		if err != nil {
			return x, err
		}
		x.Mops = append(x.Mops, m)
	}
	return x, nil
}

func (t *txns) mop(s *step, n *node) (isolation.Mop, error) {
	if n.kind != isVector || len(n.items) != 3 {
		return isolation.Mop{}, t.f.wrong(&s.event, "value", "[function key value] for each micro-operation", n)
	}
	m := isolation.Mop{Key: n.items[1].scalar()}
	v := &n.items[2]
	switch n.items[0].word() {
	case "append":
		m.F, m.Val, t.lists = isolation.FAppend, t.element(v), true
	case "w", "write":
		m.F, m.Val = isolation.FWrite, t.element(v)
	case "r", "read":
		switch {
		case v.kind == isNil:
			m.F, m.Unset = isolation.FReadReg, true
		case v.kind == isVector:
			m.F, t.lists = isolation.FRead, true
			for i := range v.items {
				m.List = append(m.List, t.element(&v.items[i]))
			}
		default:
			m.F, m.Val = isolation.FReadReg, t.element(v)
		}
	default:
		return m, t.f.wrong(&s.event, "value", "append, w or r as the function of each micro-operation", &n.items[0])
	}
	return m, nil
}

// element is a value as a number.
func (t *txns) element(n *node) int64 {
	if i, ok := n.integer(); ok {
		return i
	}
	return number(t.values, n.scalar(), firstNumber)
}

// settle makes reads of nothing reads of empty lists, in a history of lists.
func (t *txns) settle(h []isolation.Txn) {
	if !t.lists {
		return
	}
	for i := range h {
		for j := range h[i].Mops {
			if m := &h[i].Mops[j]; m.F == isolation.FReadReg && m.Unset {
				*m = isolation.Read(m.Key)
			}
		}
	}
}

// number returns the number of a name: itself if it is one, and else the next one from first on that has not been given.
func number(given map[string]int64, name string, first int64) int64 {
	if n, err := strconv.ParseInt(name, 10, 64); err == nil && first == 0 {
		return n
	}
	n, ok := given[name]
	if !ok {
		if n = first + int64(len(given)); first == 0 {
			n = -1 - int64(len(given))
		}
		given[name] = n
	}
	return n
}

// malformedText is the error of a history that reads well and is none.
func (f *File) malformedText(why string) error {
	e := &checker.SyntaxError{File: f.Name, Line: 1, Want: "a well-formed history", Got: printable(why, 200)}
	if n, err := fmt.Sscanf(why, "line %d: ", &e.Line); err == nil && n == 1 {
		_, e.Got, _ = strings.Cut(e.Got, ": ")
	}
	return e
}
