package isolation

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"orrery/checker"
)

const (
	format        = "orrery-transactions"
	formatVersion = 1
	lineMax       = 64 << 20
)

// ReadHistory reads transactions from JSON lines, one line each; file is what errors call it:
//
//	{"id":4,"process":0,"type":"ok","mops":[["append","x",3],["r","x",[1,2,3]]],"invoke":7,"return":9}
//
// Micro-operations are as Jepsen writes them: ["append",key,element], ["w",key,value] and ["r",key,what was read], which is
// an array for a list, an integer for a register, and null for nothing: an empty list, a register never written. Keys are
// strings or integers. A header line may come first; "id" may be missing from all lines, which then count from 0;
// "return" may be missing from an info.
//
// The error is nil, an error of r, or a *checker.SyntaxError: for a line that cannot be read, and also for a history that
// is not well-formed.
func ReadHistory(r io.Reader, file string) ([]Txn, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), lineMax)
	var h []Txn
	number, begun, ids := 0, false, 0
	for lines.Scan() {
		number++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		l := line{file: file, number: number}
		if json.Unmarshal(text, &l.fields) != nil || l.fields == nil {
			return nil, &checker.SyntaxError{File: file, Line: number, Want: "one JSON object on the line", Got: printable(text)}
		}
		if _, header := l.fields["format"]; header && !begun {
			begun = true
			if err := l.header(); err != nil {
				return nil, err
			}
			continue
		}
		begun = true
		t, err := l.txn(int64(len(h)))
		if err != nil {
			return nil, err
		}
		if _, ok := l.fields["id"]; ok {
			ids++
		}
		if h = append(h, t); ids != 0 && ids != len(h) {
			return nil, l.wrong("id", "an id in every line or in none")
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, &checker.SyntaxError{File: file, Line: number + 1, Want: fmt.Sprintf("a line of at most %d bytes", lineMax)}
	} else if err != nil {
		return nil, err
	}
	settle(h)
	if p := wellFormed(h); p != nil {
		return nil, &checker.SyntaxError{File: file, Line: h[p.at].Line, Want: "a well-formed history", Got: p.text}
	}
	return h, nil
}

// settle decides what reads of nothing are: of lists if the history has lists, and else of registers.
func settle(h []Txn) {
	lists := false
	for i := range h {
		for _, m := range h[i].Mops {
			lists = lists || m.F.lists()
		}
	}
	for i := range h {
		for j := range h[i].Mops {
			if m := &h[i].Mops[j]; lists && m.F == FReadReg && m.Unset {
				*m = Mop{F: FRead, Key: m.Key}
			}
		}
	}
}

// A line is one JSON object, taken apart so that every complaint can name its field.
type line struct {
	file   string
	number int
	fields map[string]json.RawMessage
}

func (l *line) wrong(field, want string) error {
	return &checker.SyntaxError{File: l.file, Line: l.number, Field: field, Want: want, Got: printable(l.fields[field])}
}

func (l *line) header() error {
	if string(l.fields["format"]) != strconv.Quote(format) {
		return l.wrong("format", strconv.Quote(format))
	}
	if string(l.fields["version"]) != strconv.Itoa(formatVersion) {
		return l.wrong("version", fmt.Sprintf("version %d", formatVersion))
	}
	return nil
}

func (l *line) integer(field string) (int64, error) {
	n, err := strconv.ParseInt(string(l.fields[field]), 10, 64)
	if err != nil {
		return 0, l.wrong(field, "an integer")
	}
	return n, nil
}

// txn reads the line as a transaction, whose id is id if it names none.
func (l *line) txn(id int64) (Txn, error) {
	t := Txn{ID: id, Line: l.number, Return: checker.Never}
	switch string(l.fields["type"]) {
	case `"ok"`:
		t.Type = OK
	case `"fail"`:
		t.Type = Fail
	case `"info"`:
		t.Type = Info
	default:
		return t, l.wrong("type", `"ok", "fail" or "info"`)
	}
	for _, f := range []struct {
		name     string
		to       *int64
		optional bool
	}{{"id", &t.ID, true}, {"process", &t.Process, false}, {"invoke", &t.Invoke, false}, {"return", &t.Return, t.Type == Info}} {
		if _, there := l.fields[f.name]; !there && f.optional {
			continue
		}
		n, err := l.integer(f.name)
		if err != nil {
			return t, err
		}
		*f.to = n
	}
	var mops []json.RawMessage
	if raw, ok := l.fields["mops"]; !ok || json.Unmarshal(raw, &mops) != nil || mops == nil {
		return t, l.wrong("mops", `an array of micro-operations, as [["append","x",1],["r","x",[1]]]`)
	}
	for i, raw := range mops {
		m, want := mop(raw)
		if want != "" {
			return t, &checker.SyntaxError{File: l.file, Line: l.number, Field: fmt.Sprintf("mops[%d]", i), Want: want, Got: printable(raw)}
		}
		t.Mops = append(t.Mops, m)
	}
	return t, nil
}

// mop reads one micro-operation. The string says what would have been right, if it is wrong.
func mop(raw json.RawMessage) (Mop, string) {
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil || len(parts) != 3 {
		return Mop{}, `["append" or "r" or "w", key, value]`
	}
	var m Mop
	if json.Unmarshal(parts[1], &m.Key) != nil || string(parts[1]) == "null" {
		n, err := strconv.ParseInt(string(parts[1]), 10, 64)
		if err != nil {
			return m, "a key that is a string or an integer"
		}
		m.Key = strconv.FormatInt(n, 10)
	}
	n, err := strconv.ParseInt(string(parts[2]), 10, 64)
	switch f := string(parts[0]); {
	case (f == `"append"` || f == `"w"`) && err != nil:
		return m, "an integer to write"
	case f == `"append"`:
		m.F, m.Val = FAppend, n
	case f == `"w"`:
		m.F, m.Val = FWrite, n
	case f != `"r"`:
		return m, `"append", "r" or "w"`
	case err == nil:
		m.F, m.Val = FReadReg, n
	case string(parts[2]) == "null":
		m.F, m.Unset = FReadReg, true
	default:
		m.F = FRead
		var elements []json.RawMessage
		if json.Unmarshal(parts[2], &elements) != nil {
			return m, "an array of integers, an integer or null"
		}
		for _, e := range elements {
			n, err := strconv.ParseInt(string(e), 10, 64)
			if err != nil {
				return m, "an array of integers"
			}
			m.List = append(m.List, n)
		}
	}
	return m, ""
}

// printable makes any bytes of a file fit for a one-line error.
func printable(raw []byte) string {
	const most = 60
	cut := ""
	if len(raw) > most {
		raw, cut = raw[:most], "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, string(bytes.ToValidUTF8(raw, []byte("?")))) + cut
}
