package judge

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"orrery/checker"
	"orrery/checker/files"
	"orrery/internal/near"
)

// A Check is one thing that a history can be asked.
type Check struct {
	Name   string
	Family string // what it belongs to: Linearizability, Isolation, …
	About  string // in one line, what is promised
	Wants  string // what a file must have
	How    string // the algorithm
	Cost   string // time, in operations n; memory is linear unless it says otherwise
	Limits string // what it does not see, or when it gives up; "" if nothing
	With   []With // what it may be told
	run    func(f *files.File, o *Options) (*Result, error)
	model  checker.Model // of linearizability
}

// With is something that a check may be told beside the history.
type With struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// Families, as reports and lists group them.
const (
	Linearizability = "linearizability"
	Memory          = "consistency of sessions"
	Isolation       = "isolation of transactions"
	Systems         = "systems"
	Data            = "data"
	Protocols       = "protocols"
)

// Options bound a check, and tell it what the history cannot.
type Options struct {
	Time   time.Duration     // wall time at most; 0 is one minute
	Memory int               // bytes that a search remembers at most; 0 is 512 MiB
	With   map[string]string // by the names of Check.With; a claim that is made without a value has ""
}

// All returns all checks, in the order in which lists show them.
func All() []Check {
	return slices.Concat(linearizability(), memoryChecks(), isolationChecks(), systemChecks(), dataChecks(), protocolChecks())
}

// others are what else people call the checks.
var others = map[string]string{
	"list-append": "strict-serializable", "rw-register": "strict-serializable", "elle": "strict-serializable",
	"strong-serializable": "strict-serializable", "snapshot": "snapshot-isolation", "si": "snapshot-isolation",
	"sequential-consistency": "sequential", "causal-consistency": "causal", "fifo-consistency": "pram",
	"total-order": "total-order-broadcast", "2pc": "atomic-commitment", "jepsen-set": "set-full", "jepsen-queue": "total-queue",
	"elle-list-append": "strict-serializable", "elle-rw-register": "strict-serializable", "txn": "strict-serializable",
	"cas": "cas-register", "unordered-queue": "total-queue", "jepsen-counter": "counter-bounds", "comments": "causal-reverse",
	"broadcast": "total-order-broadcast", "zab": "total-order-broadcast", "linearizable": "kv", "linearizability": "kv",
}

// Named returns the check of that name; of objects, "register:0" is the register that holds 0 at first. The error for
// any other name is one line with those that come near.
func Named(name string) (Check, error) {
	base, _, _ := strings.Cut(name, ":")
	if usual, ok := others[base]; ok {
		name = usual + strings.TrimPrefix(name, base)
	}
	if m, err := checker.ModelNamed(name); err == nil {
		return linear(m), nil
	}
	var names []string
	for _, c := range All() {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	why := near.Unknown("model", name, names)
	if !strings.Contains(why, ";") {
		why += "; orrery check --models lists them"
	}
	return Check{}, errors.New(why)
}

// File judges what f has. The error is one of the file, or of an option that the check does not have.
func (c Check) File(f *files.File, o Options) (*Result, error) {
	if o.Time <= 0 {
		o.Time = time.Minute
	}
	var names []string
	for _, w := range c.With {
		names = append(names, w.Name)
	}
	for name := range o.With {
		switch {
		case slices.Contains(names, name):
		case len(names) == 0:
			return nil, fmt.Errorf("%q: %s need not be told anything", name, c.Name)
		default:
			return nil, errors.New(near.Unknown("claim", name, names))
		}
	}
	r, err := c.run(f, &o)
	if err != nil {
		return nil, err
	}
	r.Check, r.Format, r.Faults = c.Name, f.Format, f.Faults()
	if r.Property == "" && r.Verdict != checker.Holds {
		r.Property = c.Name
	}
	return r, nil
}

// claimed tells whether the name was given.
func (o *Options) claimed(name string) bool {
	v, ok := o.With[name]
	return ok && v != "false"
}

// names are the names in a list of them, as a,b,c.
func (o *Options) names(name string) []string {
	if o.With[name] == "" {
		return nil
	}
	return strings.Split(o.With[name], ",")
}

func (o *Options) integer(name string) (int64, bool, error) {
	text, ok := o.With[name]
	if !ok {
		return 0, false, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("%s=%s: want an integer", name, text)
	}
	return n, true, nil
}
