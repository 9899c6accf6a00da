package explain

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// StoryText is the story as text: golden files hold it.
func (x *Explanation) StoryText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is violated, after %d events\n", x.Property, x.Events)
	for _, l := range x.Story {
		mark := "  "
		if l.LeftOut > 0 {
			mark = "… "
		}
		fmt.Fprintf(&b, "%sat %s %s\n", mark, seconds(l.At), l.Text)
	}
	if left, told := x.leftOut(); left > 0 {
		fmt.Fprintf(&b, "(%d events are told, %d are left out: %d in all)\n", told, left, told+left)
	}
	return b.String()
}

func (x *Explanation) leftOut() (left, told int) {
	for _, l := range x.Story {
		left += l.LeftOut
		told += len(l.Events)
	}
	return left, told
}

// seconds prints a virtual time to the microsecond.
func seconds(d time.Duration) string {
	return fmt.Sprintf("%d.%06d s", d/time.Second, d%time.Second/time.Microsecond)
}

// WriteText writes all of it for people, in lines of at most so many columns.
func (x *Explanation) WriteText(w io.Writer, columns int) error {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(clip(fmt.Sprintf(format, args...), columns) + "\n") }
	for l := range strings.Lines(x.StoryText()) {
		line("%s", strings.TrimSuffix(l, "\n"))
	}
	x.writeCurve(line)
	x.writeNeeds(line)
	x.writePassing(line)
	line("")
	line("%d runs%s.", x.Runs, map[bool]string{false: "; the time was up before all of them were done", true: ""}[x.Complete])
	_, err := io.WriteString(w, b.String())
	return err
}

// bars are eight heights.
var bars = []rune("▁▂▃▄▅▆▇█")

// Sparkline is the curve in one character a point.
func (x *Explanation) Sparkline() string {
	var b strings.Builder
	for _, p := range x.Curve {
		switch share := p.Share(); {
		case p.Runs == 0:
			b.WriteRune('·')
		case share == 0:
			b.WriteRune(' ')
		default:
			b.WriteRune(bars[min(share*len(bars)/100, len(bars)-1)])
		}
	}
	return b.String()
}

func (x *Explanation) writeCurve(line func(string, ...any)) {
	if len(x.Curve) == 0 {
		return
	}
	runs := 0
	for _, p := range x.Curve {
		runs = max(runs, p.Runs)
	}
	line("")
	line("How likely the violation is, if all is chosen anew from an event on (%d continuations each)", runs)
	line("  |%s|  events %d to %d", x.Sparkline(), x.Curve[0].Event, x.Curve[len(x.Curve)-1].Event)
	for _, j := range x.Jumps {
		place := fmt.Sprintf("event %d", j.After.Event)
		if j.Wide > 1 {
			place = fmt.Sprintf("events %d to %d", j.After.Event-uint64(j.Wide)+1, j.After.Event)
		}
		line("  %3d %% → %3d %%  %s: %s", j.From, j.To, place, j.After.Text)
	}
	if x.Return != nil {
		line("  no return      event %d: %s", x.Return.Event, x.Return.Text)
	}
}

// needsTold is how many answers of each sort are printed.
const needsTold = 10

func (x *Explanation) writeNeeds(line func(string, ...any)) {
	var always, here []Need
	for _, n := range x.Needs {
		switch {
		case n.Necessary():
			always = append(always, n)
		case n.Here:
			here = append(here, n)
		}
	}
	tell := func(title string, list []Need) {
		if len(list) == 0 {
			return
		}
		line("")
		line("%s", title)
		for _, n := range list[:min(len(list), needsTold)] {
			line("  %-8s%s%s", n.Kind, n.Text, chance(n))
		}
		if more := len(list) - needsTold; more > 0 {
			line("  … and %d more", more)
		}
	}
	tell("Necessary: without it the property held, however the rest went", always)
	tell("Needed here: without it, and with nothing else changed, the property held", here)
}

func chance(n Need) string {
	if n.Runs == 0 {
		return ""
	}
	return fmt.Sprintf("  (violated in %d of %d, with it in %d %%)", n.Violated, n.Runs, n.With)
}

func (x *Explanation) writePassing(line func(string, ...any)) {
	p := x.Passing
	if p == nil {
		return
	}
	line("")
	line("The nearest run without the violation has the first %d events in common. Then", p.Common)
	say := func(which string, s *Step) {
		if s == nil {
			line("  %s  nothing happens any more", which)
			return
		}
		line("  %s  at %s %s", which, seconds(s.At), s.Text)
	}
	say("here ", p.Violating)
	say("there", p.Other)
}

// clip shortens a line to so many columns.
func clip(s string, columns int) string {
	if columns <= 0 || utf8.RuneCountInString(s) <= columns {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:columns-1]), " ,;:") + "…"
}
