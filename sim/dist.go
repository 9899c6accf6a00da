package sim

import (
	"math/bits"
	"time"
)

// Dist is a distribution of durations: at least Min, beyond it exponential with
// the mean Mean, and for TailPPM of a million draws a heavy tail instead, that is
// log-uniform between Mean and TailMax. The zero Dist is always 0.
//
// The benign draw, 0, gives Min.
type Dist struct {
	Min     time.Duration `json:"min"`
	Mean    time.Duration `json:"mean"`
	TailPPM uint64        `json:"tail_ppm,omitempty"`
	TailMax time.Duration `json:"tail_max,omitempty"`
}

// distRange is the number of values that one draw of a Dist has.
const distRange = 1 << 32

// at maps a draw in [0, distRange) to nanoseconds, the greater the later, but that the tail
// begins again at Mean. All in integers:
// floating point may be fused on one architecture and not on another.
func (d *Dist) at(v uint64) int64 {
	if d.TailPPM > 0 {
		tail := d.TailPPM * distRange / million
		if body := distRange - tail; v < body {
			v = v * distRange / body
		} else {
			return int64(d.Min) + d.tailAt((v-body)*distRange/tail)
		}
	}
	if d.Mean == 0 {
		return int64(d.Min)
	}
	return int64(d.Min) + scale(int64(d.Mean), negLog(v))
}

// tailAt is log-uniform between Mean and TailMax.
func (d *Dist) tailAt(v uint64) int64 {
	lo, hi := uint64(max(d.Mean, 1)), uint64(max(d.TailMax, d.Mean, 1))
	span := log2(hi) - log2(lo) // 16.16 fixed point
	return int64(exp2(log2(lo) + span*v/distRange))
}

// scale multiplies x by f, a number with 16 fractional bits.
func scale(x int64, f uint64) int64 {
	hi, lo := bits.Mul64(uint64(x), f)
	return int64(hi<<48 | lo>>16)
}

// ln2 is the natural logarithm of 2, with 16 fractional bits.
const ln2 = 45426

// negLog is -ln(1 - v/2^32), with 16 fractional bits: the quantile of the
// exponential distribution.
func negLog(v uint64) uint64 {
	rest := max(uint64(distRange)-v, 1)
	return (32<<16 - log2(rest)) * ln2 >> 16
}

// log2 is the binary logarithm of x > 0, with 16 fractional bits. The fraction is
// interpolated in a table of 256 steps, good to about 2^-16.
func log2(x uint64) uint64 {
	whole := uint64(bits.Len64(x) - 1)
	fraction := x << (63 - whole) << 1 >> 40 // 24 bits
	i, rest := fraction>>16, fraction&0xffff
	return whole<<16 + logTable[i] + (logTable[i+1]-logTable[i])*rest>>16
}

// exp2 is the inverse of log2.
func exp2(l uint64) uint64 {
	whole, fraction := l>>16, l&0xffff
	lo, hi := 0, 256
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; logTable[mid] <= fraction {
			lo = mid
		} else {
			hi = mid
		}
	}
	step := logTable[lo+1] - logTable[lo]
	mantissa := uint64(1)<<24 + uint64(lo)<<16 + (fraction-logTable[lo])<<16/step
	if whole >= 24 {
		return mantissa << (whole - 24)
	}
	return mantissa >> (24 - whole)
}

// logTable[i] is log2(1 + i/256), with 16 fractional bits.
var logTable = makeLogTable()

func makeLogTable() (t [257]uint64) {
	for i := range t {
		t[i] = fractionOfLog2(uint64(256+i) << 23)
	}
	return t
}

// fractionOfLog2 computes log2(x/2^31) for x in [2^31, 2^32], with 16 fractional
// bits, by squaring: each squaring shifts the next bit of the logarithm out.
func fractionOfLog2(x uint64) (l uint64) {
	if x == 1<<32 {
		return 1 << 16
	}
	for bit := 15; bit >= 0; bit-- {
		x = x * x >> 31
		if x >= 1<<32 {
			x >>= 1
			l |= 1 << bit
		}
	}
	return l
}

// spread is a duration that is log-uniform between lo and hi, by one draw in
// [0, distRange).
func spread(lo, hi time.Duration, v uint64) time.Duration {
	d := Dist{Mean: lo, TailMax: hi}
	return time.Duration(d.tailAt(v))
}
