package files

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"

	"orrery/checker"
)

// logEvents reads the lines of a log that are about operations, and passes over all others.
type logEvents struct {
	in   *bufio.Scanner
	file string
	line int
}

const lineMax = 64 << 20

func newLogEvents(in io.Reader, file string) *logEvents {
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 1<<16), lineMax)
	return &logEvents{in: s, file: file}
}

// logLine is what is said of an operation: the process, how it goes, the function, and the value.
var logLine = regexp.MustCompile(`(?:^|\s)(:?\w+)\s+:(invoke|ok|fail|info)\s+:([\w-]+)(?:\s+(.*?))?\s*$`)

// spoken are the lines of the logs of sets that Horn and Kroening's linearizability checker (FORTE 2015) comes with: "2
// invokes add 23", "2 returns true".
var spoken = regexp.MustCompile(`^\s*(\w+) (?:invokes (\w+)(?: (\S+))?|returns (\S+))\s*$`)

// spokenEvent is the event of such a line: the answer tells whether the set changed, or had the element.
func (s *logEvents) spokenEvent(m [][]byte) event {
	e := event{process: string(m[1]), typ: "invoke", f: string(m[2]), line: s.line}
	text := m[3]
	if len(m[2]) == 0 {
		e.typ, e.told, text = "ok", true, m[4]
	}
	if len(text) > 0 {
		e.value = &node{kind: isSymbol, text: string(text), line: s.line}
	}
	return e
}

func (s *logEvents) event() (event, error) {
	for s.in.Scan() {
		s.line++
		if m := spoken.FindSubmatch(s.in.Bytes()); m != nil {
			return s.spokenEvent(m), nil
		}
		m := logLine.FindSubmatch(s.in.Bytes())
		if m == nil {
			continue
		}
		e := event{process: string(bytes.TrimPrefix(m[1], []byte(":"))), typ: string(m[2]), f: string(m[3]), line: s.line}
		if len(m[4]) == 0 {
			return e, nil
		}
		r := newReader(bufio.NewReader(bytes.NewReader(m[4])), s.file, false)
		r.line = s.line
		n, err := r.next()
		if errors.Is(err, io.EOF) {
			return e, nil
		}
		if err != nil {
			return e, err
		}
		e.value = &n
		if _, err := r.next(); err == nil && e.process != "nemesis" {
			// Jepsen puts the error of an operation behind its value.
			e.failed = true
		}
		// A keyword where a value should be is why there is none, as :timed-out.
		if n.kind == isKeyword && (e.typ == "fail" || e.typ == "info") {
			e.failed = true
		}
		return e, nil
	}
	if err := s.in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return event{}, &checker.SyntaxError{File: s.file, Line: s.line + 1, Want: fmt.Sprintf("a line of at most %d bytes", lineMax)}
	} else if err != nil {
		return event{}, err
	}
	return event{}, io.EOF
}
