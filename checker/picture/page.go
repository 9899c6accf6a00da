package picture

import (
	"cmp"
	"slices"
)

// A Page is what is to be shown.
type Page struct {
	Title    string // as "history.edn: not linearizable as a register"
	Verdict  string // in a word; "" for ok or violated
	Bad      bool   // the verdict is a violation
	Sentence string // why, in words
	Notes    []string
	Bars     []Bar
	Bands    []Band
	Graph    *Graph // of transactions; nil if there is no circle
}

// A Bar is an operation.
type Bar struct {
	Lane     string // its client
	Text     string // in words, short
	More     string // all there is to say; shown on hover and to screen readers
	From, To int64
	Open     bool // it never ended, or nobody knows whether it did: To is not its end
	Core     bool // it is one of those that contradict each other
	Failed   bool // it certainly had no effect
}

// A Band is something that lasted for a while: a partition, the time of a leader.
type Band struct {
	Lane, Text string
	From, To   int64
	Fault      bool
}

// A Graph is transactions and why they precede each other.
type Graph struct {
	Nodes []Node // drawn around a circle, in this order
	Edges []Edge
}

// A Node is a transaction.
type Node struct {
	Name string   // as T4
	Text []string // its micro-operations
}

// An Edge leads from one node to another, by their places.
type Edge struct {
	From, To int
	Kind     string // ww, wr, rw, process or rt
	Because  string
}

// axis gives every time at which an operation began or ended a place of its own, counted from 0. Bands have none: they end
// between two.
type axis struct{ times []int64 }

func (p *Page) axis() axis {
	var all []int64
	for _, b := range p.Bars {
		all = append(all, b.From)
		if !b.Open {
			all = append(all, b.To)
		}
	}
	slices.Sort(all)
	return axis{slices.Compact(all)}
}

// at is the place of a time; of one that has none, between its neighbours.
func (a axis) at(t int64) float64 {
	i, found := slices.BinarySearch(a.times, t)
	if found {
		return float64(i)
	}
	return float64(i) - 0.5
}

func (a axis) end() float64 { return float64(len(a.times)) }

// lanes are the names of what has a lane, in the order of their first appearance in time.
func (p *Page) lanes() (bands, bars []string) {
	first := func(lanes []string, lane string) []string {
		if slices.Contains(lanes, lane) {
			return lanes
		}
		return append(lanes, lane)
	}
	for _, b := range p.Bands {
		bands = first(bands, b.Lane)
	}
	sorted := slices.Clone(p.Bars)
	slices.SortStableFunc(sorted, func(a, b Bar) int { return cmp.Compare(a.From, b.From) })
	for _, b := range sorted {
		bars = first(bars, b.Lane)
	}
	slices.SortStableFunc(bars, func(a, b string) int { // 2 before 10
		if len(a) != len(b) {
			return cmp.Compare(len(a), len(b))
		}
		return cmp.Compare(a, b)
	})
	return bands, bars
}
