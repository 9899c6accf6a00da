package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orrery/scenarios"
	"orrery/trace"
	"orrery/viewer"
)

// showFlags are the flags of orrery show.
type showFlags struct {
	subjectFlags
	story, mermaid, shiviz, perfetto    bool
	edn                                 bool
	states, ascii, curve                bool
	from, to, nodes, kinds, color, page string
	width                               int
}

func (a *app) showCommand() *cobra.Command {
	var f showFlags
	cmd := &cobra.Command{
		Use:   "show FILE|SCENARIO",
		Short: "Draw what happened in a universe",
		Long: `Draw a universe as text: time runs downwards, every machine has a lane, a message is an
arrow on the line where it arrives. FILE is a trace.jsonl, which is drawn as it is, or a
repro.json (or the directory that it is in), whose universe is run again; so is that of a
SCENARIO and a --seed.

--story tells in at most 15 lines how it came to the violation, and draws those alone.
--from and --to take a virtual time (1.5s) or the number of an event (2261). Kinds are those
of the trace: boot, deliver, fire, synced, posted, opened, received, closed, script, send,
drop, write, sync, crash, fault-on, fault-off, note, invoke, return, violation; and, in a
recording with states, timer-set, timer-stop, bytes-lost, torn.

--page writes one HTML file instead, to be opened in a browser: the story, the overview, the
machines' states at each event, what the clients saw and what the faults did. It needs no network.
--curve asks besides when the violation was decided, which takes some seconds, and puts the nearest
run that passes into the page: there the key d shows the two beside each other. Without it, d
shows what the minimal trace leaves out. L copies a link that holds a short minimal trace whole:
whoever has any page of Orrery opens it there.

Other forms, for other tools. They are printed, so redirect them into a file:

  --mermaid    a sequence diagram, which GitHub draws in a comment; best with --story
  --shiviz     vector clocks for ShiViz (bestchai.bitbucket.io/shiviz); with --story, the story beside it
  --perfetto   JSON for ui.perfetto.dev: a track for each machine, arrows for the messages
  --edn        what the clients saw, as the history of a Jepsen test; orrery check reads it again

A picture is as wide as the terminal, or 100 columns. Exit status: 0, or 2 if the file
cannot be shown.`,
		Example: `  orrery show artifacts/paxos-promise-not-durable-seed-14 --story
  orrery show artifacts/paxos-promise-not-durable-seed-14 | less -R
  orrery show trace.jsonl --from 1.2s --to 1.9s --nodes n1,n2,c3
  orrery show artifacts/paxos-promise-not-durable-seed-14 --page promise.html --curve
  orrery show repro.json --states --kinds crash,boot,violation
  orrery show paxos --seed 14 --mermaid --from 2200
  orrery show paxos --seed 14 --edn > history.edn`,
		Args: exactArgs("a FILE (see orrery run) or a SCENARIO (see orrery list)"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.show(cmd, args[0], &f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&f.story, "story", false, "tell how it came to the violation, or to the end")
	flags.StringVar(&f.from, "from", "", "begin at this virtual `TIME`, or event number")
	flags.StringVar(&f.to, "to", "", "end at this virtual `TIME`, or event number")
	flags.StringVar(&f.nodes, "nodes", "", "only these machines, in this order, as in n1,n2; a number is how many servers the SCENARIO has")
	flags.StringVar(&f.kinds, "kinds", "", "only these kinds of event, as in crash,drop")
	flags.BoolVar(&f.states, "states", false, "show what changed in the machines' states (runs the universe again)")
	flags.BoolVar(&f.mermaid, "mermaid", false, "print a sequence diagram in Mermaid's language")
	flags.BoolVar(&f.shiviz, "shiviz", false, "print it for ShiViz: all of it, and with --story the story beside it")
	flags.BoolVar(&f.perfetto, "perfetto", false, "print it as JSON for ui.perfetto.dev")
	flags.BoolVar(&f.edn, "edn", false, "print what the clients saw, as Jepsen's histories in EDN")
	flags.StringVar(&f.page, "page", "", "write a page to look at in a browser into this HTML `FILE`")
	flags.BoolVar(&f.curve, "curve", false, "with --page: ask how sure the violation was after each event, and find the nearest run that passes")
	flags.BoolVar(&f.ascii, "ascii", false, "use ASCII alone")
	flags.StringVar(&f.color, "color", "auto", "auto, always or never")
	flags.IntVar(&f.width, "width", 0, "columns (default: the terminal's)")
	f.subjectFlags.add(cmd)
	return cmd
}

// picture is a trace that is to be drawn.
type picture struct {
	title    string
	scenario *scenarios.Scenario // nil if it is not known here
	plot     plot                // what its story is told of
	events   []trace.Event
	page     *viewer.Page      // nil if none is wanted
	subject  *subject          // nil if it is a trace
	result   *scenarios.Result // the same
	header   trace.Header      // of a trace
}

func (a *app) show(cmd *cobra.Command, arg string, f *showFlags) error {
	lanes, err := f.lanes(cmd, a.out)
	if err != nil {
		return err
	}
	p, err := a.picture(cmd, arg, f)
	if err != nil {
		return err
	}
	if f.page != "" {
		return a.showPage(cmd.Context(), p, f)
	}
	if p.scenario != nil {
		lanes.Describe = describe(p.scenario)
	}
	known := map[string]bool{}
	var machines []string
	for i := range p.events {
		if n := p.events[i].Node; n != "" && !known[n] {
			known[n] = true
			machines = append(machines, n)
		}
	}
	for _, n := range lanes.Nodes {
		if !known[n] {
			return scenarios.Unknown("machine", n, machines)
		}
	}
	w := bufio.NewWriterSize(a.out, 64<<10)
	switch {
	case f.mermaid:
		err = p.writeMermaid(w, &lanes, f.story)
	case f.shiviz:
		err = p.writeShiViz(w, &lanes, f.story)
	case f.edn:
		err = p.writeEDN(w)
	case f.perfetto:
		err = trace.WritePerfetto(w, within(p.events, &lanes), lanes.Describe)
	case f.story:
		err = p.writeStory(w, lanes)
	default:
		fmt.Fprintln(w, p.title)
		if f.states {
			lanes.Kinds = kindsWithStates(lanes.Kinds)
		}
		err = lanes.Write(w, p.events)
	}
	return errors.Join(err, w.Flush())
}

// lanes makes of the flags how the picture is drawn.
func (f *showFlags) lanes(cmd *cobra.Command, out console) (trace.Lanes, error) {
	l := trace.Lanes{Width: out.columns(), ASCII: f.ascii, Color: out.color, Legend: true}
	set := cmd.Flags().Changed
	switch {
	case set("width") && f.width < 60:
		return l, fmt.Errorf("--width %d: want at least 60 columns", f.width)
	case set("width"):
		l.Width = f.width
	}
	switch f.color {
	case "auto":
	case "always":
		l.Color = true
	case "never":
		l.Color = false
	default:
		return l, scenarios.Unknown("value of --color", f.color, []string{"auto", "always", "never"})
	}
	if f.curve && f.page == "" {
		return l, errors.New("--curve is for --page")
	}
	if f.story && f.states {
		return l, errors.New("--story and --states contradict each other: want one of them")
	}
	if n, err := strconv.Atoi(f.nodes); err == nil {
		f.universeFlags.nodes = n
	} else if f.nodes != "" {
		l.Nodes = strings.Split(f.nodes, ",")
	}
	var err error
	if f.kinds != "" {
		if l.Kinds, err = parseKinds(f.kinds); err != nil {
			return l, err
		}
	}
	return l, f.interval(&l)
}

// interval sets what --from and --to say.
func (f *showFlags) interval(l *trace.Lanes) error {
	var fromSeq, toSeq uint64
	var err error
	if f.from != "" {
		if l.From, fromSeq, err = parseMoment("from", f.from); err != nil {
			return err
		}
	}
	if f.to != "" {
		if l.To, toSeq, err = parseMoment("to", f.to); err != nil {
			return err
		}
		if toSeq == 0 && l.To < l.From || toSeq != 0 && toSeq < fromSeq {
			return fmt.Errorf("--to %s is before --from %s", f.to, f.from)
		}
	}
	if fromSeq > 0 || toSeq > 0 {
		l.Only = func(e *trace.Event) bool { return e.Seq >= fromSeq && (toSeq == 0 || e.Seq <= toSeq) }
	}
	return nil
}

// parseMoment reads a virtual time or the number of an event.
func parseMoment(flag, s string) (at time.Duration, seq uint64, err error) {
	if seq, err = strconv.ParseUint(strings.TrimPrefix(s, "#"), 10, 64); err == nil && seq > 0 {
		return 0, seq, nil
	}
	if at, err = time.ParseDuration(s); err == nil && at > 0 {
		return at, 0, nil
	}
	return 0, 0, fmt.Errorf("--%s %q: want a virtual time such as 1.5s, or the number of an event such as 2261", flag, s)
}

func parseKinds(list string) ([]trace.Kind, error) {
	var kinds []trace.Kind
	for name := range strings.SplitSeq(list, ",") {
		k, ok := trace.KindNamed(name)
		if !ok {
			var names []string
			for _, k := range trace.Kinds() {
				names = append(names, k.String())
			}
			return nil, scenarios.Unknown("kind of event", name, names)
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

// kindsWithStates adds notes, which carry the changes of state.
func kindsWithStates(kinds []trace.Kind) []trace.Kind {
	if kinds == nil || slices.Contains(kinds, trace.Note) {
		return kinds
	}
	return append(slices.Clone(kinds), trace.Note)
}

// picture reads the trace, or runs the universe again.
func (a *app) picture(cmd *cobra.Command, arg string, f *showFlags) (*picture, error) {
	if a.isFile(arg) && (isOurs(arg) || filepath.Ext(arg) == ".jsonl") {
		if f.states {
			return nil, fmt.Errorf("--states needs a universe to run again: want a repro.json, and %s is a trace", arg)
		}
		if err := f.contradicts(cmd, arg); err != nil {
			return nil, err
		}
		return a.readTrace(arg, f.page != "")
	}
	s, err := a.subject(cmd, arg, &f.subjectFlags)
	if err != nil {
		return nil, err
	}
	s.options.States = f.states || f.page != ""
	re, err := a.rerun(s.scenario, s.options)
	if err != nil {
		return nil, err
	}
	u := condense(s.scenario.Name, re.result, 0)
	title := u.headline() + ", hash " + u.Hash
	if s.expect != nil && s.expect.Hash != u.Hash {
		fmt.Fprintf(a.err, "orrery: this is another run than the one that was found: hash %s, expected %s; see orrery replay %s\n", u.Hash, s.expect.Hash, arg)
	}
	if re.leftOut > 0 {
		title += fmt.Sprintf(", the last %s", plural(len(re.events), "event"))
	}
	p := &picture{title: title, scenario: s.scenario, events: re.events, subject: s, result: re.result}
	if f.page != "" {
		p.page = pageOf(s.scenario, re)
		p.page.Replay = s.replay(re)
	} else {
		p.plot = plotOf(s.scenario, re)
	}
	return p, nil
}

// writeStory tells the story in words, and draws it in lanes.
func (p *picture) writeStory(w io.Writer, lanes trace.Lanes) error {
	told := plot{story: p.plot.story, events: within(p.plot.events, &lanes)}
	told.story.About = append(slices.Clone(told.story.About), lanes.Nodes...)
	lanes.Only = trace.Among(told.story.Lines(told.events))
	fmt.Fprintf(w, "%s\n\n%s\n", p.title, told.story.String(told.events))
	return lanes.Write(w, told.events)
}

// writeMermaid prints what the flags leave, or the story of it, as a sequence diagram.
func (p *picture) writeMermaid(w io.Writer, lanes *trace.Lanes, story bool) error {
	events := within(p.events, lanes)
	if story {
		told := plot{story: p.plot.story, events: within(p.plot.events, lanes)}
		events = told.told()
	}
	diagram, err := trace.Mermaid(events, lanes.Describe)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, strings.TrimRight(diagram, "\n"))
	return err
}

// writeShiViz prints what the flags leave, and the story of it as a second execution to compare it with.
func (p *picture) writeShiViz(w io.Writer, lanes *trace.Lanes, story bool) error {
	runs := []trace.Execution{{Name: p.title, Events: within(p.events, lanes)}}
	if story {
		told := plot{story: p.plot.story, events: within(p.plot.events, lanes)}
		runs = append(runs, trace.Execution{Name: "the story", Events: told.told()})
	}
	return trace.WriteShiViz(w, lanes.Describe, runs...)
}

// within are those of the events that the flags leave. Without any, they are all.
func within(all []trace.Event, l *trace.Lanes) []trace.Event {
	if l.From == 0 && l.To == 0 && l.Only == nil && l.Nodes == nil && l.Kinds == nil {
		return all
	}
	var events []trace.Event
	for i := range all {
		e := &all[i]
		switch {
		case e.At < l.From, l.To > 0 && e.At > l.To, l.Only != nil && !l.Only(e):
		case l.Kinds != nil && !slices.Contains(l.Kinds, e.Kind):
		case l.Nodes != nil && e.Node != "" && !slices.Contains(l.Nodes, e.Node):
		default:
			events = append(events, *e)
		}
	}
	return events
}
