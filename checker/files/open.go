package files

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"orrery/checker"
)

// Format is the form of a file.
type Format string

// The formats that Open tells apart. A file with a header that names another one of Orrery's has that as its Format.
const (
	Operations   Format = "orrery-history"      // JSON lines of checker.WriteHistory
	Transactions Format = "orrery-transactions" // JSON lines of isolation.WriteHistory
	Lines        Format = "json-lines"          // JSON lines without a header: one object of some check's operations a line
	EDNEvents    Format = "edn"                 // Jepsen's histories, and the maps that porcupine is tested with
	JSONEvents   Format = "json-events"         // the same in JSON
	LogEvents    Format = "jepsen-log"          // Jepsen's log, and the logs of sets of Horn and Kroening
)

// A File is a history that has been opened. Its operations are asked for once, by the one of its methods that gives
// what a check wants.
type File struct {
	Name   string
	Format Format
	// FailedCAS is what events mean by a compare-and-set that failed. To Jepsen it means that nothing happened, and so it does
	// in EDN, and in JSON whose events have an index; in other JSON, and in Jepsen's log as porcupine reads it, that another
	// value was there. Lines of operations have a status of their own for that.
	FailedCAS FailedCAS
	in        *bufio.Reader
	src       source // of events; nil if the file has operations
	faults    []fault
	asked     bool
}

// FailedCAS is what a compare-and-set that failed says.
type FailedCAS uint8

const (
	ByFormat   FailedCAS = iota // what files of the format mean by it
	Mismatched                  // it found another value than it expected
	Nothing                     // it did not happen, and saw nothing
)

const peeked = 1 << 16

// Open finds out what r has; name is what errors call it. It reads a few kilobytes ahead. The error is one of r, or a
// *checker.SyntaxError for what is no history of any known form.
func Open(r io.Reader, name string) (*File, error) {
	f := &File{Name: name, in: bufio.NewReaderSize(r, peeked)}
	head, err := f.in.Peek(2)
	if len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		unpacked, err := gzip.NewReader(f.in)
		if err != nil {
			return nil, &checker.SyntaxError{File: name, Line: 1, Want: "a gzip file that can be unpacked", Got: err.Error()}
		}
		f.in = bufio.NewReaderSize(unpacked, peeked)
	}
	head, err = f.in.Peek(peeked)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, _ = f.in.Discard(3)
		head = head[3:]
	}
	f.Format, err = f.detect(head)
	switch f.Format {
	case EDNEvents:
		f.src = &ednEvents{r: newReader(f.in, name, false)}
	case JSONEvents:
		f.src = &ednEvents{r: newReader(f.in, name, true)}
	case LogEvents:
		f.src = newLogEvents(f.in, name)
	}
	return f, err
}

// detect looks at the first datum, or the first line that is about an operation.
func (f *File) detect(head []byte) (Format, error) {
	text := head
	line := 1
	for {
		text = bytes.TrimLeft(text, " \t\r\n,")
		if len(text) == 0 || text[0] != ';' {
			break
		}
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	line += bytes.Count(head[:len(head)-len(text)], []byte("\n"))
	if len(text) == 0 {
		return EDNEvents, nil // a history of nothing
	}
	switch c := text[0]; {
	case c == '{':
		return f.object(text, true)
	case c == '[' || c == '(':
		inner := bytes.TrimLeft(text[1:], " \t\r\n,")
		if len(inner) > 0 && inner[0] == '{' {
			format, err := f.object(inner, false)
			return format, err
		}
		return EDNEvents, nil
	case c == '#':
		return EDNEvents, nil
	}
	for l := range bytes.Lines(text) {
		if logLine.Match(l) || spoken.Match(l) {
			return LogEvents, nil
		}
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	return "", &checker.SyntaxError{File: f.Name, Line: line, Got: printable(string(first), 60),
		Want: "a history: JSON lines of operations or events, events in EDN, or lines of Jepsen's log"}
}

// object tells JSON from EDN by the first key, and operations from events by what the object has.
func (f *File) object(text []byte, lines bool) (Format, error) {
	inner := bytes.TrimLeft(text[1:], " \t\r\n")
	if len(inner) == 0 || inner[0] != '"' && inner[0] != '}' {
		return EDNEvents, nil
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	var fields map[string]json.RawMessage
	if !lines || json.Unmarshal(first, &fields) != nil {
		d := json.NewDecoder(bytes.NewReader(text))
		if d.Decode(&fields) != nil {
			fields = nil // cut, or no JSON: the reader will say where
		}
	}
	has := func(name string) bool { return fields[name] != nil }
	switch {
	case has("format"):
		var format string
		if json.Unmarshal(fields["format"], &format) != nil || format == "" {
			return "", &checker.SyntaxError{File: f.Name, Line: 1, Field: "format", Want: "the name of a format", Got: printable(string(fields["format"]), 60)}
		}
		return Format(format), nil
	case has("type") && has("mops"):
		return Transactions, nil
	case has("type") && !has("at") && !has("path"):
		return JSONEvents, nil
	case has("status") && has("f") && has("call"):
		return Operations, nil
	}
	if !lines {
		return JSONEvents, nil
	}
	return Lines, nil
}

// once is called by every method that reads the file.
func (f *File) once() error {
	if f.asked {
		return fmt.Errorf("%s: the operations of a file are read once", f.Name)
	}
	f.asked = true
	return nil
}

// events tells whether the file has events.
func (f *File) events() bool { return f.src != nil }

// not is the error for a file that has something else than what was asked for.
func (f *File) not(want string) error {
	return &checker.SyntaxError{File: f.Name, Line: 1, Want: want, Got: "a file of the form " + strings.TrimSpace(string(f.Format))}
}
