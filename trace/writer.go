package trace

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"
)

// Writer writes a trace in the JSONL form, a line at a time. Close ends it.
type Writer struct {
	w      *bufio.Writer
	line   []byte
	events uint64
	err    error // the first error; nothing is written after it
}

// NewWriter writes the header to w. The error is w's, or that the header's version is
// not the one that this package writes.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	if h.Version != 0 && h.Version != Version {
		return nil, fmt.Errorf("trace: cannot write version %d; this program writes version %d", h.Version, Version)
	}
	line, err := json.Marshal(headerLine{"trace", Version, h.Scenario, h.Seed, h.Hash, h.Property, h.Meta})
	if err != nil {
		return nil, fmt.Errorf("trace: header: %w", err)
	}
	t := &Writer{w: bufio.NewWriterSize(w, 64<<10)}
	t.w.Write(append(line, '\n'))
	t.err = t.w.Flush() // so that an unwritable file is known at once
	return t, t.err
}

// Write writes one event. It refuses a kind that has no name, for no reader could
// know it. An error of the file below may only show at a later call, or at Close.
func (t *Writer) Write(e *Event) error {
	if t.err != nil {
		return t.err
	}
	if int(e.Kind) >= len(kindNames) || kindNames[e.Kind] == "" {
		return fmt.Errorf("trace: event %d: %s is no kind of event", e.Seq, e.Kind)
	}
	t.line = append(appendEvent(t.line[:0], e), '\n')
	if len(t.line) > maxLine {
		return fmt.Errorf("trace: event %d: a line of %d bytes; at most %d can be read back", e.Seq, len(t.line), maxLine)
	}
	t.events++
	_, t.err = t.w.Write(t.line)
	return t.err
}

// Flush hands everything written so far to the file below.
func (t *Writer) Flush() error {
	if t.err == nil {
		t.err = t.w.Flush()
	}
	return t.err
}

// Close writes the last line, without which a reader takes the trace for cut off. It
// does not close the file below. Nothing can be written afterwards.
func (t *Writer) Close() error {
	if t.err != nil {
		return t.err
	}
	t.w.Write(append(strconv.AppendUint([]byte(`{"end":`), t.events, 10), '}', '\n'))
	if err := t.Flush(); err != nil {
		return err
	}
	t.err = errors.New("trace: the writer is closed")
	return nil
}

// WriteAll writes a whole trace: header, events, end.
func WriteAll(w io.Writer, h Header, events []Event) error {
	t, err := NewWriter(w, h)
	if err != nil {
		return err
	}
	for i := range events {
		if err := t.Write(&events[i]); err != nil {
			return err
		}
	}
	return t.Close()
}

// appendEvent appends e as a JSON object. Written by hand: it is twenty times as fast
// as reflection, and traces are long.
func appendEvent(b []byte, e *Event) []byte {
	b = append(b, `{"seq":`...)
	b = strconv.AppendUint(b, e.Seq, 10)
	b = appendUint(b, `,"sub":`, uint64(e.Sub))
	b = appendInt(b, `,"t":`, int64(e.At))
	if e.Local != usualLocal(e) {
		b = append(b, `,"lt":`...)
		b = strconv.AppendInt(b, int64(e.Local), 10)
	}
	if e.ID != 0 {
		b = append(b, `,"id":"`...)
		b = appendHex(b, e.ID)
		b = append(b, '"')
	}
	b = appendUint(b, `,"c":`, e.CauseSeq)
	b = appendString(b, `,"k":`, kindNames[e.Kind])
	b = appendString(b, `,"n":`, e.Node)
	b = appendString(b, `,"p":`, e.Peer)
	b = appendUint(b, `,"inc":`, uint64(e.Incarnation))
	b = appendString(b, `,"name":`, e.Name)
	b = appendString(b, `,"text":`, e.Text)
	b = appendString(b, `,"file":`, e.File)
	b = appendInt(b, `,"off":`, e.Off)
	b = appendInt(b, `,"len":`, e.Len)
	if len(e.Payload) > 0 {
		b = append(b, `,"b":"`...)
		b = base64.StdEncoding.AppendEncode(b, e.Payload)
		b = append(b, '"')
	}
	b = appendString(b, `,"d":`, e.State)
	return append(b, '}')
}

// usualLocal is the local time that need not be written: a machine's clock that is
// right, and no clock where there is no machine.
func usualLocal(e *Event) time.Duration {
	if e.Node == "" {
		return 0
	}
	return e.At
}

func appendUint(b []byte, key string, v uint64) []byte {
	if v == 0 {
		return b
	}
	return strconv.AppendUint(append(b, key...), v, 10)
}

func appendInt(b []byte, key string, v int64) []byte {
	if v == 0 {
		return b
	}
	return strconv.AppendInt(append(b, key...), v, 10)
}

const hexDigits = "0123456789abcdef"

func appendHex(b []byte, v uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, hexDigits[v>>shift&15])
	}
	return b
}

// appendString appends key and s as a JSON string, or nothing if s is empty.
func appendString(b []byte, key, s string) []byte {
	if s == "" {
		return b
	}
	b = append(append(b, key...), '"')
	plain := 0 // s[plain:i] needs no escape
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		b = append(b, s[plain:i]...)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c >= utf8.RuneSelf: // no UTF-8: a lone surrogate carries the byte
			b = append(b, `\udc`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		plain = i
	}
	return append(append(b, s[plain:]...), '"')
}
