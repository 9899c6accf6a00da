package checker

import "github.com/anishathalye/porcupine"

// porcupine decides the component with github.com/anishathalye/porcupine. States are the numbers that the windowed
// search has, boxed once, so that a step allocates nothing.
func (c *component) porcupine(b *budget) (Verdict, string) {
	p := porcupineRun{c: c, b: b}
	c.startSearch()
	p.whole = append(p.whole, append([]int32(nil), c.dfs.current...))
	p.number = map[string]int32{packed(p.whole[0]): 0}
	history := make([]porcupine.Operation, len(c.ops))
	for i := range c.ops {
		o := &c.ops[i]
		history[i] = porcupine.Operation{Input: p.box(int32(i)), Call: o.call, Return: o.end}
	}
	model := porcupine.Model{
		Init:  func() any { return p.box(0) },
		Step:  p.step,
		Equal: func(a, b any) bool { return a.(int32) == b.(int32) },
		Hash:  func(a any) uint64 { return uint64(a.(int32)) * 0x9e3779b97f4a7c15 },
	}
	holds := porcupine.CheckOperations(model, history)
	switch {
	case p.over != "": // after which every answer was no
		return Unknown, p.over
	case holds:
		return Holds, ""
	}
	return Violated, ""
}

type porcupineRun struct {
	c      *component
	b      *budget
	over   string
	memo   int       // bytes that porcupine remembers, at most
	whole  [][]int32 // the states met: one state per key
	number map[string]int32
	boxes  []any
}

// box returns n as an interface, without allocating for numbers that it had before.
func (p *porcupineRun) box(n int32) any {
	for int(n) >= len(p.boxes) {
		p.boxes = append(p.boxes, int32(len(p.boxes)))
	}
	return p.boxes[n]
}

// step is the sequential object. An operation that may have happened and whose compare-and-set does not fit changes
// nothing: it may always be placed last.
func (p *porcupineRun) step(state, input, _ any) (bool, any) {
	if p.over == "" {
		p.memo += len(p.c.ops)/8 + searchBytes
		p.b.uses(p.memo)
		p.over = p.b.step()
	}
	if p.over != "" {
		return false, state
	}
	c, i := p.c, input.(int32)
	o, at := &c.ops[i], p.whole[state.(int32)]
	if o.kind == kScan {
		for _, w := range c.wants[o.want.from:o.want.to] {
			if at[w.key] != w.state {
				return false, state
			}
		}
		return true, state
	}
	to, ok := c.next(o, at[o.key])
	switch {
	case !ok:
		return int(i) >= c.nOK, state
	case to == at[o.key]:
		return true, state
	}
	next := append([]int32(nil), at...)
	next[o.key] = to
	name := packed(next)
	id, known := p.number[name]
	if !known {
		id = int32(len(p.whole))
		p.whole = append(p.whole, next)
		p.number[name] = id
	}
	return true, p.box(id)
}

func packed(state []int32) string {
	b := make([]byte, 0, 4*len(state))
	for _, v := range state {
		b = append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	return string(b)
}
