package lzma

import "math/bits"

// The parameters that LZMA calls lc, lp and pb: how many bits of the byte before, and of the position, a byte's
// probabilities hang on. They are LZMA's defaults; others differ by less than a hundredth on our programs.
const (
	literalContext  = 3
	literalPosition = 0
	positionBits    = 2
	properties      = (positionBits*5+literalPosition)*9 + literalContext
)

const (
	states         = 12 // of what the last few tokens were
	lengthStates   = 4  // of a distance's slot, by the length
	slotBits       = 6
	alignBits      = 4  // of a long distance, that have probabilities; those between are direct
	firstDirect    = 14 // slot, from which on there are such
	positions      = 1 << positionBits
	shortest       = 2   // match
	longest        = 273 // match
	literalTables  = 1 << literalContext
	literalEntries = 0x300
)

// model is what is guessed, and what was just seen; encoder and decoder keep the same one.
type model struct {
	*rangeCoder
	state int
	reps  [4]int // the last four distances, from 1

	isMatch, isRep0Long    [states][positions]probability
	isRep, isRep0          [states]probability
	isRep1, isRep2         [states]probability
	literals               [literalTables * literalEntries]probability
	slots                  [lengthStates][1 << slotBits]probability
	special                [1<<(firstDirect/2) - firstDirect + 1]probability // low bits of distances of slots 4 to 13
	align                  [1 << alignBits]probability
	matchLength, repLength lengths
}

// lengths are the probabilities of the length of a match: 2 to 9, 10 to 17, and the rest.
type lengths struct {
	choice   [2]probability
	low, mid [positions][8]probability
	high     [256]probability
}

func newModel(out []byte) *model {
	m := &model{rangeCoder: newRangeCoder(out), reps: [4]int{1, 1, 1, 1}}
	for s := range states {
		fresh(m.isMatch[s][:])
		fresh(m.isRep0Long[s][:])
	}
	for _, p := range [][]probability{m.isRep[:], m.isRep0[:], m.isRep1[:], m.isRep2[:], m.literals[:], m.special[:], m.align[:]} {
		fresh(p)
	}
	for i := range m.slots {
		fresh(m.slots[i][:])
	}
	for _, l := range []*lengths{&m.matchLength, &m.repLength} {
		fresh(l.choice[:])
		fresh(l.high[:])
		for i := range positions {
			fresh(l.low[i][:])
			fresh(l.mid[i][:])
		}
	}
	return m
}

// literal writes the byte at i.
func (m *model) literal(data []byte, i int) {
	m.bit(&m.isMatch[m.state][i&(positions-1)], 0)
	before := byte(0)
	if i > 0 {
		before = data[i-1]
	}
	p := m.literals[int(before>>(8-literalContext))*literalEntries:][:literalEntries]
	if m.state < 7 {
		m.tree(p, uint32(data[i]), 8)
	} else { // after a match: that byte would have made it longer, so this one is guessed not to be that
		m.unlike(p, data[i-m.reps[0]], data[i])
	}
	m.state = afterLiteral(m.state)
}

// unlike writes b, with probabilities that hang on the byte other as long as the two agree.
func (m *model) unlike(p []probability, other, b byte) {
	node, alike := uint32(1), true
	for i := 7; i >= 0; i-- {
		bit, its := uint32(b>>i&1), uint32(other>>i&1)
		at := node
		if alike {
			at += 0x100 + its<<8
		}
		m.bit(&p[at], bit)
		node = node<<1 | bit
		alike = alike && bit == its
	}
}

// match writes a copy of n bytes from distance back, at position i.
func (m *model) match(i, distance, n int) {
	m.bit(&m.isMatch[m.state][i&(positions-1)], 1)
	m.bit(&m.isRep[m.state], 0)
	m.length(&m.matchLength, i, n)
	m.distance(uint32(distance-1), min(n-shortest, lengthStates-1))
	m.reps = [4]int{distance, m.reps[0], m.reps[1], m.reps[2]}
	m.state = after(m.state, 7)
}

// afterLiteral is the state after a byte: three of them and what was before is forgotten.
func afterLiteral(state int) int {
	switch {
	case state < 4:
		return 0
	case state < 10:
		return state - 3
	}
	return state - 6
}

// after is the state after a token other than a literal: that kind's, or three more if another was just before.
func after(state, kind int) int {
	if state < 7 {
		return kind
	}
	return min(kind+3, 11)
}

// repeat writes a copy of n bytes from the k-th of the last distances; of one byte only from the last.
func (m *model) repeat(i, k, n int) {
	m.bit(&m.isMatch[m.state][i&(positions-1)], 1)
	m.bit(&m.isRep[m.state], 1)
	if k == 0 {
		m.bit(&m.isRep0[m.state], 0)
		if n == 1 {
			m.bit(&m.isRep0Long[m.state][i&(positions-1)], 0)
			m.state = after(m.state, 9)
			return
		}
		m.bit(&m.isRep0Long[m.state][i&(positions-1)], 1)
	} else {
		m.bit(&m.isRep0[m.state], 1)
		m.bit(&m.isRep1[m.state], uint32(min(k-1, 1)))
		if k > 1 {
			m.bit(&m.isRep2[m.state], uint32(k-2))
		}
		distance := m.reps[k]
		copy(m.reps[1:k+1], m.reps[:k])
		m.reps[0] = distance
	}
	m.length(&m.repLength, i, n)
	m.state = after(m.state, 8)
}

func (m *model) length(l *lengths, i, n int) {
	v, position := uint32(n-shortest), i&(positions-1)
	switch {
	case v < 8:
		m.bit(&l.choice[0], 0)
		m.tree(l.low[position][:], v, 3)
	case v < 16:
		m.bit(&l.choice[0], 1)
		m.bit(&l.choice[1], 0)
		m.tree(l.mid[position][:], v-8, 3)
	default:
		m.bit(&l.choice[0], 1)
		m.bit(&l.choice[1], 1)
		m.tree(l.high[:], v-16, 8)
	}
}

// distance writes a distance less one: a slot, which is its length in bits and the second of them, and the others.
func (m *model) distance(d uint32, length int) {
	if d < 4 {
		m.tree(m.slots[length][:], d, slotBits)
		return
	}
	low := bits.Len32(d) - 2
	slot := uint32(low+1)<<1 | d>>low&1
	m.tree(m.slots[length][:], slot, slotBits)
	rest := d & (1<<low - 1)
	if slot < firstDirect {
		base := (2 | slot&1) << low
		m.reverseTree(m.special[base-slot:], rest, low)
		return
	}
	m.direct(rest>>alignBits, low-alignBits)
	m.reverseTree(m.align[:], rest&(1<<alignBits-1), alignBits)
}
