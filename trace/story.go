package trace

import (
	"slices"
	"strconv"
	"strings"
)

const defaultStoryMax = 15

// Story tells in few lines how a run came to its violation, or to its end if there is
// none. What it tells is chosen so:
//
//  1. It ends with the first violation; what came later is left out. It begins with
//     the first notable event: usually the boot of the machines.
//  2. Notable are boots, crashes, faults on and off, notes, operations of clients, and
//     the messages and timers on the violation's own chain of causes (Slice). A kill
//     and the crash that it makes are one; so are the boots at the beginning.
//  3. Of these, the most relevant are kept. An event is the more relevant the fewer
//     notable events lie between it and the violation, along causes and the
//     machines' own order; what did not influence the violation comes far
//     behind. Crashes and faults go before notes, these before restarts and
//     operations, these before messages and the ends of faults. Sharing words with the violation
//     brings an event nearer: the key, the slot, the machine that it is about.
//
// The zero value tells at most 15 lines.
type Story struct {
	Max      int                 // lines; 0 is 15
	About    []string            // keys, clients and other words, beside those of the violation, that matter
	Describe func(*Event) string // what the protocol calls a message; nil or "" is its Name
}

// Line is one line of a story.
type Line struct {
	Events  []*Event // what it tells; more than one where several make one sentence
	Text    string   // in words, with its time: "at 1.204 s n2 crashes: 41 B were lost"
	LeftOut int      // how many notable events between the line before and this one are not told
}

// Among tells of an event whether the lines tell it: for Lanes.Only, to draw a story.
func Among(lines []Line) func(*Event) bool {
	told := map[*Event]bool{}
	for _, l := range lines {
		for _, e := range l.Events {
			told[e] = true
		}
	}
	return func(e *Event) bool { return told[e] }
}

// String is the story as text. A line before which notable events were left out begins
// with an ellipsis.
func (s Story) String(events []Event) string {
	var b strings.Builder
	for _, l := range s.Lines(events) {
		if l.LeftOut > 0 {
			b.WriteString("… ")
		} else {
			b.WriteString("  ")
		}
		b.WriteString(l.Text)
		b.WriteByte('\n')
	}
	return b.String()
}

// Lines tells the story of the events, which are in the order of the run.
func (s Story) Lines(events []Event) []Line {
	if len(events) == 0 {
		return nil
	}
	end := 0
	for end < len(events)-1 && events[end].Kind != Violation {
		end++
	}
	events = events[:end+1]
	if s.Max <= 0 {
		s.Max = defaultStoryMax
	}
	told := s.choose(s.scenes(events))
	return s.tell(events, told)
}

// scene is what may become a line.
type scene struct {
	events []*Event
	place  int // among all scenes
	cost   int // the less, the more relevant; in steps, as distances are
}

// What a kind of event costs, beside its distance.
const (
	costFault     = -3 * step // a crash, a fault: the usual reasons
	costRestart   = 1 * step
	costOperation = 1 * step
	costFaultOff  = 3 * step
	costMessage   = 12 * step
	costElsewhere = 5 * step  // an operation that shares no word with the violation
	costFar       = 16 * step // no distance counts more
	gainWord      = 2 * step  // for a word that is shared with the violation
	gainMax       = 3 * gainWord
)

// scenes finds all that may be told, and how relevant each is. The last is the end.
func (s Story) scenes(events []Event) []scene {
	last := &events[len(events)-1]
	topic := append(words(last.Name+" "+last.Text+" "+last.Node), s.About...)
	dist := distances(events, last.Seq, topic)
	nearAnswers(events, dist)
	strike := strikes(events)
	chain := map[int]bool{}
	for _, i := range Slice(events, last.Seq) {
		chain[i] = true
	}
	var all []scene
	crashes := map[uint64]bool{}
	for i := range events {
		if events[i].Kind == Crash || events[i].Kind == Boot {
			crashes[events[i].Seq] = true
		}
	}
	for i := range events {
		e := &events[i]
		switch {
		case e == last:
		case strike[e] && (e.Kind == FaultOff || crashes[e.Seq]):
			continue // told by what it did
		case e.Kind == Boot && e.Incarnation <= 1 && len(all) > 0 && all[len(all)-1].events[0].Kind == Boot:
			before := &all[len(all)-1]
			before.events = append(before.events, e)
			before.cost = min(before.cost, dist[i]+costRestart)
			continue
		case isNotable(e):
		case chain[i] && (e.Kind == Deliver || e.Kind == Received || e.Kind == Fire):
		default:
			continue
		}
		all = append(all, scene{events: []*Event{e}, place: len(all), cost: min(dist[i], costFar) + costOf(e.Kind)})
	}
	gain(all, topic)
	return all
}

