package kafka

import (
	"slices"

	"orrery/checker"
)

// position is how far a process has come in a partition.
type position struct {
	rank int32 // of the last record of its last successful operation there, or none
	by   int32 // that operation
	cur  int32 // the same of the operation under way
	op   int32 // which that is, or none
}

// cursor is where the processes are, in polling or in sending.
type cursor struct {
	at  *table // (process, partition)
	pos []position
}

func newCursor(n int) *cursor { return &cursor{at: newTable(n)} }

func (c *cursor) get(process int32, part int32) *position {
	id, fresh := c.at.get(process, int64(part))
	if fresh {
		c.pos = append(c.pos, position{none, none, none, none})
	}
	return &c.pos[id]
}

// worker is what is known of a process.
type worker struct {
	id         int32
	subscribed bool
	parts      []int32 // that it has polled since its last assignment
}

// judgeOrder follows each process through the partitions.
func (c *check) judgeOrder() {
	workers := make(map[int64]*worker)
	polls, sends := newCursor(64), newCursor(64)
	consumed := newTable(64) // (process, value) of subscribed processes
	firstMop, firstRecord, firstSend := c.offsets()
	for _, i := range c.byInvoke {
		o := &c.h[i]
		w := workers[o.Process]
		if w == nil {
			w = &worker{id: int32(len(workers))}
			workers[o.Process] = w
		}
		if o.F != Work {
			if o.Status != checker.Fail {
				c.reassign(w, polls, o)
			}
			continue
		}
		record, send := firstRecord[i], firstSend[i]
		for j := range o.Mops {
			p := c.mopPart[firstMop[i]+int32(j)]
			m := &o.Mops[j]
			if m.Send {
				if o.Status != checker.Fail {
					c.stepSend(sends.get(w.id, p), i, p, c.sent[send])
				}
				send++
				continue
			}
			pos := polls.get(w.id, p)
			if pos.op == none && pos.rank == none {
				w.parts = append(w.parts, p)
			}
			calm := len(o.Rebalanced) == 0 || !slices.Contains(o.Rebalanced, c.parts[p])
			for range m.Records {
				c.stepPoll(pos, w, i, p, c.polled[record], calm)
				if w.subscribed && o.Status == checker.OK {
					c.consume(consumed, w, i, c.polled[record].val)
				}
				record++
			}
			c.behind(pos, i, p)
		}
	}
}

// offsets returns, by operation, the places of its first micro-operation, record and send.
func (c *check) offsets() (mops, records, sends []int32) {
	mops, records, sends = make([]int32, len(c.h)), make([]int32, len(c.h)), make([]int32, len(c.h))
	var m, r, s int32
	for i := range c.h {
		mops[i], records[i], sends[i] = m, r, s
		m += int32(len(c.h[i].Mops))
		for j := range c.h[i].Mops {
			if c.h[i].Mops[j].Send {
				s++
			}
			r += int32(len(c.h[i].Mops[j].Records))
		}
	}
	return mops, records, sends
}

// reassign forgets the positions in partitions that the process does not keep.
func (c *check) reassign(w *worker, polls *cursor, o *Op) {
	w.subscribed = o.F == Subscribe
	kept := w.parts[:0]
	for _, p := range w.parts {
		if slices.Contains(o.Keys, c.parts[p]) {
			kept = append(kept, p)
		} else {
			*polls.get(w.id, p) = position{none, none, none, none}
		}
	}
	w.parts = kept
}

// stepPoll compares a record with the one that the process polled before it. What a failed or unknown operation polled is
// judged, and moves nothing: the consumer must rewind.
func (c *check) stepPoll(pos *position, w *worker, i, p int32, s seen, calm bool) {
	o := &c.h[i]
	rank := c.slots[s.slot].rank
	inside := pos.op == i
	last, by := pos.rank, pos.by
	if inside {
		last, by = pos.cur, i
	}
	pos.op, pos.cur = i, rank
	if o.Status == checker.OK {
		pos.rank, pos.by = rank, i
	}
	if last == none || inside && !calm {
		return
	}
	c.steps++
	skip, back, allowed := PollSkip, NonmonotonicPoll, w.subscribed
	if inside {
		skip, back, allowed = IntPollSkip, IntNonmonotonicPoll, false
	}
	before, now := c.offs.large[c.byRank[p][last]], c.offs.large[s.slot]
	switch {
	case rank > last+1:
		c.found(skip, allowed, p, []int32{by, i}, "process %d polled %s up to offset %d and then from offset %d on, and left out %d records, the first at offset %d",
			o.Process, c.parts[p], before, now, rank-last-1, c.offs.large[c.byRank[p][last+1]])
	case rank <= last:
		c.found(back, allowed, p, []int32{by, i}, "process %d polled %s up to offset %d and then offset %d", o.Process, c.parts[p], before, now)
	}
}

// consume notes that a subscribed process saw a record.
func (c *check) consume(consumed *table, w *worker, i, v int32) {
	if _, fresh := consumed.get(w.id, int64(v)); !fresh {
		p := c.vals.small[v]
		c.found(ConsumedTwice, !c.opt.ExactlyOnce, p, []int32{i}, "process %d, subscribed to %s, polled %s again", c.h[i].Process, c.parts[p], c.at(v))
	}
}

// behind measures how long something had been there that this poll did not show yet.
func (c *check) behind(pos *position, i, p int32) {
	last := pos.rank
	if pos.op == i {
		last = pos.cur
	}
	if next := int(last) + 1; c.h[i].Status == checker.OK && next < len(c.byRank[p]) {
		c.lag = max(c.lag, c.h[i].Invoke-c.slots[c.byRank[p][next]].known)
	}
}

// stepSend compares the place of a record with that of the one that the process sent before it, as far as they are known.
func (c *check) stepSend(pos *position, i, p, v int32) {
	s := c.values[v].slot
	if s == none {
		return
	}
	rank := c.slots[s].rank
	inside := pos.op == i
	last, by := pos.rank, pos.by
	pos.op, pos.rank, pos.by = i, rank, i
	if last == none {
		return
	}
	c.steps++
	back := NonmonotonicSend
	if inside {
		back = IntNonmonotonicSend
	}
	before, now := c.offs.large[c.byRank[p][last]], c.offs.large[s]
	switch {
	case rank <= last:
		c.found(back, false, p, []int32{by, i}, "process %d sent to %s what stands at offset %d, and after it what stands at offset %d",
			c.h[i].Process, c.parts[p], before, now)
	case inside && rank > last+1:
		c.found(IntSendSkip, true, p, []int32{i}, "between what process %d sent to %s in one operation, at offsets %d and %d, others wrote",
			c.h[i].Process, c.parts[p], before, now)
	}
}
