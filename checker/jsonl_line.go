package checker

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// A line is one JSON object of a history file, taken apart field by field so that every complaint can name its field.
type line struct {
	file   string
	number int
	fields map[string]json.RawMessage
}

func parseLine(file string, number int, text []byte) (line, error) {
	l := line{file: file, number: number}
	if err := json.Unmarshal(text, &l.fields); err != nil || l.fields == nil {
		return l, &SyntaxError{File: file, Line: number, Want: "one JSON object on the line", Got: quoted(text)}
	}
	return l, nil
}

func (l *line) wrong(field, want string) error {
	return &SyntaxError{File: l.file, Line: l.number, Field: field, Want: want, Got: quoted(l.fields[field])}
}

func (l *line) has(field string) bool {
	_, ok := l.fields[field]
	return ok
}

func (l *line) integer(field string) (int64, error) {
	n, err := strconv.ParseInt(string(l.fields[field]), 10, 64)
	if err != nil {
		return 0, l.wrong(field, "an integer")
	}
	return n, nil
}

// text returns a string field; a number stands for its digits.
func (l *line) text(field, want string) (string, error) {
	raw, ok := l.fields[field]
	if ok {
		if v, ok := scalar(raw); ok && v.IsSet() {
			return v.Text(), nil
		}
	}
	return "", l.wrong(field, want)
}

// value returns a field that is one value, and no list; the zero Value if it is not there.
func (l *line) value(field string) (Value, error) {
	v, err := l.answer(field)
	if err != nil || v.IsList() {
		return Value{}, l.wrong(field, "a string, a number, or null for unset")
	}
	return v, nil
}

// answer returns a field that is a value or a list; the zero Value if it is not there.
func (l *line) answer(field string) (Value, error) {
	raw, ok := l.fields[field]
	if !ok {
		return Value{}, nil
	}
	v, ok := scalar(raw)
	if !ok {
		return v, l.wrong(field, "a string, a number, null for unset, or a list of strings and numbers")
	}
	return v, nil
}

// name returns a field that is one of names.
func (l *line) name(field string, names []string) (string, error) {
	var s string
	if json.Unmarshal(l.fields[field], &s) == nil {
		if s = strings.ToLower(strings.TrimPrefix(s, ":")); slices.Contains(names, s) {
			return s, nil
		}
	}
	return "", l.wrong(field, "one of "+namesOf(names))
}

func (l *line) f() (F, error) {
	name, err := l.name("f", fNames[1:])
	if err != nil {
		return 0, err
	}
	return F(slices.Index(fNames[:], name)), nil
}

// client returns who did it: a field client or, as Jepsen says, process.
func (l *line) client() (string, error) {
	if l.has("process") && !l.has("client") {
		return l.text("process", "the name or the number of a process")
	}
	return l.text("client", "the name of a client")
}

// scalar reads one value.
func scalar(raw json.RawMessage) (Value, bool) {
	if len(raw) == 0 {
		return Value{}, false
	}
	switch raw[0] {
	case 'n':
		return Unset, true
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return Value{}, false
		}
		return Val(s), true
	case '{':
		var b struct {
			Base64 *string `json:"base64"`
		}
		if json.Unmarshal(raw, &b) != nil || b.Base64 == nil {
			return Value{}, false
		}
		text, err := base64.StdEncoding.DecodeString(*b.Base64)
		return Val(string(text)), err == nil
	case '[':
		return items(raw)
	}
	return Val(string(bytes.Clone(raw))), true // a number or a boolean, as it is written
}

// items reads a list of strings and numbers.
func items(raw json.RawMessage) (Value, bool) {
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil {
		return Value{}, false
	}
	texts := make([]string, len(elements))
	for i, e := range elements {
		v, ok := scalar(e)
		if !ok || !v.IsSet() {
			return Value{}, false
		}
		texts[i] = v.Text()
	}
	return List(texts...), true
}

const wantPairs = `a list of [key, value] pairs, or an object of keys and values`

// pairs reads what a scan saw: a list of pairs, in the order of the answer, or an object, whose order is that of its keys.
func (l *line) pairs(field string) ([]Pair, error) {
	raw := l.fields[field]
	var list [][]json.RawMessage
	if json.Unmarshal(raw, &list) == nil && list != nil {
		var out []Pair
		for _, p := range list {
			if len(p) != 2 {
				return nil, l.wrong(field, wantPairs)
			}
			k, okKey := scalar(p[0])
			v, okValue := scalar(p[1])
			if !okKey || !okValue || !k.IsSet() || !v.IsSet() {
				return nil, l.wrong(field, wantPairs)
			}
			out = append(out, Pair{k.Text(), v.Text()})
		}
		return out, nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return nil, l.wrong(field, wantPairs)
	}
	var out []Pair
	for k, rawValue := range object {
		v, ok := scalar(rawValue)
		if !ok || !v.IsSet() {
			return nil, l.wrong(field, wantPairs)
		}
		out = append(out, Pair{k, v.Text()})
	}
	slices.SortFunc(out, func(a, b Pair) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}
