package trace

// The JSONL form of a trace: one JSON object a line.
//
//	{"orrery":"trace","version":1,"scenario":"paxos","seed":14,"hash":"…","property":"agreement","meta":{…}}
//	{"seq":1,"t":0,"k":"boot","n":"n1","inc":1}
//	{"seq":2,"t":52000000,"id":"9c…","c":1,"k":"deliver","n":"n3","p":"n1","inc":1,"name":"Accept","len":41,"b":"AQID…"}
//	{"end":2}
//
// A field that is zero is left out.
//
//	seq   position in the run, from 1           k     kind: "deliver", "crash", … (see Kind)
//	sub   position among the effects of seq     n     machine
//	t     virtual time, ns                      p     the other machine
//	lt    the machine's clock, ns               inc   incarnation
//	id    causal identity, 16 hex digits        name  message kind, timer, fault, operation, property
//	c     seq of the cause                      text  the rest in words
//	file  file of a write or a sync             off   where in the file, bytes
//	len   bytes written, sent or delivered      b     bytes of the message, base64
//	d     what changed in the node's state
//
// A machine's clock that shows the virtual time is left out too; without a machine, it
// is zero. Strings are JSON strings. A byte that is no part of valid UTF-8 is written as the
// lone surrogate \udc80 to \udcff (the convention of Python's PEP 383), so that every
// trace reads back as it was. The last line says how many events there were: a trace
// without it was cut off. A reader passes over fields that it does not know; a change
// that an old reader must not miss takes a new version.

import (
	"errors"
	"fmt"
)

// Version is the newest version of the JSONL form, and the one that is written.
const Version = 1

// maxLine is the longest line that is written and read: it bounds what a damaged
// file can make the reader allocate.
const maxLine = 64 << 20

// Header is the first line of a trace: which run it is of. All but Version is
// optional.
type Header struct {
	Version  int               // 0 is written as the current Version
	Scenario string            // the scenario's name
	Seed     uint64            // the run's seed
	Hash     string            // the hash of the run, as Hash.String prints it
	Property string            // the property that was violated; "" for none
	Meta     map[string]string // whatever else the writer wants to be remembered
}

// headerLine is Header as JSON.
type headerLine struct {
	Orrery   string            `json:"orrery"`
	Version  int               `json:"version"`
	Scenario string            `json:"scenario,omitempty"`
	Seed     uint64            `json:"seed,omitempty"`
	Hash     string            `json:"hash,omitempty"`
	Property string            `json:"property,omitempty"`
	Meta     map[string]string `json:"meta,omitempty"`
}

// ErrTruncated is what a SyntaxError wraps if the trace ends too early: what was read
// until then is good.
var ErrTruncated = errors.New("the trace is cut off")

// SyntaxError says where a trace is not in the JSONL form, and what should be there.
type SyntaxError struct {
	File  string // as it was given to the reader
	Line  int    // from 1
	Field string // "" if it is the line as a whole
	Want  string // what was expected, in words

	cause error
}

// Error is one line: file, line, field, what was expected.
func (e *SyntaxError) Error() string {
	where := fmt.Sprintf("%s:%d: ", e.File, e.Line)
	if e.cause != nil {
		where += e.cause.Error() + ": "
	}
	if e.Field != "" {
		where += e.Field + ": "
	}
	return where + "want " + e.Want
}

// Unwrap is ErrTruncated if the trace ends too early.
func (e *SyntaxError) Unwrap() error { return e.cause }

// VersionError refuses a trace that is newer than this program.
type VersionError struct {
	File    string
	Version int // the trace's
}

// Error is one line that names both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("%s: trace of version %d; this program reads up to %d", e.File, e.Version, Version)
}