// nearAnswers puts the answer of an operation as near as its beginning, although nothing
// follows from what a client was told.
func nearAnswers(events []Event, dist []int) {
	asked := map[string]int{}
	for i := range events {
		switch e := &events[i]; e.Kind {
		case Invoke:
			asked[e.Node] = dist[i]
		case Return:
			dist[i] = min(dist[i], valueOr(asked, e.Node, unrelated))
		}
	}
}

func costOf(k Kind) int {
	switch k {
	case Crash, FaultOn:
		return costFault
	case Boot:
		return costRestart
	case FaultOff:
		return costFaultOff
	case Invoke, Return:
		return costOperation + costElsewhere
	case Deliver, Received, Fire:
		return costMessage
	}
	return 0
}

// gain makes scenes more relevant that share words with the topic. A word that is in
// more than a quarter of them tells nothing apart.
func gain(all []scene, topic []string) {
	slices.Sort(topic)
	topic = slices.Compact(topic)
	const few = 3
	has := make([][]string, len(all))
	count := map[string]int{}
	for i, sc := range all {
		for _, e := range sc.events {
			has[i] = append(has[i], words(e.Node+" "+e.Name+" "+e.Text)...)
		}
		slices.Sort(has[i])
		has[i] = slices.Compact(has[i])
		for _, w := range has[i] {
			count[w]++
		}
	}
	for i := range all {
		shared := 0
		for _, w := range has[i] {
			if _, ok := slices.BinarySearch(topic, w); ok && count[w] <= max(few, len(all)/4) {
				shared++
			}
		}
		all[i].cost -= min(shared*gainWord, gainMax)
		if k := all[i].events[0].Kind; shared > 0 && (k == Invoke || k == Return) {
			all[i].cost -= costElsewhere
		}
	}
}

// choose keeps the first scene, the last, and the most relevant of the others.
func (s Story) choose(all []scene) []scene {
	if len(all) <= s.Max {
		return all
	}
	told := []scene{all[len(all)-1]}
	if s.Max > 1 {
		told = append(told, all[0])
	}
	rest := slices.Clone(all[1 : len(all)-1])
	slices.SortStableFunc(rest, func(a, b scene) int {
		if a.cost != b.cost {
			return a.cost - b.cost
		}
		return b.place - a.place
	})
	told = append(told, rest[:max(0, s.Max-len(told))]...)
	slices.SortFunc(told, func(a, b scene) int { return a.place - b.place })
	return told
}

// tell puts the scenes into words.
func (s Story) tell(events []Event, told []scene) []Line {
	ends := faultEnds(events)
	shown := map[*Event]bool{}
	for _, sc := range told {
		for _, e := range sc.events {
			shown[e] = true
		}
	}
	digits := 3
	for i := 1; i < len(told); i++ {
		a, b := told[i-1].events[0].At, told[i].events[0].At
		if a != b && clock(a, 3) == clock(b, 3) {
			digits = 6 // or they would seem to be at one time
		}
	}
	var lines []Line
	next := 0
	for _, sc := range told {
		e := sc.events[0]
		line := Line{Events: sc.events, LeftOut: sc.place - next}
		next = sc.place + 1
		text := Words(e, s.Describe)
		if n := len(sc.events); n > 1 {
			text = andNames(sc.events) + " boot"
		}
		if off := ends[e]; off != nil && !shown[off] && off.At != e.At {
			text += " (until " + clock(off.At, digits) + " s)"
		}
		line.Text = "at " + clock(e.At, digits) + " s " + oneLine(text)
		lines = append(lines, line)
	}
	return lines
}

// faultEnds finds the end of every fault that has one.
func faultEnds(events []Event) map[*Event]*Event {
	ends := map[*Event]*Event{}
	var open []*Event
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case FaultOn:
			open = append(open, e)
		case FaultOff:
			j := slices.IndexFunc(open, func(on *Event) bool { return on.Name == e.Name && on.Node == e.Node })
			if j >= 0 {
				ends[open[j]] = e
				open = slices.Delete(open, j, j+1)
			}
		}
	}
	return ends
}

// andNames lists machines: "n1, n2 and n3", or how many they are.
func andNames(events []*Event) string {
	if len(events) > 9 {
		return strconv.Itoa(len(events)) + " machines"
	}
	var b strings.Builder
	for i, e := range events {
		switch i {
		case 0:
		case len(events) - 1:
			b.WriteString(" and ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(e.Node)
	}
	return b.String()
}
