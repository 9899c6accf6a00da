package picture

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Measures of the drawing, in units of the viewBox.
const (
	laneHigh  = 46
	barHigh   = 28
	bandHigh  = 26
	charWide  = 7.2 // of the monospaced font at 12
	leftLeast = 70
	stepLeast = 34
	textLeast = 60
	wideMost  = 4000
	charsMost = 32 // of a bar's text, for which it is made wide enough
)

// A timeline is the drawing of lanes.
type timeline struct {
	p           *Page
	axis        axis
	left, wide  float64 // of the names, and of a step of time
	bands, bars []string
	top         map[string]float64
	high        float64
	b           strings.Builder
}

// Timeline is the SVG of bars and bands, or "" if there are no bars.
func (p *Page) Timeline() string {
	if len(p.Bars) == 0 {
		return ""
	}
	t := &timeline{p: p, axis: p.axis(), top: map[string]float64{}}
	t.bands, t.bars = p.lanes()
	t.measure()
	width := t.left + t.axis.end()*t.wide + 24
	fmt.Fprintf(&t.b, `<svg class="time" role="img" aria-label="%s" viewBox="0 0 %.0f %.0f" width="%.0f" xmlns="http://www.w3.org/2000/svg">`+"\n",
		escape("clients as lanes, time from left to right: "+p.Sentence), width, t.high, width)
	for _, lane := range t.bands {
		t.lane(lane, t.top[lane]+bandHigh/2, width)
	}
	for _, b := range p.Bands {
		t.band(&b)
	}
	for _, lane := range t.bars {
		t.lane(lane, t.top[lane]+laneHigh/2, width)
	}
	n := 0
	for i := range p.Bars {
		number := 0
		if p.Bars[i].Core {
			n++
			number = n
		}
		t.bar(&p.Bars[i], number)
	}
	t.b.WriteString("</svg>\n")
	return t.b.String()
}

// measure finds the least width of a step in which every word has room.
func (t *timeline) measure() {
	for _, lane := range slices.Concat(t.bands, t.bars) {
		t.left = max(t.left, float64(utf8.RuneCountInString(lane))*charWide+24)
	}
	t.left = max(t.left, leftLeast)
	t.wide = stepLeast
	for i := range t.p.Bars {
		b := &t.p.Bars[i]
		t.wide = max(t.wide, t.need(b)/t.steps(b))
	}
	t.wide = max(stepLeast, min(t.wide, (wideMost-t.left)/max(1, t.axis.end())))
	t.high = 8
	for _, lane := range t.bands {
		t.top[lane] = t.high
		t.high += bandHigh + 8
	}
	for _, lane := range t.bars {
		t.top[lane] = t.high
		t.high += laneHigh
	}
	t.high += 8
}

func (t *timeline) need(b *Bar) float64 {
	n := min(float64(utf8.RuneCountInString(b.Text)), charsMost)*charWide + 16
	if b.Core {
		n += 20
	}
	return max(n, textLeast)
}

// steps is how many steps of time a bar lasts.
func (t *timeline) steps(b *Bar) float64 {
	if b.Open {
		return max(1, t.axis.end()-t.axis.at(b.From))
	}
	return max(0.75, t.axis.at(b.To)-t.axis.at(b.From)+0.75)
}

func (t *timeline) x(place float64) float64 { return t.left + place*t.wide }

func (t *timeline) lane(name string, y, width float64) {
	fmt.Fprintf(&t.b, `<text class="lane" x="%.0f" y="%.0f">%s</text><line class="lane" x1="%.0f" y1="%.0f" x2="%.0f" y2="%.0f"/>`+"\n",
		t.left-12, y+4, escape(name), t.left-4, y, width-8, y)
}

func (t *timeline) band(b *Band) {
	from, to := t.axis.at(b.From), t.axis.at(b.To)
	x, end := t.x(max(0, from)), t.x(min(t.axis.end(), max(to, from+0.5)))
	class := "band"
	if b.Fault {
		class = "band fault"
	}
	y := t.top[b.Lane]
	fmt.Fprintf(&t.b, `<g class="%s"><title>%s</title><rect x="%.1f" y="%.0f" width="%.1f" height="%d" rx="4"/><text x="%.1f" y="%.0f">%s</text></g>`+"\n",
		class, escape(b.Text), x, y, max(8, end-x), bandHigh, x+8, y+17, escape(cut(b.Text, (end-x-12)/charWide)))
	if b.Fault { // its time, behind the clients
		fmt.Fprintf(&t.b, `<rect class="shade" x="%.1f" y="%.0f" width="%.1f" height="%.0f"/>`+"\n", x, y+bandHigh, max(8, end-x), t.high-y-bandHigh-4)
	}
}

func (t *timeline) bar(b *Bar, number int) {
	x, wide := t.x(t.axis.at(b.From)), t.steps(b)*t.wide-4
	y := t.top[b.Lane] + (laneHigh-barHigh)/2
	class := "op"
	switch {
	case b.Core:
		class += " core"
	case b.Failed:
		class += " failed"
	}
	fmt.Fprintf(&t.b, `<g class="%s"><title>%s</title>`, class, escape(b.More))
	if b.Open { // no end: three sides, the last of them not there
		fmt.Fprintf(&t.b, `<rect class="fill" x="%.1f" y="%.0f" width="%.1f" height="%d"/><path class="open" d="M%.1f %.0fH%.1fV%.0fH%.1f"/>`,
			x, y, wide, barHigh, x+wide, y, x, y+barHigh, x+wide)
	} else {
		fmt.Fprintf(&t.b, `<rect x="%.1f" y="%.0f" width="%.1f" height="%d" rx="5"/>`, x, y, wide, barHigh)
	}
	text := x + 8
	room := (wide - 12) / charWide
	if number > 0 {
		fmt.Fprintf(&t.b, `<circle cx="%.1f" cy="%.0f" r="8"/><text class="number" x="%.1f" y="%.0f">%d</text>`, x+13, y+barHigh/2, x+13, y+barHigh/2+4, number)
		text += 18
		room -= 2.5
	}
	fmt.Fprintf(&t.b, `<text x="%.1f" y="%.0f">%s</text></g>`+"\n", text, y+barHigh/2+4, escape(cut(b.Text, room)))
}

// cut shortens a text to so many characters.
func cut(s string, most float64) string {
	n := int(most)
	runes := []rune(s)
	switch {
	case len(runes) <= n:
		return s
	case n < 2:
		return ""
	}
	return string(runes[:n-1]) + "…"
}

// escape makes any text fit for HTML and SVG.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == '\ufffe' || r == '\uffff' {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(s)
}
