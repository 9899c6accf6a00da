package trace

import "strings"

// style is how something is coloured, if colour was asked for.
type style uint8

const (
	plain style = iota
	faint
	bold
	red
	green
	yellow
	cyan
	alarm // bold red
)

var ansi = [...]string{
	plain: "", faint: "\x1b[2m", bold: "\x1b[1m", red: "\x1b[31m", green: "\x1b[32m",
	yellow: "\x1b[33m", cyan: "\x1b[36m", alarm: "\x1b[1;31m",
}

// look is the set of characters that lanes are drawn with.
type look struct {
	sides                   [3]string // a machine that is up, by its side of a partition
	down, open, fault       string    // stopped; operation open; the rail of faults
	line, lost, cross       string    // arrows
	right, left, atR, atL   string    // heads, and where an arrow leaves its lane
	across, violated, touch string    // rows of faults, of violations; a folded event
	mark                    [Violation + 1]string
	ellipsis                string
}

var unicodeLook = look{
	sides: [3]string{"│", "║", "╎"},
	down:  "┊", open: "┃", fault: "▐",
	line: "─", lost: "╌", cross: "┼",
	right: "▶", left: "◀", atR: "├", atL: "┤",
	across: "┈", violated: "━", touch: "·",
	mark: [...]string{
		Boot: "▲", Deliver: "●", Fire: "◷", Synced: "■", Posted: "»", Opened: "◇", Received: "●", Closed: "◆",
		Script: "▸", Send: "○", Drop: "✕", Write: "□", Sync: "▫", Crash: "▼", FaultOn: "↯", FaultOff: "✓",
		Note: "✎", Invoke: "┳", Return: "┻", Violation: "✘",
	},
	ellipsis: "…",
}

var asciiLook = look{
	sides: [3]string{"|", "#", "%"},
	down:  ":", open: "I", fault: "!",
	line: "-", lost: "~", cross: "+",
	right: ">", left: "<", atR: "|", atL: "|",
	across: "-", violated: "=", touch: ".",
	mark: [...]string{
		Boot: "^", Deliver: "*", Fire: "t", Synced: "S", Posted: "p", Opened: "o", Received: "*", Closed: "c",
		Script: ">", Send: "s", Drop: "x", Write: "w", Sync: "f", Crash: "X", FaultOn: "!", FaultOff: "~",
		Note: "n", Invoke: "T", Return: "L", Violation: "X",
	},
	ellipsis: "..",
}

var legendWords = [...]string{
	Boot: "boot", Deliver: "message arrives", Fire: "timer", Synced: "synced", Posted: "stage", Opened: "connected",
	Received: "frame arrives", Closed: "disconnected", Script: "script", Send: "send", Drop: "message lost", Write: "write, not synced",
	Sync: "sync begins", Crash: "crash", FaultOn: "fault", FaultOff: "fault ends", Note: "note",
	Invoke: "operation begins", Return: "operation ends", Violation: "violation",
}

func styleOf(k Kind) style {
	switch k {
	case Violation:
		return alarm
	case Crash, Drop:
		return red
	case Boot:
		return green
	case FaultOn, FaultOff:
		return yellow
	case Note:
		return bold
	case Invoke, Return:
		return cyan
	case Send, Sync, Posted:
		return faint
	}
	return plain
}

// row is one line of the picture: cells of one column each, then a text.
type row struct {
	cells  []string
	styles []style
}

func newRow(width int) *row {
	r := &row{cells: make([]string, width), styles: make([]style, width)}
	for i := range r.cells {
		r.cells[i] = " "
	}
	return r
}

func (r *row) put(x int, cell string, s style) { r.cells[x], r.styles[x] = cell, s }

// write puts a text into the cells from x, as far as they go; wide characters take
// two of them.
func (r *row) write(x int, text string, s style) {
	for _, c := range text {
		w := runeWidth(c)
		switch {
		case x+w > len(r.cells):
			return
		case w == 0 && x > 0:
			r.cells[x-1] += string(c)
			continue
		}
		r.put(x, string(c), s)
		if w == 2 {
			r.put(x+1, "", s)
		}
		x += w
	}
}

// render appends the row and a text behind it, as a line without spaces at its end.
func (r *row) render(b *strings.Builder, text string, s style, color bool) {
	if !color {
		b.WriteString(strings.TrimRight(strings.Join(r.cells, "")+text, " "))
		b.WriteByte('\n')
		return
	}
	last := len(r.cells)
	if text == "" {
		for last > 0 && r.cells[last-1] == " " {
			last--
		}
	}
	var now style
	to := func(next style) {
		if next == now {
			return
		}
		if now != plain {
			b.WriteString("\x1b[0m")
		}
		b.WriteString(ansi[next])
		now = next
	}
	for i := range last {
		to(r.styles[i])
		b.WriteString(r.cells[i])
	}
	to(s)
	b.WriteString(strings.TrimRight(text, " "))
	to(plain)
	b.WriteByte('\n')
}
