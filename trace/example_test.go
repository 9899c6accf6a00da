package trace_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"orrery/trace"
)

// run is a short run: a leader sends a request to two machines, and one message is lost.
func run() []trace.Event {
	const ms = time.Millisecond
	var r trace.Recorder
	for _, e := range []trace.Event{
		{Seq: 1, At: 0, Kind: trace.Boot, Node: "n1", Incarnation: 1},
		{Seq: 2, At: 0, Kind: trace.Boot, Node: "n2", Incarnation: 1},
		{Seq: 3, At: 5 * ms, Kind: trace.Fire, Node: "n1", Name: "election"},
		{Seq: 3, Sub: 1, At: 5 * ms, CauseSeq: 3, Kind: trace.Note, Node: "n1", Text: "starts ballot 1"},
		{Seq: 4, At: 9 * ms, CauseSeq: 3, Kind: trace.Deliver, Node: "n2", Peer: "n1", Name: "Prepare"},
		{Seq: 4, Sub: 1, At: 9 * ms, CauseSeq: 4, Kind: trace.Write, Node: "n2", File: "wal", Len: 41},
		{Seq: 5, At: 11 * ms, Kind: trace.Script},
		{Seq: 5, Sub: 1, At: 11 * ms, CauseSeq: 5, Kind: trace.Crash, Node: "n2", Text: "41 B were lost"},
	} {
		r.Record(&e)
	}
	return r.Collect()
}

// A run is recorded, written, and read back as it was.
func Example() {
	events := run()
	var file bytes.Buffer
	if err := trace.WriteAll(&file, trace.Header{Scenario: "paxos", Seed: 14}, events); err != nil {
		fmt.Println(err)
		return
	}
	header, again, err := trace.ReadAll(&file, "run.jsonl")
	fmt.Println(header.Scenario, header.Seed, len(again), err)
	fmt.Println(trace.Diff(events, again))
	// Output:
	// paxos 14 8 <nil>
	// the traces are the same
}

// A trace that is damaged is refused by line and field; one that is cut off gives
// what there was.
func ExampleReadAll() {
	const head = `{"orrery":"trace","version":1}` + "\n"
	for _, text := range []string{
		`{"orrery":"trace","version":3}`,
		head + `{"seq":1,"t":"noon","k":"boot"}`,
		head + `{"seq":1,"k":"boot","n":"n1"}` + "\n" + `{"seq":2,"k":"cra`,
	} {
		_, events, err := trace.ReadAll(bytes.NewReader([]byte(text)), "run.jsonl")
		fmt.Println(err)
		if errors.Is(err, trace.ErrTruncated) {
			fmt.Println("but there is", &events[0])
		}
	}
	// Output:
	// run.jsonl: trace of version 3; this program reads up to 1
	// run.jsonl:2: t: want a whole number of nanoseconds
	// run.jsonl:3: the trace is cut off: want the rest of the line
	// but there is #1 at 0.000 s: boot: n1 boots
}

func ExampleLanes() {
	_ = trace.Lanes{}.Write(os.Stdout, run())
	// Output:
	//  seconds   n1   n2
	// 0.000000   ▲       n1 boots
	//            │    ▲  n2 boots
	// 0.005000   ◷    │  n1: timer election fires
	//            ✎    │  n1: starts ballot 1
	// 0.009000   ├───▶●  n2 gets Prepare from n1
	//            │    □  n2 writes 41 B to wal at 0
	// 0.011000   │    ▼  n2 crashes: 41 B were lost
}

func ExampleStory() {
	fmt.Print(trace.Story{Max: 3}.String(run()))
	// Output:
	//   at 0.000 s n1 and n2 boot
	//   at 0.005 s n1: starts ballot 1
	//   at 0.011 s n2 crashes: 41 B were lost
}

func ExampleMermaid() {
	diagram, err := trace.Mermaid(run()[2:5], nil)
	fmt.Print(diagram, err)
	// Output:
	// sequenceDiagram
	//     participant p0 as n1
	//     participant p1 as n2
	//     Note over p0: n1: timer election fires
	//     Note over p0: n1: starts ballot 1
	//     p0->>p1: Prepare
	// <nil>
}

func ExampleDiff() {
	a, b := run(), run()
	b[4].At += 2
	fmt.Println(trace.Diff(a, b))
	// Output:
	// the traces differ at event 5 in t: the first has [#4 at 0.009 s: deliver: n2 gets Prepare from n1], the second [#4 at 0.009000002 s: deliver: n2 gets Prepare from n1]
}
