package picture

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// style is the look of a page: the colours of Okabe and Ito, which people who see fewer colours can tell apart.
const style = `
:root{color-scheme:light dark;--back:#fff;--ink:#1b1f24;--faint:#667079;--line:#d5dae0;--op:#eef2f6;--edge:#8793a0;--core:#ffe3cc;--hot:#b04300;--band:#d6e9f7;--blue:#0a5c96;--fault:#f6e7ae;--shade:#e69f0022}
@media (prefers-color-scheme:dark){:root{--back:#14181d;--ink:#e8ecf0;--faint:#97a2ad;--line:#333b44;--op:#232a32;--edge:#7b8896;--core:#4d2a10;--hot:#ff9d57;--band:#123a57;--blue:#7cc4f5;--fault:#4a3e0c;--shade:#e69f001a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:2rem 1.25rem 4rem;background:var(--back);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
h1{font-size:1.35rem;line-height:1.3;margin:0 0 .5rem}
h2{font-size:1rem;margin:2rem 0 .5rem}
.verdict{display:inline-block;padding:0 .6em;margin-right:.5em;border-radius:1em;border:2px solid var(--blue);color:var(--blue);font-size:.85rem;vertical-align:.15em}
.bad .verdict{border-color:var(--hot);color:var(--hot)}
.why{font-size:1.1rem;max-width:60rem}
.note{color:var(--faint);margin:.25rem 0}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:8px;padding:.5rem;margin:1rem 0}
ol{padding-left:1.6rem} li{margin:.2rem 0} code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}
svg{display:block;height:auto} svg.graph{margin:0 auto;max-width:100%}
svg text{font:12px ui-monospace,monospace;fill:var(--ink)}
text.lane{text-anchor:end;fill:var(--faint)} line.lane{stroke:var(--line)}
.op rect{fill:var(--op);stroke:var(--edge)}
.op.core rect{fill:var(--core);stroke:var(--hot);stroke-width:2.5}
.op rect.fill{stroke:none}
.op.failed rect{fill:none;stroke-dasharray:2 3} .op.failed text{fill:var(--faint)}
.op .open{fill:none;stroke:var(--edge);stroke-dasharray:6 3} .op.core .open{stroke:var(--hot);stroke-width:2.5}
.op circle{fill:var(--hot)} svg text.number{fill:var(--back);text-anchor:middle;font-weight:700}
.op text.name{font-weight:700}
.band rect{fill:var(--band);stroke:var(--blue)} .band.fault rect{fill:var(--fault);stroke:#b88600}
.shade{fill:var(--shade)}
.edge path{fill:none;stroke:var(--ink);stroke-width:1.8} .edge.rw path{stroke:var(--hot);stroke-width:2.4} .edge.process path,.edge.rt path{stroke-dasharray:5 4}
marker path{fill:var(--ink)} #tip-rw path{fill:var(--hot)} .edge rect{fill:var(--back);stroke:var(--line)} .edge text{text-anchor:middle;font-weight:700}
footer{margin-top:2.5rem;color:var(--faint);font-size:.85rem}
@media print{:root{--back:#fff;--ink:#000;--faint:#444;--line:#bbb;--op:#eee;--edge:#555;--core:#ffe3cc;--hot:#a03c00;--band:#e3f0fa;--blue:#0a4c7c;--fault:#faf0c8;--shade:#e69f0022}body{padding:0}.scroll{border:none;overflow:visible}svg{max-width:100%}}
`

// WriteHTML writes the page. The error is one of w.
func (p *Page) WriteHTML(w io.Writer) error {
	b := bufio.NewWriter(w)
	class, verdict := "good", "ok"
	if p.Bad {
		class, verdict = "bad", "violated"
	}
	if p.Verdict != "" {
		verdict = p.Verdict
	}
	fmt.Fprintf(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>%s</title>\n<style>%s</style>\n</head>\n<body class=\"%s\">\n<main>\n",
		escape(p.Title), style, class)
	fmt.Fprintf(b, "<h1><span class=\"verdict\">%s</span>%s</h1>\n", escape(verdict), escape(p.Title))
	if p.Sentence != "" {
		fmt.Fprintf(b, "<p class=\"why\">%s</p>\n", escape(p.Sentence))
	}
	for _, n := range p.Notes {
		fmt.Fprintf(b, "<p class=\"note\">%s</p>\n", escape(n))
	}
	if svg := p.Circle(); svg != "" {
		fmt.Fprintf(b, "<h2>The circle</h2>\n<div class=\"scroll\">\n%s</div>\n<ul>\n", svg)
		for _, e := range p.Graph.Edges {
			fmt.Fprintf(b, "<li><code>%s → %s</code> (%s): %s</li>\n", escape(p.Graph.Nodes[e.From].Name), escape(p.Graph.Nodes[e.To].Name),
				escape(e.Kind), escape(e.Because))
		}
		b.WriteString("</ul>\n")
	}
	if svg := p.Timeline(); svg != "" {
		fmt.Fprintf(b, "<h2>Who did what, when</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"the lanes\">\n%s</div>\n", svg)
		b.WriteString("<p class=\"note\">" + escape(p.legend()) + "</p>\n")
	}
	p.list(b)
	b.WriteString("</main>\n<footer>Made by orrery check. This page is complete in itself.</footer>\n</body>\n</html>\n")
	return b.Flush()
}

// legend says what the shapes mean of which there are some.
func (p *Page) legend() string {
	var open, failed, fault, around, core bool
	for _, b := range p.Bars {
		open, failed = open || b.Open, failed || b.Failed
		core, around = core || b.Core, around || !b.Core
	}
	for _, b := range p.Bands {
		fault = fault || b.Fault
	}
	parts := []string{"Time runs from left to right; what matters is the order, not the length."}
	for _, s := range []struct {
		is   bool
		text string
	}{{core, "Numbered, in a thick frame: the operations that cannot be put in order."}, {around && core, "Plain: what went on around them."},
		{open, "Dashed and without an end: it may have taken effect at any time after its beginning, or never."},
		{failed, "Dotted: it had no effect."}, {fault, "Shaded: a fault."}} {
		if s.is {
			parts = append(parts, s.text)
		}
	}
	return strings.Join(parts, " ")
}

// list says in text what the picture shows.
func (p *Page) list(b *bufio.Writer) {
	var core []string
	for _, o := range p.Bars {
		if o.Core {
			core = append(core, o.More)
		}
	}
	if len(core) == 0 {
		return
	}
	b.WriteString("<h2>The operations that suffice</h2>\n<ol>\n")
	for _, text := range core {
		fmt.Fprintf(b, "<li><code>%s</code></li>\n", escape(text))
	}
	b.WriteString("</ol>\n")
}
