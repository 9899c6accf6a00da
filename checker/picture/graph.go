package picture

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

const (
	nodeLines = 5 // micro-operations shown of a transaction
	nodeChars = 26
	lineHigh  = 16
)

// A box is where a node is drawn.
type box struct{ x, y, w, h float64 }

// Circle is the SVG of the graph, or "" if there is none.
func (p *Page) Circle() string {
	g := p.Graph
	if g == nil || len(g.Nodes) == 0 {
		return ""
	}
	var b strings.Builder
	boxes, middle, width, height := g.layout()
	fmt.Fprintf(&b, `<svg class="graph" role="img" aria-label="%s" viewBox="0 0 %.0f %.0f" width="%.0f" xmlns="http://www.w3.org/2000/svg">`+"\n",
		escape("transactions in a circle: "+p.Sentence), width, height, width)
	b.WriteString("<defs>")
	for _, id := range []string{"tip", "tip-rw"} {
		fmt.Fprintf(&b, `<marker id="%s" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="12" markerHeight="12" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 1L10 5L0 9z"/></marker>`, id)
	}
	b.WriteString("</defs>\n")
	for _, e := range g.Edges {
		g.edge(&b, &e, boxes, middle)
	}
	for i := range g.Nodes {
		g.Nodes[i].draw(&b, boxes[i])
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// lines are what is shown of a node, the name aside.
func (n *Node) lines() []string {
	var out []string
	for i, t := range n.Text {
		if i == nodeLines-1 && len(n.Text) > nodeLines {
			return append(out, fmt.Sprintf("… %d more", len(n.Text)-i))
		}
		out = append(out, cut(t, nodeChars))
	}
	return out
}

// layout puts the nodes around a circle, the first on top; two stand beside each other. Around all there is room for the
// bends of edges.
func (g *Graph) layout() (boxes []box, middle box, width, height float64) {
	most := 0.0
	tall := 0.0
	boxes = make([]box, len(g.Nodes))
	for i := range g.Nodes {
		w := float64(utf8.RuneCountInString(g.Nodes[i].Name))
		for _, l := range g.Nodes[i].lines() {
			w = max(w, float64(utf8.RuneCountInString(l)))
		}
		boxes[i].w = max(90, w*charWide+24)
		boxes[i].h = float64(len(g.Nodes[i].lines())+1)*lineHigh + 14
		most, tall = max(most, boxes[i].w), max(tall, boxes[i].h)
	}
	n := float64(len(g.Nodes))
	across := max(most+150, n*(most+60)/math.Pi) / 2
	down := max(tall+90, n*(tall+50)/math.Pi) / 2
	start := -math.Pi / 2
	if len(g.Nodes) == 2 {
		start, down = math.Pi, 60
	}
	const room = 76
	least, last := box{x: math.Inf(1), y: math.Inf(1)}, box{x: math.Inf(-1), y: math.Inf(-1)}
	for i := range boxes {
		at := &boxes[i]
		angle := start + 2*math.Pi*float64(i)/n
		at.x, at.y = across*math.Cos(angle), down*math.Sin(angle)
		least.x, least.y = min(least.x, at.x-at.w/2), min(least.y, at.y-at.h/2)
		last.x, last.y = max(last.x, at.x+at.w/2), max(last.y, at.y+at.h/2)
	}
	middle = box{x: room - least.x, y: room - least.y}
	for i := range boxes {
		boxes[i].x += middle.x
		boxes[i].y += middle.y
	}
	return boxes, middle, last.x - least.x + 2*room, last.y - least.y + 2*room
}

func (n *Node) draw(b *strings.Builder, at box) {
	x, y := at.x-at.w/2, at.y-at.h/2
	fmt.Fprintf(b, `<g class="op core"><title>%s</title><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="6"/><text class="name" x="%.1f" y="%.1f">%s</text>`,
		escape(n.Name+": "+strings.Join(n.Text, ", ")), x, y, at.w, at.h, x+12, y+20, escape(n.Name))
	for i, l := range n.lines() {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f">%s</text>`, x+12, y+20+float64(i+1)*lineHigh, escape(l))
	}
	b.WriteString("</g>\n")
}

// edge draws a bent arrow from the border of one box to that of another, its kind in the middle.
func (g *Graph) edge(b *strings.Builder, e *Edge, boxes []box, middle box) {
	from, to := boxes[e.From], boxes[e.To]
	mx, my := (from.x+to.x)/2, (from.y+to.y)/2
	// The bend is away from the middle; of two that face each other, one goes above and one below.
	dx, dy := mx-middle.x, my-middle.y
	if d := math.Hypot(dx, dy); d > 1 {
		dx, dy = dx/d*34, dy/d*34
	} else {
		dx, dy = (to.y-from.y)/4, -(to.x-from.x)/4
		if d := math.Hypot(dx, dy); d > 0 {
			dx, dy = dx/d*64, dy/d*64
		}
	}
	qx, qy := mx+2*dx, my+2*dy
	x1, y1 := from.border(qx, qy)
	x2, y2 := to.border(qx, qy)
	lx, ly := (x1+2*qx+x2)/4, (y1+2*qy+y2)/4
	half := float64(utf8.RuneCountInString(e.Kind))*charWide/2 + 7
	tip := "tip"
	if e.Kind == "rw" {
		tip = "tip-rw"
	}
	fmt.Fprintf(b, `<g class="edge %s"><title>%s</title><path d="M%.1f %.1fQ%.1f %.1f %.1f %.1f" marker-end="url(#%s)"/><rect x="%.1f" y="%.1f" width="%.1f" height="20" rx="10"/><text x="%.1f" y="%.1f">%s</text></g>`+"\n",
		escape(e.Kind), escape(e.Because), x1, y1, qx, qy, x2, y2, tip, lx-half, ly-10, 2*half, lx, ly+4, escape(e.Kind))
}

// border is where the line from the middle of the box to a point leaves it.
func (at box) border(x, y float64) (float64, float64) {
	dx, dy := x-at.x, y-at.y
	if dx == 0 && dy == 0 {
		return at.x, at.y
	}
	scale := math.Inf(1)
	if dx != 0 {
		scale = min(scale, (at.w/2+3)/math.Abs(dx))
	}
	if dy != 0 {
		scale = min(scale, (at.h/2+3)/math.Abs(dy))
	}
	return at.x + dx*scale, at.y + dy*scale
}
