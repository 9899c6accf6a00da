package viewer_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/trace"
	"orrery/viewer"
)

// form is a run as the page reads it.
type form struct {
	Events, Total  int
	Seed           string
	Kinds          []string
	Nodes, Strings []string
	Columns        []string
	Warnings       []string
	columns        map[string][]int64
}

var runScript = regexp.MustCompile(`<script id="run" type="application/octet-stream">([^<]*)</script>`)

// read takes the run out of a page again.
func read(t *testing.T, p *viewer.Page) *form {
	t.Helper()
	var html bytes.Buffer
	require.NoError(t, p.Write(&html))
	found := runScript.FindSubmatch(html.Bytes())
	require.NotNil(t, found)
	packed, err := base64.StdEncoding.DecodeString(string(found[1]))
	require.NoError(t, err)
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	require.NoError(t, err)
	size := binary.LittleEndian.Uint32(raw)
	f := &form{columns: map[string][]int64{}}
	require.NoError(t, json.Unmarshal(raw[4:4+size], f))
	rest := raw[4+size:]
	for _, name := range f.Columns {
		for range f.Events {
			v, n := binary.Varint(rest)
			require.Positive(t, n)
			f.columns[name] = append(f.columns[name], v)
			rest = rest[n:]
		}
	}
	require.Empty(t, rest, "every column has a value for every event, and there is nothing else")
	return f
}

func (f *form) column(name string) []int64 {
	if c := f.columns[name]; c != nil {
		return c
	}
	return make([]int64, f.Events)
}

func TestEveryFieldOfAnEventIsInThePage(t *testing.T) {
	e := trace.Event{
		Seq: 1 << 40, Sub: 3, At: 7 * time.Hour, Local: -time.Hour, CauseSeq: 1<<40 - 5, Kind: trace.Write, Node: "n2", Peer: "n1",
		Incarnation: 4, Name: "Accept", Text: "täxt </script>", File: "wal", Off: 1 << 41, Len: 12, State: `ballot: 1 → 2`,
	}
	first := trace.Event{Seq: 1, Kind: trace.Boot, Node: "n1"}
	f := read(t, &viewer.Page{Seed: 1<<64 - 1, Events: []trace.Event{first, e}})
	last := func(name string) int64 { return f.column(name)[1] }
	sum := func(name string) int64 { return f.column(name)[0] + f.column(name)[1] }
	text := func(name string) string { return f.Strings[last(name)-1] }
	require.Equal(t, "18446744073709551615", f.Seed)
	require.EqualValues(t, e.Seq, sum("seq"))
	require.EqualValues(t, e.At, sum("at"))
	require.EqualValues(t, e.Local-e.At, last("local"), "how far the machine's clock is off")
	require.EqualValues(t, 6, last("cause"), "one more than how far back it is")
	require.Equal(t, []int64{3, 4, e.Off, 12}, []int64{last("sub"), last("inc"), last("off"), last("len")})
	require.Equal(t, "write", f.Kinds[last("kind")])
	require.Equal(t, []string{"n2", "n1"}, []string{f.Nodes[last("node")-1], f.Nodes[last("peer")-1]})
	require.Equal(t, []string{e.Name, e.Text, e.File, e.State}, []string{text("name"), text("text"), text("file"), text("state")})
}

func TestThePageSaysWhatTheProtocolCallsItsMessages(t *testing.T) {
	f := read(t, &viewer.Page{
		Events: []trace.Event{
			{Seq: 1, Kind: trace.Deliver, Node: "a", Peer: "b", Name: "P1a"},
			{Seq: 2, Kind: trace.Fire, Node: "a", Name: "election"},
		},
		Describe: func(e *trace.Event) string { return e.Name + " 3.n1" },
	})
	require.Equal(t, "P1a 3.n1", f.Strings[f.column("msg")[0]-1])
	require.Zero(t, f.column("msg")[1], "a timer is no message")
}

func TestWhatLedToTheViolationIsCausalAndWhatCameLaterIsNot(t *testing.T) {
	events := []trace.Event{
		{Seq: 1, Kind: trace.Boot, Node: "n1"},
		{Seq: 2, Kind: trace.Boot, Node: "n2"},
		{Seq: 3, At: 1, Kind: trace.Fire, Node: "n1", Name: "x"},
		{Seq: 4, At: 2, Kind: trace.Fire, Node: "n2", Name: "unrelated"},
		{Seq: 5, At: 3, Kind: trace.Deliver, Node: "n3", Peer: "n1", Name: "M", CauseSeq: 3},
		{Seq: 5, Sub: 1, At: 3, Kind: trace.Violation, Node: "n3", Name: "agreement", CauseSeq: 5},
		{Seq: 6, At: 4, Kind: trace.Fire, Node: "n3", Name: "later", CauseSeq: 5},
	}
	f := read(t, &viewer.Page{Events: events})
	var causal []int
	for i, s := range f.column("set") {
		if s&1 != 0 {
			causal = append(causal, i)
		}
	}
	require.Equal(t, []int{0, 2, 4, 5}, causal)
}

func TestAWindowKeepsFaultsCrashesOperationsAndTheStory(t *testing.T) {
	events := big(20_000)
	rare := 0
	for i := range events {
		switch events[i].Kind {
		case trace.Boot, trace.Crash, trace.Invoke, trace.Return, trace.Violation:
			rare++
		}
	}
	f := read(t, &viewer.Page{Events: events, Most: 5_000})
	require.Equal(t, 5_000, f.Events)
	require.Equal(t, len(events), f.Total, "the page can say what it left out")
	kept, last := 0, int64(0)
	for i, k := range f.column("kind") {
		switch f.Kinds[k] {
		case "boot", "crash", "invoke", "return", "violation":
			kept++
		}
		last += f.column("seq")[i]
	}
	require.Equal(t, rare, kept)
	require.EqualValues(t, events[len(events)-1].Seq, last, "the end of the run is there")
}

func TestAPageWithoutEventsIsRefused(t *testing.T) {
	require.ErrorIs(t, (&viewer.Page{}).Write(io.Discard), viewer.ErrNoEvents)
}

func TestTheBuiltPageNeedsNoNetwork(t *testing.T) {
	var html bytes.Buffer
	require.NoError(t, (&viewer.Page{Events: []trace.Event{{Seq: 1, Kind: trace.Boot, Node: "n1"}}}).Write(&html))
	page := html.String()
	require.Contains(t, page, `default-src 'none'`, "the browser is told to refuse the network")
	for _, loads := range []string{"src=\"http", "href=\"http", "@import", "fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon"} {
		require.False(t, strings.Contains(page, loads), loads)
	}
}
