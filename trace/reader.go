package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Reader reads a trace in the JSONL form, an event at a time.
type Reader struct {
	r      *bufio.Reader
	file   string
	header Header
	line   int    // of the line that was read last
	long   []byte // a line that is longer than r's buffer
	events uint64
	end    error // what every Read returns once it is not nil
	parse  parser
}

// NewReader reads the header from r. file is what errors call it. The error is a
// *SyntaxError, a *VersionError, or r's own.
func NewReader(r io.Reader, file string) (*Reader, error) {
	t := &Reader{r: bufio.NewReaderSize(r, 64<<10), file: file, parse: parser{names: map[string]string{}}}
	const want = `a header line such as {"orrery":"trace","version":1}`
	line, whole, err := t.next()
	if err == io.EOF {
		t.line = 1
		return nil, t.wrong("", want)
	} else if err != nil {
		return nil, err
	}
	var h headerLine
	if err := json.Unmarshal(line, &h); err != nil {
		if badType := (*json.UnmarshalTypeError)(nil); errors.As(err, &badType) && badType.Field != "" {
			return nil, t.wrong(badType.Field, typeWords(badType.Type.Kind())+", not a "+badType.Value)
		}
		if !whole && bytes.HasPrefix(line, []byte(`{"orrery":`)) {
			return nil, t.truncated("the rest of the header")
		}
		return nil, t.wrong("", want)
	}
	switch {
	case h.Orrery != "trace":
		return nil, t.wrong("orrery", fmt.Sprintf(`"trace", not %q`, h.Orrery))
	case h.Version < 1:
		return nil, t.wrong("version", "a version from 1")
	case h.Version > Version:
		return nil, &VersionError{File: file, Version: h.Version}
	}
	t.header = Header{h.Version, h.Scenario, h.Seed, h.Hash, h.Property, h.Meta}
	return t, nil
}

// typeWords is what a field of the header must be, in words.
func typeWords(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a string"
	case reflect.Map:
		return "an object of strings"
	}
	return "a whole number from 0"
}

// Header is the trace's first line.
func (t *Reader) Header() Header { return t.header }

// Read reads the next event into e, all of whose fields it sets. At the end of the
// trace it returns io.EOF; if the trace is cut off, a *SyntaxError that wraps
// ErrTruncated; if it is malformed, a *SyntaxError. What was read before is good.
func (t *Reader) Read(e *Event) error {
	if t.end == nil {
		t.end = t.read(e)
	}
	return t.end
}

func (t *Reader) read(e *Event) error {
	line, whole, err := t.next()
	if err == io.EOF {
		return t.truncated(fmt.Sprintf(`one more event, or the last line {"end":%d}`, t.events))
	} else if err != nil {
		return err
	}
	if !json.Valid(line) {
		if !whole {
			return t.truncated("the rest of the line")
		}
		return t.wrong("", "a JSON object: one event")
	}
	end, field, want := t.parse.event(line, e)
	switch {
	case want != "":
		return t.wrong(field, want)
	case !end:
		t.events++
		return nil
	case t.parse.count != t.events:
		return t.wrong("end", fmt.Sprintf("%d, for so many events were read", t.events))
	}
	if _, _, err := t.next(); err != io.EOF {
		if err != nil {
			return err
		}
		return t.wrong("", "nothing after the line that ends the trace")
	}
	return io.EOF
}

// next reads a line, without the newline. Blank lines are passed over. whole is false
// for a last line that does not end in a newline. The line is valid until the next call.
func (t *Reader) next() (line []byte, whole bool, err error) {
	for {
		t.line++
		t.long = t.long[:0]
		line, err = t.r.ReadSlice('\n')
		for err == bufio.ErrBufferFull {
			if len(t.long)+len(line) > maxLine {
				return nil, false, t.wrong("", fmt.Sprintf("a line of at most %d bytes", maxLine))
			}
			t.long = append(t.long, line...)
			line, err = t.r.ReadSlice('\n')
		}
		if len(t.long) > 0 {
			t.long = append(t.long, line...)
			line = t.long
		}
		if err != nil && err != io.EOF {
			return nil, false, fmt.Errorf("%s:%d: %w", t.file, t.line, err)
		}
		whole = err == nil
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, whole, nil
		}
		if err == io.EOF {
			return nil, false, io.EOF
		}
	}
}

func (t *Reader) wrong(field, want string) error {
	return &SyntaxError{File: t.file, Line: t.line, Field: field, Want: want}
}

func (t *Reader) truncated(want string) error {
	return &SyntaxError{File: t.file, Line: t.line, Want: want, cause: ErrTruncated}
}

// ReadAll reads a whole trace. Whatever the error, the header and events that were read
// before it are returned with it.
func ReadAll(r io.Reader, file string) (Header, []Event, error) {
	t, err := NewReader(r, file)
	if err != nil {
		return Header{}, nil, err
	}
	var events []Event
	for {
		var e Event
		switch err := t.Read(&e); err {
		case nil:
			events = append(events, e)
		case io.EOF:
			return t.header, events, nil
		default:
			return t.header, events, err
		}
	}
}

// kindList is all kinds in words, for an error.
func kindList() string {
	var names []string
	for _, n := range kindNames {
		if n != "" {
			names = append(names, n)
		}
	}
	return "one of " + strings.Join(names, ", ")
}
