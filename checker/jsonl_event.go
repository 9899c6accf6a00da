package checker

import (
	"encoding/json"
	"fmt"
)

var eventTypes = []string{"invoke", "ok", "fail", "info", "maybe"}

// event reads a line of the event style.
func (p *parser) event(l *line) error {
	kind, err := l.name("type", eventTypes)
	if err != nil {
		return err
	}
	client, err := l.client()
	if err != nil {
		return err
	}
	if client == "nemesis" || client == ":nemesis" {
		return nil
	}
	at, err := p.eventTime(l)
	if err != nil {
		return err
	}
	i, open := p.open[client]
	switch {
	case kind == "invoke" && open:
		return l.wrong(l.whoField(), fmt.Sprintf("a process without an open operation: the one invoked on line %d has not ended",
			p.at[i].call))
	case kind == "invoke":
		return p.invoke(l, client, at)
	case !open:
		return l.wrong("type", "an invoke: this process has no open operation that could end")
	}
	delete(p.open, client)
	p.at[i].ret = l.number
	return l.complete(&p.ops[i], kind, at)
}

func (l *line) whoField() string {
	if l.has("client") {
		return "client"
	}
	return "process"
}

// eventTime is the event's time, or its place among the events.
func (p *parser) eventTime(l *line) (int64, error) {
	p.events++
	if p.events == 1 {
		p.timed = l.has("time")
	}
	if p.timed != l.has("time") {
		return 0, l.wrong("time", "a time on every event, or on none")
	}
	if !p.timed {
		return p.events, nil
	}
	return l.integer("time")
}

func (p *parser) invoke(l *line, client string, at int64) (err error) {
	o := Op{ID: int64(len(p.ops)), Client: client, Call: at, Ret: Never, Line: int32(l.number)}
	if o.F, err = l.f(); err != nil {
		return err
	}
	if l.has("key") {
		if o.Key, err = l.text("key", "a string"); err != nil {
			return err
		}
	}
	if l.has("to") {
		if o.To, err = l.text("to", "a string"); err != nil {
			return err
		}
	}
	switch o.F {
	case Put, Write, Append, Add, Remove, Contains, Enqueue, Push, Incr, Release, Create, SetData, ReadAt:
		o.In, err = l.value("value")
	case CAS:
		err = l.casValue(&o)
	}
	if o.In == Unset && !o.F.brings() {
		o.In = Value{} // an event without a value often says null
	}
	if err != nil {
		return err
	}
	p.open[client] = len(p.ops)
	p.ops = append(p.ops, o)
	p.at = append(p.at, origin{l.number, l.number})
	return nil
}

func (l *line) casValue(o *Op) error {
	var two []json.RawMessage
	if json.Unmarshal(l.fields["value"], &two) == nil && len(two) == 2 {
		expect, ok1 := scalar(two[0])
		in, ok2 := scalar(two[1])
		if ok1 && ok2 {
			o.Expect, o.In = expect, in
			return nil
		}
	}
	return l.wrong("value", "[expected, new]")
}

// complete ends an operation. What changes something sees nothing: its
// value repeats that of the invocation, except that an acquire may have got a token.
func (l *line) complete(o *Op, kind string, at int64) (err error) {
	if l.has("f") {
		if f, err := l.f(); err != nil {
			return err
		} else if f != o.F {
			return l.wrong("f", o.F.String()+", which is what the process invoked")
		}
	}
	o.Ret = at
	switch kind {
	case "info", "maybe":
		o.Status = Maybe
		return nil
	case "fail":
		o.Status = failure(o.F, l)
		return nil
	}
	o.Status = OK
	switch {
	case o.F == Scan:
		o.Pairs, err = l.pairs("value")
	case o.F.answers():
		o.Out, err = l.answer("value")
	case o.F == Acquire && string(l.fields["value"]) != "null":
		o.Out, err = l.value("value")
	}
	return err
}

// eventField is what the event style calls a field of the operation style.
func eventField(field string) string {
	switch field {
	case "client":
		return "process"
	case "in", "out", "expect":
		return "value"
	case "ret":
		return "time"
	}
	return field
}
