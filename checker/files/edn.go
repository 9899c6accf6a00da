package files

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"orrery/checker"
)

const (
	mostDepth = 100     // of collections in collections
	mostText  = 1 << 24 // bytes of one string or symbol
	mostWords = 1 << 16 // texts that are kept to be shared
)

// A reader reads data one by one: EDN (github.com/edn-format/edn), or JSON, in which a colon is no more than a comma.
// Tags are read over: a record is its map, an instant its string.
type reader struct {
	in    *bufio.Reader
	file  string
	line  int
	json  bool
	buf   []byte
	stack []node // of the collections that are open
	words map[string]string
}

func newReader(in *bufio.Reader, file string, json bool) *reader {
	return &reader{in: in, file: file, line: 1, json: json, words: map[string]string{}}
}

func (r *reader) wrong(line int, want, got string) error {
	return &checker.SyntaxError{File: r.file, Line: line, Want: want, Got: printable(got, 60)}
}

// next reads the next datum that stands by itself; io.EOF after the last.
func (r *reader) next() (node, error) {
	c, err := r.visible()
	if err != nil {
		return node{}, err
	}
	return r.datum(c, 0)
}

// byte reads one byte and counts lines.
func (r *reader) byte() (byte, error) {
	c, err := r.in.ReadByte()
	if c == '\n' && err == nil {
		r.line++
	}
	return c, err
}

func (r *reader) back(c byte) {
	if c == '\n' {
		r.line--
	}
	_ = r.in.UnreadByte() // follows a ReadByte
}

// visible returns the first byte that is neither white space nor in a comment.
func (r *reader) visible() (byte, error) {
	for {
		c, err := r.byte()
		switch {
		case err != nil:
			return 0, err
		case c <= ' ' || c == ',' || r.json && c == ':':
		case c == ';' && !r.json:
			for c != '\n' {
				if c, err = r.byte(); err != nil {
					return 0, err
				}
			}
		default:
			return c, nil
		}
	}
}

// within reads the first byte of what a datum still lacks: the end of the file is an error there.
func (r *reader) within(begin int, what string) (byte, error) {
	c, err := r.visible()
	if errors.Is(err, io.EOF) {
		return 0, r.wrong(r.line, fmt.Sprintf("the end of %s that begins on line %d", what, begin), "the end of the file")
	}
	return c, err
}

func (r *reader) datum(c byte, depth int) (node, error) {
	n := node{line: r.line}
	if depth > mostDepth {
		return n, r.wrong(r.line, fmt.Sprintf("at most %d collections in each other", mostDepth), "")
	}
	var err error
	switch c {
	case '"':
		n.kind = isString
		n.text, err = r.text()
	case '[':
		n.kind = isVector
		n.items, err = r.items(']', "a vector", depth)
	case '(':
		n.kind = isVector
		n.items, err = r.items(')', "a list", depth)
	case '{':
		n.kind = isMap
		n.items, err = r.items('}', "a map", depth)
		if err == nil {
			err = r.even(&n)
		}
	case '#':
		return r.dispatch(depth)
	case '\\':
		return r.character()
	case ']', ')', '}':
		err = r.wrong(r.line, "a datum", string(c))
	default:
		return r.atom(c)
	}
	return n, err
}

func (r *reader) even(n *node) error {
	if len(n.items)%2 != 0 {
		return r.wrong(n.line, "a value for every key of the map", n.String())
	}
	return nil
}

// items reads the rest of a collection.
func (r *reader) items(end byte, what string, depth int) ([]node, error) {
	shared, err := r.passing(end, what, depth)
	if err != nil || len(shared) == 0 {
		return nil, err
	}
	return append(make([]node, 0, len(shared)), shared...), nil
}

// passing is items, in memory that is used again when the next datum is read.
func (r *reader) passing(end byte, what string, depth int) ([]node, error) {
	begin, base := r.line, len(r.stack)
	defer func() { r.stack = r.stack[:base] }()
	for {
		c, err := r.within(begin, what)
		if err != nil {
			return nil, err
		}
		if c == end {
			return r.stack[base:len(r.stack):len(r.stack)], nil
		}
		if c == '#' { // what is discarded may be the last
			if next, err := r.in.Peek(1); err == nil && next[0] == '_' {
				_, _ = r.byte()
				if err := r.discard(depth); err != nil {
					return nil, err
				}
				continue
			}
		}
		n, err := r.datum(c, depth+1)
		if err != nil {
			return nil, err
		}
		r.stack = append(r.stack, n)
	}
}

func (r *reader) discard(depth int) error {
	c, err := r.within(r.line, "what #_ discards")
	if err == nil {
		_, err = r.datum(c, depth+1)
	}
	return err
}

// dispatch reads what begins with #: a set, a discarded datum and the one after it, or a tag and what it tags.
func (r *reader) dispatch(depth int) (node, error) {
	n := node{kind: isSet, line: r.line}
	c, err := r.byte()
	switch {
	case err != nil:
		return n, r.wrong(r.line, "a set or a tag after #", "the end of the file")
	case c == '{':
		n.items, err = r.items('}', "a set", depth)
		return n, err
	case c == '_':
		if err := r.discard(depth); err != nil {
			return n, err
		}
		c, err := r.visible()
		if err != nil {
			return n, err // also io.EOF: nothing follows
		}
		return r.datum(c, depth+1)
	case !symbolic(c):
		return n, r.wrong(r.line, "a set or a tag after #", string(c))
	}
	tag, err := r.atom(c)
	if err != nil {
		return n, err
	}
	c, err = r.within(r.line, "what is tagged #"+printable(tag.text, 30))
	if err != nil {
		return n, err
	}
	return r.datum(c, depth+1)
}

