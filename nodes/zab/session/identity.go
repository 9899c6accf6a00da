package session

import (
	"math"
	"time"
)

// PasswordLen is the length of a session's password in bytes.
const PasswordLen = 16

// superSecret is what the original mixes into the seed of a password. It is in the source of
// every server, so a password keeps out accidents, not attackers.
const superSecret = 0xB3415C00

// Password is the password of a session: the first bytes that java.util.Random yields when it is seeded
// with the identifier and the constant above.
func Password(id int64) [PasswordLen]byte {
	r := newJavaRandom(id ^ superSecret)
	var p [PasswordLen]byte
	r.fill(p[:])
	return p
}

// PasswordFits tells whether p is the password of the session. No password fits session 0, which is how a
// client asks for a new one.
func PasswordFits(id int64, p []byte) bool {
	if id == 0 || len(p) != PasswordLen {
		return false
	}
	var differ byte // in the same time, wherever they do
	for i, b := range Password(id) {
		differ |= b ^ p[i]
	}
	return differ == 0
}

// FirstID is the identifier of the first session that a server creates after a start at the given
// time, in milliseconds of any clock that does not repeat itself: the server's number in the highest byte, the
// lower 40 bits of the time in the next five, and 16 bits to count with.
func FirstID(server, millis int64) int64 {
	id := int64(uint64(millis<<24)>>8) | server<<56
	if id == math.MinInt64 { // this would be the owner of a container
		id++
	}
	return id
}

// ServerOf is the number of the server that created the session, sign-extended as in the original.
func ServerOf(id int64) int64 { return id >> 56 }

// Negotiate is the timeout that a client gets that asks for one.
func Negotiate(asked, least, most time.Duration) time.Duration {
	return min(max(asked, least), most)
}

// javaRandom is java.util.Random: the linear congruential generator that its documentation prescribes.
type javaRandom struct{ seed int64 }

const (
	lcgMultiplier = 0x5DEECE66D
	lcgIncrement  = 0xB
	lcgMask       = 1<<48 - 1
)

func newJavaRandom(seed int64) *javaRandom {
	return &javaRandom{seed: (seed ^ lcgMultiplier) & lcgMask}
}

// next32 is nextInt without arguments.
func (r *javaRandom) next32() int32 {
	r.seed = (r.seed*lcgMultiplier + lcgIncrement) & lcgMask
	return int32(r.seed >> 16)
}

// fill is nextBytes: four bytes a number, the lowest first.
func (r *javaRandom) fill(p []byte) {
	for i := 0; i < len(p); {
		v := r.next32()
		for n := min(len(p)-i, 4); n > 0; n-- {
			p[i] = byte(v)
			v >>= 8
			i++
		}
	}
}
