package explore

import (
	"encoding/binary"
	"math/bits"

	"orrery/sim"
)

// Tape makes the choices of a run out of bytes, so that a fuzzer can make them: the first eight
// bytes are the seed, and every three after them change one draw: two bytes say how many
// draws to leave alone before it, the third says where in its range the value lies.
//
// So every input is a whole run, most of whose choices come from a seed, and a small
// change of the input is a small change of the run. Spelling out every choice needs
// many times as many executions to find anything, because most inputs then end
// before anything interesting has happened.
type Tape struct {
	seed    uint64
	changes []change
	draw    uint64 // draws made so far
	next    int    // of changes
}

type change struct {
	at    uint64
	value byte
}

const changeLen = 3

// NewTape reads a tape. All inputs are valid; missing bytes are zero.
func NewTape(p []byte) *Tape {
	var head [8]byte
	n := copy(head[:], p)
	t := &Tape{seed: binary.LittleEndian.Uint64(head[:])}
	at := uint64(0)
	for p = p[n:]; len(p) >= changeLen; p = p[changeLen:] {
		at += uint64(binary.LittleEndian.Uint16(p))
		t.changes = append(t.changes, change{at, p[2]})
		at++
	}
	return t
}

// Seed is the seed to make the universe with.
func (t *Tape) Seed() uint64 { return t.seed }

// Choose implements sim.Source. A Tape is good for one run.
func (t *Tape) Choose(p sim.Point, seeded uint64) uint64 {
	at := t.draw
	t.draw++
	if t.next == len(t.changes) || t.changes[t.next].at != at {
		return seeded
	}
	v := uint64(t.changes[t.next].value) << 56
	t.next++
	if p.N == 0 {
		return v
	}
	hi, _ := bits.Mul64(v, p.N)
	return hi
}
