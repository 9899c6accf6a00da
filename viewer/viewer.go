package viewer

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"orrery/trace"
)

//go:embed page.html
var built []byte

// slot is where the built page wants its run.
const slot = "<!--RUN-->"

// MostEvents is how many events a page holds unless it says otherwise.
const MostEvents = 300_000

// A Page is all that one page shows. Only Events has to be set.
type Page struct {
	Title    string // of the window; the scenario and the seed if empty
	Scenario string
	Seed     uint64
	Hash     string // of the run, as trace.Hash prints it
	Verdict  string // "violated", "ok", …; "compared" with Sides; "" if nobody judged the run
	Property string // that does not hold
	Sentence string // why, in words
	Replay   string // the command that runs the universe again
	By       string // the program that made the page

	Events   []trace.Event             // in the order of the run
	Describe func(*trace.Event) string // what the protocol calls a message; nil or "" is its Name
	Story    trace.Story               // how the minimal trace is told; its Describe and Max are the page's own
	Told     func(*trace.Event) bool   // what the minimal trace is, instead of what Story tells
	Most     int                       // events that are kept at most; 0 means MostEvents

	Sides []Side   // of a page that compares two runs, see Compare: one an event; nil for a page of one run
	Other *Other   // a run to compare this one with when the reader asks, if there is one; the page of two runs has none
	names []string // of the sides, if they are more than A and B

	Operations []Operation // what the clients saw, in the order in which they began
	Why        string      // why the operations in the core cannot be ordered
	Faults     []Fault     // what became of the faults of the plan
	Curve      []Point     // how probable the violation was after each event, ascending
	NoReturn   uint64      // the event after which it was certain; 0 if unknown
	Jumps      []Jump      // where the curve rises
	Marks      []Mark      // situations that were reached, or never were
	Warnings   []string    // what the reader of the page must know: a trace that was cut off
}

// Operation is one operation of one client. The n-th of a client is the one that the n-th
// trace.Invoke of its machine began.
type Operation struct {
	Client string `json:"client"`
	Text   string `json:"text"` // in words, with its answer
	Key    string `json:"key,omitempty"`
	Status string `json:"status"`         // "ok", "fail", "maybe", …
	Core   bool   `json:"core,omitempty"` // it is one of the few that contradict each other
}

// Fault is one fault of the plan, and what became of it.
type Fault struct {
	Text    string        `json:"text"`
	At      time.Duration `json:"at"`              // ns
	Until   time.Duration `json:"until,omitempty"` // ns; 0 means to the end
	Outcome string        `json:"outcome"`         // what became of it; "" if unknown
	Why     string        `json:"why,omitempty"`
	Effects uint64        `json:"effects"` // what it really did; 0 means that it never bit
}

// Point is one point of the curve of no return.
type Point struct {
	Event    uint64 `json:"event"`
	Runs     int    `json:"runs"`     // continuations with fresh choices
	Violated int    `json:"violated"` // of them, those that violate the same property
}

// Jump is a place where the curve rises much.
type Jump struct {
	Event uint64 `json:"event"` // the event that does it
	From  int    `json:"from"`  // percent
	To    int    `json:"to"`    // percent
}

// Mark is a situation that a run may reach.
type Mark struct {
	Name   string `json:"name"`
	Kind   string `json:"kind,omitempty"`   // "sometimes", "reachable", "always" or "unreachable"; "" is "sometimes"
	Count  uint64 `json:"count"`            // how often it was reached: how often its condition held
	Passed uint64 `json:"passed,omitempty"` // how often its condition was asked; 0 if unknown
}

// ErrNoEvents is what Write returns for a page that would show nothing.
var ErrNoEvents = errors.New("viewer: there are no events to show")

// Write writes the page. The error is ErrNoEvents, or w's own.
func (p *Page) Write(w io.Writer) error {
	if len(p.Events) == 0 {
		return ErrNoEvents
	}
	before, after, found := bytes.Cut(built, []byte(slot))
	if !found {
		return fmt.Errorf("viewer: page.html has no %s: build it again", slot)
	}
	run, err := p.encode()
	if err != nil {
		return err
	}
	if _, err := w.Write(before); err != nil {
		return err
	}
	if err := writeScript(w, "run", run); err != nil {
		return err
	}
	if err := p.writeBeside(w); err != nil {
		return err
	}
	_, err = w.Write(after)
	return err
}

// writeScript writes an encoded run as the script of a name.
func writeScript(w io.Writer, id string, run []byte) error {
	if _, err := fmt.Fprintf(w, "<script id=%q type=\"application/octet-stream\">", id); err != nil {
		return err
	}
	b64 := base64.NewEncoder(base64.StdEncoding, w)
	if _, err := b64.Write(run); err != nil {
		return err
	}
	if err := b64.Close(); err != nil {
		return err
	}
	_, err := io.WriteString(w, "</script>")
	return err
}
