package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"orrery/trace"
)

// Line is one line of the story.
type Line struct {
	At      time.Duration `json:"at_ns"`
	Text    string        `json:"text"`
	Events  []uint64      `json:"events"`   // what it tells
	LeftOut int           `json:"left_out"` // events between the line before and this one that are not told
}

// story tells the run in at most so many lines. Rows that say the same of several machines are one. If
// there are more rows than lines, those are told that matter most: the violation, crashes and
// faults, what machines said of themselves, operations; what shares words with the violation,
// and what came late.
func (e *explainer) story(lines int) []Line {
	rows := merge(e.rows())
	e.weigh(rows)
	chosen := make([]int, len(rows))
	for i := range rows {
		chosen[i] = i
	}
	slices.SortStableFunc(chosen, func(a, b int) int { return cmp.Compare(rows[b].weight, rows[a].weight) })
	chosen = chosen[:min(len(chosen), lines)]
	slices.Sort(chosen)
	told := []Line{}
	next := 0
	for _, i := range chosen {
		l := Line{At: rows[i].at, Text: rows[i].String(), Events: rows[i].events}
		for ; next < i; next++ {
			l.LeftOut += len(rows[next].events)
		}
		next = i + 1
		told = append(told, l)
	}
	return told
}

// row is what may become a line: something that happens to one machine, or the same to several.
type row struct {
	kind   trace.Kind
	at     time.Duration
	nodes  []string
	does   string   // what the machine does or what happens to it: "gets P1a 3.n1 from n1"
	notes  []string // what it said of itself
	events []uint64
	weight int
}

// String is the row in words.
func (r *row) String() string {
	s := r.does
	switch {
	case r.kind == trace.Fire && len(r.nodes) > 0:
		s = join(r.nodes) + "'s " + r.does
	case len(r.nodes) > 0:
		s = join(r.nodes) + " " + plural(r.does, len(r.nodes))
	}
	if len(r.notes) > 0 {
		s += ": " + strings.Join(fewNotes(r.notes), "; ")
	}
	return s
}

// notesMost is how many notes of one event are told.
const notesMost = 4

// fewNotes are the first of many notes, and the last.
func fewNotes(notes []string) []string {
	n := len(notes)
	if n <= notesMost {
		return notes
	}
	return append(slices.Clone(notes[:notesMost-2]), fmt.Sprintf("%d more like that", n-notesMost+1), notes[n-1])
}

// plural makes of what one does what several do: the first word of it is a verb.
func plural(does string, n int) string {
	if n < 2 {
		return does
	}
	verb, rest, _ := strings.Cut(does, " ")
	switch verb {
	case "crashes:":
		verb = "crash:"
	case "gets", "boots", "restarts":
		verb = strings.TrimSuffix(verb, "s")
	case "has":
		verb = "have"
	}
	return strings.TrimSpace(verb + " " + rest)
}

func join(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return names[0]
}

// rows makes a row of every event, and rows of their own of those effects that are worth one.
func (e *explainer) rows() []row {
	var rows []row
	syncs := pending{}
	for start := 0; start < len(e.events); {
		end := start
		for end < len(e.events) && e.events[end].Seq == e.events[start].Seq {
			end++
		}
		rows = append(rows, e.group(e.events[start:end], syncs)...)
		start = end
	}
	return rows
}

// group makes the rows of an event and its effects.
func (e *explainer) group(events []trace.Event, syncs pending) []row {
	head := &events[0]
	main := row{kind: head.Kind, at: head.At, events: []uint64{head.Seq}}
	if head.Kind != trace.Script {
		main.does = e.what(head)
		if head.Node != "" {
			main.nodes = []string{head.Node}
		}
	}
	var own []row
	for i := range events {
		ev := &events[i]
		switch ev.Kind {
		case trace.Note:
			if ev.Text != "" && ev.Node == head.Node && !strings.HasPrefix(ev.Text, "is hit by ") {
				main.notes = append(main.notes, ev.Text)
			}
		case trace.Crash:
			own = append(own, row{kind: ev.Kind, at: ev.At, nodes: []string{ev.Node}, does: strings.TrimPrefix(trace.Words(ev, nil), ev.Node+" ") + syncs.lost(ev.Node)})
		case trace.FaultOn, trace.FaultOff, trace.Violation:
			if ev.Kind == trace.FaultOn && head.Kind != trace.Script {
				continue // it has begun before, and now it strikes: what it does is told
			}
			own = append(own, row{kind: ev.Kind, at: ev.At, does: trace.Words(ev, nil)})
		case trace.Invoke, trace.Return:
			own = append(own, row{kind: ev.Kind, at: ev.At, nodes: []string{ev.Node}, does: strings.TrimPrefix(trace.Words(ev, nil), ev.Node+" ")})
		}
		syncs.see(ev, main.notes)
	}
	if main.does == "" && len(own) > 0 {
		own[0].events, main.events = main.events, nil
		return own
	}
	for i := range own {
		if own[i].kind != trace.Violation && own[i].kind != trace.Crash && main.kind == trace.Fire && len(main.notes) == 0 {
			own[i].events, main.events = main.events, nil // the timer is told by what it made happen
			return own
		}
	}
	return append([]row{main}, own...)
}

