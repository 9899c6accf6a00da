package nemesis

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Entry is one line of a plan: what breaks, from when to when, in virtual time since the
// start of the run.
type Entry struct {
	At    time.Duration
	Fault Fault
	// Until is when the fault ends. 0 means that it lasts until everything is healed; or,
	// for one that ends processes, that they are started again after [Cluster.Restart].
	Until time.Duration
}

// String prints the entry as "1.2s isolate(leader) until 1.5s".
func (e Entry) String() string {
	s := fmt.Sprintf("%v %s", e.At, e.Fault)
	if e.Until > 0 {
		s += fmt.Sprintf(" until %v", e.Until)
	}
	return s
}

func (e Entry) check() error {
	switch {
	case e.At < 0 || e.At > longest:
		return fmt.Errorf("%v is no time of a run", e.At)
	case e.Until != 0 && e.Until <= e.At:
		return fmt.Errorf("%v ends at %v, before it begins", e.Fault, e.Until)
	case e.Until > longest:
		return fmt.Errorf("%v is no time of a run", e.Until)
	}
	return Check(e.Fault)
}

// Plan is what is going to break in a run. It prints as text, one entry a line, and
// marshals as JSON; [ParsePlan] reads both.
type Plan struct {
	Mode    Mode
	Entries []Entry
}

// String prints the plan: the mode, unless it is Budgeted, and then one entry a line.
func (p Plan) String() string {
	var b strings.Builder
	if p.Mode != Budgeted {
		b.WriteString("mode " + p.Mode.String() + "\n")
	}
	for _, e := range p.Entries {
		b.WriteString(e.String() + "\n")
	}
	return b.String()
}

// Without is the plan without the entries of these positions. What the others draw does not
// change: it is how a plan is shrunk.
func (p Plan) Without(positions ...int) Plan {
	q := Plan{Mode: p.Mode}
	for i, e := range p.Entries {
		if !slices.Contains(positions, i) {
			q.Entries = append(q.Entries, e)
		}
	}
	return q
}

// Families lists the families of the plan's faults, in the order of the catalogue.
func (p Plan) Families() []string {
	var names []string
	for _, f := range families {
		if slices.ContainsFunc(p.Entries, func(e Entry) bool { return e.Fault.Kind().Family == f.Name }) {
			names = append(names, f.Name)
		}
	}
	return names
}

// ParsePlan reads a plan from JSON or from text: from JSON if its first character
// is '{' or '['. file is its name, for errors, which are of the type *[SyntaxError]. In
// text, empty lines and what follows a '#' do not count.
func ParsePlan(file string, data []byte) (Plan, error) {
	p, err := parsePlan(data)
	if wrong := new(SyntaxError); errors.As(err, &wrong) {
		wrong.File = file
	}
	return p, err
}

func parsePlan(data []byte) (Plan, error) {
	if first := strings.TrimLeft(string(data), " \t\r\n"); strings.HasPrefix(first, "{") || strings.HasPrefix(first, "[") {
		return parsePlanJSON(data)
	}
	return parsePlanText(string(data))
}

func parsePlanText(s string) (Plan, error) {
	var p Plan
	number := 0
	for line := range strings.SplitSeq(s, "\n") {
		number++
		code, _, _ := strings.Cut(line, "#")
		text := trimmed(strings.TrimSuffix(code, "\r"), 0, len(strings.TrimSuffix(code, "\r")))
		if text.text == "" {
			continue
		}
		if err := p.addLine(text.text); err != nil {
			at := &misplaced{0, err.Error()}
			errors.As(err, &at)
			return Plan{}, &SyntaxError{Line: number, Column: text.offset + at.offset + 1, Reason: at.reason}
		}
	}
	return p, nil
}

// addLine reads "mode calm", or "1.2s isolate(leader) until 1.5s".
func (p *Plan) addLine(s string) error {
	if rest, ok := strings.CutPrefix(s, "mode "); ok {
		if len(p.Entries) > 0 {
			return wrongAt(0, "the mode stands before all entries")
		}
		return p.setMode(strings.TrimSpace(rest), len("mode "))
	}
	when, rest := s, ""
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		when, rest = s[:i], s[i:]
	}
	at, err := parseTime(when)
	if err != nil {
		return wrongAt(0, "%s", err.Error())
	}
	start := len(s) - len(rest)
	e := Entry{At: at}
	if i := strings.LastIndex(rest, " until "); i >= 0 {
		end := trimmed(rest, i+len(" until "), len(rest))
		if e.Until, err = parseTime(end.text); err != nil {
			return wrongAt(start+end.offset, "%s", err.Error())
		}
		rest = rest[:i]
	}
	if e.Fault, err = parseFault(rest); err != nil {
		m := &misplaced{0, err.Error()}
		errors.As(err, &m)
		return wrongAt(start+m.offset, "%s", m.reason)
	}
	if err := e.check(); err != nil {
		return wrongAt(0, "%s", err.Error())
	}
	p.Entries = append(p.Entries, e)
	return nil
}

func (p *Plan) setMode(word string, offset int) error {
	i := slices.Index(modeNames, word)
	if i < 0 {
		return wrongAt(offset, "%s", unknown("mode", word, modeNames))
	}
	p.Mode = Mode(i)
	return nil
}

// parseTime reads a virtual time since the start of the run.
func parseTime(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > longest {
		return 0, fmt.Errorf("%q is no time; want the virtual time since the start, such as 1.2s", s)
	}
	return d, nil
}
