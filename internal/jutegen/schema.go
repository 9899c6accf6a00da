package jutegen

import (
	"fmt"
	"strconv"
	"strings"
)

// Schema is one parsed file.
type Schema struct {
	Name    string // of the file
	Enums   []Enum
	Records []Record
}

// Enum is a set of named numbers.
type Enum struct {
	Name   string
	Prefix string // of the constants' names in Go
	Doc    []string
	Values []Value
}

// Value is one constant of an enum.
type Value struct {
	Name   string // without the prefix
	Number int
	Text   string // as the original spells it
	Doc    string
}

// Record is a sequence of fields.
type Record struct {
	Name   string
	Doc    []string
	Fields []Field
}

// Field is one field of a record.
type Field struct {
	Name string // in Go
	Type string // without brackets and marks
	Doc  string

	Vector   bool // a count and then so many of Type
	Nullable bool // null differs from empty
	Trailing bool // may be missing at the end
}

// Parse reads one schema file. Errors name the file and the line.
func Parse(name, text string) (Schema, error) {
	s := Schema{Name: name}
	var doc []string
	var add func(body, doc string) error
	line := 0
	for l := range strings.SplitSeq(text, "\n") {
		line++
		body, comment, commented := strings.Cut(l, "#")
		comment = strings.TrimSpace(comment)
		words := strings.Fields(body)
		var err error
		switch {
		case len(words) == 0 && commented:
			doc = append(doc, comment)
		case len(words) == 0:
			doc, add = nil, nil
		case strings.HasPrefix(l, "\t"):
			if add == nil {
				err = fmt.Errorf("a field outside of a declaration")
				break
			}
			err = add(strings.Join(words, " "), comment)
		default:
			add, err = s.declare(words, doc)
			doc = nil
		}
		if err != nil {
			return Schema{}, fmt.Errorf("%s:%d: %w", name, line, err)
		}
	}
	return s, nil
}

// declare begins a record or an enum, and returns what takes its lines.
func (s *Schema) declare(words, doc []string) (func(body, doc string) error, error) {
	switch {
	case len(doc) == 0:
		return nil, fmt.Errorf("%s has no comment before it", strings.Join(words, " "))
	case words[0] == "record" && len(words) == 2:
		s.Records = append(s.Records, Record{Name: words[1], Doc: doc})
		r := &s.Records[len(s.Records)-1]
		return r.addField, nil
	case words[0] == "enum" && len(words) == 3:
		s.Enums = append(s.Enums, Enum{Name: words[1], Prefix: words[2], Doc: doc})
		e := &s.Enums[len(s.Enums)-1]
		return e.addValue, nil
	}
	return nil, fmt.Errorf("want \"record Name\" or \"enum Name Prefix\", not %q", strings.Join(words, " "))
}

func (r *Record) addField(body, doc string) error {
	name, typ, ok := strings.Cut(body, " ")
	if !ok || strings.Contains(typ, " ") {
		return fmt.Errorf("want \"name type\", not %q", body)
	}
	if n := len(r.Fields); n > 0 && r.Fields[n-1].Trailing {
		return fmt.Errorf("%s follows a field that may be missing", name)
	}
	f := Field{Name: goName(name), Doc: doc}
	typ, f.Nullable = strings.CutSuffix(typ, "?")
	typ, f.Trailing = strings.CutSuffix(typ, "...")
	typ, f.Vector = strings.CutPrefix(typ, "[]")
	f.Type = typ
	if f.Nullable && !f.Vector && typ != "string" || f.Trailing && typ != "bool" {
		return fmt.Errorf("%s: a %s cannot be marked so", name, typ)
	}
	r.Fields = append(r.Fields, f)
	return nil
}

func (e *Enum) addValue(body, doc string) error {
	words := strings.Fields(body)
	if len(words) != 3 {
		return fmt.Errorf("want \"Name number text\", not %q", body)
	}
	n, err := strconv.ParseInt(words[1], 0, 32)
	if err != nil {
		return fmt.Errorf("%s: %q is not a number of 32 bits", words[0], words[1])
	}
	for _, v := range e.Values {
		if v.Number == int(n) {
			return fmt.Errorf("%s and %s are both %d", v.Name, words[0], n)
		}
	}
	e.Values = append(e.Values, Value{Name: words[0], Number: int(n), Text: words[2], Doc: doc})
	return nil
}

// goName is a field's name in Go: exported, and with initialisms in capitals.
func goName(name string) string {
	switch name {
	case "id", "acl", "ttl":
		return strings.ToUpper(name)
	case "dbid":
		return "DBID"
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	if s, ok := strings.CutSuffix(name, "Id"); ok {
		return s + "ID"
	}
	return name
}
