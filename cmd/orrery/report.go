package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/checker"
	"orrery/scenarios"
	"orrery/trace"
)

const (
	reportLines   = 12 // of a violation
	fullReports   = 3  // properties of which a violation is printed in full
	artifactsMost = 10 // violations of one campaign that leave a directory
	listedMost    = 20 // violations that are printed in one line
)

// violation reports a universe that is violated, or of which the harness despaired: the first of
// each property in full, the others in a line. It leaves artefacts.
func (c *sweep) violation(u *universe) {
	o := c.options
	o.Seed = u.Seed
	place := len(c.reported) + c.listed
	full := len(c.reported) < fullReports && !slices.Contains(c.reported, u.Property)
	var re *rerun
	if full || place < artifactsMost {
		re, _ = c.app.rerun(c.scenario, o) // an error of the options would have come at the first run
	}
	if place < artifactsMost {
		dir, err := writeArtifact(c.artifacts, artifactName(c.scenario, o), c.scenario, o, u, re)
		if err != nil {
			c.progress.clear()
			fmt.Fprintln(c.app.err, "orrery: no artefact of seed", u.Seed, "could be written:", oneLine(err.Error()))
		} else {
			u.Repro = dir + "/" + reproFile
		}
	}
	if full {
		c.reported = append(c.reported, u.Property)
	} else {
		c.listed++
	}
	if c.json || !full && c.listed > listedMost {
		return
	}
	replay := replayCommand(c.scenario, o, u.Repro, c.plan)
	c.progress.clear()
	_ = toConsole(c.app.out, func(w *bytes.Buffer) { // an error comes again, and ends the campaign then
		switch {
		case full:
			c.app.report(w, c.scenario, u, re, replay)
		default:
			fmt.Fprintf(w, "%s %s\n", u.headline(), c.app.out.faint("· "+replay))
		}
		if c.listed == listedMost && !full {
			fmt.Fprintln(w, "Further violations are counted, and not listed.")
		}
	})
}

// headline says which universe it is, and what of it.
func (u *universe) headline() string {
	which := fmt.Sprintf("%s, seed %d", u.Scenario, u.Seed)
	if u.Bug != "" {
		which += ", bug " + u.Bug
	}
	switch {
	case u.verdict == checker.Holds:
		return which + ": all held"
	case u.Property == "":
		return strings.ToUpper(u.Verdict) + ": " + which
	}
	return strings.ToUpper(u.Verdict) + " " + u.Property + ": " + which
}

// report prints a violation in at most reportLines lines: which property, what
// happened, the story, and how to go on.
//
// replay is the command that runs the universe again.
func (a *app) report(w *bytes.Buffer, s *scenarios.Scenario, u *universe, re *rerun, replay string) {
	columns := min(a.out.columns(), 120)
	head := u.headline()
	if at, ok := re.violatedAt(); ok {
		head += fmt.Sprintf(", after %.3f s and %s", at.Seconds(), plural(u.Events, "event"))
	}
	lines := []string{a.out.bold(clip(head, columns), true)}
	for _, l := range wrap(u.Detail, columns-2, 2) {
		lines = append(lines, "  "+l)
	}
	var tail []string
	if re.result.Hash != u.Hash {
		tail = append(tail, a.out.bold("  This seed is not one run: with its trace recorded, its hash is another.", true))
	}
	tail = append(tail, "  replay  "+replay, "  look    "+strings.Replace(replay, "orrery replay", "orrery show", 1)+" --story")
	p := plotOf(s, re)
	p.story.Max = reportLines - len(lines) - len(tail) + 1
	for _, l := range p.story.Lines(p.events) {
		if l.Events[0].Kind == trace.Violation {
			break // said above
		}
		mark := "  "
		if l.LeftOut > 0 {
			mark = "… "
		}
		lines = append(lines, a.out.faint(clip("  "+mark+l.Text, columns)))
	}
	for _, l := range append(lines, tail...) {
		fmt.Fprintln(w, l)
	}
}

// violatedAt is the virtual time of the violation, if the trace has it.
func (re *rerun) violatedAt() (at time.Duration, ok bool) {
	for i := range re.events {
		if re.events[i].Kind == trace.Violation {
			return re.events[i].At, true
		}
	}
	return 0, false
}

// replayCommand is the command that runs the universe again, from its repro.json if there is
// one. plan is the file of its plan, if it has one.
func replayCommand(s *scenarios.Scenario, o scenarios.Options, reproPath, plan string) string {
	if reproPath != "" {
		return "orrery replay " + quoted(strings.TrimSuffix(reproPath, "/"+reproFile))
	}
	cmd := fmt.Sprintf("orrery replay %s --seed %d", s.Name, o.Seed)
	if o.Bug != "" {
		cmd += " --bug " + o.Bug
	}
	if o.Nemesis != nil {
		cmd += " --nemesis " + strings.Join(o.Nemesis, ",")
		if len(o.Nemesis) == 0 {
			cmd += "none"
		}
	}
	if o.Profile != "" {
		cmd += " --profile " + o.Profile
	}
	if o.Ops > 0 {
		cmd += fmt.Sprintf(" --ops %d", o.Ops)
	}
	if o.Nodes > 0 {
		cmd += fmt.Sprintf(" --nodes %d", o.Nodes)
	}
	if o.Plan != nil {
		cmd += " --plan " + quoted(plan)
	}
	return cmd
}

// quoted quotes a path for a shell, if it has to be.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t'\"\\$`&;()<>|*?[]#~") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}
