package trace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ShiVizParser is the regular expression with which ShiViz reads what WriteShiViz writes, and
// ShiVizDelimiter the one that separates executions there.
const (
	ShiVizParser    = `(?<host>\S*) (?<clock>{.*})\n(?<event>.*)`
	ShiVizDelimiter = `^=== (?<trace>.*) ===$`
)

// nobody is the host of what happens to no machine: faults.
const nobody = "(world)"

// Execution is one run for ShiViz, which shows two of them side by side.
type Execution struct {
	Name   string
	Events []Event
}

// WriteShiViz writes executions for ShiViz (Beschastnikh et al., Debugging Distributed Systems, CACM 2016):
// two lines an event, the machine with its vector clock, and what happened in words. The clocks come from the
// causes in the trace. Events that are not drawn in Lanes by default (Send, Sync, Posted, Script) are left
// out; what was sent is seen where it arrives. describe is as in Words.
func WriteShiViz(w io.Writer, describe func(*Event) string, executions ...Execution) error {
	out := bufio.NewWriter(w)
	for i, x := range executions {
		if len(executions) > 1 {
			if i > 0 {
				out.WriteByte('\n')
			}
			fmt.Fprintf(out, "=== %s ===\n", oneLine(x.Name))
		}
		v := newVectors(x.Events)
		for j := range x.Events {
			if host, clock := v.next(&x.Events[j]); host != "" {
				fmt.Fprintf(out, "%s %s\n%s\n", host, clock, oneLine(Words(&x.Events[j], describe)))
			}
		}
	}
	return out.Flush()
}

// vectors are the vector clocks of a run.
type vectors struct {
	clocks map[string]map[string]int
	wanted map[uint64]bool                      // events that a message came of
	sent   map[uint64]map[string]map[string]int // of these, the clocks of the machines that acted in them
}

func newVectors(events []Event) *vectors {
	v := &vectors{clocks: map[string]map[string]int{}, wanted: map[uint64]bool{}, sent: map[uint64]map[string]map[string]int{}}
	for i := range events {
		if e := &events[i]; e.Peer != "" && e.CauseSeq != 0 && e.CauseSeq != e.Seq {
			v.wanted[e.CauseSeq] = true
		}
	}
	return v
}

// next is the machine of an event and its clock as JSON; "" if the event is not told.
func (v *vectors) next(e *Event) (host, clock string) {
	if e.Kind.isAside() {
		return "", ""
	}
	host = strings.ReplaceAll(named(e.Node, nobody), " ", "_")
	mine := v.clocks[host]
	if mine == nil {
		mine = map[string]int{}
		v.clocks[host] = mine
	}
	switch e.Kind {
	case Deliver, Received, Opened, Closed:
		for name, n := range v.sent[e.CauseSeq][e.Peer] {
			mine[name] = max(mine[name], n)
		}
	}
	mine[host]++
	if v.wanted[e.Seq] && e.Node != "" {
		if v.sent[e.Seq] == nil {
			v.sent[e.Seq] = map[string]map[string]int{}
		}
		v.sent[e.Seq][e.Node] = maps.Clone(mine)
	}
	return host, clockJSON(mine)
}

// clockJSON prints a vector clock, its machines in order.
func clockJSON(clock map[string]int) string {
	var b strings.Builder
	for i, name := range slices.SortedFunc(maps.Keys(clock), compareNatural) {
		if i > 0 {
			b.WriteByte(',')
		}
		quoted, _ := json.Marshal(name) // a string can always be marshalled
		b.Write(quoted)
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(clock[name]))
	}
	return "{" + b.String() + "}"
}
