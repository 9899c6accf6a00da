package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// count prints a number with its thousands apart: 1,234,567.
func count[N ~int | ~int64 | ~uint64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural prints a number of things: "1 universe", "300 universes".
func plural[N ~int | ~int64 | ~uint64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return count(n) + " " + thing + "s"
}

// pluralOf is plural for a thing with a plural of its own.
func pluralOf[N ~int | ~int64 | ~uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// span prints a duration with as much precision as a person wants: "9h12m", "7.2s".
func span(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// perSecond is how many there were in each second of d.
func perSecond(n uint64, d time.Duration) uint64 {
	if d <= 0 {
		return 0
	}
	return uint64(float64(n) / d.Seconds())
}

// clip shortens a line to so many columns.
func clip(s string, columns int) string {
	if utf8.RuneCountInString(s) <= columns {
		return s
	}
	runes := []rune(s)
	return strings.TrimRight(string(runes[:max(0, columns-1)]), " ,;:") + "…"
}

// wrap breaks a text at spaces into lines of at most so many columns. What does not fit into the
// given number of lines is left out.
func wrap(s string, columns, lines int) []string {
	var out []string
	line := ""
	words := strings.Fields(s)
	for i, w := range words {
		switch {
		case line == "":
			line = w
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) <= columns:
			line += " " + w
		case len(out) == lines-1:
			return append(out, clip(line+" "+strings.Join(words[i:], " "), columns))
		default:
			out = append(out, line)
			line = w
		}
	}
	if line != "" {
		out = append(out, clip(line, columns))
	}
	return out
}

// hanging prints a label and a text that is wrapped beside it.
func hanging(label string, labelWidth, columns int, text string) string {
	var b strings.Builder
	for i, line := range wrap(text, columns-labelWidth, 1000) {
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(&b, "%-*s%s\n", labelWidth, label, line)
	}
	return b.String()
}

// seedList prints seeds: "14, 77, 102 and 5 more".
func seedList(seeds []uint64, more uint64) string {
	var parts []string
	for _, s := range seeds {
		parts = append(parts, strconv.FormatUint(s, 10))
	}
	list := strings.Join(parts, ", ")
	if more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

// upperFirst makes the first letter of a sentence a capital.
func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// sortedSet sorts names, and leaves each in once.
func sortedSet(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}
