package trace

// Aligned is two traces side by side: what happened in both, and what in one alone.
type Aligned struct {
	// Rows are all events in an order that is that of both traces, as far as they agree.
	Rows []AlignedRow
	Both int // rows that have an event of each
	// First is the first row that is not the same in both; len(Rows) if there is none.
	First int
}

// AlignedRow is an event of two traces.
type AlignedRow struct {
	A, B   int      // indices of the event; -1 where that trace has none
	Fields []string // the names in the JSONL form of what differs, if both have it; numbers and causes are not compared
}

// Same tells whether both traces have the event, in all that matters.
func (r AlignedRow) Same() bool { return r.A >= 0 && r.B >= 0 && len(r.Fields) == 0 }

// eventName names an event by what it is, and not by its place: by its ID, of which that of an effect is the one of the
// event that it happened in. So an event is itself also in a run from which others were left out.
type eventName struct {
	id   uint64
	kind Kind
	node string
	peer string
	name string
	file string
	nth  int // of several that are the same in all this
}

// identities are those of the events of a trace.
func identities(events []Event) []eventName {
	all := make([]eventName, len(events))
	times := make(map[eventName]int, len(events))
	var parent uint64
	for i := range events {
		e := &events[i]
		if e.Sub == 0 {
			parent = e.ID
		}
		id := eventName{id: e.ID, kind: e.Kind, node: e.Node, peer: e.Peer, name: e.Name, file: e.File}
		if e.ID == 0 {
			id.id = parent
		}
		n := times[id]
		times[id]++
		id.nth = n
		all[i] = id
	}
	return all
}

// Align puts two traces beside each other by the identity of their events. Where the same events happened in another
// order, the first trace's order is kept for as many as fit between what both agree on, and the others stand apart.
func Align(a, b []Event) Aligned {
	idsA, idsB := identities(a), identities(b)
	inB := make(map[eventName]int, len(b))
	for j, id := range idsB {
		inB[id] = j
	}
	partner := make([]int, len(a)) // in b; -1 for none
	for i, id := range idsA {
		partner[i] = -1
		if j, ok := inB[id]; ok {
			partner[i] = j
		}
	}
	keep := ascending(partner)
	out := Aligned{First: -1}
	add := func(r AlignedRow) {
		if r.A >= 0 && r.B >= 0 {
			out.Both++
		}
		if out.First < 0 && !r.Same() {
			out.First = len(out.Rows)
		}
		out.Rows = append(out.Rows, r)
	}
	j := 0
	for i := range a {
		if !keep[i] {
			add(AlignedRow{A: i, B: -1})
			continue
		}
		for ; j < partner[i]; j++ {
			add(AlignedRow{A: -1, B: j})
		}
		add(AlignedRow{A: i, B: j, Fields: unlike(&a[i], &b[j])})
		j++
	}
	for ; j < len(b); j++ {
		add(AlignedRow{A: -1, B: j})
	}
	if out.First < 0 {
		out.First = len(out.Rows)
	}
	return out
}

// ascending chooses of numbers that are not negative as many as can be that ascend: the longest increasing subsequence.
func ascending(numbers []int) []bool {
	ends := []int{}                     // of the best subsequence of each length, the index of its last number
	before := make([]int, len(numbers)) // the index of the one before; -1 for none
	for i, n := range numbers {
		if n < 0 {
			continue
		}
		lo, hi := 0, len(ends)
		for lo < hi {
			if mid := (lo + hi) / 2; numbers[ends[mid]] < n {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		before[i] = -1
		if lo > 0 {
			before[i] = ends[lo-1]
		}
		if lo == len(ends) {
			ends = append(ends, i)
		} else {
			ends[lo] = i
		}
	}
	keep := make([]bool, len(numbers))
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			keep[i] = true
		}
	}
	return keep
}

// unlike names what differs in an event of two runs, but for what depends on how many events there were before.
func unlike(a, b *Event) (fields []string) {
	for _, f := range differing(a, b) {
		switch f {
		case "seq", "sub", "c":
		default:
			fields = append(fields, f)
		}
	}
	return fields
}
