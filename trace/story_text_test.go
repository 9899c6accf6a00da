package trace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
)

// parseTrace reads events from the short form that the files of testdata use, one a
// line:
//
//	TIME KIND NODE[<PEER] [NAME] [inc=N len=N off=N file=F state=S @LABEL cause=LABEL] [: TEXT]
//
// NODE is - for none. Effects belong to the event before them. "N * LINE" is a line N
// times, a millisecond apart.
func parseTrace(t testing.TB, input string) []Event {
	t.Helper()
	var events []Event
	labels := map[string]uint64{}
	for _, line := range strings.Split(input, "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		times := 1
		if before, rest, ok := strings.Cut(line, " * "); ok {
			var err error
			times, err = strconv.Atoi(before)
			require.NoError(t, err, line)
			line = rest
		}
		for i := range times {
			e, label, cause := parseEvent(t, line)
			if cause != "" {
				require.Contains(t, labels, cause, line)
				e.CauseSeq = labels[cause]
			}
			e.At += time.Duration(i) * time.Millisecond
			e.Local = e.At
			if n := len(events); e.Kind.IsEffect() && n > 0 {
				e.Seq, e.Sub = events[n-1].Seq, events[n-1].Sub+1
				if e.CauseSeq == 0 {
					e.CauseSeq = e.Seq // as the simulator has it
				}
			} else {
				e.Seq = 1
				if n > 0 {
					e.Seq = events[n-1].Seq + 1
				}
			}
			if label != "" {
				labels[label] = e.Seq
			}
			events = append(events, e)
		}
	}
	return events
}

func parseEvent(t testing.TB, line string) (e Event, label, cause string) {
	t.Helper()
	head, text, _ := strings.Cut(line, " : ")
	fields := strings.Fields(head)
	require.GreaterOrEqual(t, len(fields), 3, line)
	at, err := time.ParseDuration(fields[0])
	require.NoError(t, err, line)
	kind, ok := KindNamed(fields[1])
	require.True(t, ok, "kind of %q", line)
	e = Event{At: at, Kind: kind, Text: strings.TrimSpace(text)}
	e.Node, e.Peer, _ = strings.Cut(fields[2], "<")
	e.Node = strings.TrimPrefix(e.Node, "-")
	for _, f := range fields[3:] {
		key, value, _ := strings.Cut(f, "=")
		n, _ := strconv.ParseInt(value, 0, 64)
		switch {
		case key == "inc":
			e.Incarnation = uint32(n)
		case key == "len":
			e.Len = n
		case key == "off":
			e.Off = n
		case key == "cause":
			cause = value
		case strings.HasPrefix(f, "@"):
			label = f[1:]
		case key == "file":
			e.File = value
		case key == "state":
			e.State = value
		default:
			e.Name = join(e.Name, f)
		}
	}
	return e, label, cause
}

// The files of testdata/stories hold traces and what becomes of them: as lanes, as a
// story, as a diagram.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		traces := map[string][]Event{}
		var last []Event
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "trace":
				name := ""
				d.MaybeScanArgs(t, "name", &name)
				last = parseTrace(t, d.Input)
				traces[name] = last
				return fmt.Sprintf("%d events\n", len(last))
			case "lanes":
				return lanesOf(t, d).String(last)
			case "story":
				var s Story
				d.MaybeScanArgs(t, "max", &s.Max)
				for _, a := range d.CmdArgs {
					if a.Key == "about" {
						s.About = a.Vals
					}
				}
				if d.HasArg("lanes") {
					return Lanes{Only: Among(s.Lines(last))}.String(last)
				}
				return s.String(last)
			case "slice", "past":
				var seq uint64
				d.ScanArgs(t, "of", &seq)
				indices := map[string]func([]Event, uint64) []int{"slice": Slice, "past": Past}[d.Cmd](last, seq)
				var b strings.Builder
				for _, i := range indices {
					fmt.Fprintln(&b, &last[i])
				}
				return b.String()
			case "mermaid":
				diagram, err := Mermaid(last, nil)
				require.NoError(t, err)
				return diagram
			case "diff":
				var a, b string
				d.ScanArgs(t, "of", &a, &b)
				return Diff(traces[a], traces[b]).String() + "\n"
			}
			t.Fatalf("%s: unknown command %s", d.Pos, d.Cmd)
			return ""
		})
	})
}

// lanesOf reads the options of a lanes command.
func lanesOf(t *testing.T, d *datadriven.TestData) Lanes {
	t.Helper()
	var l Lanes
	d.MaybeScanArgs(t, "width", &l.Width)
	l.ASCII, l.Color, l.Legend = d.HasArg("ascii"), d.HasArg("color"), d.HasArg("legend")
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "nodes":
			l.Nodes = a.Vals
		case "kinds":
			for _, v := range a.Vals {
				k, ok := KindNamed(v)
				require.True(t, ok, v)
				l.Kinds = append(l.Kinds, k)
			}
		case "only":
			l.Only = func(e *Event) bool { return slices.Contains(a.Vals, strconv.FormatUint(e.Seq, 10)) }
		case "from", "to":
			at, err := time.ParseDuration(a.Vals[0])
			require.NoError(t, err)
			if a.Key == "from" {
				l.From = at
			} else {
				l.To = at
			}
		}
	}
	return l
}
