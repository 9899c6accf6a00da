package guarantee

import (
	"cmp"
	"fmt"
	"slices"

	"orrery/checker"
)

// Anomalies of sets, queues and identifiers, by the names that Jepsen's checkers have for them.
const (
	Lost       Anomaly = "lost"       // what was acknowledged is not there any more
	Unexpected Anomaly = "unexpected" // what nobody can have put there was there
	Duplicated Anomaly = "duplicated" // what was put there once was there twice
	Stale      Anomaly = "stale"      // what was acknowledged was not seen for a while
)

// A SetOp is one operation of a client on a set that only grows.
type SetOp struct {
	Client  string         `json:"client"`
	Read    bool           `json:"read,omitempty"` // it read the whole set, else it added Element
	Element string         `json:"element,omitempty"`
	Seen    []string       `json:"seen,omitempty"` // what a successful read saw
	Status  checker.Status `json:"status"`
	Call    int64          `json:"call"`
	Ret     int64          `json:"ret"`
}

// String prints the operation on one line.
func (o SetOp) String() string {
	if o.Read {
		return fmt.Sprintf("%s read %d elements [%d,%d] %s", o.Client, len(o.Seen), o.Call, o.Ret, o.Status)
	}
	return fmt.Sprintf("%s add %s [%d,%d] %s", o.Client, o.Element, o.Call, o.Ret, o.Status)
}

// SetOptions say what is asked of a set. The zero SetOptions ask for nothing to be lost in the end.
type SetOptions struct {
	Linearizable bool // an element that was acknowledged must be in every read that was called later
}

// An element is what is known of one element of a set.
type element struct {
	add         int   // the operation that added it
	known       int64 // when it was certainly there: the end of its add, or of the first read that saw it
	lastPresent int   // the read that saw it and was called last, or -1
	lastAbsent  int   // the read that did not see it and was called last, or -1
}

// Set judges a set to which each element is added once, and which is read as a whole. After Jepsen's set and set-full: an
// element is lost if it was known to be there, and from some time on no read saw it. A history without a read that was called
// after the adds is vacuous. It takes time linear in what reads saw, beside sorting.
func Set(h []SetOp, opt SetOptions) Report {
	r := NewReport("set")
	s := &setCheck{r: r, h: h, elements: make(map[string]*element), cite: func(places ...int) []Op {
		return Cite(func(i int) string { return h[i].String() }, places...)
	}}
	for i := range h {
		o := &h[i]
		switch {
		case o.Ret < o.Call:
			return r.Malformed("operation %d (%s) returned before it was called", i, o)
		case o.Read && o.Status == checker.OK:
			s.reads = append(s.reads, i)
		case !o.Read:
			if e, twice := s.elements[o.Element]; twice {
				return r.Malformed("operation %d (%s) adds what operation %d adds: every element must be added once", i, o, e.add)
			}
			e := &element{add: i, known: checker.Never, lastPresent: -1, lastAbsent: -1}
			if o.Status == checker.OK {
				e.known = o.Ret
				s.acked++
				s.lastAdd = max(s.lastAdd, o.Ret)
			}
			s.elements[o.Element] = e
			s.order = append(s.order, e)
		}
	}
	slices.SortStableFunc(s.reads, func(a, b int) int { return cmp.Compare(h[a].Call, h[b].Call) })
	s.look()
	s.judge(opt)
	r.Measure("acknowledged adds", s.acked, 1)
	r.Measure("reads", len(s.reads), 1)
	r.Measure("reads after the last acknowledged add", s.finals, 1)
	r.Measure("adds with an unknown end that were seen", s.recovered, 0)
	return r.Done()
}

// setCheck is one check of a set under way.
type setCheck struct {
	r        *Report
	h        []SetOp
	elements map[string]*element
	order    []*element
	reads    []int // by call
	cite     func(places ...int) []Op

	acked, finals, recovered int
	lastAdd                  int64
}

// look goes over the reads from the last to the first.
func (s *setCheck) look() {
	always := slices.Clone(s.order) // elements that all reads so far have seen
	for n := len(s.reads) - 1; n >= 0; n-- {
		i := s.reads[n]
		o := &s.h[i]
		if s.acked > 0 && o.Call > s.lastAdd {
			s.finals++
		}
		seen := make(map[string]bool, len(o.Seen))
		for _, x := range o.Seen {
			e := s.elements[x]
			switch {
			case seen[x]:
				s.r.Found(Duplicated, x, s.cite(i), "%s saw %s twice", o, x)
			case e == nil:
				s.r.Found(Unexpected, x, s.cite(i), "%s saw %s, which nobody added", o, x)
			case s.h[e.add].Status == checker.Fail:
				s.r.Found(Unexpected, x, s.cite(e.add, i), "%s saw %s, whose add had failed", o, x)
			case o.Ret < s.h[e.add].Call:
				s.r.Found(Unexpected, x, s.cite(e.add, i), "%s saw %s before anyone added it", o, x)
			default:
				if e.lastPresent < 0 {
					e.lastPresent = i
				}
				e.known = min(e.known, o.Ret)
			}
			seen[x] = true
		}
		rest := always[:0]
		for _, e := range always {
			if seen[s.h[e.add].Element] {
				rest = append(rest, e)
			} else {
				e.lastAbsent = i
			}
		}
		always = rest
	}
}

// judge says of each element what became of it.
func (s *setCheck) judge(opt SetOptions) {
	for _, e := range s.order {
		a := &s.h[e.add]
		if a.Status == checker.Maybe && e.lastPresent >= 0 {
			s.recovered++
		}
		if a.Status == checker.Fail || e.lastAbsent < 0 || s.h[e.lastAbsent].Call <= e.known {
			continue
		}
		absent := &s.h[e.lastAbsent]
		if e.lastPresent < 0 || s.h[e.lastPresent].Call < absent.Call {
			places := []int{e.add, e.lastAbsent}
			if e.lastPresent >= 0 {
				places = []int{e.add, e.lastPresent, e.lastAbsent}
			}
			s.r.Found(Lost, a.Element, s.cite(places...), "%s was there at %d, but %s did not see it, and nobody saw it later", a.Element, e.known, absent)
			continue
		}
		note := s.r.Allowed
		if opt.Linearizable {
			note = s.r.Found
		}
		note(Stale, a.Element, s.cite(e.add, e.lastAbsent), "%s was there at %d, but %s did not see it", a.Element, e.known, absent)
	}
}
