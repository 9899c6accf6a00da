package lzma

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// ErrNotOurs is what Decode returns for what Encode has not written: other parameters, a wrong length, or bytes that
// cannot be a stream.
var ErrNotOurs = errors.New("lzma: not a stream of this package")

// Decode is what Encode was given. It is the page's decoder in Go, for tests.
func Decode(text []byte) ([]byte, error) {
	if len(text) < 18 || text[0] != properties {
		return nil, ErrNotOurs
	}
	size := binary.LittleEndian.Uint64(text[5:])
	if size > 1<<31 || size/longest > 8*uint64(len(text)) {
		return nil, ErrNotOurs
	}
	d := &decoder{model: newModel(nil), text: text[13:], width: 1<<32 - 1}
	for range 5 {
		d.code = d.code<<8 | uint32(d.take())
	}
	out := make([]byte, 0, size)
	for uint64(len(out)) < size {
		n := d.copies(len(out))
		if n == 0 {
			out = append(out, d.byteAt(out))
			continue
		}
		if from := len(out) - d.reps[0]; from < 0 || uint64(len(out)+n) > size {
			return nil, ErrNotOurs
		}
		for range n {
			out = append(out, out[len(out)-d.reps[0]])
		}
	}
	if d.over > 0 {
		return nil, ErrNotOurs
	}
	return out, nil
}

// decoder is a model that is asked instead of told.
type decoder struct {
	*model
	text  []byte
	over  int // bytes that were wanted and are not there
	width uint32
	code  uint32
}

func (d *decoder) take() byte {
	if len(d.text) == 0 {
		d.over++
		return 0
	}
	b := d.text[0]
	d.text = d.text[1:]
	return b
}

func (d *decoder) more() {
	for d.width < 1<<24 {
		d.width <<= 8
		d.code = d.code<<8 | uint32(d.take())
	}
}

func (d *decoder) ask(p *probability) uint32 {
	bound := d.width >> probabilityBits * uint32(*p)
	bit := uint32(0)
	if d.code < bound {
		d.width = bound
		*p += (1<<probabilityBits - *p) >> adaptation
	} else {
		d.width, d.code, bit = d.width-bound, d.code-bound, 1
		*p -= *p >> adaptation
	}
	d.more()
	return bit
}

func (d *decoder) askTree(p []probability, n int) uint32 {
	node := uint32(1)
	for range n {
		node = node<<1 | d.ask(&p[node])
	}
	return node - 1<<n
}

func (d *decoder) askReverse(p []probability, n int) uint32 {
	return bits.Reverse32(d.askTree(p, n)) >> (32 - n)
}

func (d *decoder) askDirect(n int) uint32 {
	v := uint32(0)
	for range n {
		d.width >>= 1
		v <<= 1
		if d.code >= d.width {
			d.code -= d.width
			v |= 1
		}
		d.more()
	}
	return v
}

// copies is the length of the copy at i, whose distance is then the first of reps, or 0 for a byte.
func (d *decoder) copies(i int) int {
	position := i & (positions - 1)
	if d.ask(&d.isMatch[d.state][position]) == 0 {
		return 0
	}
	if d.ask(&d.isRep[d.state]) == 0 {
		n := d.askLength(&d.matchLength, position)
		d.reps = [4]int{d.askDistance(min(n-shortest, lengthStates-1)) + 1, d.reps[0], d.reps[1], d.reps[2]}
		d.state = after(d.state, 7)
		return n
	}
	if d.ask(&d.isRep0[d.state]) == 0 {
		if d.ask(&d.isRep0Long[d.state][position]) == 0 {
			d.state = after(d.state, 9)
			return 1
		}
	} else {
		k := 1
		if d.ask(&d.isRep1[d.state]) == 1 {
			k = 2 + int(d.ask(&d.isRep2[d.state]))
		}
		distance := d.reps[k]
		copy(d.reps[1:k+1], d.reps[:k])
		d.reps[0] = distance
	}
	n := d.askLength(&d.repLength, position)
	d.state = after(d.state, 8)
	return n
}

func (d *decoder) askLength(l *lengths, position int) int {
	switch {
	case d.ask(&l.choice[0]) == 0:
		return 2 + int(d.askTree(l.low[position][:], 3))
	case d.ask(&l.choice[1]) == 0:
		return 10 + int(d.askTree(l.mid[position][:], 3))
	}
	return 18 + int(d.askTree(l.high[:], 8))
}

func (d *decoder) askDistance(length int) int {
	slot := d.askTree(d.slots[length][:], slotBits)
	if slot < 4 {
		return int(slot)
	}
	low := int(slot>>1) - 1
	base := (2 | slot&1) << low
	if slot < firstDirect {
		return int(base + d.askReverse(d.special[base-slot:], low))
	}
	high := d.askDirect(low - alignBits)
	return int(base + high<<alignBits + d.askReverse(d.align[:], alignBits))
}

// byteAt is the byte that follows out.
func (d *decoder) byteAt(out []byte) byte {
	p := d.literals[0:literalEntries]
	if len(out) > 0 {
		p = d.literals[int(out[len(out)-1]>>(8-literalContext))*literalEntries:][:literalEntries]
	}
	node := uint32(1)
	if from := len(out) - d.reps[0]; d.state >= 7 && from >= 0 {
		for other := uint32(out[from]); node < 0x100; {
			its := other >> 7 & 1
			other <<= 1
			bit := d.ask(&p[0x100+its<<8+node])
			if node = node<<1 | bit; bit != its {
				break
			}
		}
	}
	for node < 0x100 {
		node = node<<1 | d.ask(&p[node])
	}
	d.state = afterLiteral(d.state)
	return byte(node)
}
