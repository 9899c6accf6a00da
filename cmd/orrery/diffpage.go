package main

import (
	"bytes"
	"fmt"
	"io"

	"orrery/viewer"
)

// diffPage writes a page in which two runs are one.
func (a *app) diffPage(path string, runs [2]*picture) error {
	events, sides := viewer.Compare(runs[0].events, runs[1].events)
	page := &viewer.Page{
		Title: "two runs compared", Verdict: "compared", Sentence: "A is " + runs[0].title + "; B is " + runs[1].title,
		By: versionLine(), Events: events, Sides: sides, Told: viewer.Near(events, sides), Most: artifactEvents,
		Warnings: []string{
			"These are two runs: what is marked “only A” or “only B” happened in one of them, the rest in both. The search only:a finds the former.",
			"Lanes and times are those of A; what only B did stands where it would be there. Machines' states are left out.",
		},
	}
	for _, p := range runs {
		if p.scenario != nil {
			page.Describe = describe(p.scenario)
		}
	}
	var b bytes.Buffer
	if err := page.Write(&b); err != nil {
		return err
	}
	if err := writeFile(path, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err }); err != nil {
		return fileError(err)
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		fmt.Fprintf(w, "\n%s: %s, %.1f kB; open it in a browser\n", path, plural(len(events), "event"), float64(b.Len())/1000)
	})
}
