package kafka

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"orrery/checker"
	"orrery/checker/guarantee"
)

// F is what an operation does.
type F uint8

const (
	// Work sends and polls: one micro-operation, or several in a transaction.
	Work F = iota + 1
	// Assign fixes the partitions that the process polls from now on; it rewinds to where it committed those it did not have.
	Assign
	// Subscribe lets a group decide which partitions the process polls.
	Subscribe
)

// NoOffset stands for an offset that was not told.
const NoOffset int64 = -1

// A Record is what a poll returned of a partition: a value, and where it stood.
type Record struct {
	Offset int64  `json:"offset"`
	Value  int64  `json:"value"`
	Sum    uint64 `json:"sum,omitempty"` // a hash of the record's bytes, 0 if it was not taken
}

// A Mop is one micro-operation. Values name records: each is sent to its partition at most once in a history, retries of
// the producer included.
type Mop struct {
	Send      bool     `json:"send,omitempty"` // else it polled
	Partition string   `json:"partition"`
	Value     int64    `json:"value,omitempty"`   // Send: the record
	Offset    int64    `json:"offset"`            // Send: where it was told to be, or NoOffset
	Sum       uint64   `json:"sum,omitempty"`     // Send: a hash of the record's bytes, 0 if it was not taken
	Records   []Record `json:"records,omitempty"` // poll: what came of the partition, in the order in which it came; may be empty
}

// Send is the micro-operation that sent a record and was told its offset, or NoOffset.
func Send(partition string, value, offset int64) Mop {
	return Mop{Send: true, Partition: partition, Value: value, Offset: offset}
}

// Poll is the micro-operation that polled these records of a partition. A poll of several partitions is several of these.
func Poll(partition string, records ...Record) Mop {
	return Mop{Partition: partition, Records: records, Offset: NoOffset}
}

// String prints the micro-operation: "send p0 7@12", "poll p0 [7@12 8@13]".
func (m *Mop) String() string {
	var b strings.Builder
	if m.Send {
		fmt.Fprintf(&b, "send %s %d", m.Partition, m.Value)
		if m.Offset != NoOffset {
			fmt.Fprintf(&b, "@%d", m.Offset)
		}
		return b.String()
	}
	fmt.Fprintf(&b, "poll %s [", m.Partition)
	const most = 8
	for i, r := range m.Records {
		if i == most {
			fmt.Fprintf(&b, " …%d more", len(m.Records)-most)
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%d@%d", r.Value, r.Offset)
	}
	b.WriteByte(']')
	return b.String()
}

// An Op is one operation of a producer, a consumer, or a client that is both.
type Op struct {
	Process int64 `json:"process"` // a client that runs one operation at a time
	F       F     `json:"f"`
	// Status: a send is checker.Maybe after a time-out, a disconnect, and after errors that can follow the append
	// (not leader any more, not enough replicas after append); checker.Fail says that it certainly was not appended, or
	// that its transaction was aborted.
	Status checker.Status `json:"status"`
	Mops   []Mop          `json:"mops,omitempty"`
	Keys   []string       `json:"keys,omitempty"` // Assign, Subscribe: the partitions
	// Rebalanced are the partitions that were taken from the process or given to it while the operation ran.
	Rebalanced []string `json:"rebalanced,omitempty"`
	Invoke     int64    `json:"invoke"`
	Return     int64    `json:"return"`
}

var fNames = guarantee.Names{What: "function", Of: []string{"none", "work", "assign", "subscribe"}}

// String returns the name of f.
func (f F) String() string { return fNames.String(uint8(f)) }

// MarshalText spells f as history files do.
func (f F) MarshalText() ([]byte, error) { return fNames.Text(uint8(f)) }

// UnmarshalText reads what MarshalText wrote.
func (f *F) UnmarshalText(text []byte) error { return guarantee.ReadName(f, fNames, text) }

// Format is what the header of a history file has: see guarantee.ReadLines.
const Format = "orrery-kafka"

// ReadHistory reads operations from JSON lines; file is what errors call it. A send without "offset" was told none, and an
// operation without "return" never ended:
//
//	{"process":1,"f":"work","status":"ok","mops":[{"send":true,"partition":"p0","value":7,"offset":12}],"invoke":1,"return":2}
//	{"process":2,"f":"work","status":"ok","mops":[{"partition":"p0","records":[{"offset":12,"value":7}]}],"invoke":3,"return":4}
//
// The error is nil, one of r, or a *checker.SyntaxError.
func ReadHistory(r io.Reader, file string) ([]Op, error) {
	return guarantee.ReadLines[Op](r, file, Format)
}

// WriteHistory writes operations as ReadHistory reads them.
func WriteHistory(w io.Writer, h []Op) error { return guarantee.WriteLines(w, Format, h) }

// UnmarshalJSON reads a micro-operation; an offset that is not there is NoOffset.
func (m *Mop) UnmarshalJSON(text []byte) error {
	type plain Mop
	p := plain{Offset: NoOffset}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return err
	}
	*m = Mop(p)
	return nil
}

// UnmarshalJSON reads an operation; a return that is not there is checker.Never.
func (o *Op) UnmarshalJSON(text []byte) error {
	type plain Op
	p := plain{Return: checker.Never}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return err
	}
	*o = Op(p)
	return nil
}

// String prints the operation on one line.
func (o *Op) String() string {
	what := o.F.String() + " " + strings.Join(o.Keys, " ")
	if o.F == Work {
		parts := make([]string, len(o.Mops))
		for i := range o.Mops {
			parts[i] = o.Mops[i].String()
		}
		what = strings.Join(parts, ", ")
	}
	ret := "…"
	if o.Return != checker.Never {
		ret = fmt.Sprint(o.Return)
	}
	return fmt.Sprintf("process %d: %s [%d,%s] %s", o.Process, what, o.Invoke, ret, o.Status)
}
