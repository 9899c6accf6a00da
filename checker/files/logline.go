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

func (s *logEvents) event() (event, error) {
	for s.in.Scan() {
		s.line++
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
