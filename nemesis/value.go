package nemesis

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is one argument of a fault: its key, and the value that prints and sets it. A
// fault lists its fields once, and everything that is done with text follows from
// the list.
type field struct {
	key string // "" for an argument that stands by its position
	value
}

// value is where an argument is kept. An argument with a key that is its zero value is
// the default, and is not printed.
type value interface {
	text() string
	set(s string) error // s without white space around it
	check() error       // of the value as it is: that a program made it, not a parser
	zero() bool
}

func arg(v value) field             { return field{"", v} }
func opt(key string, v value) field { return field{key, v} }

type targetValue struct{ p *Target }

func (v targetValue) text() string { return string(*v.p) }
func (v targetValue) check() error { return v.p.check() }
func (v targetValue) zero() bool   { return *v.p == "" }
func (v targetValue) set(s string) (err error) {
	*v.p, err = parseTarget(s)
	return err
}

type linksValue struct{ p *Links }

func (v linksValue) text() string { return string(*v.p) }
func (v linksValue) check() error { return v.p.check() }
func (v linksValue) zero() bool   { return *v.p == "" }
func (v linksValue) set(s string) (err error) {
	*v.p, err = parseLinks(s)
	return err
}

type groupsValue struct{ p *Groups }

func (v groupsValue) text() string { return string(*v.p) }
func (v groupsValue) check() error { return v.p.check() }
func (v groupsValue) zero() bool   { return *v.p == "" }
func (v groupsValue) set(s string) (err error) {
	*v.p, err = parseGroups(s)
	return err
}

// durationValue is a duration of more than nothing, or one of either sign.
type durationValue struct {
	p      *time.Duration
	signed bool
}

// longest is more than any run lasts, and little enough that sums do not overflow.
const longest = 10_000 * time.Hour

func (v durationValue) zero() bool { return *v.p == 0 }

func (v durationValue) text() string {
	if v.signed && *v.p >= 0 {
		return "+" + v.p.String()
	}
	return v.p.String()
}

func (v durationValue) set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is no duration; want one such as 300ms or 1.5s", s)
	}
	*v.p = d
	return v.check()
}

func (v durationValue) check() error {
	switch d := *v.p; {
	case d > longest || d < -longest:
		return fmt.Errorf("duration %v is too long; the limit is %v", d, longest)
	case d < 0 && !v.signed:
		return fmt.Errorf("duration %v is negative", d)
	case d == 0:
		return errors.New("a duration of nothing has no effect")
	}
	return nil
}

// PPM is a probability in parts per million. It prints as a percentage: PPM(5000) is "0.5%".
type PPM uint64

// million is the probability of what is certain.
const million = 1_000_000

// String prints the probability in percent, exactly.
func (p PPM) String() string {
	s := strconv.FormatUint(uint64(p)/10_000, 10)
	if rest := uint64(p) % 10_000; rest > 0 {
		s += "." + strings.TrimRight(fmt.Sprintf("%04d", rest), "0")
	}
	return s + "%"
}

// parsePPM reads "20%", "0.5%" or "5000ppm", all in integers.
func parsePPM(s string) (PPM, error) {
	bad := fmt.Errorf("%q is no probability; want one such as 20%%, 0.5%% or 300ppm, up to 100%%", s)
	whole, unit := strings.TrimSuffix(s, "ppm"), uint64(1)
	fraction := ""
	if whole == s {
		if whole = strings.TrimSuffix(s, "%"); whole == s {
			return 0, bad
		}
		unit = 10_000
		whole, fraction, _ = strings.Cut(whole, ".")
		if len(fraction) > 4 || strings.HasSuffix(s, ".%") {
			return 0, bad
		}
	}
	n, err := strconv.ParseUint(whole, 10, 32)
	if err != nil {
		return 0, bad
	}
	n *= unit
	if fraction != "" {
		f, err := strconv.ParseUint(fraction+"0000"[len(fraction):], 10, 32)
		if err != nil {
			return 0, bad
		}
		n += f
	}
	if n == 0 || n > million {
		return 0, bad
	}
	return PPM(n), nil
}

type ppmValue struct{ p *PPM }

func (v ppmValue) text() string { return v.p.String() }
func (v ppmValue) zero() bool   { return *v.p == 0 }
func (v ppmValue) set(s string) (err error) {
	*v.p, err = parsePPM(s)
	return err
}

func (v ppmValue) check() error {
	if *v.p == 0 || *v.p > million {
		return fmt.Errorf("a probability of %d parts per million; want more than 0, and at most %d", *v.p, million)
	}
	return nil
}

// rateValue is how much faster a clock runs, in parts per million, of either sign.
type rateValue struct{ p *int64 }

// The rates that clocks may have: from a half to double.
const (
	slowestPPM = -500_000
	fastestPPM = 1_000_000
)

func (v rateValue) text() string { return fmt.Sprintf("%+dppm", *v.p) }
func (v rateValue) zero() bool   { return *v.p == 0 }

func (v rateValue) set(s string) error {
	n, err := strconv.ParseInt(strings.TrimSuffix(s, "ppm"), 10, 64)
	if err != nil || !strings.HasSuffix(s, "ppm") {
		return fmt.Errorf("%q is no rate; want one such as +500ppm or -500ppm", s)
	}
	*v.p = n
	return v.check()
}

func (v rateValue) check() error {
	if *v.p == 0 || *v.p < slowestPPM || *v.p > fastestPPM {
		return fmt.Errorf("a rate of %+dppm; want one from %dppm to %+dppm, and not 0", *v.p, slowestPPM, fastestPPM)
	}
	return nil
}

// countValue is a number from 1 to most.
type countValue struct {
	p    *int
	most int
}

func (v countValue) text() string { return strconv.Itoa(*v.p) }
func (v countValue) zero() bool   { return *v.p == 0 }

func (v countValue) set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil {
		return fmt.Errorf("%q is no number; want one from 1 to %d", s, v.most)
	}
	*v.p = n
	return v.check()
}

func (v countValue) check() error {
	if *v.p < 1 || *v.p > v.most {
		return fmt.Errorf("%d is out of range; want a number from 1 to %d", *v.p, v.most)
	}
	return nil
}

// wordValue is one of some words, of which the first is the default.
type wordValue[T ~uint8] struct {
	p     *T
	words []string
}

func (v wordValue[T]) text() string { return v.words[min(int(*v.p), len(v.words)-1)] }
func (v wordValue[T]) zero() bool   { return *v.p == 0 }

func (v wordValue[T]) set(s string) error {
	i := slices.Index(v.words, s)
	if i < 0 {
		return errors.New(unknown("word", s, v.words))
	}
	*v.p = T(i)
	return nil
}

func (v wordValue[T]) check() error {
	if int(*v.p) >= len(v.words) {
		return fmt.Errorf("there is no value %d; want one of %s", *v.p, strings.Join(v.words, ", "))
	}
	return nil
}

// flagValue is a key that stands without a value, or does not stand.
type flagValue struct{ p *bool }

func (v flagValue) text() string       { return "" }
func (v flagValue) check() error       { return nil }
func (v flagValue) zero() bool         { return !*v.p }
func (v flagValue) set(s string) error { *v.p = true; return nil }
