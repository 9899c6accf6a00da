package main

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"orrery/checker"
	"orrery/explore"
	"orrery/scenarios"
)

const labelWidth = 17

// summary is what a campaign prints at its end.
func (c *sweep) summary(w *bytes.Buffer, elapsed time.Duration) {
	t, columns := c.tally, min(c.app.out.columns(), 120)
	title := c.scenario.Name
	if c.options.Bug != "" {
		title += " with bug " + c.options.Bug
	}
	if len(c.reported) > 0 {
		w.WriteByte('\n')
	}
	fmt.Fprintf(w, "%s: %s%s in %s on %s\n", c.app.out.bold(title, false), plural(t.universes, "universe"),
		c.whichSeeds(), span(elapsed), plural(min(c.workers, c.app.cores), "core"))
	t.evidence(w, columns, elapsed)
	w.WriteByte('\n')
	c.conclusion(w)
}

// evidence prints what the verdicts rest on, a row each: without it, a pass may be an empty one.
func (t *tally) evidence(w *bytes.Buffer, columns int, elapsed time.Duration) {
	row := func(label, text string) {
		if text != "" {
			w.WriteString(hanging("  "+label, labelWidth, columns, text))
		}
	}
	row("verdicts", t.verdictWords())
	row("events", fmt.Sprintf("%s, %s a second", count(t.events), count(perSecond(t.events, elapsed))))
	row("time", t.timeWords(elapsed))
	row("operations", t.operationWords())
	row("by kind", t.kindWords())
	bit, never := t.faultWords()
	row("faults", bit)
	row("never bit", never)
	row("checks", t.checkWords())
	reached, unreached := t.marksReached()
	if reached+len(unreached) > 0 {
		row("marks", fmt.Sprintf("%d of %d reached", reached, reached+len(unreached)))
	}
	if t.universes >= manyUniverses {
		row("never reached", listed(unreached))
	}
}

const (
	manyUniverses = 100 // from so many on, a mark that was never reached is worth naming
	marksListed   = 12
)

// listed joins names, but not too many of them.
func listed(names []string) string {
	if more := len(names) - marksListed; more > 0 {
		return fmt.Sprintf("%s, and %d more", strings.Join(names[:marksListed], ", "), more)
	}
	return strings.Join(names, ", ")
}

// whichSeeds says which seeds were run, and why not all that were asked for.
func (c *sweep) whichSeeds() string {
	n := c.tally.universes
	if n == 0 {
		return " (" + c.ending + ")"
	}
	ran := explore.Seeds{First: c.seeds.First, Last: c.seeds.First + n - 1}
	s := " (seeds " + ran.String()
	if n == 1 {
		s = " (seed " + ran.String()
	}
	if c.ending != "" {
		s += "; " + c.ending
	}
	return s + ")"
}

