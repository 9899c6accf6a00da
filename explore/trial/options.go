package trial

import (
	"time"

	"orrery/checker"
	"orrery/nemesis"
	"orrery/sim"
)

// Options are everything that a trial depends on, besides its world, and who watches it.
type Options struct {
	Seed    uint64
	Bug     string        // the planted defect, for the world to look at; "" for none
	Nemesis []string      // families of faults, see nemesis.Families; nil lets the seed choose
	Profile string        // "calm", "budgeted" or "unrestricted"; "" lets the seed choose
	Plan    *nemesis.Plan // this plan instead of a drawn one
	// Offered says that the Plan was made without knowing the world, by a strategy: the world takes only what is of
	// its Families, and is cut to what it counts on. Result.Plan is what was left, and no longer on offer.
	Offered bool
	Ops     int // operations of the workload; 0 means the world's own number
	Nodes   int // servers; 0 means the world's own number
	Clients int // of the workload; 0 means the world's own number

	Window    time.Duration // how far events may overtake each other, see sim.Config
	Scheduler sim.Scheduler // picks the next event, within the window
	Omit      []sim.DrawID  // datagrams that get lost
	Only      []sim.DrawID  // the events that may happen, see sim.Config; nil means all

	Overrides   []sim.Override // draws that are pinned
	Fork        *sim.Fork      // other choices from some event on
	Source      sim.Source     // answers the draws
	RecordDraws *[]sim.Draw    // receives the draws
	Recorder    sim.Recorder   // receives the trace
	States      bool           // the trace holds every change of a node's state
	EventsMax   uint64         // 0 means 3 million
}

// Result is what came of a trial.
type Result struct {
	Seed     uint64
	Bug      string
	Profile  string
	Verdict  checker.Verdict
	Property string // what does not hold, or could not be decided; "" if all holds
	Detail   string // in words
	Seq      uint64 // the event at which the violation was seen; 0 if it was found afterwards
	Stack    string // of a panic

	Events    uint64
	VirtualNS int64
	Hash      string
	Nodes     int // servers that there were
	Clients   int // clients that there were, those of the liveness phase too
	Ops       int // operations that ended ok
	Invoked   int // operations that were begun

	Plan     nemesis.Plan
	Faults   []FaultReport
	Marks    []sim.Mark
	Stats    sim.Stats
	History  checker.History
	Model    checker.Model
	Coverage checker.Coverage
	Asked    map[string]uint64 // how often each property was looked at where it could have failed, see World.Asked
	Ground   Ground
}

// FaultReport says what became of one fault of the plan.
type FaultReport struct {
	Fault   string        `json:"fault"`
	Family  string        `json:"family"`
	At      time.Duration `json:"at_ns"`
	Until   time.Duration `json:"until_ns,omitempty"` // 0: until everything is healed
	Outcome string        `json:"outcome"`
	Why     string        `json:"why,omitempty"`
	Effects uint64        `json:"effects"` // what it really did; 0 means that it never bit
}

const (
	defaultEventsMax = 3_000_000
	defaultIdleMax   = 400_000
)