// what says what an event is for its machine, without the machine's name.
func (e *explainer) what(ev *trace.Event) string {
	words := trace.Words(ev, e.describe)
	switch ev.Kind {
	case trace.Fire:
		return ev.Name + " timer fires"
	case trace.Synced:
		return "has synced " + cmp.Or(ev.File, "a directory")
	case trace.Boot:
		if ev.Incarnation > 1 {
			return "restarts"
		}
		return "boots"
	}
	return strings.TrimPrefix(strings.TrimPrefix(words, ev.Node+": "), ev.Node+" ")
}

// pending are the syncs that machines wait for, and what they said since the last.
type pending map[string]*promise

type promise struct {
	syncs map[string][]string // by the sync's tag: what was said in the event that asked for it
}

// see follows the syncs of a machine.
func (p pending) see(ev *trace.Event, notes []string) {
	at := p[ev.Node]
	if at == nil {
		at = &promise{syncs: map[string][]string{}}
		p[ev.Node] = at
	}
	switch ev.Kind {
	case trace.Sync:
		at.syncs[ev.Name] = slices.Clone(notes)
	case trace.Synced:
		delete(at.syncs, ev.Name)
	case trace.Boot, trace.Crash:
		clear(at.syncs)
	}
}

// lost says what a machine had said and had not synced when it crashed.
func (p pending) lost(node string) string {
	at := p[node]
	if at == nil {
		return ""
	}
	var tags []string
	for tag, notes := range at.syncs {
		if len(notes) > 0 {
			tags = append(tags, tag)
		}
	}
	if len(tags) == 0 {
		return ""
	}
	slices.Sort(tags)
	return ", before what it said (" + strings.Join(at.syncs[tags[0]], "; ") + ") was synced"
}

// mergeWindow is how many rows back a row may be that says the same of another machine.
const mergeWindow = 6

// merge makes one row of those near each other that say the same of several machines, and of
// several that one machine repeats.
func merge(rows []row) []row {
	var merged []row
	for _, r := range rows {
		if r.kind == trace.Script && r.does == "" && len(r.notes) == 0 {
			continue // a script that does nothing to be seen
		}
		i := len(merged) - 1
		for low := max(0, len(merged)-mergeWindow); i >= low && !alike(&merged[i], &r); i-- {
		}
		if i < max(0, len(merged)-mergeWindow) || len(r.nodes) == 0 {
			merged = append(merged, r)
			continue
		}
		m := &merged[i]
		if !slices.Contains(m.nodes, r.nodes[0]) {
			m.nodes = append(m.nodes, r.nodes[0])
			slices.Sort(m.nodes)
		}
		m.events = append(m.events, r.events...)
	}
	return merged
}

func alike(a, b *row) bool {
	same := a.does
	if a.kind == trace.Synced && b.kind == trace.Synced && len(a.notes) == 0 && len(b.notes) == 0 {
		return slices.Equal(a.nodes, b.nodes) || a.does == b.does
	}
	return a.kind == b.kind && same == b.does && slices.Equal(a.notes, b.notes) &&
		(a.kind == trace.Deliver || a.kind == trace.Crash || a.kind == trace.Boot || a.kind == trace.Synced || a.kind == trace.Fire && len(a.notes) == 0)
}

// What a row weighs by its kind, and for what else.
const (
	weightLast   = 1000
	weightFault  = 120
	weightNotes  = 60
	weightOp     = 45
	weightStart  = 50
	weightOther  = 10
	weightWord   = 15 // for each word that is shared with the violation, up to three
	weightRecent = 40 // for the last row, falling to 0 at the first
)

// weigh says how much each row matters.
func (e *explainer) weigh(rows []row) {
	topic := telling(rows, words(e.result.Detail))
	for i := range rows {
		r := &rows[i]
		switch {
		case r.kind == trace.Violation:
			r.weight = weightLast
		case r.kind == trace.Crash, r.kind == trace.FaultOn, r.kind == trace.Boot && r.does == "restarts":
			r.weight = weightFault
		case len(r.notes) > 0:
			r.weight = weightNotes
		case r.kind == trace.Boot:
			r.weight = weightStart
		case r.kind == trace.Invoke, r.kind == trace.Return:
			r.weight = weightOp
		case r.kind != trace.Synced:
			r.weight = weightOther
		}
		shared := 0
		for _, w := range words(r.String()) {
			if slices.Contains(topic, w) {
				shared++
			}
		}
		r.weight += weightWord*min(shared, 3) + weightRecent*i/len(rows)
	}
}

// telling are the words that tell rows apart: those that are in at most a third of them.
func telling(rows []row, topic []string) []string {
	count := map[string]int{}
	for i := range rows {
		seen := words(rows[i].String())
		slices.Sort(seen)
		for _, w := range slices.Compact(seen) {
			count[w]++
		}
	}
	return slices.DeleteFunc(topic, func(w string) bool { return count[w] == 0 || 3*count[w] > len(rows)+2 })
}

// words are the names and numbers of a text. A number counts with the word before it, as in "slot 7".
func words(text string) []string {
	fields := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '-'
	})
	var list []string
	for i, f := range fields {
		f = strings.Trim(f, ".-")
		switch {
		case f == "":
		case unicode.IsDigit(rune(f[0])) && i > 0:
			list = append(list, fields[i-1]+" "+f)
		case strings.ContainsFunc(f, unicode.IsDigit):
			list = append(list, f)
		}
	}
	return list
}
