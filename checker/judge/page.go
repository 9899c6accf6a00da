package judge

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"orrery/checker"
	"orrery/checker/files"
	"orrery/checker/picture"
)

const (
	around    = 10 // operations beside the core that a picture shows, at most
	mostBands = 12 // faults that it shows
)

// Page is the picture of the result: the core among what went on around it, the faults, and the circle of transactions if
// there is one. title is what the page is called.
func (r *Result) Page(title string) *picture.Page {
	p := &picture.Page{Title: title, Verdict: r.Verdict.String(), Bad: r.Verdict == checker.Violated, Sentence: r.Sentence}
	if p.Sentence == "" {
		p.Sentence = r.Reason
	}
	for _, n := range []string{r.Caution, r.Note, "Put to the test: " + r.Coverage} {
		if n != "" {
			p.Notes = append(p.Notes, n)
		}
	}
	from, to := r.window()
	core := map[int]bool{}
	for _, o := range r.Core {
		core[o.Index] = true
		p.Bars = append(p.Bars, r.bar(&o, true))
	}
	if len(r.Core) > 0 {
		for _, o := range r.neighbours(core, from, to) {
			p.Bars = append(p.Bars, r.bar(&o, false))
			from, to = min(from, o.Call), max(to, o.Call, o.Ret)
		}
	}
	p.Bands = bands(r.Faults, from, to)
	p.Graph = r.graph()
	return p
}

// window is from the first call of the core to its last return.
func (r *Result) window() (from, to int64) {
	from, to = math.MaxInt64, math.MinInt64
	for i := range r.Core {
		o := &r.Core[i]
		from, to = min(from, o.Call), max(to, o.Call)
		if !o.Open {
			to = max(to, o.Ret)
		}
	}
	return from, to
}

// neighbours are operations beside the core that ran while it did, those nearest to it in the file.
func (r *Result) neighbours(core map[int]bool, from, to int64) []Op {
	if r.at == nil {
		return nil
	}
	type near struct{ i, distance int }
	var found []near
	for i := range r.total {
		if core[i] {
			continue
		}
		if o := r.at(i); o.Call > to || !o.Open && o.Ret < from || o.Open && o.Call < from {
			continue
		}
		d := math.MaxInt
		for j := range core {
			d = min(d, max(i-j, j-i))
		}
		if r.History != nil && !r.sameKey(i) {
			d += r.total // of other objects only if there is room
		}
		found = append(found, near{i, d})
	}
	slices.SortStableFunc(found, func(a, b near) int { return a.distance - b.distance })
	var out []Op
	for _, n := range found[:min(around, len(found))] {
		o := r.at(n.i)
		o.Index = n.i
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Op) int { return a.Index - b.Index })
	return out
}

func (r *Result) sameKey(i int) bool {
	return slices.ContainsFunc(r.Core, func(o Op) bool { return o.Index >= 0 && r.History[o.Index].Key == r.History[i].Key })
}

func (r *Result) bar(o *Op, core bool) picture.Bar {
	more := o.Text
	if o.Line > 0 {
		more += fmt.Sprintf(" (line %d)", o.Line)
	}
	lane := o.Client
	if lane == "" {
		lane = "?"
	}
	return picture.Bar{Lane: lane, Text: r.short(o), More: more, From: o.Call, To: max(o.Ret, o.Call), Core: core,
		Open: o.Open || strings.HasSuffix(o.Text, " maybe") || strings.HasSuffix(o.Text, " info"), Failed: strings.HasSuffix(o.Text, " fail")}
}

// short is what an operation does, without who and when, which its place says.
func (r *Result) short(o *Op) string {
	if r.Txns != nil && o.Index >= 0 {
		t := &r.Txns[o.Index]
		text := fmt.Sprintf("T%d", t.ID)
		for _, m := range t.Mops {
			text += ", " + m.String()
		}
		return strings.Replace(text, ", ", ": ", 1)
	}
	text := strings.TrimPrefix(o.Text, o.Client+" ")
	if at := strings.LastIndex(text, " ["); at > 0 && strings.Contains(text[at:], "]") && strings.ContainsAny(text[at:], ",…") {
		text = text[:at]
	}
	return text
}

// ends are how nemeses call it when a fault is over.
var ends = []string{"stop", "heal", "resume", "recover", "restart", "reset", "fast", "start-node", "start-db"}

// bands are the faults that lasted while something between from and to happened: each until the next thing that the
// nemesis did.
func bands(faults []files.Fault, from, to int64) (out []picture.Band) {
	for i, f := range faults {
		name, _, _ := strings.Cut(f.Text, " ")
		until := to
		if i+1 < len(faults) {
			until = faults[i+1].At
		}
		if name == "" || f.At > to || until < from || slices.ContainsFunc(ends, func(e string) bool { return strings.HasPrefix(name, e) }) {
			continue
		}
		if len(out) == mostBands {
			out[mostBands-1].Text = "more faults"
			out[mostBands-1].To = min(until, to)
			continue
		}
		out = append(out, picture.Band{Lane: "faults", Text: f.Text, From: max(f.At, from), To: min(until, to), Fault: true})
	}
	return out
}

// graph is the circle of transactions that was found, if one was.
func (r *Result) graph() *picture.Graph {
	if len(r.steps) < 2 {
		return nil
	}
	g := &picture.Graph{}
	place := map[int]int{}
	node := func(i int) int {
		n, ok := place[i]
		if !ok {
			n = len(g.Nodes)
			place[i] = n
			t := &r.Txns[i]
			made := picture.Node{Name: fmt.Sprintf("T%d", t.ID)}
			for _, m := range t.Mops {
				made.Text = append(made.Text, m.String())
			}
			g.Nodes = append(g.Nodes, made)
		}
		return n
	}
	const most = 12
	for _, s := range r.steps[:min(most, len(r.steps))] {
		g.Edges = append(g.Edges, picture.Edge{From: node(s.From), To: node(s.To), Kind: s.Kind, Because: s.Because})
	}
	return g
}
