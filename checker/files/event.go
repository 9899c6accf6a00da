package files

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"orrery/checker"
)

// An event is one line of a history of events: an invocation, or how it ended.
type event struct {
	typ     string // invoke, ok, fail or info
	f       string
	process string
	value   *node
	key     *node // of formats that have keys beside values
	to      *node
	index   bool // the events are numbered
	time    *node
	failed  bool // it has an :error
	told    bool // an end whose value is always what the operation answered
	rebal   *node
	own     own
	line    int
	raw     node
}

// own is what the histories that Orrery exports say beside what Jepsen's do; see WriteEDN.
type own struct {
	client, session string
	expect, in, out *node
	mismatch        bool
}

func ownOf(n *node) own {
	o := own{expect: kept(n.get("orrery/expect")), in: kept(n.get("orrery/in")), out: kept(n.get("orrery/out")),
		mismatch: n.get("orrery/status").word() == "mismatch"}
	if c := n.get("orrery/client"); c != nil {
		o.client = c.scalar()
	}
	if c := n.get("orrery/session"); c != nil {
		o.session = c.scalar()
	}
	return o
}

// A source gives events one by one, and io.EOF after the last.
type source interface{ event() (event, error) }

// ednEvents reads maps, by themselves or in one collection.
type ednEvents struct {
	r     *reader
	begun bool
	end   byte // of the collection that all maps are in; 0 if they are by themselves
}

func (s *ednEvents) event() (event, error) {
	if !s.begun {
		s.begun = true
		c, err := s.r.visible()
		if err != nil {
			return event{}, err
		}
		switch c {
		case '[':
			s.end = ']'
		case '(':
			s.end = ')'
		default:
			return s.one(c)
		}
	}
	c, err := s.r.visible()
	switch {
	case s.end == 0 && err != nil:
		return event{}, err
	case errors.Is(err, io.EOF):
		return event{}, s.r.wrong(s.r.line, "the end of the collection of events: "+string(s.end), "the end of the file")
	case err != nil:
		return event{}, err
	case s.end != 0 && c == s.end:
		if s.end = 0; true {
			return s.nothingMore()
		}
	}
	return s.one(c)
}

// nothingMore makes sure that nothing follows the collection.
func (s *ednEvents) nothingMore() (event, error) {
	c, err := s.r.visible()
	if err != nil {
		return event{}, err // io.EOF, as it should be
	}
	return event{}, s.r.wrong(s.r.line, "nothing behind the collection of events", string(rune(c)))
}

func (s *ednEvents) one(c byte) (event, error) {
	n := node{kind: isMap, line: s.r.line}
	var err error
	if c != '{' {
		n, err = s.r.datum(c, 0)
	} else if n.items, err = s.r.passing('}', "a map", 0); err == nil {
		err = s.r.even(&n)
	}
	if errors.Is(err, io.EOF) {
		return event{}, err
	}
	if err != nil {
		return event{}, err
	}
	if n.kind != isMap {
		return event{}, s.r.wrong(n.line, "an event as a map with :type, :process, :f and :value", n.String())
	}
	return eventOf(s.r, n)
}

func eventOf(r *reader, n node) (event, error) {
	e := event{line: n.line, raw: n, f: n.get("f").word(), value: kept(n.get("value")), key: kept(n.get("key")), to: kept(n.get("to")),
		index: n.get("index") != nil, failed: !n.get("error").none(), rebal: kept(n.get("rebalance-log"))}
	if r.json {
		e.time = kept(n.get("time"))
	}
	e.typ = n.get("type").word()
	switch e.typ {
	case "invoke", "ok", "fail", "info":
	case "maybe":
		e.typ = "info"
	default:
		got := n.get("type")
		if got == nil {
			got = &n
		}
		return e, &checker.SyntaxError{File: r.file, Line: n.line, Field: "type", Want: "invoke, ok, fail or info", Got: got.String()}
	}
	if !r.json {
		e.own = ownOf(&n)
	}
	who := n.get("process")
	if who == nil {
		who = n.get("client")
	}
	switch {
	case who.none():
	case who.kind == isKeyword:
		e.process = who.text[1:]
	case who.kind == isInt || who.kind == isString:
		e.process = who.text
	default:
		return e, &checker.SyntaxError{File: r.file, Line: n.line, Field: "process", Want: "the number or the name of a process", Got: who.String()}
	}
	return e, nil
}

// kept is a datum that outlives the reading of the next.
func kept(n *node) *node {
	if n == nil {
		return nil
	}
	c := *n
	return &c
}

// A step is one operation: an invocation and how it ended.
type step struct {
	event        // the invocation; of one that nobody wrote down, the end
	end   *event // nil if it did not end
	call  int64  // on the clock of the history
	ret   int64  // checker.Never if it did not end
}

// settled is an event without what is only good until the next is read.
func (e event) settled() *event {
	e.raw, e.time = node{}, nil
	return &e
}

// A Fault is something that the nemesis did, or that happened to the system, while a history was recorded.
type Fault struct {
	At   int64  // on the clock of the operations
	Text string // what it was, in the words of the file
	Line int
}

type fault struct {
	Fault
	name    string
	invoked bool // it has not ended yet
}

