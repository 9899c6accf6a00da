package kafka

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"orrery/checker"
)

const none = -1

// table numbers pairs of a small and a large integer as they come: open addressing, linear probing.
type table struct {
	slots []int32 // number + 1; the length is a power of two
	small []int32
	large []int64
}

func newTable(n int) *table {
	size := 16
	for size < 2*n {
		size *= 2
	}
	return &table{slots: make([]int32, size), small: make([]int32, 0, n), large: make([]int64, 0, n)}
}

func (t *table) home(small int32, large int64) uint64 {
	n := uint64(large)*0x9e3779b97f4a7c15 ^ uint64(uint32(small))*0xbf58476d1ce4e5b9
	n ^= n >> 29
	n *= 0x94d049bb133111eb
	return (n ^ n>>32) & uint64(len(t.slots)-1)
}

// get returns the number of the pair, and whether it is new.
func (t *table) get(small int32, large int64) (id int32, fresh bool) {
	i := t.home(small, large)
	for ; t.slots[i] != 0; i = (i + 1) & uint64(len(t.slots)-1) {
		if id := t.slots[i] - 1; t.large[id] == large && t.small[id] == small {
			return id, false
		}
	}
	id = int32(len(t.small))
	t.small, t.large = append(t.small, small), append(t.large, large)
	t.slots[i] = id + 1
	if 3*len(t.small) > 2*len(t.slots) {
		t.grow()
	}
	return id, true
}

func (t *table) grow() {
	t.slots = make([]int32, 2*len(t.slots))
	for id := range t.small {
		i := t.home(t.small[id], t.large[id])
		for t.slots[i] != 0 {
			i = (i + 1) & uint64(len(t.slots)-1)
		}
		t.slots[i] = int32(id) + 1
	}
}

// A value is one record of a partition, by its name.
type value struct {
	writer, mop int32 // who sent it, in which micro-operation; none for what nobody sent
	reader      int32 // the first successful operation that polled it, or none
	slot        int32 // the first offset at which it was seen, or none; more are in index.copies
}

// A slot is one offset of a partition.
type slot struct {
	val   int32 // the value first seen there; more are in index.rivals
	rank  int32 // among the offsets of the partition that hold values, from 0: gaps are transaction markers
	known int64 // when it was certain that it is there, as soon as one successful operation had returned that knew
}

// seen is one record of a poll.
type seen struct{ val, slot int32 }

// index names partitions, values, offsets and processes by small integers.
type index struct {
	h        []Op
	parts    []string
	mopPart  []int32 // by micro-operation, in the order of the history
	vals     *table  // (partition, value)
	values   []value
	offs     *table // (partition, offset)
	slots    []slot
	polled   []seen            // by record of all polls, in the order of the history
	sent     []int32           // by send, its value
	rivals   map[int32][]int32 // by slot, the values after the first
	copies   map[int32][]int32 // by value, the slots after the first
	byRank   [][]int32         // by partition, its slots in the order of their offsets
	readers  []int32           // by record of polled, whose it is
	lost     []bool            // by value
	unseen   int
	steps    int
	lag      int64
	byInvoke []int32
}

// newIndex reads the history once and names what was sent. The text says what makes it no history.
func newIndex(h []Op) (*index, string) {
	sends, mops, records := 0, 0, 0
	for i := range h {
		mops += len(h[i].Mops)
		for j := range h[i].Mops {
			if h[i].Mops[j].Send {
				sends++
			}
			records += len(h[i].Mops[j].Records)
		}
	}
	x := &index{h: h, mopPart: make([]int32, 0, mops), vals: newTable(sends), values: make([]value, 0, sends), offs: newTable(sends),
		slots: make([]slot, 0, sends), polled: make([]seen, 0, records), sent: make([]int32, 0, sends), readers: make([]int32, 0, records),
		rivals: make(map[int32][]int32), copies: make(map[int32][]int32)}
	names := make(map[string]int32)
	for i := range h {
		for j := range h[i].Mops {
			m := &h[i].Mops[j]
			p, ok := names[m.Partition]
			if !ok {
				p = int32(len(x.parts))
				names[m.Partition] = p
				x.parts = append(x.parts, m.Partition)
			}
			x.mopPart = append(x.mopPart, p)
			if !m.Send {
				continue
			}
			v, fresh := x.vals.get(p, m.Value)
			if !fresh {
				return nil, fmt.Sprintf("operation %d (%s) sends %d to %s, and so did operation %d: values must be sent once",
					i, h[i].String(), m.Value, m.Partition, x.values[v].writer)
			}
			x.values = append(x.values, value{writer: int32(i), mop: int32(j), reader: none, slot: none})
			x.sent = append(x.sent, v)
		}
	}
	x.byInvoke = byInvoke(h)
	return x, ""
}

// committed tells of an operation that sent whether its records count as written: it succeeded, or nobody knows how it ended
// and some record of it was read by someone who succeeded.
func (x *index) committed(op int32, sends []int32) bool {
	switch x.h[op].Status {
	case checker.OK:
		return true
	case checker.Maybe:
		return slices.ContainsFunc(sends, func(v int32) bool { return x.values[v].reader != none })
	}
	return false
}

