package guarantee

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"orrery/checker"
)

// lineMax bounds a line of a file, in bytes.
const lineMax = 64 << 20

// header is the first line of a file of operations.
type header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

// ReadLines reads operations from JSON lines, one object a line; file is what errors call it. A header line
// {"format":FORMAT,"version":1} may come first. Fields that T does not have are errors: what a check would not see must not
// be in its history. The error is nil, one of r, or a *checker.SyntaxError that names the line.
//
// It serves SetOp, QueueOp, IDOp, CounterOp, BankRead and SnapshotOp, and the operations of the packages beside this one.
func ReadLines[T any](r io.Reader, file, format string) ([]T, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), lineMax)
	var h []T
	number, begun := 0, false
	for lines.Scan() {
		number++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		wrong := func(field, want string) error {
			return &checker.SyntaxError{File: file, Line: number, Field: field, Want: want, Got: printable(text)}
		}
		if !begun {
			begun = true
			var head header
			if json.Unmarshal(text, &head) == nil && head.Format != "" {
				if head.Format != format || head.Version != 1 {
					return nil, wrong("format", fmt.Sprintf("%q, version 1", format))
				}
				continue
			}
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		var o T
		if err := d.Decode(&o); err != nil {
			return nil, wrong("", "one operation as a JSON object ("+oneLine(err)+")")
		}
		if d.More() {
			return nil, wrong("", "one operation and nothing behind it")
		}
		h = append(h, o)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, &checker.SyntaxError{File: file, Line: number + 1, Want: fmt.Sprintf("a line of at most %d bytes", lineMax)}
	} else if err != nil {
		return nil, err
	}
	return h, nil
}

// WriteLines writes operations as ReadLines reads them, after a header. The error is one of w, or of an operation that no
// file can hold.
func WriteLines[T any](w io.Writer, format string, h []T) error {
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	if err := e.Encode(header{format, 1}); err != nil {
		return err
	}
	for i := range h {
		if err := e.Encode(&h[i]); err != nil {
			return err
		}
	}
	return b.Flush()
}

// oneLine makes a decoder's error fit for a message of one line.
func oneLine(err error) string { return visible(strings.TrimPrefix(err.Error(), "json: ")) }

// printable makes any bytes of a file fit for a message of one line.
func printable(raw []byte) string {
	const most = 60
	cut := ""
	if len(raw) > most {
		raw, cut = raw[:most], "…"
	}
	return visible(string(bytes.ToValidUTF8(raw, []byte("?")))) + cut
}

// visible replaces control characters.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}
