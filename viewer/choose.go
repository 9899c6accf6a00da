package viewer

import (
	"slices"

	"orrery/trace"
)

// The sets that an event belongs to beside all of them: bits of a column.
const (
	inCausal  = 1 << 0 // it led to the violation
	inMinimal = 1 << 1 // the story tells it
	onlyInA   = 1 << 2 // of two runs that are compared, only the first has it
	onlyInB   = 1 << 3 // only the second
)

// minimalLines is how many lines the minimal trace has at most.
const minimalLines = 40

// pastMost is how many events the causal past may have to be shown as the causal trace. A longer
// one is most of the run, and the chain of causes says more.
const pastMost = 400

// violationOf is the index of the first violation; without any, of the last event.
func violationOf(events []trace.Event) int {
	for i := range events {
		if events[i].Kind == trace.Violation {
			return i
		}
	}
	return len(events) - 1
}

// sets says of every event which sets it is in.
func (p *Page) sets() []byte {
	sets := make([]byte, len(p.Events))
	end := violationOf(p.Events)
	told := p.Told
	if told == nil {
		s := p.Story
		s.Describe, s.Max = p.Describe, minimalLines
		told = trace.Among(s.Lines(p.Events[:end+1]))
	}
	for i := range p.Events[:end+1] {
		if told(&p.Events[i]) {
			sets[i] |= inMinimal
		}
	}
	seq := p.Events[end].Seq
	past := trace.Past(p.Events[:end+1], seq)
	if len(past) > pastMost {
		past = p.chain(past, seq)
	}
	for _, i := range past {
		sets[i] |= inCausal
	}
	sets[end] |= inCausal | inMinimal
	for i, side := range p.Sides { // what differs is what a comparison is about
		sets[i] |= [...]byte{InBoth: 0, OnlyA: inMinimal, OnlyB: inMinimal}[side]
	}
	complete(p.Events, sets)
	for i, side := range p.Sides {
		sets[i] |= [...]byte{InBoth: 0, OnlyA: onlyInA, OnlyB: onlyInB}[side]
	}
	return sets
}

// complete puts with each event of a set what its machine did in the same step: a note alone would not say
// which message it answers.
func complete(events []trace.Event, sets []byte) {
	for i := 0; i < len(events); {
		j := i
		of := map[string]byte{}
		for ; j < len(events) && events[j].Seq == events[i].Seq; j++ {
			if e := &events[j]; e.Node != "" && sets[j] != 0 && e.Kind != trace.Drop {
				of[e.Node] |= sets[j]
			}
		}
		for ; i < j; i++ {
			if e := &events[i]; e.Node != "" && e.Kind != trace.Drop {
				sets[i] |= of[e.Node]
			}
		}
	}
}

// chain is the part of the past that the violation, and each operation that contradicts another,
// came of by its causes alone, and the faults that could have to do with it.
func (p *Page) chain(past []int, seq uint64) []int {
	chain := trace.Slice(p.Events, seq)
	for _, ends := range p.coreEnds() {
		chain = append(chain, trace.Slice(p.Events, ends)...)
	}
	for _, i := range past {
		switch p.Events[i].Kind {
		case trace.Crash, trace.FaultOn, trace.FaultOff:
			chain = append(chain, i)
		}
	}
	slices.Sort(chain)
	return slices.Compact(chain)
}

// coreEnds are the numbers of the events in which the operations of the core ended.
func (p *Page) coreEnds() []uint64 {
	wanted := map[string][]bool{} // by client: whether its n-th operation is in the core
	for _, o := range p.Operations {
		wanted[o.Client] = append(wanted[o.Client], o.Core)
	}
	begun := map[string]int{}
	var ends []uint64
	for i := range p.Events {
		e := &p.Events[i]
		switch n := begun[e.Node]; {
		case e.Kind == trace.Invoke:
			begun[e.Node]++
		case e.Kind == trace.Return && n > 0 && n <= len(wanted[e.Node]) && wanted[e.Node][n-1]:
			ends = append(ends, e.Seq)
		}
	}
	return ends
}

// window chooses the events that are kept if there are more than most: first what is rare and what
// led to the violation, then what is nearest before it. It returns their indices, in order.
func window(events []trace.Event, sets []byte, most int) []int {
	all := make([]int, 0, min(len(events), most))
	if len(events) <= most {
		for i := range events {
			all = append(all, i)
		}
		return all
	}
	keep := make([]bool, len(events))
	left := most
	end := violationOf(events)
	take := func(want func(i int) bool) {
		for d := 0; d < len(events) && left > 0; d++ { // backwards from the violation, then forwards
			i := end - d
			if i < 0 {
				i = d
			}
			if !keep[i] && want(i) {
				keep[i] = true
				left--
			}
		}
	}
	take(func(i int) bool { return sets[i] != 0 })
	take(func(i int) bool { return isRare(events[i].Kind) })
	take(func(int) bool { return true })
	for i := range events {
		if keep[i] {
			all = append(all, i)
		}
	}
	return all
}

// isRare tells of the kinds that shape a run and are few.
func isRare(k trace.Kind) bool {
	switch k {
	case trace.Boot, trace.Crash, trace.FaultOn, trace.FaultOff, trace.Violation, trace.Invoke, trace.Return:
		return true
	}
	return false
}
