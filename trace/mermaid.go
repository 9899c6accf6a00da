package trace

import (
	"fmt"
	"strings"
)

// MermaidMax is how many events a sequence diagram may show. More can neither be read
// nor, with their labels, be sure to pass Mermaid's limit of 50,000 characters.
const MermaidMax = 200

// mermaidLabel is how many columns a label may have.
const mermaidLabel = 80

// TooLongError says that a trace is too long for a picture of all of it.
type TooLongError struct{ Events, Max int }

// Error is one line that says what can be done.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("trace: %d events are too many for a sequence diagram of at most %d: draw a shrunk run, or a part of this one",
		e.Events, e.Max)
}

// Mermaid is a short trace as a sequence diagram in Mermaid's language, which many
// forges show in place. Messages are arrows where they arrive, a lost one is an arrow
// with a cross; crashes, faults, notes, operations and violations are notes.
// Events that are not drawn (Send, Sync, Posted, Script, folded in Lanes by default
// too) do not count; above MermaidMax of the others the error is a *TooLongError.
// describe is as in Words.
func Mermaid(events []Event, describe func(*Event) string) (string, error) {
	c := newCast(events, nil)
	strike := strikes(events)
	var lines []string
	for i := range events {
		e := &events[i]
		if strike[e] && e.Kind == FaultOff {
			continue
		}
		if line := mermaidLine(c, e, describe); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) > MermaidMax {
		return "", &TooLongError{Events: len(lines), Max: MermaidMax}
	}
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	for i, a := range c.actors {
		// Names could be words of the language, such as end: so they are aliases.
		fmt.Fprintf(&b, "    participant p%d as %s\n", i, mermaidText(a.name))
	}
	for _, l := range lines {
		b.WriteString("    " + l + "\n")
	}
	return b.String(), nil
}

// mermaidLine draws one event, or "" if it is not drawn.
func mermaidLine(c *cast, e *Event, describe func(*Event) string) string {
	at, here := c.index[e.Node]
	peer, there := c.index[e.Peer]
	over := fmt.Sprintf("Note over p%d: ", at)
	if !here {
		if len(c.actors) == 0 {
			return ""
		}
		over = "Note over p0"
		if last := len(c.actors) - 1; last > 0 {
			over += fmt.Sprintf(",p%d", last)
		}
		over += ": "
	}
	switch e.Kind {
	case Deliver, Received:
		if here && there {
			return fmt.Sprintf("p%d->>p%d: %s", peer, at, mermaidText(message(e, describe)))
		}
	case Drop:
		if here && there {
			return fmt.Sprintf("p%d--xp%d: %s", peer, at, mermaidText(message(e, describe)+parens(e.Text)))
		}
	}
	if e.Kind.isAside() {
		return ""
	}
	return over + mermaidText(Words(e, describe))
}

// mermaidText makes a text harmless in Mermaid: on one line, not too long, and with
// entity codes for what would end a statement, begin a comment or be taken for HTML.
func mermaidText(s string) string {
	s = cut(oneLine(s), mermaidLabel, "…")
	return strings.NewReplacer("#", "#35;", ";", "#59;", "<", "#lt;", ">", "#gt;", "%%", "#37;#37;").Replace(s)
}
