package trace

import (
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// maxNames bounds the strings that a parser remembers: names repeat, texts do not.
const maxNames = 4096

// parser reads the line of one event. The line is known to be valid JSON, so what is
// left to get wrong is the shape: an object, and the types and ranges of its fields.
type parser struct {
	line  []byte
	pos   int
	names map[string]string // one copy of every name
	count uint64            // of the end line
}

// event reads line into e. end is true for the line that ends the trace. If want is
// not empty, the line is wrong: in field, if that is not empty.
func (p *parser) event(line []byte, e *Event) (end bool, field, want string) {
	const wantObject = `a JSON object: one event, such as {"seq":1,"t":0,"k":"boot","n":"n1"}`
	*e = Event{}
	p.line, p.pos = line, 0
	if p.line[0] != '{' {
		return false, "", wantObject
	}
	p.pos++
	local := false
	for p.space(); p.line[p.pos] != '}'; p.space() {
		if p.line[p.pos] == ',' {
			p.pos++
			p.space()
		}
		key := p.value()
		p.space()
		p.pos++ // the colon
		p.space()
		name, value := string(key[1:len(key)-1]), p.value()
		if name == "end" {
			end = true
			if p.count, want = wholeNumber(value); want != "" {
				return false, name, want
			}
			continue
		}
		if want := p.set(e, name, value); want != "" {
			return false, name, want
		}
		local = local || name == "lt"
	}
	if !local {
		e.Local = usualLocal(e)
	}
	if e.Kind == 0 && !end {
		return false, "k", kindList()
	}
	return end, "", ""
}

// set gives the field of that name its value. It returns what was expected if the
// value is not that. Unknown fields are passed over.
func (p *parser) set(e *Event, name string, v []byte) (want string) {
	switch name {
	case "seq":
		e.Seq, want = wholeNumber(v)
	case "sub":
		e.Sub, want = number32(v)
	case "t":
		want = duration(v, &e.At)
	case "lt":
		want = duration(v, &e.Local)
	case "id":
		e.ID, want = identity(v)
	case "c":
		e.CauseSeq, want = wholeNumber(v)
	case "k":
		var ok bool
		if e.Kind, ok = KindNamed(text(v)); !ok {
			want = kindList()
		}
	case "n":
		want = p.name(v, &e.Node)
	case "p":
		want = p.name(v, &e.Peer)
	case "inc":
		e.Incarnation, want = number32(v)
	case "name":
		want = p.name(v, &e.Name)
	case "text":
		want = p.name(v, &e.Text)
	case "file":
		want = p.name(v, &e.File)
	case "off":
		e.Off, want = integer(v)
	case "len":
		e.Len, want = integer(v)
	case "b":
		e.Payload, want = payload(v)
	case "d":
		want = p.name(v, &e.State)
	}
	return want
}

func (p *parser) space() {
	for {
		switch p.line[p.pos] {
		case ' ', '\t', '\r', '\n':
			p.pos++
		default:
			return
		}
	}
}

// value takes the JSON value at pos, of any type, and moves behind it.
func (p *parser) value() []byte {
	start := p.pos
	depth := 0
	for {
		switch c := p.line[p.pos]; c {
		case '"':
			for p.pos++; p.line[p.pos] != '"'; p.pos++ {
				if p.line[p.pos] == '\\' {
					p.pos++
				}
			}
			p.pos++
		case '{', '[':
			depth++
			p.pos++
		case '}', ']', ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return p.line[start:p.pos]
			}
			if c == '}' || c == ']' {
				depth--
			}
			p.pos++
		default:
			p.pos++
			continue // inside a number or a word
		}
		if depth == 0 {
			return p.line[start:p.pos]
		}
	}
}

// name sets s to a JSON string, of which only one copy is kept.
func (p *parser) name(v []byte, s *string) (want string) {
	if v[0] != '"' {
		return "a string"
	}
	if known, ok := p.names[string(v)]; ok {
		*s = known
		return ""
	}
	*s = text(v)
	if len(p.names) < maxNames {
		p.names[string(v)] = *s
	}
	return ""
}

// text is the value of a JSON string; "" if v is none.
func text(v []byte) string {
	if v[0] != '"' {
		return ""
	}
	v = v[1 : len(v)-1]
	var out []byte
	for i := 0; i < len(v); i++ {
		if v[i] != '\\' {
			out = append(out, v[i])
			continue
		}
		i++
		switch v[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(v[i+1:])
			i += 4
			switch {
			case r >= 0xdc80 && r <= 0xdcff: // a byte that was no UTF-8
				out = append(out, byte(r))
				continue
			case utf16.IsSurrogate(r) && i+6 < len(v) && v[i+1] == '\\' && v[i+2] == 'u':
				if pair := utf16.DecodeRune(r, hex4(v[i+3:])); pair != utf8.RuneError {
					r = pair
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default: // quote, backslash, slash
			out = append(out, v[i])
		}
	}
	return string(out)
}

func hex4(v []byte) rune {
	n, _ := strconv.ParseUint(string(v[:4]), 16, 16)
	return rune(n)
}

func wholeNumber(v []byte) (n uint64, want string) {
	n, err := strconv.ParseUint(string(v), 10, 64)
	if err != nil {
		return 0, "a whole number from 0"
	}
	return n, ""
}

func number32(v []byte) (n uint32, want string) {
	wide, err := strconv.ParseUint(string(v), 10, 32)
	if err != nil {
		return 0, "a whole number from 0 to 4294967295"
	}
	return uint32(wide), ""
}

func integer(v []byte) (n int64, want string) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return 0, "a whole number"
	}
	return n, ""
}

func duration(v []byte, d *time.Duration) (want string) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return "a whole number of nanoseconds"
	}
	*d = time.Duration(n)
	return ""
}

func identity(v []byte) (id uint64, want string) {
	const sixteen = "16 hexadecimal digits in quotes"
	if len(v) != 18 || v[0] != '"' {
		return 0, sixteen
	}
	id, err := strconv.ParseUint(string(v[1:17]), 16, 64)
	if err != nil {
		return 0, sixteen
	}
	return id, ""
}

func payload(v []byte) (p []byte, want string) {
	if v[0] != '"' {
		return nil, "bytes in base64"
	}
	p, err := base64.StdEncoding.AppendDecode(nil, []byte(text(v)))
	if err != nil {
		return nil, "bytes in base64"
	}
	return p, ""
}
