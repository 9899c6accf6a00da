package checker

import (
	"bufio"
	"encoding/base64"
	"io"
	"strconv"
	"unicode/utf8"
)

// The name and the version of the history format, which its first line has.
const (
	historyFormat  = "orrery-history"
	historyVersion = 1
)

// WriteHistory writes h as JSON lines: a header, then one line for each operation, in the order of h. ReadHistory reads
// back exactly what was written, and on which line. The format:
//
//	{"format":"orrery-history","version":1}
//	{"id":0,"client":"c1","f":"put","key":"x","in":"1","call":12,"ret":40,"status":"ok"}
//	{"id":1,"client":"c2","f":"get","key":"x","out":null,"call":13,"ret":20,"status":"ok"}
//
// A value is a string, or null for unset; a field that is not there says nothing. A string that is not UTF-8 is written
// as {"base64":"…"}, and a list as an array. What a scan saw is a list of pairs. A maybe has no ret while its client waits. A cas has two ways of
// failing: "mismatch" (it compared, and found another value) and "refused" (it certainly had no effect, and tells nothing).
func WriteHistory(w io.Writer, h History) error {
	out := bufio.NewWriterSize(w, 1<<16)
	line := []byte(`{"format":"` + historyFormat + `","version":` + strconv.Itoa(historyVersion) + "}\n")
	for i := range h {
		if _, err := out.Write(line); err != nil {
			return err
		}
		line = append(appendOp(line[:0], &h[i]), '\n')
	}
	if _, err := out.Write(line); err != nil {
		return err
	}
	return out.Flush()
}

func appendOp(b []byte, o *Op) []byte {
	b = strconv.AppendInt(append(b, `{"id":`...), o.ID, 10)
	b = appendText(append(b, `,"client":`...), o.Client)
	if o.Session != "" {
		b = appendText(append(b, `,"session":`...), o.Session)
	}
	b = appendText(append(b, `,"f":`...), o.F.String())
	b = appendText(append(b, `,"key":`...), o.Key)
	if o.To != "" {
		b = appendText(append(b, `,"to":`...), o.To)
	}
	b = appendValue(b, `,"expect":`, o.Expect)
	b = appendValue(b, `,"in":`, o.In)
	if o.F == Scan && o.Status == OK {
		b = appendPairs(append(b, `,"out":`...), o.Pairs)
	} else {
		b = appendValue(b, `,"out":`, o.Out)
	}
	b = strconv.AppendInt(append(b, `,"call":`...), o.Call, 10)
	if o.Ret != Never {
		b = strconv.AppendInt(append(b, `,"ret":`...), o.Ret, 10)
	}
	status := o.Status.String()
	if o.F == CAS && o.Status == Fail {
		status = refused
	}
	b = appendText(append(b, `,"status":`...), status)
	return append(b, '}')
}

// refused is how a file spells Fail of a compare-and-set, where "fail" alone could also mean Mismatch.
const refused = "refused"

func appendPairs(b []byte, pairs []Pair) []byte {
	b = append(b, '[')
	for i, p := range pairs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(b, '['), p.Key)
		b = appendText(append(b, ','), p.Value)
		b = append(b, ']')
	}
	return append(b, ']')
}

func appendValue(b []byte, name string, v Value) []byte {
	switch v.kind {
	case unset:
		return append(append(b, name...), "null"...)
	case set:
		return appendText(append(b, name...), v.text)
	case list:
		b = append(append(b, name...), '[')
		for i, item := range v.Items() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(b, item)
		}
		return append(b, ']')
	}
	return b
}

// appendText appends s as a JSON string, or as an object with its bytes if JSON has no string for it.
func appendText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		b = append(b, `{"base64":"`...)
		b = base64.StdEncoding.AppendEncode(b, []byte(s))
		return append(b, `"}`...)
	}
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
