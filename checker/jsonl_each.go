package checker

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// EachOperation reads what ReadHistory does, of lines of operations only, and hands them on one by one instead of keeping
// them: for files larger than memory. They must be in the order of their calls. yield returns an error to end it.
func EachOperation(r io.Reader, file string, yield func(Op) error) error {
	p := parser{file: file, open: map[string]int{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), lineMax)
	number, last, count := 0, int64(0), int64(0)
	returned := map[string]int64{} // by client, when its last operation did
	for lines.Scan() {
		number++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		if err := p.line(number, text); err != nil {
			return err
		}
		if len(p.ops) == 0 {
			if p.style == eventStyle {
				return &SyntaxError{File: file, Line: number, Want: "lines of operations"}
			}
			continue // a header
		}
		o := p.ops[0]
		p.ops, p.at = p.ops[:0], p.at[:0]
		wrong := func(field, want string) error {
			return &SyntaxError{File: file, Line: number, Field: field, Want: want}
		}
		if p.style == eventStyle {
			return wrong("", "lines of operations")
		}
		if field, want := opDefect(&o); field != "" {
			return wrong(field, want)
		}
		if count > 0 && o.Call < last {
			return wrong("call", fmt.Sprintf("operations in the order of their calls: the one before was called at %d", last))
		}
		if ret, ok := returned[o.Client]; ok && ret > o.Call {
			return wrong("client", "one open operation of "+o.Client+" at a time")
		}
		o.ID = count
		count, last, returned[o.Client] = count+1, o.Call, o.Ret
		if err := yield(o); err != nil {
			return err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return &SyntaxError{File: file, Line: number + 1, Want: fmt.Sprintf("a line of at most %d bytes", lineMax)}
	} else if err != nil {
		return err
	}
	return nil
}
