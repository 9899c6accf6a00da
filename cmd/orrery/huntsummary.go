package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"orrery/explore/campaign"
	"orrery/explore/findings"
)

// conclude says what came of the hunt, on the console and in the JUnit file.
func (h *hunt) conclude(elapsed time.Duration) error {
	if h.junit != "" {
		if err := os.WriteFile(h.junit, h.junitXML(elapsed), 0o644); err != nil {
			return fileError(err)
		}
	}
	if h.json {
		return h.concludeJSON(elapsed)
	}
	return toConsole(h.app.out, func(w *bytes.Buffer) {
		if h.reports > 0 {
			w.WriteByte('\n')
		}
		for _, l := range h.legs {
			l.summary(w, elapsed)
			w.WriteByte('\n')
		}
		h.conclusion(w)
	})
}

func (h *hunt) concludeJSON(elapsed time.Duration) error {
	for _, l := range h.legs {
		err := writeJSON(h.app.out, struct {
			Type       string            `json:"type"`
			Campaign   findings.Progress `json:"campaign"`
			Executions uint64            `json:"executions"`
			Ending     string            `json:"ending"`
			WallNS     int64             `json:"wall_ns"`
			Verdicts   map[string]uint64 `json:"verdicts"`
			NeverBit   []string          `json:"never_bit"`
			NeverMet   []string          `json:"never_reached"`
		}{"end", l.stored, l.tally.universes, l.endingWords(), int64(elapsed), l.tally.verdictCounts(), l.neverBit(), l.neverReached()})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *leg) neverBit() []string {
	_, never := l.tally.faultsByBite()
	return append([]string{}, never...)
}

func (l *leg) neverReached() []string {
	_, never := l.tally.marksReached()
	return append([]string{}, never...)
}

// endingWords says why the campaign ended.
func (l *leg) endingWords() string {
	if l.ending != nil && l.ending.Why != campaign.Interrupted {
		return l.ending.String()
	}
	return l.hunt.ending
}

// summary is what came of the campaign of one scenario.
func (l *leg) summary(w *bytes.Buffer, elapsed time.Duration) {
	h, t, columns := l.hunt, l.tally, min(l.hunt.app.out.columns(), 120)
	title := l.scenario.Name
	if l.options.Bug != "" {
		title += " with bug " + l.options.Bug
	}
	fmt.Fprintf(w, "%s: %s by strategy %s in %s on %s; %s\n", h.app.out.bold(title, false), plural(t.universes, "execution"),
		l.spec, span(elapsed), plural(min(h.workers, h.app.cores), "core"), l.endingWords())
	row := func(label, text string) {
		if text != "" {
			w.WriteString(hanging("  "+label, labelWidth, columns, text))
		}
	}
	row("campaign", l.campaignWords())
	row("run twice", h.checkedWords())
	t.evidence(w, columns, elapsed)
	for _, name := range slices.Sorted(maps.Keys(l.members)) {
		m := l.members[name]
		text := fmt.Sprintf("%s, %s, %s violated", name, plural(m.executions, "execution"), count(m.violated))
		if m.violated > 0 {
			text += fmt.Sprintf(", the first of them execution %s", count(m.first))
		}
		row("chosen by", text)
	}
}

// campaignWords says where in its campaign this hunt was.
func (l *leg) campaignWords() string {
	s := fmt.Sprintf("%s, seed %d", l.id, l.hunt.seed)
	if l.tally.universes == 0 {
		return s
	}
	s += fmt.Sprintf(", executions %s to %s", count(l.from), count(l.stored.Done-1))
	if l.from > 0 {
		s += "; it went on where it was"
	}
	return s
}

// checkedWords says how often determinism was checked. The checks of all scenarios are counted together.
func (h *hunt) checkedWords() string {
	s := plural(h.checks.again.Load(), "execution") + " in this process"
	if h.app.elsewhere != nil {
		s += fmt.Sprintf(", %s in a fresh one", count(h.checks.elsewhere.Load()))
	}
	if n := h.checks.unmade.Load(); n > 0 {
		s += fmt.Sprintf("; %s could not be made: %s", plural(n, "check"), *h.unmade.Load())
	}
	return s
}

// conclusion lists the findings and says how to go on.
func (h *hunt) conclusion(w *bytes.Buffer) {
	out := h.app.out
	for i := range h.found {
		f := &h.found[i]
		line := fmt.Sprintf("%-4s %s %s: %s, needs %s, seen %s", f.State, f.ID, f.Scenario, f.Property, f.Signature, times(f.Seen))
		fmt.Fprintln(w, out.bold(clip(line, out.columns()), f.violated))
	}
	counted, pending := uint64(0), 0
	for _, l := range h.legs {
		counted += l.counted
		if list, err := h.store.Pending(l.id); err == nil {
			pending += len(list)
		}
	}
	if counted > 0 {
		fmt.Fprintf(w, "%s of properties of which %d had been looked into, only counted\n", plural(counted, "further violation"), lookedInto)
	}
	if pending > 0 {
		fmt.Fprintf(w, "%s not looked into yet: the same command does so when it is given again\n", plural(pending, "violation"))
	}
	h.total.undecided(w, out)
	switch {
	case len(h.found) > 0:
		fmt.Fprintf(w, "  orrery findings list%s\n", h.outFlag())
	case h.total.universes == 0:
		fmt.Fprintln(w, "Nothing was run, so nothing can be said.")
	case h.total.status() == exitHeld:
		fmt.Fprintln(w, out.bold("All held.", false))
	}
}

// outFlag is the flag that names the store, if it has to be named.
func (h *hunt) outFlag() string {
	if h.out == h.app.artifacts {
		return ""
	}
	return " --out " + quoted(h.out)
}

func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return count(n) + " times"
}
