package files

import (
	"bufio"
	"cmp"
	"io"
	"slices"
	"strconv"

	"orrery/checker"
)

// Exported is what a history in EDN says beside its operations.
type Exported struct {
	Comment string // one line before the events; "" for none
	// When tells the times of an operation, in nanoseconds since the beginning of the run; nil writes no times.
	When   func(*checker.Op) (call, ret int64)
	Faults []Fault // what the nemesis did, ascending; their At is on the clock of When
}

// WriteEDN writes a history as Jepsen has them: events in EDN, one map a line, in the order in which they happened.
// Processes are numbered, and one whose operation ended with :info gets a new number, as Jepsen's do. If the
// operations have keys, values are [key value], as those of jepsen.independent.
//
// What Jepsen has no word for stands in keys of the namespace orrery, which others pass over: the client's own name, its
// session, what a compare-and-set found that did not match, and so on. With them File.History reads back what was
// written, but for the stamps, of which only the order is kept, and for get and put, which are read and write there. No
// two stamps should be the same.
//
// The error is w's.
func WriteEDN(w io.Writer, h checker.History, x Exported) error {
	e := ednWriter{out: bufio.NewWriterSize(w, 1<<16), x: x, keyed: keyed(h), process: map[string]int{}}
	if x.Comment != "" {
		e.line = append(append(append(e.line, "; "...), x.Comment...), '\n')
	}
	for _, m := range moments(h) {
		o := &h[m.op]
		if _, known := e.process[o.Client]; !known {
			e.process[o.Client] = len(e.process)
		}
	}
	e.clients = len(e.process)
	for _, m := range moments(h) {
		e.event(&h[m.op], m.end)
		if _, err := e.out.Write(e.line); err != nil {
			return err
		}
		e.line = e.line[:0]
	}
	e.faults(1<<63 - 1)
	if _, err := e.out.Write(e.line); err != nil {
		return err
	}
	return e.out.Flush()
}

// moment is an invocation, or the end of an operation.
type moment struct {
	at  int64
	op  int
	end bool
}

