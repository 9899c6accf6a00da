package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawString draws text, and now and then bytes that are none.
func drawString(t *rapid.T, name string) string {
	if rapid.IntRange(0, 9).Draw(t, name+"?") == 0 {
		return string(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, name))
	}
	return rapid.String().Draw(t, name)
}

func drawEvent(t *rapid.T) Event {
	e := Event{
		Seq:         rapid.Uint64().Draw(t, "seq"),
		Sub:         rapid.Uint32().Draw(t, "sub"),
		At:          time.Duration(rapid.Int64().Draw(t, "at")),
		Local:       time.Duration(rapid.Int64().Draw(t, "local")),
		ID:          rapid.Uint64().Draw(t, "id"),
		CauseSeq:    rapid.Uint64().Draw(t, "cause"),
		Kind:        Kind(rapid.IntRange(int(Boot), int(Violation)).Draw(t, "kind")),
		Node:        drawString(t, "node"),
		Peer:        drawString(t, "peer"),
		Incarnation: rapid.Uint32().Draw(t, "incarnation"),
		Name:        drawString(t, "name"),
		Text:        drawString(t, "text"),
		File:        drawString(t, "file"),
		Off:         rapid.Int64().Draw(t, "off"),
		Len:         rapid.Int64().Draw(t, "len"),
		State:       drawString(t, "state"),
	}
	if p := rapid.SliceOf(rapid.Byte()).Draw(t, "payload"); len(p) > 0 {
		e.Payload = p
	}
	if rapid.Bool().Draw(t, "true clock") {
		e.Local = e.At
	}
	return e
}

func TestATraceReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Header{Version: Version, Scenario: rapid.String().Draw(t, "scenario"), Seed: rapid.Uint64().Draw(t, "seed"),
			Hash: "00c0ffee00c0ffee", Property: rapid.String().Draw(t, "property")}
		if rapid.Bool().Draw(t, "meta") {
			h.Meta = rapid.MapOfN(rapid.String(), rapid.String(), 1, 4).Draw(t, "meta")
		}
		events := rapid.SliceOfN(rapid.Custom(drawEvent), 0, 8).Draw(t, "events")
		var file bytes.Buffer
		require.NoError(t, WriteAll(&file, h, events))
		gotHeader, got, err := ReadAll(&file, "t.jsonl")
		require.NoError(t, err)
		require.Equal(t, h, gotHeader)
		require.Len(t, got, len(events))
		require.Nil(t, Diff(events, got))
	})
}

func TestATraceThatIsCutOffAnywhereGivesWhatWasThere(t *testing.T) {
	var file bytes.Buffer
	events := []Event{
		{Seq: 1, Kind: Boot, Node: "n1"},
		{Seq: 2, At: 1, Kind: Deliver, Node: "n1", Peer: "n2", Payload: []byte("abc")},
		{Seq: 3, At: 2, Kind: Note, Node: "n1", Text: "a \"quoted\" word"},
	}
	require.NoError(t, WriteAll(&file, Header{Scenario: "paxos"}, events))
	whole := file.Bytes()
	headerEnd := bytes.IndexByte(whole, '\n')
	for cut := len(`{"orrery":`); cut < len(whole)-1; cut++ { // the last newline may be missing
		_, got, err := ReadAll(bytes.NewReader(whole[:cut]), "t.jsonl")
		require.ErrorIs(t, err, ErrTruncated, "cut at %d", cut)
		var at *SyntaxError
		require.ErrorAs(t, err, &at)
		// A last line that is whole but for its newline is good.
		lines := bytes.Count(whole[:cut+1], []byte("\n"))
		require.Len(t, got, max(0, lines-1), "cut at %d of %q", cut, whole[:cut])
		require.Nil(t, Diff(events[:len(got)], got))
		if cut > headerEnd {
			require.Equal(t, len(got)+2, at.Line)
		}
	}
	_, got, err := ReadAll(bytes.NewReader(whole[:len(whole)-1]), "t.jsonl")
	require.NoError(t, err)
	require.Len(t, got, 3)
}

// Each file of testdata/jsonl is a list of traces and what reading them says.
func TestMalformedTracesAreRefusedByLineAndField(t *testing.T) {
	datadriven.RunTest(t, "testdata/jsonl", func(t *testing.T, d *datadriven.TestData) string {
		require.Equal(t, "read", d.Cmd)
		input := d.Input
		if !d.HasArg("cut") {
			input += "\n"
		}
		h, events, err := ReadAll(strings.NewReader(input), "t.jsonl")
		var out strings.Builder
		if h.Version != 0 {
			fmt.Fprintf(&out, "header: %+v\n", h)
		}
		for i := range events {
			fmt.Fprintln(&out, &events[i])
		}
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			fmt.Fprintln(&out, err)
		}
		return out.String()
	})
}

// Strings are decoded by hand, so encoding/json is the judge. Only the surrogates that
// carry bytes differ.
func TestStringsAreReadAsJSONHasThem(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"a", "é", "🎈", " ", `\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`, `\u0041`, `\u00e9`, `\u0000`,
		`\ud83d\ude00`, `\uD83D\uDE00`, `\ud83d`, `\ud83dx`, `\ud83d\u0041`, `\ude00`, `\ud83d\ud83d`, `\ud83d\n`,
	})
	rapid.Check(t, func(t *rapid.T) {
		quoted := `"` + strings.Join(rapid.SliceOf(piece).Draw(t, "pieces"), "") + `"`
		var want string
		require.NoError(t, json.Unmarshal([]byte(quoted), &want), quoted)
		require.Equal(t, want, text([]byte(quoted)), quoted)
	})
	require.Equal(t, "\x80a\xff", text([]byte(`"\udc80a\udcff"`)))
}

