package trace

import (
	"slices"
	"strconv"
	"time"
)

// begin makes the line of a moment: its time, unless the line before has the same,
// the rail of faults, and the lanes as they are.
func (p *painter) begin(at time.Duration) *row {
	if p.rows%headerEvery == 0 {
		p.header()
		p.last = ""
	}
	p.rows++
	r := newRow(p.lane(p.lanes-1) + 3)
	if now := clock(at, 6); now != p.last {
		r.write(p.clockW-len(now), now, faint)
		p.last = now
	}
	if len(p.cast.faults) > 0 {
		r.put(p.clockW+1, p.look.fault, yellow)
	}
	for i := range p.lanes {
		cell, s := p.line(p.cast.actors[i])
		r.put(p.lane(i), cell, s)
	}
	return r
}

// end writes the line, with words cut to the width.
func (p *painter) end(r *row, text string, s style) {
	text = oneLine(text)
	if p.ASCII {
		text = toASCII(text)
	}
	r.render(&p.out, cut(text, p.Width-len(r.cells), p.look.ellipsis), s, p.Color)
}

// header writes the names of the machines over their lanes; downwards where a lane is
// too narrow for a name.
func (p *painter) header() {
	names := make([]string, p.lanes)
	for i := range names {
		name := p.cast.actors[i].name
		if i == p.lanes-1 && len(p.cast.actors) > p.lanes {
			name = "+" + strconv.Itoa(len(p.cast.actors)-i)
		}
		if p.ASCII {
			name = toASCII(name)
		}
		names[i] = oneLine(name)
	}
	const tail = 3 // characters of a name that is written downwards
	downwards := p.pitch <= pitchMin
	lines := 1
	if downwards {
		lines = tail
	}
	for l := range lines {
		r := newRow(p.lane(p.lanes-1) + max(3, p.pitch))
		if l == lines-1 {
			r.write(p.clockW-len("seconds"), "seconds", faint)
		}
		for i, name := range names {
			if downwards {
				letters := []rune(name)
				letters = append(slices.Repeat([]rune{' '}, max(0, tail-len(letters))), letters...)
				name = string(letters[len(letters)-tail+l])
			}
			r.write(p.lane(i), cutFront(name, max(1, p.pitch-1), ""), bold)
		}
		r.render(&p.out, "", plain, p.Color)
	}
}

// line is how a machine's lane looks now.
func (p *painter) line(a *actor) (string, style) {
	switch {
	case a.absent:
		return " ", faint
	case a.down || a.paused > 0:
		return p.look.down, faint
	case a.open > 0:
		return p.look.open, cyan
	}
	return p.look.sides[min(a.side, len(p.look.sides)-1)], faint
}

// draw draws one event.
func (p *painter) draw(e *Event) {
	r := p.begin(e.At)
	s := styleOf(e.Kind)
	mark := ""
	if int(e.Kind) < len(p.look.mark) {
		mark = p.look.mark[e.Kind]
		p.used[e.Kind] = true
	}
	text := Words(e, p.Describe)
	at, here := p.cast.index[e.Node]
	switch e.Kind {
	case Deliver, Received, Drop:
		if from, ok := p.cast.index[e.Peer]; ok && here && p.lane(from) != p.lane(at) {
			p.arrow(r, from, at, e.Kind == Drop, s)
			if e.Kind == Drop {
				here = false // the cross is in the arrow; nothing happens to the machine
			}
		}
	case FaultOn, FaultOff:
		p.fill(r, p.look.across, s)
		for _, i := range p.cast.mentioned(e.Name + " " + e.Text) {
			r.put(p.lane(i), mark, s)
		}
		text = mark + " " + text
	case Violation:
		p.fill(r, p.look.violated, s)
		text = mark + " " + text
	}
	if here {
		r.put(p.lane(at), mark, s)
	}
	p.end(r, text, s)
}

// fill draws a rule across all lanes: over the lanes of a violation, between those of
// a fault.
func (p *painter) fill(r *row, with string, s style) {
	for x := p.lane(0); x <= p.lane(p.lanes-1); x++ {
		if s == alarm || r.cells[x] == " " {
			r.put(x, with, s)
		}
	}
}

// arrow draws a message from lane to lane. What was lost ends before it arrives.
func (p *painter) arrow(r *row, from, to int, lost bool, s style) {
	a, b := p.lane(from), p.lane(to)
	line, head, tail, step := p.look.line, p.look.right, p.look.atR, 1
	if a > b {
		head, tail, step = p.look.left, p.look.atL, -1
	}
	if lost {
		line, head = p.look.lost, p.look.mark[Drop]
	}
	r.put(a, tail, s)
	for x := a + step; x != b; x += step {
		cell := line
		if r.cells[x] != " " {
			cell = p.look.cross
		}
		r.put(x, cell, s)
	}
	r.put(b-step, head, s)
}

// legend explains the marks that were drawn.
func (p *painter) legend() {
	var parts []string
	for k, used := range p.used {
		if used {
			parts = append(parts, p.look.mark[k]+" "+legendWords[k])
		}
	}
	line := ""
	for _, part := range parts {
		if line != "" && textWidth(line)+2+textWidth(part) > p.Width {
			p.out.WriteString(line + "\n")
			line = ""
		}
		if line != "" {
			line += "  "
		}
		line += part
	}
	p.out.WriteString(line + "\n")
}
