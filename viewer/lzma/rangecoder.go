package lzma

// A probability is that of a 0, in 2048ths; it starts even and moves by a 32nd of what it was wrong.
type probability uint16

const (
	probabilityBits = 11
	even            = probability(1) << (probabilityBits - 1)
	adaptation      = 5
)

// fresh sets all of them even.
func fresh(p []probability) []probability {
	for i := range p {
		p[i] = even
	}
	return p
}

// rangeCoder writes bits, each in as many bits of output as its probability wants: an arithmetic coder whose carry is
// resolved by holding back one byte and the 0xFF bytes that follow it.
type rangeCoder struct {
	out   []byte
	low   uint64
	width uint32
	held  byte
	run   int // bytes held back: the first is held, the others 0xFF
}

func newRangeCoder(out []byte) *rangeCoder { return &rangeCoder{out: out, width: 1<<32 - 1, run: 1} }

// bit writes one bit, and teaches its probability.
func (c *rangeCoder) bit(p *probability, bit uint32) {
	bound := c.width >> probabilityBits * uint32(*p)
	if bit == 0 {
		c.width = bound
		*p += (1<<probabilityBits - *p) >> adaptation
	} else {
		c.low += uint64(bound)
		c.width -= bound
		*p -= *p >> adaptation
	}
	c.normalize()
}

// direct writes the lowest n bits of v, of which nothing can be guessed.
func (c *rangeCoder) direct(v uint32, n int) {
	for n--; n >= 0; n-- {
		c.width >>= 1
		if v>>n&1 == 1 {
			c.low += uint64(c.width)
		}
		c.normalize()
	}
}

func (c *rangeCoder) normalize() {
	for c.width < 1<<24 {
		c.width <<= 8
		c.shift()
	}
}

// shift moves the highest byte of low out, or holds it back while a carry may still reach it.
func (c *rangeCoder) shift() {
	if c.low < 0xFF000000 || c.low > 1<<32-1 {
		carry := byte(c.low >> 32)
		for ; c.run > 0; c.run-- {
			c.out = append(c.out, c.held+carry)
			c.held = 0xFF
		}
		c.held = byte(c.low >> 24)
	}
	c.run++
	c.low = c.low << 8 & (1<<32 - 1)
}

func (c *rangeCoder) flush() []byte {
	for range 5 {
		c.shift()
	}
	return c.out
}

// tree writes the lowest n bits of v, highest first; each has a probability for every beginning.
func (c *rangeCoder) tree(p []probability, v uint32, n int) {
	node := uint32(1)
	for n--; n >= 0; n-- {
		bit := v >> n & 1
		c.bit(&p[node], bit)
		node = node<<1 | bit
	}
}

// reverseTree writes them lowest first.
func (c *rangeCoder) reverseTree(p []probability, v uint32, n int) {
	node := uint32(1)
	for ; n > 0; n-- {
		c.bit(&p[node], v&1)
		node = node<<1 | v&1
		v >>= 1
	}
}
