package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"orrery/trace"
)

const (
	diffBefore = 4  // events of each run that are shown before the first difference
	diffAfter  = 10 // and after it
	diffListed = 6  // kinds of event that are counted by name
)

func (a *app) diffCommand() *cobra.Command {
	context, page := diffAfter, ""
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Say where two runs part, and what each did then",
		Long: `Compare two runs: what their universes depend on, their faults, and their events. A and B are each a
repro.json or the directory of an artefact, whose universe is run again, or a trace.jsonl.

Events are matched by their identity and not by their place, so that a run is compared as well with
one from which others were left out, as a shrunk one with the one that it was made of. What is
shown is the first event that one of them does not have or has otherwise, and what each did around it.
--page writes one HTML file in which both are one story: what is only in A, only in B, and in both.

Exit status: 0 they are the same run, 1 they differ, 2 one of them cannot be read.`,
		Example: `  orrery diff artifacts/paxos-counts-nacks-seed-1 artifacts/paxos-counts-nacks-seed-1-small
  orrery diff old/trace.jsonl new/trace.jsonl
  orrery diff failing.json passing.json --context 30 --page diff.html`,
		Args: exactArgs("A, a run", "B, another one"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if context < 1 {
				return fmt.Errorf("--context %d: want at least 1", context)
			}
			return a.diff(cmd, args[0], args[1], context, page)
		},
	}
	cmd.Flags().StringVar(&page, "page", "", "write a page with both runs beside each other into this HTML `FILE`")
	cmd.Flags().IntVar(&context, "context", context, "show so many events of each after they part")
	return cmd
}

// diff compares two runs.
func (a *app) diff(cmd *cobra.Command, first, second string, context int, page string) error {
	runs := [2]*picture{}
	for i, arg := range []string{first, second} {
		if !a.isFile(arg) {
			return fmt.Errorf("diff: %s: want a repro.json, the directory of one, or a trace.jsonl", arg)
		}
		p, err := a.picture(cmd, arg, &showFlags{})
		if err != nil {
			return err
		}
		runs[i] = p
	}
	aligned := trace.Align(runs[0].events, runs[1].events)
	differ := aligned.First < len(aligned.Rows)
	err := toConsole(a.out, func(w *bytes.Buffer) {
		for i, p := range runs {
			fmt.Fprintf(w, "%s  %s\n", sides[i], clip(p.title, a.out.columns()-3))
		}
		if dependences(w, runs) {
			differ = true
		}
		a.parting(w, runs, &aligned, context)
	})
	if err != nil {
		return err
	}
	if page != "" {
		if err := a.diffPage(page, runs); err != nil {
			return err
		}
	}
	if differ {
		return ended(exitViolated)
	}
	return nil
}

// sides are what the runs are called.
var sides = [2]string{"A", "B"}

