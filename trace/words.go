package trace

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Words says in one sentence what happened, without the time: "n2 gets Accept from
// n1". describe, if it is not nil, is the protocol's own description of a message;
// where it is "", the message's Name is used.
func Words(e *Event, describe func(*Event) string) string {
	switch e.Kind {
	case Deliver, Received, Posted, Send, Drop:
		return messageWords(e, message(e, describe))
	case Synced, Write, Sync, Lost, Torn:
		return diskWords(e)
	case FaultOn, FaultOff, Script, Violation:
		return outsideWords(e)
	}
	who := named(e.Node, "somebody")
	switch e.Kind {
	case Boot:
		verb := " boots"
		if e.Incarnation > 1 {
			verb = " restarts (incarnation " + strconv.FormatUint(uint64(e.Incarnation), 10) + ")"
		}
		return who + verb + after(": ", e.Text)
	case Fire:
		return who + ": timer " + join(e.Name, e.Text) + " fires"
	case TimerSet:
		return who + ": timer " + join(e.Name, e.Text) + " is set for " + seconds(time.Duration(e.Len))
	case TimerStop:
		return who + ": timer " + join(e.Name, e.Text) + " is stopped"
	case Opened:
		return who + ": connection with " + named(e.Peer, "somebody") + " stands"
	case Closed:
		return who + ": connection with " + named(e.Peer, "somebody") + " has ended" + after(": ", e.Text)
	case Crash:
		return who + " crashes" + after(": ", e.Text)
	case Note:
		return who + after(": ", join(e.Name, e.Text)) + after(" · ", e.State)
	case Invoke:
		return who + " asks: " + join(e.Name, e.Text)
	case Return:
		return who + " is answered: " + join(e.Name, e.Text)
	}
	return join(who, e.Kind.String(), e.Name, e.Text)
}

// messageWords is about a message on its way.
func messageWords(e *Event, what string) string {
	node, peer := named(e.Node, "somebody"), named(e.Peer, "somebody")
	switch e.Kind {
	case Deliver:
		return node + " gets " + what + " from " + peer + after(": ", e.Text)
	case Received:
		return node + " gets " + what + " from " + peer + " on their connection" + after(": ", e.Text)
	case Posted:
		return node + named(after(", stage ", e.Text), "") + ": " + what
	case Send:
		return node + " sends " + what + " to " + peer + after(": ", e.Text)
	default: // Drop: it happens where the message should have arrived
		if e.Text == "lost" {
			return what + " from " + peer + " to " + node + " is lost"
		}
		return what + " from " + peer + " to " + node + " is lost" + after(": ", e.Text)
	}
}

// diskWords is about a file.
func diskWords(e *Event) string {
	who := named(e.Node, "somebody")
	file := named(e.File, "its disk")
	switch {
	case e.Kind == Write:
		return fmt.Sprintf("%s writes %d B to %s at %d", who, e.Len, file, e.Off) + after(": ", e.Text)
	case e.Kind == Lost:
		return fmt.Sprintf("%s loses %d B of %s from %d on", who, e.Len, file, e.Off)
	case e.Kind == Torn:
		return fmt.Sprintf("%s: %d torn in %s", who, e.Len, file)
	case e.Kind == Sync:
		return who + " asks for a sync of " + file + parens(e.Name)
	case e.Text != "":
		return who + ": the sync of " + file + parens(e.Name) + " fails: " + e.Text
	}
	return who + ": " + file + " is synced" + parens(e.Name)
}

// outsideWords is about what happens to the machines, not in them.
func outsideWords(e *Event) string {
	switch e.Kind {
	case FaultOn:
		return "fault: " + join(e.Name, e.Text)
	case FaultOff:
		return "fault ends: " + join(e.Name, e.Text) + effects(e.Len)
	case Violation:
		return "VIOLATION of " + named(e.Name, "a property") + after(": ", e.Text)
	}
	return "script: " + named(join(e.Name, e.Text, e.Node), "a step")
}

// effects is what a fault has done, in words.
func effects(n int64) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " (it bit once)"
	}
	return " (it bit " + strconv.FormatInt(n, 10) + " times)"
}

// String is the event in words, with its number and time: for errors and logs.
func (e *Event) String() string {
	return fmt.Sprintf("#%d at %s: %s: %s", e.Seq, seconds(e.At), e.Kind, oneLine(Words(e, nil)))
}

// oneLine replaces what would break a line or move a terminal's cursor by spaces.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// message names a message by its protocol's description, its kind, or its size.
func message(e *Event, describe func(*Event) string) string {
	if describe != nil {
		if s := describe(e); s != "" {
			return s
		}
	}
	if e.Name != "" {
		return e.Name
	}
	return strconv.FormatInt(e.Len, 10) + " B"
}

// seconds prints virtual time: "1.204 s", with microseconds and nanoseconds where there
// are any.
func seconds(d time.Duration) string {
	digits := 3
	switch {
	case d%time.Microsecond != 0:
		digits = 9
	case d%time.Millisecond != 0:
		digits = 6
	}
	return clock(d, digits) + " s"
}

// clock is d in seconds with so many digits behind the point, cut and not rounded,
// so that order is kept.
func clock(d time.Duration, digits int) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	fraction := fmt.Sprintf("%09d", uint64(d)%1e9)
	return sign + strconv.FormatUint(uint64(d)/1e9, 10) + "." + fraction[:digits]
}

// named is s, or instead if there is none.
func named(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// after is s behind a prefix, or nothing.
func after(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func parens(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// join puts the parts that are not empty behind each other, with spaces.
func join(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p)
	}
	return b.String()
}
