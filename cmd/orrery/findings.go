package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orrery/explore/findings"
)

func (a *app) findingsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "findings",
		Short: "Look at what orrery hunt has found, and replay, close and reopen it",
		Long: `Look at what orrery hunt has found and keeps in findings.db. A finding is named by eight hexadecimal digits, of
which the first few are enough.

  new    found in the hunt that is the latest to have seen it
  open   seen again since, by another hunt or a replay
  gone   its replay does not violate the property any more, or it was closed
  back   it was gone, and was seen again`,
		Example: `  orrery findings list
  orrery findings show 3f
  orrery findings replay`,
		Args: cobra.ArbitraryArgs, // so that RunE names an unknown operation itself
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("findings: want an OPERATION: %s", strings.Join(commandNames(cmd), ", "))
			}
			return unknownOperation(cmd, args[0])
		},
	}
	out := a.artifacts
	cmd.PersistentFlags().StringVar(&out, "out", a.artifacts, "the `DIR` that orrery hunt was given")
	cmd.AddCommand(a.findingsList(&out), a.findingsShow(&out), a.findingsReplay(&out), a.findingsClose(&out), a.findingsReopen(&out))
	return cmd
}

// store opens the store of a directory.
func (a *app) store(dir string) (*findings.Store, error) {
	s, moved, err := findings.OpenExisting(dir)
	switch {
	case errors.Is(err, findings.ErrNone):
		return nil, fmt.Errorf("%s: there are no findings: want the --out DIR of an orrery hunt", dir)
	case err != nil:
		return nil, fileError(err)
	case moved != "":
		return nil, fmt.Errorf("%s could not be read; it is now %s", filepath.Join(dir, findings.FileName), moved)
	}
	return s, nil
}

func (a *app) findingsList(out *string) *cobra.Command {
	var all, asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the findings that are not gone",
		Long: `List the findings, those first that are back. Those that are gone are left out without --all.

With --json there is one object a finding, one a line, with all that is known of it.`,
		Example: `  orrery findings list --all
  orrery findings list --json | jq -r 'select(.state == "back") | .id'`,
		Args: exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			s, err := a.store(*out)
			if err != nil {
				return err
			}
			list, err := s.Findings()
			if err != nil {
				return err
			}
			if !all && !asJSON {
				list = slices.DeleteFunc(list, func(f findings.Finding) bool { return f.State == findings.Gone })
			}
			slices.SortStableFunc(list, func(f, g findings.Finding) int {
				return cmp.Compare(slices.Index(findings.States(), f.State), slices.Index(findings.States(), g.State))
			})
			return a.printFindings(s, list, asJSON)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list those as well that are gone")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a finding, one a line, also of those that are gone")
	return cmd
}

func (a *app) printFindings(s *findings.Store, list []findings.Finding, asJSON bool) error {
	if asJSON {
		for _, f := range list {
			if err := writeJSON(a.out, f); err != nil {
				return err
			}
		}
		return nil
	}
	campaigns, err := s.Campaigns()
	if err != nil {
		return err
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		for _, f := range list {
			title := f.Scenario
			if f.Bug != "" {
				title += " with bug " + f.Bug
			}
			line := fmt.Sprintf("%s %-4s %s: %s, needs %s, seen %s", f.ID, f.State, title, f.Property, f.Signature, times(f.Seen))
			fmt.Fprintln(w, clip(line, a.out.columns()))
		}
		if len(list) == 0 {
			fmt.Fprintln(w, "no findings")
		}
		for _, c := range campaigns {
			line := fmt.Sprintf("campaign %s by %s: %s, %s violated", c.ID, c.Strategy, plural(c.Done, "execution"), count(c.Violated))
			if c.Until > c.Done {
				line += fmt.Sprintf("; %s of its budget are left", count(c.Until-c.Done))
			}
			fmt.Fprintln(w, a.out.faint(clip(line, a.out.columns())))
		}
	})
}

func (a *app) findingsShow(out *string) *cobra.Command {
	var repro bool
	cmd := &cobra.Command{
		Use:   "show FINDING",
		Short: "Show what is known of a finding, and its story",
		Long: `Show what is known of a finding: what it violates and needs, who found it and when, and the story of the
universe that shows it. With --repro, print its repro.json, which orrery replay, shrink and show take.`,
		Example: `  orrery findings show 3f
  orrery findings show 3f --repro > repro.json`,
		Args: exactArgs("a FINDING (see orrery findings list)"),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.store(*out)
			if err != nil {
				return err
			}
			f, err := s.Find(args[0])
			if err != nil {
				return err
			}
			if repro {
				return toConsole(a.out, func(w *bytes.Buffer) { fmt.Fprintf(w, "%s\n", f.Repro) })
			}
			return a.showFinding(&f)
		},
	}
	cmd.Flags().BoolVar(&repro, "repro", false, "print its repro.json")
	return cmd
}