// dependences says what the two universes depend on that is not the same, and tells whether there is anything.
func dependences(w *bytes.Buffer, runs [2]*picture) (differ bool) {
	settings, faults := [2]map[string]string{}, [2][]string{}
	for i, p := range runs {
		settings[i], faults[i] = p.settings()
	}
	for _, name := range settingNames {
		x, y := settings[0][name], settings[1][name]
		if x != y {
			differ = true
			fmt.Fprintf(w, "%-10s A: %s   B: %s\n", name, orNone(x), orNone(y))
		}
	}
	for i, list := range faults {
		for _, f := range list {
			if !slices.Contains(faults[1-i], f) {
				differ = true
				fmt.Fprintf(w, "%-10s only in %s: %s\n", "fault", sides[i], f)
			}
		}
	}
	return differ
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// settingNames are what a universe depends on, in the order in which it is told.
var settingNames = []string{"scenario", "seed", "bug", "profile", "nemesis", "ops", "nodes", "clients", "window", "events max", "left out", "listed", "pinned", "fork"}

// settings are what is known of what a run depends on, and its faults. Of a trace that is its header, and the faults that
// began in it.
func (p *picture) settings() (s map[string]string, faults []string) {
	s = map[string]string{}
	if p.subject == nil {
		s["scenario"], s["seed"], s["bug"] = p.header.Scenario, strconv.FormatUint(p.header.Seed, 10), p.header.Meta["bug"]
		for i := range p.events {
			if e := &p.events[i]; e.Kind == trace.FaultOn {
				faults = append(faults, e.At.String()+" "+e.Name)
			}
		}
		return s, faults
	}
	o := p.subject.options
	s["scenario"], s["seed"], s["bug"], s["profile"] = p.scenario.Name, strconv.FormatUint(o.Seed, 10), o.Bug, o.Profile
	if o.Nemesis != nil {
		s["nemesis"] = strings.Join(append([]string{}, o.Nemesis...), ",") + "."
	}
	number := func(name string, n int) {
		if n != 0 {
			s[name] = count(n)
		}
	}
	number("ops", o.Ops)
	number("nodes", o.Nodes)
	number("clients", o.Clients)
	number("events max", int(o.EventsMax))
	number("left out", len(o.Omit))
	number("listed", len(o.Only))
	number("pinned", len(o.Overrides))
	if o.Window != 0 {
		s["window"] = o.Window.String()
	}
	if o.Fork != nil {
		text, _ := json.Marshal(o.Fork) // it was read from JSON
		s["fork"] = string(text)
	}
	for _, e := range p.result.Plan.Entries {
		faults = append(faults, e.String())
	}
	return s, faults
}

// parting says where the runs part, and draws what each did around it.
func (a *app) parting(w *bytes.Buffer, runs [2]*picture, aligned *trace.Aligned, context int) {
	if aligned.First == len(aligned.Rows) {
		fmt.Fprintf(w, "They are one run: all %s are the same.\n", plural(len(aligned.Rows), "event"))
		return
	}
	only := [2][]int{}
	for _, r := range aligned.Rows {
		if r.B < 0 {
			only[0] = append(only[0], r.A)
		} else if r.A < 0 {
			only[1] = append(only[1], r.B)
		}
	}
	fmt.Fprintf(w, "%s in both, %s only in A, %s only in B.\n", plural(aligned.Both, "event"), count(len(only[0])), count(len(only[1])))
	for i := range runs {
		if len(only[i]) > 0 {
			fmt.Fprintf(w, "  only in %s: %s\n", sides[i], kindsOf(runs[i].events, only[i]))
		}
	}
	row := aligned.Rows[aligned.First]
	at := [2]int{next(aligned, func(r trace.AlignedRow) int { return r.A }), next(aligned, func(r trace.AlignedRow) int { return r.B })}
	words := func(i, n int) string {
		e := &runs[i].events[n]
		var d func(*trace.Event) string
		if runs[i].scenario != nil {
			d = describe(runs[i].scenario)
		}
		return fmt.Sprintf("event %d at %s: %s", e.Seq, e.At, trace.Words(e, d))
	}
	fmt.Fprintf(w, "\n%s\n", a.out.bold(fmt.Sprintf("They part after %s:", plural(aligned.First, "event")), false))
	switch {
	case row.A >= 0 && row.B >= 0:
		fmt.Fprintf(w, "  it differs in %s\n  A  %s\n  B  %s\n", strings.Join(row.Fields, ", "), words(0, row.A), words(1, row.B))
	case row.A >= 0:
		fmt.Fprintf(w, "  only in A: %s\n", words(0, row.A))
	default:
		fmt.Fprintf(w, "  only in B: %s\n", words(1, row.B))
	}
	for i, p := range runs {
		fmt.Fprintf(w, "\n%s\n", a.out.bold("What "+sides[i]+" did then", false))
		if at[i] < 0 {
			fmt.Fprintln(w, "  nothing: it had ended")
			continue
		}
		from, to := max(0, at[i]-diffBefore), min(len(p.events), at[i]+context)
		lanes := trace.Lanes{Width: a.out.columns(), Color: a.out.color}
		if p.scenario != nil {
			lanes.Describe = describe(p.scenario)
		}
		first, last := &p.events[from], &p.events[to-1]
		lanes.Only = func(e *trace.Event) bool {
			return (e.Seq > first.Seq || e.Seq == first.Seq && e.Sub >= first.Sub) && (e.Seq < last.Seq || e.Seq == last.Seq && e.Sub <= last.Sub)
		}
		_ = lanes.Write(w, p.events) // a buffer takes everything
	}
}

// next is the first event of one of the traces from where they part; -1 if it has ended.
func next(aligned *trace.Aligned, of func(trace.AlignedRow) int) int {
	for _, r := range aligned.Rows[aligned.First:] {
		if i := of(r); i >= 0 {
			return i
		}
	}
	return -1
}

// kindsOf counts events by their kind, the most frequent ones first.
func kindsOf(events []trace.Event, which []int) string {
	var number [trace.Violation + 1]int
	for _, i := range which {
		number[min(events[i].Kind, trace.Violation)]++
	}
	var kinds []trace.Kind
	for k := range number {
		if number[k] > 0 {
			kinds = append(kinds, trace.Kind(k))
		}
	}
	slices.SortStableFunc(kinds, func(x, y trace.Kind) int { return number[y] - number[x] })
	var words []string
	for i, k := range kinds {
		if i == diffListed {
			words = append(words, "…")
			break
		}
		words = append(words, count(number[k])+" "+k.String())
	}
	return strings.Join(words, ", ")
}
