package nemesis

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// planJSON and entryJSON are how a plan looks in JSON: faults and times as they are written.
type planJSON struct {
	Mode   string      `json:"mode"`
	Faults []entryJSON `json:"faults"`
}

type entryJSON struct {
	At    string `json:"at"`
	Fault string `json:"fault"`
	Until string `json:"until,omitempty"`
}

// MarshalJSON gives {"mode": "budgeted", "faults": [{"at": "1.2s", "fault":
// "isolate(leader)", "until": "1.5s"}]}.
func (p Plan) MarshalJSON() ([]byte, error) {
	out := planJSON{Mode: p.Mode.String(), Faults: []entryJSON{}}
	for _, e := range p.Entries {
		if err := e.check(); err != nil {
			return nil, err
		}
		j := entryJSON{At: e.At.String(), Fault: e.Fault.String()}
		if e.Until > 0 {
			j.Until = e.Until.String()
		}
		out.Faults = append(out.Faults, j)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // "n1 -> n2" is for people
	err := enc.Encode(out)
	return bytes.TrimSpace(b.Bytes()), err
}

// UnmarshalJSON reads what MarshalJSON gives; the mode may be left out, and so may all
// but the list of faults. Errors are of the type *[SyntaxError], with lines counted
// from the beginning of data.
func (p *Plan) UnmarshalJSON(data []byte) error {
	q, err := parsePlanJSON(data)
	if err == nil {
		*p = q
	}
	return err
}

// planReader reads a plan token by token, so that it can say where something is wrong.
type planReader struct {
	data []byte
	dec  *json.Decoder
	plan Plan
}

func parsePlanJSON(data []byte) (Plan, error) {
	r := &planReader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	err := r.readPlan()
	if err == nil {
		if _, end := r.dec.Token(); end != io.EOF {
			err = r.wrong("", "unexpected text after the plan")
		}
	}
	if err != nil {
		return Plan{}, err
	}
	return r.plan, nil
}

// wrong makes an error at the place where the reader is.
func (r *planReader) wrong(fieldName, format string, args ...any) error {
	return r.wrongAt(r.dec.InputOffset(), fieldName, format, args...)
}

func (r *planReader) wrongAt(offset int64, fieldName, format string, args ...any) error {
	before := r.data[:min(offset, int64(len(r.data)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return &SyntaxError{Line: line, Column: column, Field: fieldName, Reason: fmt.Sprintf(format, args...)}
}

// token is the next token, and where it begins.
func (r *planReader) token(fieldName, want string) (json.Token, int64, error) {
	start := r.dec.InputOffset()
	for start < int64(len(r.data)) && strings.IndexByte(" \t\r\n,:", r.data[start]) >= 0 {
		start++
	}
	t, err := r.dec.Token()
	if err == nil {
		return t, start, nil
	}
	if errors.As(err, new(*json.SyntaxError)) {
		return nil, start, r.wrongAt(start, fieldName, "not JSON: %v; want %s", err, want)
	}
	return nil, start, r.wrongAt(int64(len(r.data)), fieldName, "the text ends here; want %s", want)
}

const wantPlan = `{"mode": …, "faults": […]}`

func (r *planReader) readPlan() error {
	t, at, err := r.token("", wantPlan)
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('['):
		return r.readFaults()
	case json.Delim('{'):
		return r.readFields([]string{"mode", "faults"}, func(name string) error {
			if name == "faults" {
				if t, at, err := r.token(name, "a list"); err != nil {
					return err
				} else if t != json.Delim('[') {
					return r.wrongAt(at, name, "want a list of faults")
				}
				return r.readFaults()
			}
			word, at, err := r.readString(name, "one of "+strings.Join(modeNames, ", "))
			if err != nil {
				return err
			}
			return r.place(r.plan.setMode(word, 0), at, name)
		})
	}
	return r.wrongAt(at, "", "want %s", wantPlan)
}

// readFields reads the rest of an object whose fields have these names.
func (r *planReader) readFields(names []string, read func(name string) error) error {
	var seen []string
	for r.dec.More() {
		t, at, err := r.token("", "a field")
		if err != nil {
			return err
		}
		name, _ := t.(string)
		switch {
		case !slices.Contains(names, name):
			return r.wrongAt(at, "", "%s", unknown("field", name, names))
		case slices.Contains(seen, name):
			return r.wrongAt(at, name, "the field is given twice")
		}
		seen = append(seen, name)
		if err := read(name); err != nil {
			return err
		}
	}
	_, _, err := r.token("", "a field or '}'")
	return err
}

func (r *planReader) readString(fieldName, want string) (string, int64, error) {
	t, at, err := r.token(fieldName, want)
	if err != nil {
		return "", at, err
	}
	s, ok := t.(string)
	if !ok {
		return "", at, r.wrongAt(at, fieldName, "want %s, as a string", want)
	}
	return s, at, nil
}

// place turns an error inside a string into one of the plan.
func (r *planReader) place(err error, at int64, fieldName string) error {
	if err == nil {
		return nil
	}
	m := &misplaced{0, err.Error()}
	errors.As(err, &m)
	return r.wrongAt(at+1+int64(m.offset), fieldName, "%s", m.reason)
}

func (r *planReader) readFaults() error {
	for r.dec.More() {
		t, at, err := r.token("faults", "a fault")
		if err != nil {
			return err
		}
		if t != json.Delim('{') {
			return r.wrongAt(at, "faults", `want {"at": …, "fault": …, "until": …}`)
		}
		if err := r.readEntry(at); err != nil {
			return err
		}
	}
	_, _, err := r.token("faults", "a fault or ']'")
	return err
}

func (r *planReader) readEntry(start int64) error {
	e, timed := Entry{}, false
	err := r.readFields([]string{"at", "fault", "until"}, func(name string) error {
		want := "a time such as 1.2s"
		if name == "fault" {
			want = "a fault such as isolate(leader)"
		}
		s, at, err := r.readString(name, want)
		if err != nil {
			return err
		}
		switch name {
		case "at":
			timed = true
			e.At, err = parseTime(s)
		case "until":
			e.Until, err = parseTime(s)
		default:
			e.Fault, err = parseFault(s)
		}
		return r.place(err, at, name)
	})
	switch {
	case err != nil:
		return err
	case !timed:
		return r.wrongAt(start, "at", "the field is missing; want a time such as 1.2s")
	case e.Fault == nil:
		return r.wrongAt(start, "fault", "the field is missing; want a fault such as isolate(leader)")
	}
	if err := e.check(); err != nil {
		return r.wrongAt(start, "until", "%s", err.Error())
	}
	r.plan.Entries = append(r.plan.Entries, e)
	return nil
}