// showFinding prints a finding, with the report of its universe.
func (a *app) showFinding(f *findings.Finding) error {
	sub, err := a.reproIn(f.Repro, "finding "+f.ID)
	if err != nil {
		return err
	}
	re, err := a.rerun(sub.scenario, sub.options)
	if err != nil {
		return err
	}
	u := condense(sub.scenario.Name, re.result, 0)
	return toConsole(a.out, func(w *bytes.Buffer) {
		row := func(label, text string) {
			w.WriteString(hanging("  "+label, labelWidth, min(a.out.columns(), 120), text))
		}
		fmt.Fprintf(w, "finding %s, %s\n", a.out.bold(f.ID, false), f.State)
		row("violates", f.Property+": "+f.Detail)
		row("needs", f.Signature)
		row("seen", times(f.Seen))
		row("first", sightingWords(&f.First))
		if f.Seen > 1 {
			row("last", sightingWords(&f.Last))
		}
		if f.Note != "" {
			row("note", f.Note)
		}
		if u.Property != f.Property {
			row("now", u.outcome())
			return
		}
		w.WriteByte('\n')
		a.report(w, sub.scenario, &u, re, replayCommand(sub.scenario, sub.options, "FILE/"+reproFile, ""))
		fmt.Fprintf(w, "  FILE is what orrery findings show %s --repro prints\n", f.ID)
	})
}

func sightingWords(s *findings.Sighting) string {
	by := s.Strategy
	if s.Member != "" {
		by += " (" + s.Member + ")"
	}
	return fmt.Sprintf("%s, execution %s of campaign %s by %s, seed %d, hash %s",
		s.When.Format(time.DateTime), count(s.Execution), s.Campaign, by, s.Seed, s.Hash)
}

func (a *app) findingsReplay(out *string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "replay [FINDING...]",
		Short: "Run the universes of findings again, and note which are gone",
		Long: `Run the universe of each finding again, of all that are not gone if none is named. One that does not violate
its property any more is gone; one that was gone and does is back.

Exit status: 0 all are gone, 1 one still violates its property, 2 the command could not run.`,
		Example: `  orrery findings replay
  orrery findings replay 3f a0`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.store(*out)
			if err != nil {
				return err
			}
			list, err := chosenFindings(s, args)
			if err != nil {
				return err
			}
			return a.replayFindings(s, list)
		},
	}
	return cmd
}

// chosenFindings are those that are named, or all that are not gone.
func chosenFindings(s *findings.Store, names []string) (list []findings.Finding, err error) {
	if len(names) == 0 {
		list, err = s.Findings()
		return slices.DeleteFunc(list, func(f findings.Finding) bool { return f.State == findings.Gone }), err
	}
	for _, name := range names {
		f, err := s.Find(name)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

func (a *app) replayFindings(s *findings.Store, list []findings.Finding) error {
	code := exitHeld
	session, err := s.Session()
	if err != nil {
		return err
	}
	for _, f := range list {
		violated, r, err := a.replayFinding(&f)
		if err != nil {
			return err
		}
		was := f.State
		if f, err = s.Replayed(f.ID, violated, session); err != nil {
			return err
		}
		now := f.Property + " is violated"
		if violated {
			code = exitViolated
		} else if now = "one seed is one run again"; r != nil {
			now = outcome(r.Verdict.String(), r.Property)
		}
		if err := toConsole(a.out, func(w *bytes.Buffer) { fmt.Fprintf(w, "%s %s → %s: %s\n", f.ID, was, f.State, now) }); err != nil {
			return err
		}
	}
	return ended(code)
}

func (a *app) findingsClose(out *string) *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use:   "close FINDING...",
		Short: "Declare findings gone",
		Long: `Declare findings gone, as after a fix or because they are no defects. One that is seen again is back, so
nothing is hidden by it.`,
		Example: `  orrery findings close 3f --note "fixed by a12b34"`,
		Args:    cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.changeFindings(*out, "close", args, func(s *findings.Store, id string) (findings.Finding, error) { return s.Close(id, note) })
		},
	}
	cmd.Flags().StringVar(&note, "note", "", "say why")
	return cmd
}

func (a *app) findingsReopen(out *string) *cobra.Command {
	return &cobra.Command{
		Use:     "reopen FINDING...",
		Short:   "Take a close back",
		Long:    `Take a close back: the findings are open again.`,
		Example: `  orrery findings reopen 3f`,
		Args:    cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.changeFindings(*out, "reopen", args, (*findings.Store).Reopen)
		},
	}
}

func (a *app) changeFindings(dir, what string, names []string, change func(*findings.Store, string) (findings.Finding, error)) error {
	if len(names) == 0 {
		return fmt.Errorf("findings %s: want a FINDING (see orrery findings list)", what)
	}
	s, err := a.store(dir)
	if err != nil {
		return err
	}
	list, err := chosenFindings(s, names)
	if err != nil {
		return err
	}
	for _, f := range list {
		was := f.State
		if f, err = change(s, f.ID); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s %s → %s\n", f.ID, was, f.State)
	}
	return nil
}
