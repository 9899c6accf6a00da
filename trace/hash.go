package trace

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Hash is the running hash of a run. It covers, for every event, its number (by its
// place), virtual time, causal identity, kind, machine and bytes. Integers only,
// and a fixed byte order: two machines of different architectures agree on it.
type Hash uint64

// Odd constants with an even mix of ones and zeros; any such would do.
const (
	k0 = 0xa0761d6478bd642f
	k1 = 0xe7037ed1a0b428db
	k2 = 0x8ebc6af09c88c6e3
)

// Mix folds two words into one: a multiplication to 128 bits, of which both halves
// are kept. It is the step of all hashes and draws.
func Mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^k0, b^k1)
	return hi ^ lo
}

// Bytes is a hash of p.
func Bytes(p []byte) uint64 {
	h := uint64(len(p)) ^ k2
	for len(p) >= 8 {
		h = Mix(h, binary.LittleEndian.Uint64(p))
		p = p[8:]
	}
	if len(p) > 0 {
		var last uint64
		for i, c := range p {
			last |= uint64(c) << (8 * i)
		}
		h = Mix(h, last)
	}
	return h
}

// String is a hash of s: of a stream's name, or a tag's.
func String(s string) uint64 {
	h := uint64(len(s)) ^ k2
	for len(s) >= 8 {
		h = Mix(h, uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|
			uint64(s[4])<<32|uint64(s[5])<<40|uint64(s[6])<<48|uint64(s[7])<<56)
		s = s[8:]
	}
	var last uint64
	for i := 0; i < len(s); i++ {
		last |= uint64(s[i]) << (8 * i)
	}
	return Mix(h, last)
}

// Add folds one event into the hash. where is the kind and the machine in one word.
func (h *Hash) Add(at, id, where, payload uint64) {
	*h = Hash(Mix(Mix(uint64(*h)^id, at^where<<48), payload))
}

// String prints the hash as sixteen hexadecimal digits.
func (h Hash) String() string { return fmt.Sprintf("%016x", uint64(h)) }
