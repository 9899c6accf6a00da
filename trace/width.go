package trace

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// wide are the runes that take two columns of a terminal: East Asian Wide and
// Fullwidth of Unicode's annex 11, and the emoji, in coarse ranges.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, // Hangul Jamo
		{Lo: 0x231a, Hi: 0x231b, Stride: 1}, // watch, hourglass
		{Lo: 0x23e9, Hi: 0x23ec, Stride: 1},
		{Lo: 0x25fd, Hi: 0x25fe, Stride: 1},
		{Lo: 0x2614, Hi: 0x2615, Stride: 1},
		{Lo: 0x26a1, Hi: 0x26a1, Stride: 1}, // high voltage
		{Lo: 0x2705, Hi: 0x2705, Stride: 1},
		{Lo: 0x274c, Hi: 0x274c, Stride: 1},
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1}, // CJK
		{Lo: 0x3041, Hi: 0x33ff, Stride: 1},
		{Lo: 0x3400, Hi: 0x4dbf, Stride: 1},
		{Lo: 0x4e00, Hi: 0x9fff, Stride: 1},
		{Lo: 0xa000, Hi: 0xa4cf, Stride: 1},
		{Lo: 0xa960, Hi: 0xa97f, Stride: 1},
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Hangul
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1},
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
		{Lo: 0xff00, Hi: 0xff60, Stride: 1}, // Fullwidth forms
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, // emoji
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1},
		{Lo: 0x1fa70, Hi: 0x1faff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1},
	},
}

// runeWidth is how many columns of a terminal r takes: 0, 1 or 2.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// textWidth is how many columns of a terminal s takes.
func textWidth(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// cut shortens s to at most width columns; ellipsis then stands for the rest.
func cut(s string, width int, ellipsis string) string {
	if textWidth(s) <= width {
		return s
	}
	room := max(0, width-textWidth(ellipsis))
	for i, r := range s {
		if room -= runeWidth(r); room < 0 {
			return s[:i] + cut(ellipsis, width, "")
		}
	}
	return s
}

// cutFront is like cut, but keeps the end of s: names differ in their ends.
func cutFront(s string, width int, ellipsis string) string {
	if textWidth(s) <= width {
		return s
	}
	for len(s) > 0 && textWidth(s)+textWidth(ellipsis) > width {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return cut(ellipsis, width, "") + s
}

// asciiWords are the characters that texts use beyond ASCII, and what they become.
var asciiWords = strings.NewReplacer(
	"·", ".", "…", "..", "→", "->", "←", "<-", "↔", "<->", "—", "-", "–", "-", "×", "x",
	"≤", "<=", "≥", ">=", "≠", "!=", "∅", "{}", "“", `"`, "”", `"`, "‘", "'", "’", "'",
)

// toASCII replaces whatever is no ASCII.
func toASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, asciiWords.Replace(s))
}
