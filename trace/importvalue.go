package trace

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// textOf is the first of the fields that is there, as a text; a number is its digits.
func textOf(f map[string]json.RawMessage, names ...string) string {
	for _, name := range names {
		raw, is := f[name]
		if !is {
			continue
		}
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s
		}
		if s = string(raw); s != "null" {
			return s
		}
	}
	return ""
}

// numberOf is the first of the fields that is a whole number, or 0.
func numberOf(f map[string]json.RawMessage, names ...string) int64 {
	for _, name := range names {
		if n, err := strconv.ParseInt(strings.Trim(string(f[name]), `"`), 10, 64); err == nil {
			return n
		}
	}
	return 0
}

// timeFields are the names under which a time is looked for.
var timeFields = []string{"t", "time", "ts", "timestamp", "at"}

// timeUnits are what may stand behind such a name.
var timeUnits = []struct {
	suffix string
	unit   time.Duration
}{{"", 0}, {"_ns", time.Nanosecond}, {"_us", time.Microsecond}, {"_ms", time.Millisecond}, {"_s", time.Second}}

// time finds when an event happened.
func (in *importer) time(f map[string]json.RawMessage) (time.Duration, bool) {
	for _, name := range timeFields {
		for _, u := range timeUnits {
			raw, is := f[name+u.suffix]
			if !is {
				continue
			}
			if at, ok := in.moment(strings.Trim(string(raw), `"`), u.unit); ok {
				return at, true
			}
		}
	}
	return 0, false
}

// moment reads a time. unit is 0 if the field does not say it.
func (in *importer) moment(s string, unit time.Duration) (time.Duration, bool) {
	if whole, err := strconv.ParseInt(s, 10, 64); err == nil {
		if unit == 0 {
			unit = in.guess(whole)
		}
		return time.Duration(whole) * unit, true
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil {
		if unit == 0 {
			unit = time.Second
			in.large = in.large || x > 1e9
		}
		return time.Duration(x * float64(unit)), true
	}
	if d, err := time.ParseDuration(s); err == nil {
		return d, true
	}
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		in.large = true
		return time.Duration(at.UnixNano()), true
	}
	return 0, false
}

// guess is the unit of a whole number: that of times since 1970, if it is as large as these are today.
func (in *importer) guess(n int64) time.Duration {
	if in.ours {
		return time.Nanosecond
	}
	switch {
	case n >= 1e18:
		in.large = true
	case n >= 1e15:
		in.large = true
		return time.Microsecond
	case n >= 1e12:
		in.large = true
		return time.Millisecond
	case n >= 1e9 && n < 1e10 && (in.large || len(in.out.Events) == 0):
		in.large = true
		return time.Second
	}
	return time.Nanosecond
}
