package nodestest

import (
	"slices"
	"testing"
	"time"

	"orrery/nodes"
)

// Runtime is a runtime under test: a cluster of the three Machines, none of which runs
// yet, on disks that are empty. No fault happens in it but those that the suite asks for.
//
// The handlers of all machines and the conditions of Until exclude one another, so
// that a rule may look at what handlers wrote. The runtime's adapter to the suite sees to
// that, and must not hide by it that one machine's handlers overlapped.
type Runtime interface {
	// Start starts a machine's process, for the first time or after it has ended, with
	// a node that build makes. It returns what Boot refused the start with.
	Start(id nodes.ID, build func() nodes.Node) error
	// Kill ends the process at once, as kill -9 does. No handler of it runs after
	// Kill has returned.
	Kill(id nodes.ID)
	// Ended tells whether the process has ended by itself, and what it gave as
	// the reason.
	Ended(id nodes.ID) (err error, ended bool)
	// Until lets the cluster run until cond holds, or limit of the runtime's own time has
	// passed. It returns whether cond held.
	Until(limit time.Duration, cond func() bool) bool
	// Close ends everything.
	Close()
}

// Machines are the names of a Runtime's machines.
var Machines = []nodes.ID{"n1", "n2", "n3"}

// Ports are the ports that the suite listens on and dials, on each machine.
var Ports = []int{7001, 7002}

const (
	// patience is how long the suite waits for what must happen.
	patience = 30 * time.Second
	// silence is how long it waits for what must not.
	silence = 100 * time.Millisecond
)

// TestRuntime holds a runtime to every rule of the contract, one subtest each, with a
// cluster of its own that newRuntime makes.
func TestRuntime(t *testing.T, newRuntime func(t *testing.T) Runtime) {
	for _, r := range Rules() {
		t.Run(r.Name, func(t *testing.T) {
			if err := r.Check(newRuntime(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Rule is one sentence of the contract, and how to see that it is kept.
type Rule struct {
	Name  string // the sentence, as the name of a test
	check func(c *cluster)
}

// Rules are the rules of the contract, in an order in which each builds only on what
// those before it have shown.
func Rules() []Rule {
	return slices.Concat(
		datagramRules, timerRules, clockRules, diskRules, syncRules,
		stageRules, connRules, closingRules, processRules, toyRules,
	)
}

// Check returns what the runtime does against the rule, or nil, and closes the runtime.
func (r Rule) Check(rt Runtime) (err error) {
	defer rt.Close()
	defer func() {
		if r := recover(); r != nil {
			b, is := r.(breach)
			if !is {
				panic(r)
			}
			err = b.error
		}
	}()
	c := &cluster{rt: rt}
	r.check(c)
	c.look(func() {}) // what a handler found wrong in the end
	return nil
}
