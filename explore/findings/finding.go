package findings

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/nemesis"
	"orrery/trace"
)

// State is what is known of a finding now.
type State string

// The states.
const (
	New  State = "new"
	Open State = "open"
	Gone State = "gone"
	Back State = "back"
)

// States are all of them, in the order in which they matter to those who look.
func States() []State { return []State{Back, New, Open, Gone} }

// Key is what tells a finding apart from others.
type Key struct {
	Scenario  string `json:"scenario"`
	Bug       string `json:"bug,omitempty"` // the planted defect
	Property  string `json:"property"`      // that is violated
	Signature string `json:"signature"`     // see Signature
}

// ID is the finding's name: eight hexadecimal digits that depend on the key alone.
func (k Key) ID() string {
	h := trace.Bytes([]byte(strings.Join([]string{k.Scenario, k.Bug, k.Property, k.Signature}, "\x00")))
	return fmt.Sprintf("%08x", uint32(h^h>>32))
}

// Finding is a violation that was found.
type Finding struct {
	ID string `json:"id"`
	Key
	State  State  `json:"state"`
	Detail string `json:"detail,omitempty"` // what happened, in words
	Seen   uint64 `json:"seen"`             // how many executions of campaigns came to it after shrinking

	First Sighting `json:"first"`
	Last  Sighting `json:"last"`
	// Repro is the repro file that replays it; Shrunk says that nothing more could be left out of it.
	Repro  json.RawMessage `json:"repro"`
	Shrunk bool            `json:"shrunk"`
	Events uint64          `json:"events"` // of the universe in Repro
	Note   string          `json:"note,omitempty"`
}

// Sighting is an execution that violated a property.
type Sighting struct {
	Session   string    `json:"session"` // one run of a command; a campaign may take several
	Campaign  string    `json:"campaign,omitempty"`
	Strategy  string    `json:"strategy,omitempty"`
	Member    string    `json:"member,omitempty"` // of a strategy that is made of others
	Execution uint64    `json:"execution"`        // counted from 0
	Seed      uint64    `json:"seed"`
	Hash      string    `json:"hash"`
	When      time.Time `json:"when"`
	By        string    `json:"by,omitempty"` // the program
}

// Signature is the shape of a shrunk violation: the kinds of faults that it needs, as in "crash+isolate", or
// "no faults"; the kinds of messages that arrive in it, if there are no more left than matter; and, if a process
// panicked, the function that did. How often, when and on whom the faults strike is left out of it: that is
// different in every universe in which one cause shows.
func Signature(plan nemesis.Plan, messages []string, stack string) string {
	var kinds []string
	for _, e := range plan.Entries {
		kinds = append(kinds, e.Fault.Kind().Name)
	}
	s := strings.Join(set(kinds), "+")
	if s == "" {
		s = "no faults"
	}
	if m := set(messages); len(m) > 0 {
		s += " with " + strings.Join(m, " ")
	}
	if f := panicked(stack); f != "" {
		s += " in " + f
	}
	return s
}

// set sorts names, and leaves each in once.
func set(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// panicked is the function that panicked, of a goroutine's stack: the first one below the
// last call of panic that is not the runtime's own.
func panicked(stack string) string {
	_, below, found := cutLast(stack, "\npanic(")
	if !found {
		return ""
	}
	for line := range strings.Lines(below) {
		name, _, isCall := strings.Cut(strings.TrimSpace(line), "(0x")
		if !isCall {
			name, _, isCall = strings.Cut(strings.TrimSpace(line), "(...)")
		}
		if !isCall {
			name, _, isCall = strings.Cut(strings.TrimSpace(line), "({")
		}
		if isCall && !strings.HasPrefix(name, "runtime.") && !strings.HasPrefix(name, "panic") {
			return name
		}
	}
	return ""
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// seen is the finding after it was seen once more.
func (f Finding) seen(s Sighting) Finding {
	f.Seen++
	f.State = f.State.violated(f.Last.Session == s.Session)
	f.Last = s
	return f
}

// violated is the state after a violation. One session that sees it twice knows no more than after the
// first time.
func (s State) violated(sameSession bool) State {
	switch {
	case s == Gone:
		return Back
	case sameSession:
		return s
	}
	return Open
}

// replayed is the finding after its repro was run again.
func (f Finding) replayed(violated bool, session string) Finding {
	if !violated {
		f.State = Gone
		return f
	}
	f.State = f.State.violated(f.Last.Session == session)
	return f
}
