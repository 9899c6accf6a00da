package jute

import (
	"unicode/utf16"
	"unicode/utf8"
)

const (
	surrogateMin = 0xd800
	lowMin       = 0xdc00
	surrogateMax = 0xdfff
	firstAstral  = 0x10000 // the first character that UTF-16 needs two units for
)

// AppendString appends a string as Java does: see the package comment. Bytes of s that are
// not UTF-8 are written as U+FFFD.
func AppendString(b []byte, s string) []byte {
	if plain(s) {
		return append(AppendCount(b, len(s)), s...)
	}
	start := len(b)
	b = AppendInt(b, 0)
	for _, c := range s {
		if c < firstAstral {
			b = utf8.AppendRune(b, c)
			continue
		}
		high, low := utf16.EncodeRune(c)
		b = appendUnit(appendUnit(b, high), low)
	}
	AppendCount(b[:start], len(b)-start-4) // in place: the bytes are there
	return b
}

// plain tells whether Java's encoding of s is s itself.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0xf0 {
			return false
		}
		if s[i] >= utf8.RuneSelf {
			return plainRunes(s[i:])
		}
	}
	return true
}

func plainRunes(s string) bool {
	for i, c := range s {
		if c >= firstAstral || c == utf8.RuneError && invalid(s[i:]) {
			return false
		}
	}
	return true
}

// invalid tells whether s does not begin with a character, but with a byte that is none.
func invalid(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return n == 1
}

// appendUnit appends half of a surrogate pair in three bytes, which utf8 refuses to do.
func appendUnit(b []byte, u rune) []byte {
	return append(b, 0xe0|byte(u>>12), 0x80|byte(u>>6)&0x3f, 0x80|byte(u)&0x3f)
}

// text reads UTF-8 and CESU-8, and anything else as Java does: as U+FFFD.
func text(p []byte) string {
	if utf8.Valid(p) {
		return string(p)
	}
	b := make([]byte, 0, len(p)+2)
	for len(p) > 0 {
		if c, n := utf8.DecodeRune(p); c != utf8.RuneError || n > 1 {
			b, p = append(b, p[:n]...), p[n:]
			continue
		}
		c, n := astral(p)
		b, p = utf8.AppendRune(b, c), p[n:]
	}
	return string(b)
}

// astral reads a surrogate pair at the front of p. If there is none it returns
// U+FFFD, and how many bytes Java takes for one character that it cannot read.
func astral(p []byte) (c rune, n int) {
	high, ok := unit(p)
	if !ok {
		return utf8.RuneError, unreadable(p)
	}
	if low, ok := unit(p[3:]); ok && high < lowMin && low >= lowMin {
		return utf16.DecodeRune(high, low), 6
	}
	return utf8.RuneError, 3
}

// unit reads half of a surrogate pair.
func unit(p []byte) (u rune, ok bool) {
	if len(p) < 3 || p[0] != 0xed || !continues(p[1]) || !continues(p[2]) {
		return 0, false
	}
	u = rune(p[0]&0xf)<<12 | rune(p[1]&0x3f)<<6 | rune(p[2]&0x3f)
	return u, surrogateMin <= u && u <= surrogateMax
}

func continues(c byte) bool { return c&0xc0 == 0x80 }

// unreadable is the length of the longest beginning of a character at the front of p, which is
// not a whole one. That surrogates count as characters here is Java's.
func unreadable(p []byte) int {
	low, high, length := byte(0x80), byte(0xbf), 0 // the range of the second byte
	switch c := p[0]; {
	case c >= 0xc2 && c <= 0xdf:
		length = 2
	case c >= 0xe0 && c <= 0xef:
		length = 3
	case c >= 0xf0 && c <= 0xf4:
		length = 4
	}
	switch p[0] {
	case 0xe0:
		low = 0xa0
	case 0xf0:
		low = 0x90
	case 0xf4:
		high = 0x8f
	}
	n := 1
	for n < length && n < len(p) && low <= p[n] && p[n] <= high {
		n, low, high = n+1, 0x80, 0xbf
	}
	return n
}