// character reads a character of EDN, such as \a or \newline, as the string of its name.
func (r *reader) character() (node, error) {
	c, err := r.byte()
	if err != nil {
		return node{}, r.wrong(r.line, `a character after \`, "the end of the file")
	}
	n, err := r.atom(c)
	n.kind = isString
	return n, err
}

// symbolic tells whether a byte may be part of a symbol, keyword or number.
func symbolic(c byte) bool { return symbols[c] }

var symbols = func() (is [256]bool) {
	for c := range is {
		is[c] = c > ' ' && c != 0x7f && strings.IndexByte(`()[]{},";`, byte(c)) < 0
	}
	return is
}()

// atom reads a number, a keyword or a symbol that begins with c.
func (r *reader) atom(c byte) (node, error) {
	n := node{line: r.line}
	b := append(r.buf[:0], c)
	for {
		c, err := r.byte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return n, err
		}
		if !symbolic(c) || r.json && c == ':' {
			r.back(c)
			break
		}
		if b = append(b, c); len(b) > mostText {
			return n, r.wrong(n.line, fmt.Sprintf("a text of at most %d bytes", mostText), "")
		}
	}
	r.buf = b
	n.text = r.shared(b)
	return n, r.classify(&n)
}

func (r *reader) classify(n *node) error {
	t := n.text
	switch {
	case t == "nil" || r.json && t == "null":
		n.kind = isNil
	case t == "true" || t == "false":
		n.kind = isBool
	case t[0] == ':':
		if n.kind = isKeyword; len(t) == 1 {
			return r.wrong(n.line, "a name after the colon", "")
		}
	case t[0] >= '0' && t[0] <= '9' || len(t) > 1 && (t[0] == '-' || t[0] == '+') && t[1] >= '0' && t[1] <= '9':
		return r.number(n)
	default:
		n.kind = isSymbol
	}
	return nil
}

// number tells an integer from other numbers. Big integers and ratios stay as they are written.
func (r *reader) number(n *node) error {
	t := strings.TrimPrefix(n.text, "+")
	if i, err := strconv.ParseInt(strings.TrimSuffix(t, "N"), 10, 64); err == nil {
		n.kind = isInt
		if t = strconv.FormatInt(i, 10); t != n.text {
			n.text = t
		}
		return nil
	}
	n.kind = isNumber
	if strings.Trim(t, "0123456789.eE+-/NM") != "" {
		return r.wrong(n.line, "a number", n.text)
	}
	return nil
}

// text reads the rest of a string.
func (r *reader) text() (string, error) {
	begin := r.line
	b := r.buf[:0]
	for {
		c, err := r.byte()
		switch {
		case errors.Is(err, io.EOF):
			return "", r.wrong(r.line, fmt.Sprintf("the end of the string that begins on line %d", begin), "the end of the file")
		case err != nil:
			return "", err
		case c == '"':
			r.buf = b
			return r.shared(b), nil
		case c == '\\':
			if b, err = r.escape(b); err != nil {
				return "", err
			}
		default:
			b = append(b, c)
		}
		if len(b) > mostText {
			return "", r.wrong(begin, fmt.Sprintf("a text of at most %d bytes", mostText), "")
		}
	}
}

func (r *reader) escape(b []byte) ([]byte, error) {
	c, err := r.byte()
	if err != nil {
		return b, r.wrong(r.line, `a character after \`, "the end of the file")
	}
	if at := strings.IndexByte(`nrtbf"\/`, c); at >= 0 {
		return append(b, "\n\r\t\b\f\"\\/"[at]), nil
	}
	if c != 'u' {
		return b, r.wrong(r.line, `an escape such as \n, \" or \u00e9`, `\`+string(rune(c)))
	}
	code, err := r.hex4()
	if err != nil {
		return b, err
	}
	if utf16.IsSurrogate(code) {
		if low, err := r.in.Peek(6); err == nil && low[0] == '\\' && low[1] == 'u' {
			if v, err := strconv.ParseUint(string(low[2:6]), 16, 32); err == nil {
				if joined := utf16.DecodeRune(code, rune(v)); joined != utf8.RuneError {
					_, _ = r.in.Discard(6)
					code = joined
				}
			}
		}
	}
	return utf8.AppendRune(b, code), nil
}

func (r *reader) hex4() (rune, error) {
	var four [4]byte
	for i := range four {
		c, err := r.byte()
		if err != nil {
			return 0, r.wrong(r.line, `four hexadecimal digits after \u`, "the end of the file")
		}
		four[i] = c
	}
	v, err := strconv.ParseUint(string(four[:]), 16, 32)
	if err != nil {
		return 0, r.wrong(r.line, `four hexadecimal digits after \u`, string(four[:]))
	}
	return rune(v), nil
}

// shared returns b as a string, the same one for what comes again and again.
func (r *reader) shared(b []byte) string {
	if s, ok := r.words[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(b) <= 32 && len(r.words) < mostWords {
		r.words[s] = s
	}
	return s
}
