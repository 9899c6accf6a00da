package lzma

import (
	"encoding/binary"
	"math/bits"
)

// finder knows where the same bytes were before: by four bytes all places, as chains, and by three and by two only the last.
type finder struct {
	data  []byte
	heads []int32 // of the chains, by hash of four bytes; places count from 1
	prev  []int32 // the place before in its chain
	three []int32
	two   []int32
	next  int // the first position that is not entered
}

const (
	hashBits  = 18
	chainMost = 48  // places of a chain that are looked at
	goodLong  = 160 // bytes, from which on nothing longer is looked for
)

func newFinder(data []byte) *finder {
	return &finder{data: data, heads: make([]int32, 1<<hashBits), prev: make([]int32, len(data)),
		three: make([]int32, 1<<hashBits), two: make([]int32, 1<<16)}
}

func hash(v uint32) uint32 { return v * 2654435761 >> (32 - hashBits) }

// enter makes the positions before i known. Of the last three bytes no match begins.
func (f *finder) enter(i int) {
	for ; f.next < i && f.next+4 <= len(f.data); f.next++ {
		v := binary.LittleEndian.Uint32(f.data[f.next:])
		at, place := hash(v), int32(f.next+1)
		f.prev[f.next] = f.heads[at]
		f.heads[at], f.three[hash(v<<8)], f.two[v&0xFFFF] = place, place, place
	}
}

// common is how many bytes at i are those at j, before it.
func (f *finder) common(i, j int) int {
	most := min(longest, len(f.data)-i)
	a, b := f.data[i:i+most], f.data[j:j+most]
	n := 0
	for ; n+8 <= most; n += 8 {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

// best is the copy at i that saves most, or one that saves nothing.
func (f *finder) best(i int) token {
	f.enter(i)
	t := token{n: 1, rep: none}
	if i+4 > len(f.data) {
		return t
	}
	v := binary.LittleEndian.Uint32(f.data[i:])
	try := func(place int32) bool {
		j := int(place) - 1
		if end := i + t.n; end >= len(f.data) || f.data[end] != f.data[j+t.n] {
			return true // no longer than the nearer one that is known
		}
		if n := f.common(i, j); n >= shortest {
			t = t.or(token{n: n, distance: i + 1 - int(place), rep: none})
		}
		return t.n < goodLong
	}
	for _, place := range []int32{f.two[v&0xFFFF], f.three[hash(v<<8)]} {
		if place > 0 && !try(place) {
			return t
		}
	}
	place := f.heads[hash(v)]
	for range chainMost {
		if place == 0 || !try(place) {
			break
		}
		place = f.prev[place-1]
	}
	return t
}
