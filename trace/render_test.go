package trace

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawRun draws a trace that could be of a run: in order, with causes in the past.
func drawRun(t *rapid.T) []Event {
	names := rapid.SampledFrom([]string{"n1", "n2", "n3", "n10", "c1", "東京", "a-rather-long-name", ""})
	text := rapid.SampledFrom([]string{"", "heartbeat", "n1|n2,n3", "pause(n2)", "x=1", "two\nlines\x1b[2J", "日本語", "e\u0301", "🎈", strings.Repeat("long ", 40)})
	n := rapid.IntRange(0, 60).Draw(t, "events")
	var events []Event
	var seq uint64
	var sub uint32
	var at time.Duration
	for range n {
		e := Event{
			Kind: Kind(rapid.IntRange(int(Boot), int(lastKind)).Draw(t, "kind")),
			Node: names.Draw(t, "node"), Peer: names.Draw(t, "peer"),
			Name: text.Draw(t, "name"), Text: text.Draw(t, "text"), State: text.Draw(t, "state"),
			Incarnation: rapid.Uint32Range(0, 3).Draw(t, "incarnation"),
		}
		if e.Kind.IsEffect() && seq > 0 {
			sub++
		} else {
			seq, sub = seq+1, 0
			at += time.Duration(rapid.Int64Range(0, 2e9).Draw(t, "after"))
			e.CauseSeq = rapid.Uint64Range(0, seq-1).Draw(t, "cause")
		}
		e.Seq, e.Sub, e.At = seq, sub, at
		events = append(events, e)
	}
	return events
}

func TestLanesNeverLeaveTheirWidthOrMoveTheCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Lanes{
			Width: rapid.IntRange(60, 160).Draw(t, "width"), ASCII: rapid.Bool().Draw(t, "ascii"),
			Legend: rapid.Bool().Draw(t, "legend"),
		}
		if rapid.Bool().Draw(t, "all kinds") {
			l.Kinds = Kinds()
		}
		events := drawRun(t)
		picture := l.String(events)
		for _, line := range strings.Split(strings.TrimSuffix(picture, "\n"), "\n") {
			require.LessOrEqual(t, textWidth(line), l.Width, "%q", line)
			require.Equal(t, strings.TrimRight(line, " "), line)
			for _, r := range line {
				require.GreaterOrEqual(t, r, ' ', "%q", line)
				if l.ASCII {
					require.Less(t, r, rune(utf8.RuneSelf), "%q", line)
				}
			}
		}
		// Colour adds nothing but colour.
		l.Color = true
		require.Equal(t, picture, withoutColor(l.String(events)))
	})
}

// withoutColor takes ANSI colours away, and spaces at the ends of lines with them.
func withoutColor(s string) string {
	for {
		before, rest, ok := strings.Cut(s, "\x1b[")
		if !ok {
			break
		}
		_, rest, _ = strings.Cut(rest, "m")
		s = before + rest
	}
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func TestLanesDrawEveryEventThatTheyDoNotFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawRun(t)
		for i := range events {
			events[i].Text = "" // on one line
			if events[i].Kind == FaultOff {
				events[i].Kind = Note // the end of a strike has no line
			}
		}
		never := func(*Event) bool { return false }
		lines := strings.Count(Lanes{Kinds: Kinds(), Boring: never}.String(events), "\n")
		headers := (len(events) + headerEvery - 1) / headerEvery
		require.Equal(t, len(events)+headers, lines)
	})
}

func TestAStoryIsShortInOrderAndKeepsItsEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawRun(t)
		s := Story{Max: rapid.IntRange(1, 20).Draw(t, "max")}
		lines := s.Lines(events)
		require.Equal(t, len(events) == 0, len(lines) == 0)
		require.LessOrEqual(t, len(lines), s.Max)
		if len(lines) == 0 {
			return
		}
		end := &events[len(events)-1]
		for i := range events {
			if events[i].Kind == Violation {
				end = &events[i]
				break
			}
		}
		require.Same(t, end, lines[len(lines)-1].Events[0])
		everything := Story{Max: 1000}.Lines(events)
		left := 0
		for i, l := range lines {
			require.NotContains(t, l.Text, "\n")
			require.GreaterOrEqual(t, l.LeftOut, 0)
			left += l.LeftOut
			if i > 0 {
				before := lines[i-1].Events[0]
				require.True(t, before.Seq < l.Events[0].Seq || before.Seq == l.Events[0].Seq && before.Sub < l.Events[0].Sub)
			}
		}
		require.Equal(t, len(everything), len(lines)+left, "what is not told is counted")
		if s.Max > 1 {
			require.Same(t, everything[0].Events[0], lines[0].Events[0])
		}
		require.Equal(t, s.String(events), s.String(events))
	})
}

