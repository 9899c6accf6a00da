package properties

import (
	"strconv"
	"strings"
)

// Entry is one key of a file, with its value.
type Entry struct {
	Key, Value string
	Line, End  int // the line on which it begins, from 1, and the first behind it
	// Malformed tells that an escape \u does not have four hexadecimal digits behind it. Java refuses such a file; here
	// the letter u stands for itself.
	Malformed bool
}

// Read reads a file: comments behind # and !, keys that end
// at the first '=', ':' or blank, values that go on behind a backslash at the end of a line,
// and escapes. Of several entries of one key all are returned, in the file's order. Bytes above 127
// are kept as they are (Java reads them as Latin-1, and so garbles UTF-8).
func Read(p []byte) []Entry {
	var entries []Entry
	lines := Lines(p)
	for i := 0; i < len(lines); i++ {
		first := i + 1
		line := strings.TrimLeft(lines[i], " \t\f")
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		for continues(line) {
			line = line[:len(line)-1]
			if i+1 == len(lines) {
				break
			}
			i++
			line += strings.TrimLeft(lines[i], " \t\f")
		}
		k, v := splitEntry(line)
		key, badKey := unescape(k)
		value, badValue := unescape(v)
		entries = append(entries, Entry{key, strings.TrimSpace(value), first, i + 2, badKey || badValue})
	}
	return entries
}

// Lines are the lines of a file, whichever way they end.
func Lines(p []byte) []string {
	s := strings.ReplaceAll(string(p), "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(s, "\r", "\n"), "\n")
}

// continues tells whether a line ends in an odd number of backslashes.
func continues(line string) bool {
	trimmed := strings.TrimRight(line, `\`)
	return (len(line)-len(trimmed))%2 == 1
}

// splitEntry cuts a line behind its key.
func splitEntry(line string) (key, value string) {
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
			continue
		}
		if strings.IndexByte("=: \t\f", line[i]) >= 0 {
			end = i
			break
		}
	}
	rest := strings.TrimLeft(line[end:], " \t\f")
	if rest != "" && (rest[0] == '=' || rest[0] == ':') {
		rest = strings.TrimLeft(rest[1:], " \t\f")
	}
	return line[:end], rest
}

// unescape resolves \t, \n, \r, \f and \uXXXX; any other backslash only protects what follows it.
func unescape(s string) (text string, malformed bool) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, false
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			if i+5 <= len(s) {
				if r, err := strconv.ParseUint(s[i+1:i+5], 16, 16); err == nil {
					b.WriteRune(rune(r))
					i += 4
					continue
				}
			}
			malformed = true
			b.WriteByte('u')
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), malformed
}