func (t *tally) verdictWords() string {
	var parts []string
	for v := int(checker.Violated); v >= 0; v-- {
		if n := t.verdicts[v]; n > 0 {
			parts = append(parts, count(n)+" "+checker.Verdict(v).String())
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func (t *tally) timeWords(elapsed time.Duration) string {
	s := span(t.virtual) + " of virtual time"
	if elapsed > 0 {
		s += fmt.Sprintf(", %s times as fast as the clock", count(int64(t.virtual/max(elapsed, 1))))
	}
	return s
}

func (t *tally) operationWords() string {
	o := t.ops
	s := fmt.Sprintf("%s begun: %s ok, %s failed, %s maybe", count(o.invoked), count(o.ok), count(o.failed), count(o.maybe))
	if o.mismatch > 0 {
		s += ", " + count(o.mismatch) + " mismatched"
	}
	return s
}

// kindWords says of each kind of operation how many ended well, of how many; the kinds that never did come
// first, for of them nothing was checked.
func (t *tally) kindWords() string {
	var never, parts []string
	for f := range checker.FCount {
		all, ok := t.kinds.Of(checker.F(f)), t.kinds.Ops[f][checker.OK]
		switch {
		case all > 0 && ok == 0:
			never = append(never, fmt.Sprintf("%s none of %s ok", checker.F(f), count(all)))
		case all > 0:
			parts = append(parts, fmt.Sprintf("%s %s of %s ok", checker.F(f), count(ok), count(all)))
		}
	}
	return strings.Join(append(never, parts...), ", ")
}

// checkWords says how often the checks could have failed.
func (t *tally) checkWords() string {
	var parts []string
	if t.judged > 0 {
		parts = append(parts, fmt.Sprintf("linearizability of %s with %s that could have had one answer only and %s of operations under way at once",
			pluralOf(t.judged, "history", "histories"), plural(t.kinds.Forced, "read"), plural(t.kinds.Concurrent, "pair")))
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(t.asked)) {
		names = append(names, fmt.Sprintf("%s %s", name, count(t.asked[name])))
	}
	if len(names) > 0 {
		parts = append(parts, strings.Join(names, ", "))
	}
	return strings.Join(parts, "; ")
}

// faultWords says which faults bit, and which never did.
func (t *tally) faultWords() (bit, never string) {
	if t.planned == 0 {
		return "none", ""
	}
	kinds, nevers := t.faultsByBite()
	var parts []string
	for _, k := range kinds {
		parts = append(parts, fmt.Sprintf("%s %s", k.kind, count(k.bit)))
	}
	bit = fmt.Sprintf("%s of %s bit", count(t.bites), count(t.planned))
	if len(parts) > 0 {
		bit += ": " + strings.Join(parts, ", ")
	}
	return bit, strings.Join(nevers, ", ")
}

// conclusion says what follows.
func (c *sweep) conclusion(w *bytes.Buffer) {
	t, out := c.tally, c.app.out
	for _, f := range t.found {
		what := f.property
		if what == "" {
			what = "no property"
		}
		line := fmt.Sprintf("%s: %s, %s %s", strings.ToUpper(f.verdict.String()), what,
			pluralSeeds(len(f.seeds)), seedList(f.seeds, f.more))
		fmt.Fprintln(w, out.bold(clip(line, out.columns()), f.verdict == checker.Violated))
		if f.verdict != checker.Violated && f.detail != "" {
			fmt.Fprintln(w, "  "+clip(oneLine(f.detail), out.columns()-2))
		}
	}
	switch {
	case t.universes == 0:
		fmt.Fprintln(w, "Nothing was run, so nothing can be said.")
	case len(t.found) > 0:
	case c.options.Bug != "":
		bug, _ := c.scenario.BugNamed(c.options.Bug)
		fmt.Fprintf(w, "All held, although a defect is planted: these seeds do not find it. It is %s.\n", c.app.foundIn(c.scenario, bug))
	default:
		if flags := suggestion(c.scenario); flags != "" {
			fmt.Fprintln(w, out.bold("All held.", false)+" To see that they need not, plant a historical defect:")
			fmt.Fprintf(w, "  orrery run %s %s\n", c.scenario.Name, flags)
			return
		}
		fmt.Fprintln(w, out.bold("All held.", false))
	}
}

// suggestion is what shows a defect of a scenario: the first one that takes few seeds, or else the one that takes fewest; "" if there is none.
func suggestion(s *scenarios.Scenario) (flags string) {
	fewest := uint64(math.MaxUint64)
	for _, b := range s.Bugs {
		r, err := explore.ParseSeeds(b.Seeds)
		if err != nil || r.Len() >= fewest {
			continue
		}
		fewest, flags = r.Len(), "--bug "+b.Name
		if r.First < defaultSeeds.First || r.Last > defaultSeeds.Last {
			flags += " --seeds " + b.Seeds + " --stop-at-first"
		}
		if fewest <= 100 {
			break
		}
	}
	return flags
}

// undecided says what was not decided, and where: neither held nor violated.
func (t *tally) undecided(w *bytes.Buffer, out console) {
	for _, f := range t.found {
		if f.verdict == checker.Violated {
			continue
		}
		fmt.Fprintln(w, clip(fmt.Sprintf("%s: %s, %s %s", strings.ToUpper(f.verdict.String()), f.property,
			pluralSeeds(len(f.seeds)), seedList(f.seeds, f.more)), out.columns()))
		if f.detail != "" {
			fmt.Fprintln(w, "  "+clip(oneLine(f.detail), out.columns()-2))
		}
	}
}

// verdictCounts is how many executions had each verdict.
func (t *tally) verdictCounts() map[string]uint64 {
	counts := map[string]uint64{}
	for v := checker.Holds; v <= checker.Violated; v++ {
		if n := t.verdicts[v]; n > 0 {
			counts[v.String()] = n
		}
	}
	return counts
}

func pluralSeeds(n int) string {
	if n == 1 {
		return "seed"
	}
	return "seeds"
}
