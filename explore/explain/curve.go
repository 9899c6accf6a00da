package explain

import (
	"cmp"
	"slices"
)

// Point is what came of continuing the run with fresh choices after an event.
type Point struct {
	Event    uint64 `json:"event"`
	Runs     int    `json:"runs"`
	Violated int    `json:"violated"` // of them, the same property
	Text     string `json:"text"`     // the event, in words
}

// Share is the part of the continuations that violate the property, in percent.
func (p Point) Share() int {
	if p.Runs == 0 {
		return 0
	}
	return (100*p.Violated + p.Runs/2) / p.Runs
}

// Jump is a place where the curve rises much.
type Jump struct {
	From  int  `json:"from_percent"`
	To    int  `json:"to_percent"`
	After Step `json:"after"` // the event that does it, or the last of several that were not told apart
	Wide  int  `json:"wide"`  // how many events the jump may be spread over; 1 means that it is this one
}

// firstRolls is how many continuations decide where to look closer.
const firstRolls = 10

// curve forks the run at its events. If there are more than points, it looks at some of them, and closer
// where the share changes.
func (e *explainer) curve() []Point {
	if e.last == 0 {
		return []Point{}
	}
	var points []Point
	add := func(seq uint64) {
		p := Point{Event: seq, Text: e.stepOf(seq).Text}
		p.Runs, p.Violated = e.fork(seq, 0, min(firstRolls, e.Siblings))
		points = append(points, p)
		slices.SortFunc(points, func(a, b Point) int { return cmp.Compare(a.Event, b.Event) })
	}
	last := e.last - 1 // after the last event nothing is open
	grid := uint64(max(e.Points/2, 2))
	if last <= uint64(e.Points) {
		grid = max(last, 1)
	}
	add(1)
	for i := range grid {
		seq := max(1, (i+1)*max(last, 1)/grid)
		if !slices.ContainsFunc(points, func(p Point) bool { return p.Event == seq }) {
			add(seq)
		}
	}
	for len(points) < e.Points && e.ctx.Err() == nil {
		i := steepest(points)
		if i < 0 {
			break
		}
		add((points[i].Event + points[i+1].Event) / 2)
	}
	for i := range points {
		runs, violated := e.fork(points[i].Event, firstRolls, e.Siblings-firstRolls)
		points[i].Runs += runs
		points[i].Violated += violated
	}
	return append(points, Point{Event: e.last, Runs: 1, Violated: 1, Text: e.stepOf(e.last).Text})
}

// fork continues the run after event seq.
func (e *explainer) fork(seq uint64, first, n int) (runs, violated int) {
	if n <= 0 || e.ctx.Err() != nil {
		return 0, 0
	}
	return e.rolls(seq, first, n, func(s uint64) (o options) { return e.forkAt(seq, s) })
}

// steepest is the first of the two neighbours between which the share changes most, and between which there
// are others; -1 if it changes nowhere.
func steepest(points []Point) int {
	best, rise := -1, 0
	for i := range len(points) - 1 {
		d := points[i+1].Share() - points[i].Share()
		if d = max(d, -d); points[i+1].Event-points[i].Event > 1 && d > rise {
			best, rise = i, d
		}
	}
	return best
}

// jumpMin is the least rise in percent that counts as a jump; jumpsMax how many are told.
const (
	jumpMin  = 15
	jumpsMax = 4
)

// jumps finds the steepest places of the curve, in their order, and the event after which all is lost.
func (e *explainer) jumps(curve []Point) ([]Jump, *Step) {
	all := []Jump{}
	var before Point
	for _, p := range curve {
		if p.Runs == 0 {
			continue
		}
		if before.Runs == 0 {
			before = p // what was decided before the first fork, nobody has asked
		}
		if rise := p.Share() - before.Share(); rise >= jumpMin {
			all = append(all, Jump{From: before.Share(), To: p.Share(), After: e.stepOf(p.Event), Wide: int(p.Event - before.Event)})
		}
		before = p
	}
	slices.SortStableFunc(all, func(a, b Jump) int { return cmp.Compare(b.To-b.From, a.To-a.From) })
	all = all[:min(len(all), jumpsMax)]
	slices.SortFunc(all, func(a, b Jump) int { return cmp.Compare(a.After.Event, b.After.Event) })
	var lost *Step
	for i := len(curve) - 1; i >= 0 && curve[i].Violated == curve[i].Runs && curve[i].Runs > 0; i-- {
		step := e.stepOf(curve[i].Event)
		lost = &step
	}
	return all, lost
}

// shareAfter is the share of the curve after event seq, as far as it was looked at.
func shareAfter(curve []Point, seq uint64) int {
	share := 0
	for _, p := range curve {
		if p.Event <= seq && p.Runs > 0 {
			share = p.Share()
		}
	}
	return share
}