func TestASliceIsPartOfThePast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawRun(t)
		if len(events) == 0 {
			return
		}
		seq := events[rapid.IntRange(0, len(events)-1).Draw(t, "of")].Seq
		slice, past := Slice(events, seq), Past(events, seq)
		in := map[int]bool{}
		for _, i := range past {
			in[i] = true
			require.LessOrEqual(t, events[i].Seq, seq, "the future is no cause")
		}
		require.Equal(t, seq, events[slice[len(slice)-1]].Seq)
		for j, i := range slice {
			require.True(t, in[i], "event %d of the slice is not in the past", i)
			if j > 0 {
				require.Greater(t, i, slice[j-1])
			}
		}
	})
}

func TestMermaidRefusesWhatNobodyCanRead(t *testing.T) {
	events := make([]Event, 0, MermaidMax+2)
	for i := range MermaidMax {
		events = append(events, Event{Seq: uint64(i + 1), Kind: Note, Node: "end", Text: "100%% of #1; <b>" + strings.Repeat("x", 100)})
	}
	events = append(events, Event{Kind: Send, Node: "end", Peer: "n2"}) // not drawn, so not counted
	diagram, err := Mermaid(events, nil)
	require.NoError(t, err)
	require.Less(t, len(diagram), 50_000)
	require.Contains(t, diagram, "participant p0 as end\n")
	require.Contains(t, diagram, "Note over p0: end: 100#37;#37; of #35;1#59; #lt;b#gt;xxx")

	_, err = Mermaid(append(events, Event{Kind: Note, Node: "n2"}), nil)
	var tooLong *TooLongError
	require.ErrorAs(t, err, &tooLong)
	require.EqualError(t, err, "trace: 201 events are too many for a sequence diagram of at most 200: draw a shrunk run, or a part of this one")
}

func TestNaturalOrderCountsDigitsAsNumbers(t *testing.T) {
	ordered := []string{"", "a", "n1", "n2", "n9", "n10", "n10a", "n11", "zoo"}
	for i, a := range ordered {
		for j, b := range ordered {
			got := compareNatural(a, b)
			require.Equal(t, i < j, got < 0, "%q %q", a, b)
			require.Equal(t, i == j, got == 0, "%q %q", a, b)
		}
	}
}

// longRun is a run of heartbeats and requests with a fault here and there.
func longRun(n int) []Event {
	events := make([]Event, 0, n)
	for i := range n {
		e := Event{
			Seq: uint64(i + 1), At: time.Duration(i) * time.Millisecond, CauseSeq: uint64(max(0, i-3)),
			Kind: Deliver, Node: fmt.Sprintf("n%d", i%5+1), Peer: fmt.Sprintf("n%d", (i+2)%5+1), Name: "Accept",
		}
		switch i % 100 {
		case 50:
			e.Kind, e.Text = Note, fmt.Sprintf("slot %d is chosen", i/100)
		case 98:
			e.Kind, e.Node, e.Name = FaultOn, "", "isolate(n3)"
		case 99:
			e.Kind, e.Node, e.Name = FaultOff, "", "isolate(n3)"
		}
		events = append(events, e)
	}
	events[n-1] = Event{Seq: uint64(n), Kind: Violation, Node: "n1", CauseSeq: uint64(n - 4), Name: "agreement", Text: "slot 7: two values"}
	return events
}

func BenchmarkLanes(b *testing.B) {
	events := longRun(10_000)
	for b.Loop() {
		_ = Lanes{}.String(events)
	}
}

func BenchmarkStory(b *testing.B) {
	events := longRun(100_000)
	for b.Loop() {
		_ = Story{}.Lines(events)
	}
}
