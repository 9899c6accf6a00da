package viewer_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/trace"
	"orrery/viewer"
)

// big is a run of n events of seven servers and four clients, made by chance from a fixed seed: rounds of a message to
// everybody, writes, syncs and answers, with crashes, losses and diffs of state, and a violation near its end.
func big(n int) []trace.Event {
	events := make([]trace.Event, 0, n+8)
	chance := rand.New(rand.NewPCG(1, 2))
	seq, at := uint64(0), time.Duration(0)
	add := func(e trace.Event) {
		if e.Sub == 0 {
			seq++
			at += time.Duration(chance.IntN(400_000))
		}
		e.Seq, e.At, e.Local, e.Incarnation = seq, at, at+time.Duration(chance.IntN(50_000)), 1
		events = append(events, e)
	}
	server := func(i int) string { return "n" + strconv.Itoa(1+i%7) }
	for i := range 7 {
		add(trace.Event{Kind: trace.Boot, Node: server(i)})
	}
	for round := 0; len(events) < n; round++ {
		leader, client := server(round/500), "c"+strconv.Itoa(1+round%4)
		add(trace.Event{Kind: trace.Fire, Node: client, Name: "think"})
		add(trace.Event{Kind: trace.Invoke, Node: client, Sub: 1, Text: fmt.Sprintf("put k%d=%x", round%9, chance.Uint64()), CauseSeq: seq})
		add(trace.Event{Kind: trace.Deliver, Node: leader, Peer: client, Name: "Request", Len: 40, CauseSeq: seq})
		asked := seq
		for i := range 7 {
			to := server(round/500 + 1 + i)
			if to == leader {
				continue
			}
			if (round+i)%23 == 0 {
				add(trace.Event{Kind: trace.Drop, Node: to, Peer: leader, Name: "P2a", Text: "lost", CauseSeq: asked})
				continue
			}
			add(trace.Event{Kind: trace.Deliver, Node: to, Peer: leader, Name: "P2a", Len: 90, CauseSeq: asked})
			add(trace.Event{Kind: trace.Write, Node: to, Sub: 1, File: "wal", Off: int64(round) * 512, Len: 512, CauseSeq: seq})
			add(trace.Event{Kind: trace.Note, Node: to, Sub: 2, CauseSeq: seq, State: fmt.Sprintf(`accepted: "%d.%s" → "%d.%s"; slot: %d → %d`, round, leader, round+1, leader, round, round+1)})
			add(trace.Event{Kind: trace.Deliver, Node: leader, Peer: to, Name: "P2b", Len: 30, CauseSeq: seq})
		}
		add(trace.Event{Kind: trace.Deliver, Node: client, Peer: leader, Name: "Reply", Len: 12, CauseSeq: seq})
		add(trace.Event{Kind: trace.Return, Node: client, Sub: 1, Text: fmt.Sprintf("put k%d=%d ok", round%9, round), CauseSeq: seq})
		if round%400 == 399 {
			add(trace.Event{Kind: trace.Crash, Node: server(round), Text: "is killed"})
			add(trace.Event{Kind: trace.Boot, Node: server(round)})
		}
	}
	add(trace.Event{Kind: trace.Violation, Node: "n3", Name: "agreement", Text: "two values in one slot", Sub: 9, CauseSeq: seq})
	return events
}

// pageOfSize writes the page of a run of n events.
func pageOfSize(t *testing.T, n, most int) []byte {
	var html bytes.Buffer
	p := viewer.Page{Title: fmt.Sprintf("%d events", n), Property: "agreement", Events: big(n), Most: most}
	require.NoError(t, p.Write(&html))
	return html.Bytes()
}

func TestAHundredThousandEventsFitIntoFourMegabytes(t *testing.T) {
	html := pageOfSize(t, 100_000, 0)
	t.Logf("%d bytes", len(html))
	require.Less(t, len(html), 4_000_000)
	keep(t, "big.html", html)
}

func TestAStoryOfFourHundredEventsFitsInto400Kilobytes(t *testing.T) {
	html := pageOfSize(t, 400, 0)
	t.Logf("%d bytes", len(html))
	require.Less(t, len(html), 400_000)
	keep(t, "small.html", html)
}

// keep leaves a page where ORRERY_PAGES says, for the tests in a browser.
func keep(t *testing.T, name string, html []byte) {
	if dir := os.Getenv("ORRERY_PAGES"); dir != "" {
		require.NoError(t, os.MkdirAll(dir, 0o755))
		require.NoError(t, os.WriteFile(dir+"/"+name, html, 0o600))
	}
}

func TestAMillionEventsAreShownByAWindowThatKeepsWhatMatters(t *testing.T) {
	if testing.Short() {
		t.Skip("a million events take seconds")
	}
	html := pageOfSize(t, 1_000_000, 0)
	t.Logf("%d bytes", len(html))
	require.Less(t, len(html), 12_000_000)
	keep(t, "huge.html", html)
}
