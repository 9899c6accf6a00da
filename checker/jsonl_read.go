package checker

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// ReadHistory reads a history of JSON lines from r; file is what errors call it. It takes two styles, of which a file
// must keep to one.
//
// One line an operation, as WriteHistory has it. The header may be missing, and so may ids; "process" is as good as
// "client" and "info" as "maybe"; numbers stand for their digits. A cas with status "fail" is a mismatch, unless it has
// an "error": then it was refused.
//
// One line an event, as Jepsen's histories have it when written as JSON:
//
//	{"type":"invoke","process":0,"f":"write","key":"x","value":3,"time":10}
//	{"type":"ok","process":0,"f":"write","key":"x","value":3,"time":20}
//
// with the types invoke, ok, fail and info (or maybe); the value of a cas is [expected, new]; key and time may be missing,
// time from all events or from none (then the lines are the clock); events of the process "nemesis" are skipped.
//
// The error is nil, an error of r, or a *SyntaxError: for a line that cannot be read, and also for a history that is
// none (see History.Validate).
func ReadHistory(r io.Reader, file string) (History, error) {
	p := parser{file: file, open: map[string]int{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), lineMax)
	number := 0
	for lines.Scan() {
		number++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		if err := p.line(number, text); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return nil, &SyntaxError{File: file, Line: number + 1, Want: fmt.Sprintf("a line of at most %d bytes", lineMax)}
		}
		return nil, err
	}
	return p.history()
}

const lineMax = 64 << 20

// A parser collects the operations of a file.
type parser struct {
	file  string
	style style
	begun bool
	ops   History
	at    []origin

	// of the event style
	open   map[string]int // by client: the operation that is open
	events int64
	timed  bool // whether events have times, once one is read
}

// origin is where an operation was read.
type origin struct{ call, ret int }

type style uint8

const (
	noStyle style = iota
	opStyle
	eventStyle
)

func (p *parser) line(number int, text []byte) error {
	l, err := parseLine(p.file, number, text)
	if err != nil {
		return err
	}
	if !p.begun {
		p.begun = true
		if l.has("format") {
			return l.header()
		}
	}
	is := opStyle
	if l.has("type") {
		is = eventStyle
	}
	if p.style == noStyle {
		p.style = is
	}
	switch {
	case p.style != is && is == eventStyle:
		return l.wrong("type", "an operation with a status, as on the lines before")
	case p.style != is:
		return l.wrong("type", "an event with a type, as on the lines before")
	case is == eventStyle:
		return p.event(&l)
	}
	return p.operation(&l)
}

func (l *line) header() error {
	if f, err := l.text("format", historyFormat); err != nil || f != historyFormat {
		return l.wrong("format", historyFormat)
	}
	v, err := l.integer("version")
	switch {
	case err != nil:
		return err
	case v > historyVersion:
		return l.wrong("version", fmt.Sprintf("at most %d: the file is from a newer orrery", historyVersion))
	case v < 1:
		return l.wrong("version", fmt.Sprint(historyVersion))
	}
	return nil
}

var statusWords = []string{"ok", "fail", "maybe", "mismatch", "info", refused}

// operation reads a line of the operation style.
func (p *parser) operation(l *line) (err error) {
	o := Op{ID: int64(len(p.ops)), Ret: Never, Line: int32(l.number)}
	if l.has("id") {
		if o.ID, err = l.integer("id"); err != nil {
			return err
		}
	}
	if o.Client, err = l.client(); err != nil {
		return err
	}
	if o.F, err = l.f(); err != nil {
		return err
	}
	for _, t := range []struct {
		field string
		to    *string
	}{{"session", &o.Session}, {"key", &o.Key}, {"to", &o.To}} {
		if l.has(t.field) {
			if *t.to, err = l.text(t.field, "a string"); err != nil {
				return err
			}
		}
	}
	if err := l.status(&o); err != nil {
		return err
	}
	if err := l.values(&o); err != nil {
		return err
	}
	if o.Call, err = l.integer("call"); err != nil {
		return err
	}
	if o.Status != Maybe || l.has("ret") {
		if o.Ret, err = l.integer("ret"); err != nil {
			return err
		}
	}
	p.ops = append(p.ops, o)
	p.at = append(p.at, origin{l.number, l.number})
	return nil
}

func (l *line) status(o *Op) error {
	word, err := l.name("status", statusWords)
	if err != nil {
		return err
	}
	switch word {
	case "ok":
		o.Status = OK
	case "maybe", "info":
		o.Status = Maybe
	case "mismatch":
		o.Status = Mismatch
	case refused:
		o.Status = Fail
	case "fail":
		o.Status = failure(o.F, l)
	}
	return nil
}

// failure tells the two failures of a compare-and-set apart.
func failure(f F, l *line) Status {
	if f == CAS && !l.has("error") {
		return Mismatch
	}
	return Fail
}

func (l *line) values(o *Op) (err error) {
	if o.Expect, err = l.value("expect"); err != nil {
		return err
	}
	if o.In, err = l.value("in"); err != nil {
		return err
	}
	if o.F != Scan {
		o.Out, err = l.answer("out")
		return err
	}
	if o.Status == OK {
		o.Pairs, err = l.pairs("out")
	}
	return err
}

// history ends the file: what is still open is so for ever, and the whole must be a history.
func (p *parser) history() (History, error) {
	if d := p.ops.defect(); d != nil {
		at := p.at[d.Index]
		e := &SyntaxError{File: p.file, Line: at.call, Field: d.Field, Want: d.Want}
		if p.style == eventStyle {
			e.Field = eventField(d.Field)
		}
		if d.Field == "ret" || d.Field == "out" {
			e.Line = at.ret
		}
		return nil, e
	}
	return p.ops, nil
}