func TestReaderPassesOnTheErrorsOfTheFile(t *testing.T) {
	broken := errors.New("broken")
	head := strings.NewReader(`{"orrery":"trace","version":1}` + "\n" + `{"seq":1,"k":"boot"}` + "\n")
	h, events, err := ReadAll(io.MultiReader(head, iotest.ErrReader(broken)), "t.jsonl")
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, ErrTruncated)
	require.Equal(t, 1, h.Version)
	require.Len(t, events, 1)
}

func TestReaderReadsLinesLongerThanItsBuffer(t *testing.T) {
	events := []Event{{Seq: 1, Kind: Note, Text: strings.Repeat("x", 1<<20)}, {Seq: 2, Kind: Note, Text: "y"}}
	var file bytes.Buffer
	require.NoError(t, WriteAll(&file, Header{}, events))
	_, got, err := ReadAll(iotest.HalfReader(&file), "t.jsonl")
	require.NoError(t, err)
	require.Nil(t, Diff(events, got))
}

// full is a disk that takes so many bytes.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return 0, io.ErrShortWrite
	}
	f.left -= len(p)
	return len(p), nil
}

func TestWriterRefusesWhatNobodyCouldRead(t *testing.T) {
	_, err := NewWriter(io.Discard, Header{Version: 2})
	require.EqualError(t, err, "trace: cannot write version 2; this program writes version 1")
	w, err := NewWriter(io.Discard, Header{})
	require.NoError(t, err)
	require.EqualError(t, w.Write(&Event{Seq: 7}), "trace: event 7: kind-0 is no kind of event")
	require.EqualError(t, w.Write(&Event{Seq: 7, Kind: 99}), "trace: event 7: kind-99 is no kind of event")
	require.NoError(t, w.Close())
	require.Error(t, w.Write(&Event{Kind: Boot}), "a closed writer")

	_, err = NewWriter(&full{}, Header{})
	require.ErrorIs(t, err, io.ErrShortWrite)
	require.ErrorIs(t, WriteAll(&full{left: 100}, Header{}, make100(t)), io.ErrShortWrite)
}

func make100(t testing.TB) []Event {
	t.Helper()
	events := make([]Event, 100)
	for i := range events {
		events[i] = Event{
			Seq: uint64(i + 1), At: time.Duration(i) * 1_234_567, Local: time.Duration(i) * 1_234_568, ID: Mix(uint64(i), 1),
			CauseSeq: uint64(i / 2), Kind: Deliver, Node: "n1", Peer: "n2", Incarnation: 1,
			Name: "Accept", Len: 48, Payload: bytes.Repeat([]byte{byte(i)}, 48),
		}
	}
	return events
}

func FuzzReadTrace(f *testing.F) {
	var file bytes.Buffer
	require.NoError(f, WriteAll(&file, Header{Seed: 14, Meta: map[string]string{"bug": "x"}}, make100(f)[:3]))
	f.Add(file.Bytes())
	f.Add([]byte(`{"orrery":"trace","version":1}` + "\n" + `{"seq":1,"k":"note","text":"\udc80\ud83d\ude00\"","new":[{"a":1},"]"]}` + "\n" + `{"end":1}`))
	f.Add([]byte(`{"orrery":"trace","version":2}`))
	f.Add([]byte(`{"orrery":"trace","version":1}` + "\n{}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		h, events, err := ReadAll(bytes.NewReader(in), "t.jsonl")
		if err != nil {
			var syntax *SyntaxError
			var version *VersionError
			if !errors.As(err, &syntax) && !errors.As(err, &version) {
				t.Fatalf("%T: %v", err, err)
			}
		}
		if h.Version == 0 {
			return
		}
		// What could be read can be written, and is the same again.
		var out bytes.Buffer
		if err := WriteAll(&out, h, events); err != nil {
			t.Fatal(err)
		}
		_, again, err := ReadAll(&out, "again.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		if d := Diff(events, again); d != nil {
			t.Fatal(d)
		}
	})
}

func BenchmarkWriter(b *testing.B) {
	events := make100(b)
	w, err := NewWriter(io.Discard, Header{})
	require.NoError(b, err)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := w.Write(&events[i%len(events)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	var one bytes.Buffer
	require.NoError(b, WriteAll(&one, Header{}, make100(b)))
	header, rest, _ := bytes.Cut(one.Bytes(), []byte("\n"))
	lines := rest[:bytes.LastIndex(rest, []byte(`{"end"`))]
	endless := &repeat{head: append(header, '\n'), body: lines}
	r, err := NewReader(endless, "t.jsonl")
	require.NoError(b, err)
	b.SetBytes(int64(len(lines)) / 100)
	b.ReportAllocs()
	var e Event
	for b.Loop() {
		if err := r.Read(&e); err != nil {
			b.Fatal(err)
		}
	}
}

// repeat is a file that goes on for ever: a head, and then the body again and again.
type repeat struct{ head, body, rest []byte }

func (r *repeat) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		r.rest = r.body
		if r.head != nil {
			r.rest, r.head = r.head, nil
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
