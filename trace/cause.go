package trace

import "slices"

// A run is a partial order: an event follows from its cause (CauseSeq) and from what
// its machine did before. Slice walks the causes alone; Past walks both.

// Slice returns the indices, in order, of the events that led to event seq by their
// causes alone: the message that arrived, the event that sent it, the timer that
// made that happen, and so on back to where it began, each with its effects. It is
// the answer to "because of what?". It is empty if there is no event seq.
func Slice(events []Event, seq uint64) []int {
	var chain []int
	for i := len(events) - 1; i >= 0; {
		if events[i].Seq != seq {
			i--
			continue
		}
		last := i
		for i >= 0 && events[i].Seq == seq {
			i--
		}
		for j := last; j > i; j-- {
			chain = append(chain, j)
		}
		cause := causeOf(events[i+1 : last+1])
		if cause == 0 || cause >= seq {
			break
		}
		seq = cause
	}
	slices.Reverse(chain)
	return chain
}

// Past returns the indices, in order, of all events that happened before event seq in
// the sense of Lamport (Time, Clocks, and the Ordering of Events, 1978), and of that
// event and its effects themselves: nothing else can have influenced it. A fault
// happens to the machines that it names, or else to all.
func Past(events []Event, seq uint64) []int {
	var past []int
	for i, d := range distances(events, seq, nil) {
		if d != unrelated {
			past = append(past, i)
		}
	}
	return past
}

// causeOf is the cause of a group: an event and its effects.
func causeOf(group []Event) uint64 {
	for i := range group {
		if e := &group[i]; e.CauseSeq != 0 && e.CauseSeq != e.Seq {
			return e.CauseSeq
		}
	}
	return 0
}

const (
	unrelated = 1 << 30 // the distance of what did not influence the event
	step      = 64      // the distance over one notable event; others count 1
)

// distances measures how far before event seq every event lies: the number of notable
// events on the shortest way along causes and machines' own order, in steps, plus one
// for every other event on it. The machines of also lie one step before it, for they
// are part of what it is about. Faults lie as near as the machines that they name.
// Events that did not influence it are unrelated.
//
// Every edge leads backwards in the trace, so one pass from its end finds them all.
func distances(events []Event, seq uint64, also []string) []int {
	dist := make([]int, len(events))
	for i := range dist {
		dist[i] = unrelated
	}
	caused := map[uint64]int{seq: 0}
	machine := map[string]int{}
	for end := len(events); end > 0; {
		start := end - 1
		for start > 0 && events[start-1].Seq == events[end-1].Seq {
			start--
		}
		group := events[start:end]
		d := groupDistance(group, caused, machine)
		for i := range group {
			if k := group[i].Kind; k == FaultOn || k == FaultOff {
				dist[start+i] = faultDistance(&group[i], machine)
			}
		}
		if d < unrelated {
			next := d + 1
			for i := range group {
				if isNotable(&group[i]) {
					next = d + step
				}
			}
			for i := range group {
				dist[start+i] = min(d, dist[start+i])
				if acts(&group[i]) {
					machine[group[i].Node] = next
				}
			}
			if cause := causeOf(group); cause != 0 && cause < group[0].Seq {
				caused[cause] = min(next, valueOr(caused, cause, unrelated))
			}
		}
		if group[0].Seq == seq {
			for _, name := range also {
				machine[name] = min(step, valueOr(machine, name, unrelated))
			}
		}
		end = start
	}
	return dist
}

// groupDistance is how far an event and its effects lie before the event that all
// distances are measured from.
func groupDistance(group []Event, caused map[uint64]int, machine map[string]int) int {
	d := valueOr(caused, group[0].Seq, unrelated)
	for i := range group {
		if acts(&group[i]) {
			d = min(d, valueOr(machine, group[i].Node, unrelated))
		}
	}
	return d
}

// faultDistance is how far a fault lies before the event: as far as the next thing that
// a machine did which the fault names; any machine, if it names none.
func faultDistance(e *Event, machine map[string]int) int {
	named, anyone := unrelated, unrelated
	for _, d := range machine { // a minimum: the order does not matter
		anyone = min(anyone, d)
	}
	for _, w := range words(e.Node + " " + e.Name + " " + e.Text) {
		named = min(named, valueOr(machine, w, unrelated))
	}
	if named < unrelated {
		return named
	}
	return anyone
}

// acts tells whether e is something that its machine does or notices: the loss of a
// message is not.
func acts(e *Event) bool { return e.Node != "" && e.Kind != Drop && e.Kind != Violation }

// isNotable tells whether a story would tell e.
func isNotable(e *Event) bool {
	switch e.Kind {
	case Boot, Crash, FaultOn, FaultOff, Invoke, Return, Violation:
		return true
	case Note:
		return e.Text != "" || e.Name != ""
	}
	return false
}

func valueOr[K comparable](m map[K]int, k K, instead int) int {
	if v, ok := m[k]; ok {
		return v
	}
	return instead
}
