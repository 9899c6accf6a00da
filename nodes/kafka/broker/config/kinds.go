package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// kind is the type of a key's value, as DescribeConfigs counts them (KIP-569).
type kind int8

// The kinds that there are.
const (
	kindBoolean kind = iota + 1
	kindString
	kindInt
	kindShort
	kindLong
	kindDouble
	kindList
)

// key is one key of a server.properties.
type key struct {
	name string
	kind kind
	def  string // "" where there is none, which Kafka calls null
	low  int64  // of a number
	high int64
	one  []string // of a string or a list: the values that are possible; nil is all
	// set takes a value of the right kind and range; nil is a key without effect, for the reason that without gives.
	set     func(c *Config, v value) error
	without string
	refuse  string // why a broker must not start with it, unless it is empty or says what allowed says
	allowed string
}

// value is one that has been read: the text, and the number that it stands for where it is one.
type value struct {
	text string
	n    int64 // of a boolean 0 or 1; of a double in parts per million
	list []string
}

func (v value) truth() bool { return v.n != 0 }

func (v value) millis() time.Duration { return times(v.n, time.Millisecond) }

// times multiplies, and ends at the longest duration, for Kafka's own longest times are longer.
func times(n int64, unit time.Duration) time.Duration {
	if n > math.MaxInt64/int64(unit) {
		return math.MaxInt64
	}
	return time.Duration(n) * unit
}

// read reads a value of the key's kind and range.
func (k *key) read(text string) (value, error) {
	v := value{text: text}
	var err error
	switch k.kind {
	case kindBoolean:
		switch strings.ToLower(text) {
		case "true":
			v.n = 1
		case "false":
		default:
			return v, fmt.Errorf("%q is out of place; want true or false", text)
		}
	case kindInt, kindShort, kindLong:
		if v.n, err = strconv.ParseInt(text, 10, 64); err != nil || v.n < k.low || v.n > k.high {
			return v, fmt.Errorf("%q is out of place; want a whole number from %d to %d", text, k.low, k.high)
		}
	case kindDouble:
		if v.n, err = perMillion(text); err != nil || v.n < k.low || v.n > k.high {
			return v, fmt.Errorf("%q is out of place; want a decimal number from %s to %s", text, decimal(k.low), decimal(k.high))
		}
	case kindList:
		for s := range strings.SplitSeq(text, ",") {
			if s = strings.TrimSpace(s); s != "" {
				v.list = append(v.list, s)
			}
		}
		for _, s := range v.list {
			if !k.possible(s) {
				return v, fmt.Errorf("%q is out of place; want some of %s, with commas between", s, strings.Join(k.one, ", "))
			}
		}
	case kindString:
		if !k.possible(text) {
			return v, fmt.Errorf("%q is out of place; want one of %s", text, strings.Join(k.one, ", "))
		}
	}
	return v, nil
}

func (k *key) possible(text string) bool {
	for _, one := range k.one {
		if one == text {
			return true
		}
	}
	return k.one == nil
}

// assign reads a value, and takes it.
func (k *key) assign(c *Config, text string, wrong *problems) {
	if k.refuse != "" {
		if text != "" && !strings.EqualFold(text, k.allowed) {
			wrong.add(k.name, "%s", k.refuse)
		}
		return
	}
	v, err := k.read(text)
	if err == nil && k.set != nil {
		err = k.set(c, v)
	}
	if err != nil {
		wrong.add(k.name, "%v", err)
	}
}

// perMillion reads a decimal number with at most six digits behind the point, with no floating point on the way.
func perMillion(text string) (int64, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	n, err := strconv.ParseUint("0"+whole+(fraction + "000000")[:6], 10, 62)
	if err != nil || len(fraction) > 6 || whole+fraction == "" {
		return 0, strconv.ErrSyntax
	}
	if negative {
		return -int64(n), nil
	}
	return int64(n), nil
}

// decimal prints parts per million as Java prints a double.
func decimal(ppm int64) string {
	s := fmt.Sprintf("%d.%06d", ppm/1_000_000, ppm%1_000_000)
	s = strings.TrimRight(s, "0")
	if strings.HasSuffix(s, ".") {
		s += "0"
	}
	return s
}

// The functions that follow make entries of the table.

func boolean(name string, def bool, field func(*Config) *bool) key {
	return key{name: name, kind: kindBoolean, def: strconv.FormatBool(def), set: func(c *Config, v value) error {
		*field(c) = v.truth()
		return nil
	}}
}

func text(name, def string, field func(*Config) *string) key {
	return key{name: name, kind: kindString, def: def, set: func(c *Config, v value) error {
		*field(c) = v.text
		return nil
	}}
}

// whole is a number of any of Java's three kinds, by what the field can hold.
func whole[T int | int8 | int16 | int32 | int64](name string, def, low, high int64, field func(*Config) *T) key {
	k := kindInt
	switch any(*new(T)).(type) {
	case int16, int8:
		k = kindShort
	case int64:
		k = kindLong
	}
	return key{name: name, kind: k, def: strconv.FormatInt(def, 10), low: low, high: high, set: func(c *Config, v value) error {
		*field(c) = T(v.n)
		return nil
	}}
}

// duration is a time in the unit that the key's name ends with.
func duration(name string, def, low int64, field func(*Config) *time.Duration) key {
	unit := time.Millisecond
	switch {
	case strings.HasSuffix(name, ".seconds"):
		unit = time.Second
	case strings.HasSuffix(name, ".minutes"):
		unit = time.Minute
	}
	return key{name: name, kind: kindLong, def: strconv.FormatInt(def, 10), low: low, high: math.MaxInt64, set: func(c *Config, v value) error {
		*field(c) = times(v.n, unit)
		return nil
	}}
}

// short makes a duration one that Kafka keeps in 32 bits.
func short(k key) key {
	k.kind, k.high = kindInt, math.MaxInt32
	return k
}
