package judge

import (
	"errors"
	"fmt"

	"orrery/checker"
	"orrery/checker/files"
)

// piece is how many operations of a key are collected, at least, before the key's history is cut. Tests make it small.
var piece = 4096

// Stream judges a history of registers (register, cas-register, and kv without append and scan) while it is read, so that
// it may be larger than memory. The history of a key is cut where no operation of it is open and its last change began
// after all others had ended: then that change is the last in every order, what comes before can be judged by itself,
// and what comes after begins with its value. After a change without an answer a key is not cut any more.
//
// The verdict is that of File. A result that is violated has the piece in which it is.
func (c Check) Stream(f *files.File, o Options) (*Result, error) {
	if !c.model.Accepts(checker.Write) || !c.model.Accepts(checker.Read) || c.model.Accepts(checker.Acquire) {
		return nil, fmt.Errorf("%s cannot be judged while it is read: want register, cas-register or kv", c.Name)
	}
	var err error
	if f.FailedCAS, err = failedCAS(&o); err != nil {
		return nil, err
	}
	s := stream{c: c, o: o, parts: map[string]*part{}, clients: map[string]bool{}}
	switch err := f.EachOperation(c.model, s.add); {
	case errors.Is(err, errOver):
	case err != nil:
		return nil, err
	default:
		for _, key := range s.order {
			if s.judge(s.parts[key]); s.result != nil {
				break
			}
		}
	}
	return s.end(f)
}

// errOver ends the reading of a file: the verdict is known.
var errOver = errors.New("judge: the verdict is known")

type stream struct {
	c       Check
	o       Options
	parts   map[string]*part // by key
	order   []string         // of the keys, as they came
	clients map[string]bool
	all     checker.Coverage
	ops     int
	last    int64 // when the last operation was called
	pieces  int
	most    int // operations kept at once
	kept    int
	result  *Result // once it is not ok
}

// A part is what is kept of one key.
type part struct {
	ops     checker.History
	initial checker.Value
	ret     int64 // the largest of an operation
	// Of the changes: the one called last, and when all others had ended.
	change  int // -1: none
	others  int64
	unknown bool // a change had no answer
}

func (s *stream) add(op checker.Op) error {
	switch {
	case op.F == checker.Append || op.F == checker.Scan:
		return fmt.Errorf("line %d: %s cannot be judged while it is read: want get, put, cas and delete", op.Line, op.F)
	case s.ops > 0 && op.Call < s.last:
		return fmt.Errorf("line %d: want operations in the order of their calls: the one before was called at %d, this one at %d", op.Line, s.last, op.Call)
	}
	s.last = op.Call
	p := s.parts[op.Key]
	if p == nil {
		p = &part{initial: s.c.model.Initial(), change: -1}
		s.parts[op.Key] = p
		s.order = append(s.order, op.Key)
	}
	if len(p.ops) >= piece && p.ret < op.Call && !p.unknown && (p.change < 0 || p.ops[p.change].Call > p.others) {
		if s.judge(p); s.result != nil {
			return errOver
		}
	}
	s.ops++
	s.clients[op.Client] = true
	p.note(&op)
	if s.kept++; s.kept > s.most {
		s.most = s.kept
	}
	return nil
}

// note appends an operation to the part.
func (p *part) note(op *checker.Op) {
	reads := op.F == checker.Get || op.F == checker.Read
	switch {
	case op.Status == checker.Maybe && reads, op.Status == checker.Fail: // says nothing, whenever it ends
		p.ops = append(p.ops, *op)
		return
	case op.Status == checker.Maybe:
		p.unknown = true
	case op.Status == checker.OK && !reads:
		if p.change >= 0 {
			p.others = max(p.others, p.ops[p.change].Ret)
		}
		p.change = len(p.ops)
	}
	p.ret = max(p.ret, op.Ret)
	p.ops = append(p.ops, *op)
}

// judge decides what is kept of a key, and forgets it.
func (s *stream) judge(p *part) {
	m := s.c.model.StartingAt(p.initial)
	opt := checker.Options{Time: s.o.Time, Memory: s.o.Memory, Floors: &checker.Floors{}}
	res := checker.Linearizable(p.ops, m, opt)
	s.pieces++
	s.count(&res.Coverage)
	if res.Verdict != checker.Holds {
		s.result = &Result{Verdict: res.Verdict, Reason: res.Reason, Model: m}
		why := checker.Explain(p.ops, m, res, opt)
		s.result.Sentence, s.result.Confirmed = why.Sentence, why.Confirmed
		for i := range why.Core {
			s.result.Core = append(s.result.Core, opOf(&why.Core[i], int(why.Core[i].ID)))
		}
		if held := p.initial; held != s.c.model.Initial() {
			s.result.Note = fmt.Sprintf("what the key's operations before line %d did was right; then it held %s", p.ops[0].Line, held)
		}
		return
	}
	if p.change >= 0 {
		if p.initial = p.ops[p.change].In; p.ops[p.change].F == checker.Delete {
			p.initial = checker.Unset
		}
	}
	s.kept -= len(p.ops)
	*p = part{ops: p.ops[:0], initial: p.initial, change: -1}
}

// opOf is an operation of a history as results have it.
func opOf(o *checker.Op, index int) Op {
	op := span(o.Client, int(o.Line), o.Call, o.Ret)
	op.Index, op.Text = index, o.String()
	return op
}

func (s *stream) count(c *checker.Coverage) {
	for f := range c.Ops {
		for st := range c.Ops[f] {
			s.all.Ops[f][st] += c.Ops[f][st]
		}
	}
	s.all.Telling += c.Telling
	s.all.Forced += c.Forced
	s.all.Concurrent += c.Concurrent
}

func (s *stream) end(f *files.File) (*Result, error) {
	r := s.result
	if r == nil {
		r = &Result{Verdict: checker.Holds, Model: s.c.model}
		floors := s.c.model.Floors()
		s.all.Clients = len(s.clients)
		missed := floors.Missed(&s.all)
		switch {
		case s.all.Telling == 0 && s.all.Forced == 0:
			r.Verdict, r.Reason = checker.Vacuous, "no answer in it could have been wrong: "+missed
			if s.ops == 0 {
				r.Reason = "the history is empty"
			}
		case missed != "":
			r.Caution = "this proves little: " + missed
		}
		r.Note = fmt.Sprintf("judged in %d pieces, with at most %d operations in memory", s.pieces, s.most)
	}
	if r.Verdict == checker.Malformed {
		return nil, malformed(f, r.Reason)
	}
	if r.Verdict != checker.Holds {
		r.Property = checker.PropertyLinearizability
	}
	r.Check, r.Format, r.Faults, r.Ops = s.c.Name, f.Format, f.Faults(), s.ops
	r.Objects, r.Coverage = &s.all, s.all.String()
	return r, nil
}
