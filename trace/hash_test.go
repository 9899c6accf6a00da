package trace

import (
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Recorded hashes outlive the program that made them: they stand in bug reports and
// in CI. These values hold on every architecture and in every version. If this test
// fails, it is the change that is wrong.
func TestHashesAreTheSameOnEveryArchitectureAndForEver(t *testing.T) {
	for _, c := range []struct{ a, b, mix uint64 }{
		{0, 0, 0x1ff5c2923a788d2c},
		{0, 1, 0x7e0e2ff6b13a291e},
		{1, 0, 0x38f94c439ac36242},
		{1 << 63, 1<<64 - 1, 0xd37bcdc414dc781e},
		{14, 226, 0xf285bb8909c4f3fe},
	} {
		require.Equal(t, c.mix, Mix(c.a, c.b), "Mix(%#x, %#x)", c.a, c.b)
	}
	for _, c := range []struct {
		s             string
		bytes, string uint64
	}{
		{"", 0x8ebc6af09c88c6e3, 0x55ba897d2af3577c},
		{"n", 0x5e40cfb5ebb15103, 0x5e40cfb5ebb15103},
		{"net/n1→n2", 0xc4fc85ef73dc835b, 0xc4fc85ef73dc835b},
		{"orrery's", 0x0545907455b30731, 0x509d4ad5ddf26769},
		{"an orrery is a clockwork model of the planets", 0x6471ad75b3928746, 0x6471ad75b3928746},
	} {
		require.Equal(t, c.bytes, Bytes([]byte(c.s)), "Bytes(%q)", c.s)
		require.Equal(t, c.string, String(c.s), "String(%q)", c.s)
	}
	var h Hash
	for i := range uint64(1000) {
		h.Add(i*1000, Mix(i, 7), i%20|i%5<<8, Bytes([]byte{byte(i)}))
	}
	require.Equal(t, "e0d5811bedde9508", h.String())
}

// Neighbouring inputs must not give neighbouring hashes: draws are made from them.
func TestOneBitOfInputChangesAboutHalfOfTheHash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint64().Draw(t, "a"), rapid.Uint64().Draw(t, "b")
		total := 0
		for i := range 64 {
			total += bits.OnesCount64(Mix(a, b) ^ Mix(a^1<<i, b))
			total += bits.OnesCount64(Mix(a, b) ^ Mix(a, b^1<<i))
		}
		require.InDelta(t, 32, float64(total)/128, 8)
	})
}

func TestBytesAndStringTellLengthsApart(t *testing.T) {
	seen := map[uint64]int{}
	for n := range 40 {
		h := Bytes(make([]byte, n))
		require.NotContains(t, seen, h, "%d zero bytes", n)
		seen[h] = n
	}
	require.NotEqual(t, String("a"), String("a\x00"))
	require.NotEqual(t, String("abcdefgh"), String("abcdefgh\x00"))
}

func TestTheHashDependsOnOrderAndOnEveryPart(t *testing.T) {
	base := [4]uint64{1, 2, 3, 4}
	sum := func(parts ...[4]uint64) Hash {
		var h Hash
		for _, p := range parts {
			h.Add(p[0], p[1], p[2], p[3])
		}
		return h
	}
	for i := range base {
		other := base
		other[i]++
		require.NotEqual(t, sum(base), sum(other), "part %d", i)
		require.NotEqual(t, sum(base, other), sum(other, base), "order, part %d", i)
	}
}
