package isolation

import (
	"fmt"
	"slices"
)

// touched is what one transaction has done with one key so far.
type touched struct {
	txn   int32 // whose this is; of another transaction it says nothing
	ext   int32 // the version that it read before it wrote the key, or none
	known bool  // a read, or a write of a register, fixed what the next read must see
	wrote bool
	base  []int64 // lists: the last read
	own   []int64 // lists: appended since
	reg   Mop     // registers: the last read or write
}

// seenBy is a read that shows what a transaction saw of the others: the version before its own writes.
type seenBy struct{ ver, txn int32 }

// scan goes over the committed transactions: it judges each read by itself, and collects what they saw.
func (c *check) scan(orders []listOrder) []int32 {
	state := make([]touched, len(c.keys))
	for k := range state {
		state[k].txn = none
	}
	readBy := make([]int32, len(c.versions))
	updated := make([]int32, len(c.versions)) // by version, 1 + the transaction that read it and wrote its key
	for v := range readBy {
		readBy[v] = none
	}
	ver := int32(0)
	for i := range c.h {
		txn := int32(i)
		for j := range c.h[i].Mops {
			m := &c.h[i].Mops[j]
			k := c.mopKey[c.first[i]+int32(j)]
			if c.h[i].Type != OK {
				continue
			}
			s := &state[k]
			if s.txn != txn {
				*s = touched{txn: txn, ext: none, own: s.own[:0]}
			}
			if !m.F.writes() {
				c.judgeRead(s, orders, k, m)
				continue
			}
			ver = c.find(k, m.Val)
			readBy[ver] = s.ext
			c.futureRead(s, k, m)
			if !s.wrote && s.ext != none && int(s.ext) < len(updated) {
				if other := updated[s.ext]; other != 0 {
					c.found(LostUpdate, int(k), fmt.Sprintf("T%d and T%d both read %s as %s and then wrote it, so one of them did not see the other's write",
						c.h[other-1].ID, c.h[i].ID, c.keys[k], c.versionText(s.ext)), other-1, txn)
				} else {
					updated[s.ext] = txn + 1
				}
			}
			s.wrote = true
			if m.F == FAppend {
				s.own = append(s.own, m.Val)
			} else {
				s.known, s.reg = true, *m
			}
		}
	}
	return readBy
}

// judgeRead judges a read by what its transaction did before, and if that was nothing, by what others did.
func (c *check) judgeRead(s *touched, orders []listOrder, k int32, m *Mop) {
	fresh := !s.known && !s.wrote
	if m.F == FReadReg {
		if fresh {
			s.ext = c.registerRead(k, s.txn, m)
			c.reads = append(c.reads, seenBy{s.ext, s.txn})
		} else if s.known && (s.reg.Unset != m.Unset || s.reg.Val != m.Val) {
			c.found(Internal, int(k), fmt.Sprintf("T%d read %s as %s after its own %q", c.h[s.txn].ID, c.keys[k], m.value(), s.reg), s.txn)
			if !m.Unset {
				c.registerRead(k, s.txn, m)
			}
		}
		s.known, s.reg = true, *m
		return
	}
	switch {
	case fresh:
		s.ext = c.listRead(&orders[k], k, s.txn, m.List)
		c.reads = append(c.reads, seenBy{s.ext, s.txn})
		if orders[k].corrupt {
			s.ext = none // reads that end alike need not be of one version
		}
	case s.agrees(m.List):
		if !s.known { // it saw its own elements behind what the others had appended
			c.foreign(orders, k, s.txn, m.List, len(m.List)-len(s.own))
		}
	default:
		want := "end with its own " + listText(s.own)
		if s.known {
			want = "be " + listText(slices.Concat(s.base, s.own))
		}
		c.found(Internal, int(k), fmt.Sprintf("T%d read %s as %s, which after its own reads and appends had to %s",
			c.h[s.txn].ID, c.keys[k], listText(m.List), want), s.txn)
		c.foreign(orders, k, s.txn, m.List, len(m.List))
	}
	s.known, s.base, s.own = true, m.List, s.own[:0]
}

// foreign judges the elements of a read that follows own appends. If the list is a prefix of the longest read nothing need
// be looked up.
func (c *check) foreign(orders []listOrder, k, txn int32, list []int64, others int) {
	o := &orders[k]
	if len(list) > len(o.longest) || !slices.Equal(list, o.longest[:len(list)]) {
		c.strayRead(o, k, txn, list)
		return
	}
	c.listRead(o, k, txn, list[:others])
}

// agrees tells whether a read is what the transaction must see.
func (s *touched) agrees(list []int64) bool {
	n := len(list) - len(s.own)
	if n < 0 || !slices.Equal(list[n:], s.own) {
		return false
	}
	return !s.known || slices.Equal(list[:n], s.base)
}

// futureRead tells whether the transaction had already read what it writes only now.
func (c *check) futureRead(s *touched, k int32, m *Mop) {
	early := m.F == FAppend && slices.Contains(s.base, m.Val) ||
		m.F == FWrite && s.known && s.reg.F == FReadReg && !s.reg.Unset && s.reg.Val == m.Val
	if early {
		c.found(FutureRead, int(k), fmt.Sprintf("T%d read %d from %s before it wrote it itself", c.h[s.txn].ID, m.Val, c.keys[k]), s.txn)
	}
}

// badElement reports a version that no committed read may show.
func (c *check) badElement(k, txn, v int32) {
	val := c.versions[v].val
	switch {
	case c.failed(v):
		w := c.versions[v].txn
		c.found(G1a, int(k), fmt.Sprintf("T%d read %d from %s, which T%d wrote, and T%d failed",
			c.h[txn].ID, val, c.keys[k], c.h[w].ID, c.h[w].ID), w, txn)
	case c.phantom(v):
		c.found(PhantomRead, int(k), fmt.Sprintf("T%d read %d from %s, which nobody wrote", c.h[txn].ID, val, c.keys[k]), txn)
	}
}

// intermediate reports a read whose newest version its writer wrote over.
func (c *check) intermediate(k, txn, v int32) {
	w := c.writer(v)
	if w == none || w == txn || c.versions[v].final {
		return
	}
	c.found(G1b, int(k), fmt.Sprintf("T%d read %s as T%d left it for a moment, with %d, which T%d then wrote over",
		c.h[txn].ID, c.keys[k], c.h[w].ID, c.versions[v].val, c.h[w].ID), w, txn)
}

// dirty reports a committed version that follows a failed one.
func (c *check) dirty(k int, failed, v int32) {
	a, b := c.versions[failed].txn, c.versions[v].txn
	c.found(DirtyUpdate, k, fmt.Sprintf("T%d went on from %d in %s, which T%d wrote, and T%d failed",
		c.h[b].ID, c.versions[failed].val, c.keys[k], c.h[a].ID, c.h[a].ID), a, b)
}

// versionText names the state of a key that a version is.
func (c *check) versionText(v int32) string {
	w := &c.versions[v]
	switch {
	case c.initial[w.key] == v && c.lists:
		return "[]"
	case c.initial[w.key] == v:
		return "unset"
	case c.lists:
		return fmt.Sprintf("[… %d]", w.val)
	}
	return fmt.Sprint(w.val)
}
