package nemesis

import (
	"errors"
	"fmt"
	"strings"
)

// ParseFault reads a fault from its text. An error is a *[SyntaxError] without file and line.
func ParseFault(s string) (Fault, error) {
	f, err := parseFault(s)
	if err != nil {
		var at *misplaced
		if !errors.As(err, &at) {
			at = &misplaced{0, err.Error()}
		}
		return nil, &SyntaxError{Column: at.offset + 1, Reason: at.reason}
	}
	return f, nil
}

// MustParseFault is ParseFault for texts that stand in a program. It panics on an error.
func MustParseFault(s string) Fault {
	f, err := ParseFault(s)
	if err != nil {
		panic("nemesis: " + err.Error())
	}
	return f
}

// misplaced is an error at a place of a text.
type misplaced struct {
	offset int
	reason string
}

func (m *misplaced) Error() string { return m.reason }

func wrongAt(offset int, format string, args ...any) error {
	return &misplaced{offset, fmt.Sprintf(format, args...)}
}

// argument is one argument in a text, without the white space around it.
type argument struct {
	offset int
	text   string
}

func parseFault(s string) (Fault, error) {
	name, args, err := takeApart(s)
	if err != nil {
		return nil, err
	}
	k := kindNamed(name.text)
	if k == nil {
		if name.text == "" {
			return nil, wrongAt(name.offset, "want a fault, such as isolate(leader)")
		}
		return nil, wrongAt(name.offset, "%s", unknown("fault", name.text, kindNames()))
	}
	d := k.make()
	if err := setFields(k, d.fields(), args, name.offset+len(name.text)); err != nil {
		return nil, err
	}
	f := k.value(d)
	if v, ok := f.(interface{ valid() error }); ok {
		if err := v.valid(); err != nil {
			return nil, wrongAt(name.offset, "%s", err.Error())
		}
	}
	return f, nil
}

// takeApart cuts "name(a, b)" into its name and its arguments.
func takeApart(s string) (name argument, args []argument, err error) {
	open := strings.IndexByte(s, '(')
	if open < 0 {
		name = trimmed(s, 0, len(s))
		return name, nil, checkName(name)
	}
	name = trimmed(s, 0, open)
	if err := checkName(name); err != nil {
		return name, nil, err
	}
	end := len(strings.TrimRight(s, " \t"))
	if s[end-1] != ')' {
		return name, nil, wrongAt(end, "want ')' at the end of the arguments")
	}
	inside := s[open+1 : end-1]
	if i := strings.IndexAny(inside, "()"); i >= 0 {
		return name, nil, wrongAt(open+1+i, "unexpected %q; arguments have no parentheses", inside[i])
	}
	if strings.TrimSpace(inside) == "" {
		return name, nil, nil
	}
	start := open + 1
	for part := range strings.SplitSeq(inside, ",") {
		a := trimmed(s, start, start+len(part))
		if a.text == "" {
			return name, nil, wrongAt(a.offset, "an argument is missing here")
		}
		args = append(args, a)
		start += len(part) + 1
	}
	return name, args, nil
}

func checkName(name argument) error {
	for i, c := range []byte(name.text) {
		if (c < 'a' || c > 'z') && c != '-' {
			return wrongAt(name.offset+i, "unexpected %q in the name of a fault; want small letters and '-'", rune(c))
		}
	}
	return nil
}

// trimmed is the part of s from start to end, without white space at its ends.
func trimmed(s string, start, end int) argument {
	for start < end && (s[start] == ' ' || s[start] == '\t') {
		start++
	}
	for end > start && (s[end-1] == ' ' || s[end-1] == '\t') {
		end--
	}
	return argument{start, s[start:end]}
}

// setFields sets the fields of a fault of kind k from the arguments. end is where the
// name ends.
func setFields(k *Kind, fields []field, args []argument, end int) error {
	done := map[string]bool{}
	position := 0
	for _, a := range args {
		f, text, offset, err := fieldFor(k, fields, a, &position)
		if err != nil {
			return err
		}
		if f.key != "" && done[f.key] {
			return wrongAt(a.offset, "%s is given twice", f.key)
		}
		done[f.key] = true
		if err := f.set(text); err != nil {
			return wrongAt(offset, "%s", err.Error())
		}
		if err := f.check(); err != nil {
			return wrongAt(offset, "%s", err.Error())
		}
	}
	for i, f := range fields {
		if f.key == "" && i >= position {
			return wrongAt(end, "%s is missing; want %s", usageOf(f.value), k.Usage())
		}
	}
	return nil
}

// fieldFor finds the field that an argument is for, and the text that it sets it to.
func fieldFor(k *Kind, fields []field, a argument, position *int) (field, string, int, error) {
	if key, text, ok := strings.Cut(a.text, "="); ok {
		key = strings.TrimSpace(key)
		for _, f := range fields {
			if _, flag := f.value.(flagValue); f.key == key && key != "" && !flag {
				rest := trimmed(a.text, len(a.text)-len(text), len(a.text))
				if rest.text == "" {
					return f, "", 0, wrongAt(a.offset+rest.offset, "a value for %s is missing", key)
				}
				return f, rest.text, a.offset + rest.offset, nil
			}
		}
		return field{}, "", 0, wrongAt(a.offset, "%s; want %s", unknownKey(key, fields), k.Usage())
	}
	for i, f := range fields {
		if f.key == "" && i == *position {
			*position++
			return f, a.text, a.offset, nil
		}
	}
	for _, f := range fields {
		if _, flag := f.value.(flagValue); flag && f.key == a.text {
			return f, "", a.offset, nil
		}
	}
	return field{}, "", 0, wrongAt(a.offset, "unexpected %q; want %s", a.text, k.Usage())
}

func unknownKey(key string, fields []field) string {
	var keys []string
	for _, f := range fields {
		if _, flag := f.value.(flagValue); f.key != "" && !flag {
			keys = append(keys, f.key)
		}
	}
	if len(keys) == 0 {
		return fmt.Sprintf("there is no argument %q", key)
	}
	return unknown("argument", key, keys)
}
