package kafka

import (
	"slices"

	"orrery/checker"
)

// judgeLogs finds offsets with several values, and values with several offsets.
func (c *check) judgeLogs() {
	if len(c.rivals) == 0 && len(c.copies) == 0 {
		return
	}
	for s := range c.slots {
		for _, v := range c.rivals[int32(s)] {
			first := c.slots[s].val
			c.found(InconsistentOffsets, false, c.offs.small[s], []int32{c.witness(first, int32(s)), c.witness(v, int32(s))},
				"offset %d of %s held %d, and it held %d", c.offs.large[s], c.parts[c.offs.small[s]], c.vals.large[first], c.vals.large[v])
		}
	}
	for v := range c.values {
		for _, s := range c.copies[int32(v)] {
			first := c.values[v].slot
			c.found(Duplicate, false, c.vals.small[v], []int32{c.values[v].writer, c.witness(int32(v), first), c.witness(int32(v), s)},
				"%d was sent to %s once, and stood at offset %d and at offset %d", c.vals.large[v], c.parts[c.vals.small[v]],
				c.offs.large[first], c.offs.large[s])
		}
	}
}

// witness returns an operation that says that the value stands there. It is asked for findings only, and looks at everything.
func (c *check) witness(v, s int32) int32 {
	for n, p := range c.polled {
		if p.val == v && p.slot == s {
			return c.readers[n]
		}
	}
	return c.values[v].writer
}

// judgeReads judges each polled record by who sent it, when and how that ended.
func (c *check) judgeReads() {
	n := 0
	for i := range c.h {
		o := &c.h[i]
		for j := range o.Mops {
			for k := range o.Mops[j].Records {
				c.judgeRecord(int32(i), &o.Mops[j].Records[k], c.polled[n].val)
				n++
			}
		}
	}
}

func (c *check) judgeRecord(i int32, rec *Record, v int32) {
	w := c.values[v].writer
	p := c.vals.small[v]
	if w == none {
		c.found(Phantom, false, p, []int32{i}, "a poll of %s saw %d at offset %d, which nobody sent", c.parts[p], rec.Value, rec.Offset)
		return
	}
	o, by := &c.h[i], &c.h[w]
	if o.Status == checker.OK && by.Status == checker.Fail {
		c.found(G1a, c.opt.Uncommitted, p, []int32{w, i}, "process %d polled %d at offset %d of %s, whose send by process %d failed",
			o.Process, rec.Value, rec.Offset, c.parts[p], by.Process)
	}
	if w == i {
		c.found(PrecommittedRead, c.opt.Uncommitted, p, []int32{i}, "process %d polled %d from %s in the same transaction that sent it",
			o.Process, rec.Value, c.parts[p])
	}
	if o.Return < by.Invoke {
		c.found(FutureRead, false, p, []int32{i, w}, "process %d had polled %d from %s by %d, and it was sent only at %d",
			o.Process, rec.Value, c.parts[p], o.Return, by.Invoke)
	}
	if sum := by.Mops[c.values[v].mop].Sum; sum != 0 && rec.Sum != 0 && sum != rec.Sum {
		c.found(WrongPayload, false, p, []int32{w, i}, "process %d polled %d at offset %d of %s, with other bytes than were sent",
			o.Process, rec.Value, rec.Offset, c.parts[p])
	}
}

// judgeLoss finds records that are gone. Readers went up to the highest first place of what was read; what has its last
// place below that had to be read, if its writer is known to have succeeded. First and last matter for duplicates only.
func (c *check) judgeLoss() {
	c.lost = make([]bool, len(c.values))
	first, last := make([]int32, len(c.values)), make([]int32, len(c.values))
	for v := range c.values {
		first[v], last[v] = none, none
		if s := c.values[v].slot; s != none {
			first[v], last[v] = c.slots[s].rank, c.slots[s].rank
		}
	}
	for v, more := range c.copies {
		for _, s := range more {
			first[v], last[v] = min(first[v], c.slots[s].rank), max(last[v], c.slots[s].rank)
		}
	}
	bound := make([]int32, len(c.parts)) // by partition, the value read with the highest first place, or none
	for p := range bound {
		bound[p] = none
	}
	for v := range c.values {
		p := c.vals.small[v]
		if b := bound[p]; c.values[v].reader != none && (b == none || first[v] > first[b]) {
			bound[p] = int32(v)
		}
	}
	for v := range c.values {
		w := &c.values[v]
		b := bound[c.vals.small[v]]
		if w.reader != none || last[v] == none || b == none || last[v] > first[b] || !c.wrote(int32(v)) {
			continue
		}
		c.lost[v] = true
		p := c.vals.small[v]
		c.found(LostWrite, false, p, []int32{w.writer, c.values[b].reader}, "%s of %s was written by process %d, and nobody ever polled it, although %s was polled",
			c.at(int32(v)), c.parts[p], c.h[w.writer].Process, c.at(b))
	}
	for v := range c.values {
		w := &c.values[v]
		if w.reader != none || w.writer == none || c.h[w.writer].Status != checker.OK {
			continue
		}
		if c.unseen++; !c.lost[v] && c.opt.Final {
			p := c.vals.small[v]
			c.found(Unseen, false, p, []int32{w.writer}, "%s of %s was acknowledged to process %d, and nobody polled it until the end",
				c.at(int32(v)), c.parts[p], c.h[w.writer].Process)
		}
	}
}

// judgeOffsets finds records that stand before what was known when they were sent: a partition only grows at its end.
func (c *check) judgeOffsets() {
	type mark struct {
		offset int64
		op     int32
	}
	known := make([]mark, len(c.parts))
	for p := range known {
		known[p] = mark{NoOffset, none}
	}
	bySlot := make([]int32, 0, len(c.slots)) // slots by when they were known
	for s := range c.slots {
		bySlot = append(bySlot, int32(s))
	}
	at := func(s int32) int64 { return c.slots[s].known }
	sorted := slices.IsSortedFunc(bySlot, func(a, b int32) int { return compare(at(a), at(b)) })
	if !sorted {
		slices.SortFunc(bySlot, func(a, b int32) int { return compare(at(a), at(b)) })
	}
	start := make([]int32, len(c.h)+1)
	for i := range c.h {
		n := int32(0)
		for j := range c.h[i].Mops {
			if c.h[i].Mops[j].Send {
				n++
			}
		}
		start[i+1] = start[i] + n
	}
	n := 0
	for _, i := range c.byInvoke {
		for ; n < len(bySlot) && at(bySlot[n]) < c.h[i].Invoke; n++ {
			s := bySlot[n]
			if k := &known[c.offs.small[s]]; c.offs.large[s] > k.offset {
				*k = mark{c.offs.large[s], s}
			}
		}
		for _, v := range c.sent[start[i]:start[i+1]] {
			s := c.values[v].slot
			p := c.vals.small[v]
			if s == none || len(c.copies[v]) > 0 || c.offs.large[s] > known[p].offset {
				continue
			}
			k := known[p]
			c.found(OffsetBelowKnown, false, p, []int32{c.knower(k.op), i}, "process %d sent %s to %s at %d, when offset %d was known to be written already",
				c.h[i].Process, c.at(v), c.parts[p], c.h[i].Invoke, k.offset)
		}
	}
}

// knower returns a successful operation that knew first of a slot.
func (c *check) knower(s int32) int32 {
	for n, p := range c.polled {
		if o := &c.h[c.readers[n]]; o.Status == checker.OK && p.slot == s && o.Return == c.slots[s].known {
			return c.readers[n]
		}
	}
	return c.values[c.slots[s].val].writer
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
