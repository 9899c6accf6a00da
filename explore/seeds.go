package explore

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Seeds are the seeds from First to Last, both included.
type Seeds struct{ First, Last uint64 }

// One is the range that holds a single seed.
func One(seed uint64) Seeds { return Seeds{seed, seed} }

// ParseSeeds reads a range as it is written on a command line: "1-300", or "14" for one
// seed. Numbers may be decimal, or hexadecimal with 0x. The error says what would be
// right.
func ParseSeeds(s string) (Seeds, error) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	var r Seeds
	var err error
	if r.First, err = ParseSeed(first); err != nil {
		return Seeds{}, fmt.Errorf("seeds %q: want A-B, such as 1-300, of whole numbers up to %d", s, uint64(math.MaxUint64))
	}
	if r.Last, err = ParseSeed(last); err != nil {
		return Seeds{}, fmt.Errorf("seeds %q: want A-B, such as 1-300, of whole numbers up to %d", s, uint64(math.MaxUint64))
	}
	if r.Last < r.First {
		return Seeds{}, fmt.Errorf("seeds %q: the last is before the first; want %d-%d", s, r.Last, r.First)
	}
	return r, nil
}

// ParseSeed reads one seed: decimal, or hexadecimal with 0x.
func ParseSeed(s string) (uint64, error) {
	digits, base := s, 10
	if rest, isHex := strings.CutPrefix(s, "0x"); isHex {
		digits, base = rest, 16
	}
	seed, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return 0, fmt.Errorf("seed %q: want a whole number from 0 to %d", s, uint64(math.MaxUint64))
	}
	return seed, nil
}

// Len is how many seeds there are. The one range that has more than that many, from 0 to the
// greatest, counts one too few.
func (r Seeds) Len() uint64 {
	if n := r.Last - r.First; n < math.MaxUint64 {
		return n + 1
	}
	return math.MaxUint64
}

// String prints the range as ParseSeeds reads it.
func (r Seeds) String() string {
	if r.First == r.Last {
		return strconv.FormatUint(r.First, 10)
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}