// moments are those of a history in their order; of one instant, invocations come first, for operations that touch are concurrent.
func moments(h checker.History) []moment {
	var all []moment
	for i := range h {
		all = append(all, moment{h[i].Call, i, false})
		if h[i].Ret != checker.Never {
			all = append(all, moment{h[i].Ret, i, true})
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int {
		rank := func(m moment) int {
			if m.end {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(rank(a), rank(b)))
	})
	return all
}

// keyed tells how the keys of a history are written.
func keyed(h checker.History) keys {
	k := noKeys
	for i := range h {
		switch o := &h[i]; {
		case o.F == checker.Scan:
			return asField // it has two
		case o.Key != "":
			k = inValue
		}
	}
	return k
}

// keys is where the keys of operations stand.
type keys uint8

const (
	noKeys  keys = iota
	inValue      // the value is [key value]
	asField      // :key
)

// ednWriter writes the events of a history.
type ednWriter struct {
	out     *bufio.Writer
	x       Exported
	keyed   keys
	process map[string]int // the number that each client has now
	clients int
	index   int
	told    int // faults that were written
	line    []byte
}

func (e *ednWriter) event(o *checker.Op, end bool) {
	typ, at := "invoke", int64(0)
	call, ret := int64(0), int64(0)
	if e.x.When != nil {
		call, ret = e.x.When(o)
		at = call
	}
	if end {
		typ, at = ending(o.Status), ret
	}
	if e.x.When != nil {
		e.faults(at)
	}
	e.open(typ, jepsens(o.F))
	e.int(":process", int64(e.process[o.Client]))
	if e.x.When != nil {
		e.int(":time", at)
	}
	e.value(o, end)
	if !end {
		e.own(o)
	} else {
		e.ownEnd(o)
	}
	e.line = append(e.line, "}\n"...)
	if typ == "info" {
		e.process[o.Client] += e.clients
	}
}

// jepsens is what Jepsen calls a function: its registers are read and written, and so are ours.
func jepsens(f checker.F) string {
	switch f {
	case checker.Get:
		return checker.Read.String()
	case checker.Put:
		return checker.Write.String()
	}
	return f.String()
}

// ending is what Jepsen calls a status.
func ending(s checker.Status) string {
	switch s {
	case checker.OK:
		return "ok"
	case checker.Fail, checker.Mismatch:
		return "fail" // it changed nothing
	}
	return "info"
}

func (e *ednWriter) open(typ, f string) {
	e.line = append(e.line, "{:index "...)
	e.line = strconv.AppendInt(e.line, int64(e.index), 10)
	e.line = append(append(append(append(e.line, ", :type :"...), typ...), ", :f :"...), f...)
	e.index++
}

func (e *ednWriter) int(key string, n int64) {
	e.line = append(append(append(e.line, ", "...), key...), ' ')
	e.line = strconv.AppendInt(e.line, n, 10)
}

// value writes what an operation brings or, once it is ok, saw.
func (e *ednWriter) value(o *checker.Op, end bool) {
	if e.keyed == asField {
		e.text(", :key ", o.Key)
		if o.F == checker.Scan {
			e.text(", :to ", o.To)
		}
	}
	e.line = append(e.line, ", :value "...)
	if e.keyed == inValue {
		e.line = append(appendString(append(e.line, '['), o.Key), ' ')
	}
	saw := end && o.Status == checker.OK
	switch {
	case saw && o.F == checker.Scan:
		e.line = append(e.line, '[')
		for i, p := range o.Pairs {
			if i > 0 {
				e.line = append(e.line, ' ')
			}
			e.line = append(appendString(append(appendString(append(e.line, '['), p.Key), ' '), p.Value), ']')
		}
		e.line = append(e.line, ']')
	case saw && answers(o.F):
		e.line = appendDatum(e.line, o.Out)
	case o.F == checker.CAS:
		e.line = append(appendDatum(append(appendDatum(append(e.line, '['), o.Expect), ' '), o.In), ']')
	default:
		e.line = appendDatum(e.line, o.In)
	}
	if e.keyed == inValue {
		e.line = append(e.line, ']')
	}
}

// own writes what only Orrery says of an invocation.
func (e *ednWriter) own(o *checker.Op) {
	e.text(", :orrery/client ", o.Client)
	if o.Session != "" {
		e.text(", :orrery/session ", o.Session)
	}
	if o.F != checker.CAS && o.Expect.Said() {
		e.line = appendDatum(append(e.line, ", :orrery/expect "...), o.Expect)
	}
	if o.In.Said() && !brings(o.F) {
		e.line = appendDatum(append(e.line, ", :orrery/in "...), o.In)
	}
}

// ownEnd writes what only Orrery says of an end.
func (e *ednWriter) ownEnd(o *checker.Op) {
	if o.Status == checker.Mismatch {
		e.line = append(e.line, ", :orrery/status :mismatch"...)
	}
	if o.Out.Said() && (o.Status != checker.OK || !answers(o.F)) {
		e.line = appendDatum(append(e.line, ", :orrery/out "...), o.Out)
	}
}

// faults writes what the nemesis did up to a time.
func (e *ednWriter) faults(until int64) {
	for ; e.told < len(e.x.Faults) && e.x.Faults[e.told].At <= until; e.told++ {
		f := &e.x.Faults[e.told]
		e.open("info", "fault")
		e.line = append(e.line, ", :process :nemesis"...)
		e.int(":time", f.At)
		e.text(", :value ", f.Text)
		e.line = append(e.line, "}\n"...)
	}
}

func (e *ednWriter) text(key, s string) { e.line = appendString(append(e.line, key...), s) }

// appendDatum writes a value: nil for unset and for what was not said, a vector for a list.
func appendDatum(b []byte, v checker.Value) []byte {
	switch {
	case v.IsList():
		b = append(b, '[')
		for i, item := range v.Items() {
			if i > 0 {
				b = append(b, ' ')
			}
			b = appendString(b, item)
		}
		return append(b, ']')
	case v.IsSet():
		return appendString(b, v.Text())
	}
	return append(b, "nil"...)
}

// appendString writes a string. Bytes that are no UTF-8 stay as they are, which this package reads.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c < ' ' || c == 0x7f:
			b = append(b, `\u00`...)
			b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
