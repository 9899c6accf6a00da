package lzma

import (
	"encoding/binary"
	"math/bits"
)

// Encode compresses data: a header of 13 bytes and the stream, without a mark at its end, since the header has the length.
func Encode(data []byte) []byte {
	header := make([]byte, 13)
	header[0] = properties
	binary.LittleEndian.PutUint32(header[1:], 1<<max(12, bits.Len(uint(len(data))))) // the window: all of it
	binary.LittleEndian.PutUint64(header[5:], uint64(len(data)))
	m := newModel(header)
	c := &chooser{model: m, finder: newFinder(data), aheadAt: -1}
	for i := 0; i < len(data); {
		t := c.choose(i)
		switch {
		case t.n == 1 && t.rep == none:
			m.literal(data, i)
		case t.rep == none:
			m.match(i, t.distance, t.n)
		default:
			m.repeat(i, t.rep, t.n)
		}
		i += t.n
	}
	return m.flush()
}

// token is what may be written next: a copy of n bytes, of the rep-th of the last distances or of another; or one byte.
type token struct {
	n, distance int
	rep         int
}

const none = -1

// saves is how many bits a token is shorter than the bytes one by one, about: a byte is guessed well in a program, and a
// distance costs its bits but for the few that its slot tells.
func (t token) saves() int {
	const literal, match, repeat = 5, 9, 5
	switch {
	case t.n < shortest:
		return 0
	case t.rep != none:
		return t.n*literal - repeat
	}
	return t.n*literal - match - bits.Len(uint(t.distance))
}

func (t token) or(u token) token {
	if u.saves() > t.saves() {
		return u
	}
	return t
}

// chooser takes tokens from the left.
type chooser struct {
	*model
	*finder
	ahead   token // the longest copy from a new distance, where it was looked for last
	aheadAt int
}

// choose takes the copy at i that saves most; but a byte if the copy that begins behind it saves more than that.
func (c *chooser) choose(i int) token {
	t := c.at(i)
	if t.n >= goodLong || i+1 >= len(c.data) {
		return t
	}
	if t.n > 1 && c.at(i+1).saves() <= t.saves() {
		return t
	}
	if d := c.reps[0]; t.n == 1 && d <= i && c.data[i] == c.data[i-d] {
		return token{n: 1, rep: 0}
	}
	return token{n: 1, rep: none}
}

// at is the copy at i that saves most, or a byte.
func (c *chooser) at(i int) token {
	t := token{n: 1, rep: none}
	for k, d := range c.reps {
		if d <= i {
			if n := c.common(i, i-d); n >= shortest {
				t = t.or(token{n: n, rep: k})
			}
		}
	}
	if t.n >= goodLong {
		return t
	}
	if c.aheadAt != i {
		c.ahead, c.aheadAt = c.best(i), i
	}
	return t.or(c.ahead)
}
