package trace

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Difference is the first place where two traces are not the same.
type Difference struct {
	Index  int      // position in both traces, from 0
	A, B   *Event   // what stands there; nil where a trace has ended
	Fields []string // the names in the JSONL form of what differs, if both have an event
}

// Diff compares two traces event by event, every field of them, and returns the first
// difference; nil if there is none. It is what a check of determinism prints: two
// runs of one seed must not differ.
func Diff(a, b []Event) *Difference {
	for i := range min(len(a), len(b)) {
		if fields := differing(&a[i], &b[i]); len(fields) > 0 {
			return &Difference{Index: i, A: &a[i], B: &b[i], Fields: fields}
		}
	}
	switch n := min(len(a), len(b)); {
	case len(a) > n:
		return &Difference{Index: n, A: &a[n]}
	case len(b) > n:
		return &Difference{Index: n, B: &b[n]}
	}
	return nil
}

// differing names the fields in which a and b differ. An empty payload is like none.
func differing(a, b *Event) []string {
	var names []string
	check := func(same bool, name string) {
		if !same {
			names = append(names, name)
		}
	}
	check(a.Seq == b.Seq, "seq")
	check(a.Sub == b.Sub, "sub")
	check(a.At == b.At, "t")
	check(a.Local == b.Local, "lt")
	check(a.ID == b.ID, "id")
	check(a.CauseSeq == b.CauseSeq, "c")
	check(a.Kind == b.Kind, "k")
	check(a.Node == b.Node, "n")
	check(a.Peer == b.Peer, "p")
	check(a.Incarnation == b.Incarnation, "inc")
	check(a.Name == b.Name, "name")
	check(a.Text == b.Text, "text")
	check(a.File == b.File, "file")
	check(a.Off == b.Off, "off")
	check(a.Len == b.Len, "len")
	check(bytes.Equal(a.Payload, b.Payload), "b")
	check(a.State == b.State, "d")
	return names
}

// String says the difference in one sentence.
func (d *Difference) String() string {
	switch {
	case d == nil:
		return "the traces are the same"
	case d.A == nil:
		return fmt.Sprintf("the first trace ends after %s; the second goes on: %v", eventCount(d.Index), d.B)
	case d.B == nil:
		return fmt.Sprintf("the second trace ends after %s; the first goes on: %v", eventCount(d.Index), d.A)
	}
	return fmt.Sprintf("the traces differ at event %d in %s: the first has [%v], the second [%v]",
		d.Index+1, strings.Join(d.Fields, ", "), d.A, d.B)
}

func eventCount(n int) string {
	if n == 1 {
		return "1 event"
	}
	return strconv.Itoa(n) + " events"
}