// A pairing puts invocations and ends together.
type pairing struct {
	f     *File
	all   []*step          // in the order of their invocations
	open  map[string]*step // by process
	clock int64            // counts events
	count int              // of operations, also of those that have been handed on
	timed bool             // the clock of the history is that of its events' times
	begun bool
	alone bool // so far there are ends only, and that is allowed
}

// steps reads all operations, in the order of their invocations. alone permits a history that has ends only.
func (f *File) steps(alone bool) ([]*step, error) {
	p := pairing{f: f, open: map[string]*step{}, alone: alone}
	if err := p.read(func() error { return nil }); err != nil {
		return nil, err
	}
	if p.alone { // of their time nothing is known
		for _, s := range p.all {
			s.call, s.ret = 0, p.clock
		}
	}
	return p.all, nil
}

// eachStep reads operations and hands them on in the order of their invocations, each as soon as it and all before it have
// ended, so that no more of them are kept than are open, and behind those.
func (f *File) eachStep(yield func(*step) error) error {
	p := pairing{f: f, open: map[string]*step{}}
	err := p.read(func() error {
		n := 0
		for n < len(p.all) && p.all[n].end != nil {
			if err := yield(p.all[n]); err != nil {
				return err
			}
			n++
		}
		if n > 0 {
			p.all = append(p.all[:0], p.all[n:]...)
		}
		return nil
	})
	for _, s := range p.all {
		if err == nil {
			err = yield(s)
		}
	}
	return err
}

// read reads all events, and calls after when an operation has ended.
func (p *pairing) read(after func() error) error {
	for {
		e, err := p.f.src.event()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = p.event(&e)
		}
		if err == nil && e.typ != "invoke" {
			err = after()
		}
		if err != nil {
			return err
		}
	}
}

func (p *pairing) event(e *event) error {
	at, err := p.at(e)
	if err != nil {
		return err
	}
	if e.process == "nemesis" {
		p.f.fault(e, at)
		return nil
	}
	who := e.process
	if who == "" { // then one operation of each function may be open at a time
		who = "(" + e.f + ")"
	}
	begun, open := p.open[who]
	switch {
	case e.typ == "invoke" && open:
		return p.f.wrong(e, "process", fmt.Sprintf("a process without an open operation: the one invoked on line %d has not ended",
			begun.line), e.raw.get("process"))
	case e.typ == "invoke":
		return p.invoke(e, who, at)
	case open:
		delete(p.open, who)
		if e.f != "" && e.f != begun.f {
			return p.f.wrong(e, "f", begun.f+", which is what the process invoked", e.raw.get("f"))
		}
		begun.end, begun.ret = e.settled(), at
	case p.alone:
		if e.process == "" {
			e.process = fmt.Sprint("line ", e.line)
		}
		end := e.settled()
		p.all = append(p.all, &step{event: *end, end: end})
		p.count++
	case e.typ == "info": // a process may say more than it was asked
	default:
		return p.f.wrong(e, "type", "an invoke: this process has no open operation that could end", e.raw.get("type"))
	}
	return nil
}

func (p *pairing) invoke(e *event, who string, at int64) error {
	if p.alone && p.count > 0 {
		return p.f.wrong(e, "type", "ok, fail or info, as on the lines before, where nothing was invoked", e.raw.get("type"))
	}
	p.alone = false
	s := &step{event: *e.settled(), call: at, ret: checker.Never}
	s.process = who
	p.open[who] = s
	p.all = append(p.all, s)
	p.count++
	return nil
}

// at is the time of an event: its own, of JSON events that have one and are not numbered, and else its place.
func (p *pairing) at(e *event) (int64, error) {
	p.clock++
	if !p.begun {
		p.begun = true
		p.timed = p.f.Format == JSONEvents && e.time != nil && !e.index
		if p.f.FailedCAS == ByFormat {
			p.f.FailedCAS = Mismatched
			if p.f.Format == EDNEvents || p.f.Format == JSONEvents && e.index {
				p.f.FailedCAS = Nothing
			}
		}
	}
	if !p.timed {
		return p.clock, nil
	}
	t, ok := e.time.integer()
	if !ok {
		return 0, p.f.wrong(e, "time", "an integer, as on every event before", e.time)
	}
	return t, nil
}

// fault notes what the nemesis did; the end of it says more than the beginning.
func (f *File) fault(e *event, at int64) {
	text := e.f
	if !e.value.none() {
		text = strings.TrimSpace(text + " " + e.value.String())
	}
	if n := len(f.faults); n > 0 && f.faults[n-1].name == e.f && f.faults[n-1].invoked && e.typ != "invoke" {
		f.faults[n-1].Text, f.faults[n-1].invoked = text, false
		return
	}
	f.faults = append(f.faults, fault{Fault{At: at, Text: text, Line: e.line}, e.f, e.typ == "invoke"})
}

// Faults returns what the nemesis did, in the order of the file, once its operations have been read.
func (f *File) Faults() []Fault {
	out := make([]Fault, len(f.faults))
	for i := range f.faults {
		out[i] = f.faults[i].Fault
	}
	return out
}

func (f *File) wrong(e *event, field, want string, got *node) error {
	return &checker.SyntaxError{File: f.Name, Line: e.line, Field: field, Want: want, Got: got.String()}
}
