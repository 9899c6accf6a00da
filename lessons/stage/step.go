package stage

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"orrery/nodes"
)

// step is one line of a session.
type step struct {
	verb     string
	machines []nodes.ID    // of the verbs that are about machines
	time     time.Duration // of until, delay and skew
	id       uint64        // of the verbs that are about an event; 0 if words say which
	words    string        // what the event is called, without an id
}

// form says what a verb wants behind it.
type form struct {
	machines int
	time     bool
	id       bool
}

var forms = map[string]form{
	"next": {}, "until": {time: true},
	"take": {id: true}, "lose": {id: true}, "double": {id: true}, "break": {id: true}, "delay": {time: true, id: true},
	"crash": {machines: 1}, "kill": {machines: 1}, "start": {machines: 1}, "pause": {machines: 1}, "resume": {machines: 1},
	"fail-sync": {machines: 1}, "skew": {machines: 1, time: true}, "cut": {machines: 2}, "heal": {machines: 2},
}

// verbs are the forms' keys, in the order in which they are explained.
const verbs = "next, until, take, lose, double, break, delay, crash, kill, start, pause, resume, skew, cut, heal, fail-sync"

// parse reads a line. The error says what would be right.
func parse(line string) (step, error) {
	text, id, hasID := cutID(line)
	words := strings.Fields(text)
	if len(words) == 0 {
		return step{}, fmt.Errorf("want a step: one of %s", verbs)
	}
	s := step{verb: words[0]}
	f, known := forms[s.verb]
	if !known {
		return step{}, fmt.Errorf("%q is no step: want one of %s", s.verb, verbs)
	}
	rest := words[1:]
	for range f.machines {
		if len(rest) == 0 {
			return step{}, fmt.Errorf("%s: want %d machines", s.verb, f.machines)
		}
		s.machines, rest = append(s.machines, nodes.ID(rest[0])), rest[1:]
	}
	if f.time {
		if len(rest) == 0 {
			return step{}, fmt.Errorf("%s: want a time such as 50ms", s.verb)
		}
		d, err := time.ParseDuration(rest[0])
		if err != nil || d < 0 && s.verb != "skew" {
			return step{}, fmt.Errorf("%s: want a time such as 50ms, not %q", s.verb, rest[0])
		}
		s.time, rest = d, rest[1:]
	}
	switch {
	case !f.id && (hasID || len(rest) > 0):
		return step{}, fmt.Errorf("%s: nothing more is wanted behind it", s.verb)
	case f.id && !hasID && len(rest) == 0:
		return step{}, fmt.Errorf("%s: want the event's id behind a #, or the words that it is listed with", s.verb)
	case f.id && !hasID:
		s.words = strings.Join(rest, " ")
	case f.id:
		s.id = id
	}
	return s, nil
}

// cutID cuts an event's id off the end of a line: " #" and 16 hexadecimal digits. A # elsewhere is a word's.
func cutID(line string) (text string, id uint64, found bool) {
	line = strings.TrimSpace(line)
	i := strings.LastIndex(line, " #")
	if i < 0 || len(line)-i != len(" #")+16 {
		return line, 0, false
	}
	id, err := strconv.ParseUint(line[i+2:], 16, 64)
	if err != nil {
		return line, 0, false
	}
	return line[:i], id, true
}

// Lines are the steps in a text, one a line; empty lines and what follows two slashes are left out.
func Lines(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}