// wrote is committed for the writer of a value.
func (x *index) wrote(v int32) bool {
	w := x.values[v].writer
	if w == none {
		return false
	}
	if s := x.h[w].Status; s != checker.Maybe {
		return s == checker.OK
	}
	first := int(v) - x.sendsBefore(w, x.values[v].mop)
	n := 0
	for j := range x.h[w].Mops {
		if x.h[w].Mops[j].Send {
			n++
		}
	}
	// What one operation sends has consecutive numbers, because values are numbered as they are sent.
	for u := first; u < first+n; u++ {
		if x.values[u].reader != none {
			return true
		}
	}
	return false
}

func (x *index) sendsBefore(op, mop int32) int {
	n := 0
	for j := range mop {
		if x.h[op].Mops[j].Send {
			n++
		}
	}
	return n
}

// logs reconstructs the partitions: from all polls, also those that did not succeed, because nothing unsafe may be given to
// anybody; and from acknowledgements.
func (x *index) logs() {
	mop := 0
	for i := range x.h {
		o := &x.h[i]
		for j := range o.Mops {
			p := x.mopPart[mop]
			mop++
			for _, r := range o.Mops[j].Records {
				v, fresh := x.vals.get(p, r.Value)
				if fresh {
					x.values = append(x.values, value{writer: none, reader: none, slot: none})
				}
				s := x.place(p, v, r.Offset)
				x.polled, x.readers = append(x.polled, seen{v, s}), append(x.readers, int32(i))
				if o.Status == checker.OK {
					if x.values[v].reader == none {
						x.values[v].reader = int32(i)
					}
					x.slots[s].known = min(x.slots[s].known, o.Return)
				}
			}
		}
	}
	mop = 0
	send := 0
	for i := range x.h {
		o := &x.h[i]
		first := send
		for j := range o.Mops {
			if o.Mops[j].Send {
				send++
			}
		}
		sends := x.sent[first:send]
		told := x.committed(int32(i), sends)
		for j := range o.Mops {
			m := &o.Mops[j]
			p := x.mopPart[mop]
			mop++
			if !m.Send || !told || m.Offset == NoOffset {
				if m.Send {
					sends = sends[1:]
				}
				continue
			}
			s := x.place(p, sends[0], m.Offset)
			sends = sends[1:]
			if o.Status == checker.OK {
				x.slots[s].known = min(x.slots[s].known, o.Return)
			}
		}
	}
	x.rank()
}

// place notes that the value stands at the offset.
func (x *index) place(p, v int32, offset int64) int32 {
	w := &x.values[v]
	if w.slot != none && x.offs.large[w.slot] == offset {
		return w.slot
	}
	s, fresh := x.offs.get(p, offset)
	if fresh {
		x.slots = append(x.slots, slot{val: v, known: math.MaxInt64})
	} else if x.slots[s].val != v && !slices.Contains(x.rivals[s], v) {
		x.rivals[s] = append(x.rivals[s], v)
	}
	if w.slot == none {
		w.slot = s
	} else if !slices.Contains(x.copies[v], s) {
		x.copies[v] = append(x.copies[v], s)
	}
	return s
}

// rank sorts the offsets of each partition.
func (x *index) rank() {
	counts := make([]int, len(x.parts))
	for s := range x.slots {
		counts[x.offs.small[s]]++
	}
	x.byRank = make([][]int32, len(x.parts))
	for p, n := range counts {
		x.byRank[p] = make([]int32, 0, n)
	}
	for s := range x.slots {
		p := x.offs.small[s]
		x.byRank[p] = append(x.byRank[p], int32(s))
	}
	for _, slots := range x.byRank {
		less := func(a, b int32) int { return cmp.Compare(x.offs.large[a], x.offs.large[b]) }
		if !slices.IsSortedFunc(slots, less) {
			slices.SortFunc(slots, less)
		}
		for r, s := range slots {
			x.slots[s].rank = int32(r)
		}
		// Who knows of an offset knows of all before it.
		for r := len(slots) - 2; r >= 0; r-- {
			x.slots[slots[r]].known = min(x.slots[slots[r]].known, x.slots[slots[r+1]].known)
		}
	}
}

// byInvoke returns the operations in the order of their invocations.
func byInvoke(h []Op) []int32 {
	return sortedBy(h, func(o *Op) int64 { return o.Invoke })
}

func sortedBy(h []Op, at func(o *Op) int64) []int32 {
	order := make([]int32, len(h))
	sorted := true
	for i := range order {
		order[i] = int32(i)
		sorted = sorted && (i == 0 || at(&h[i-1]) <= at(&h[i]))
	}
	if !sorted {
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(at(&h[a]), at(&h[b])) })
	}
	return order
}

// at returns where the value stands, for a sentence.
func (x *index) at(v int32) string {
	if s := x.values[v].slot; s != none {
		return fmt.Sprintf("%d at offset %d", x.vals.large[v], x.offs.large[s])
	}
	return fmt.Sprint(x.vals.large[v])
}
