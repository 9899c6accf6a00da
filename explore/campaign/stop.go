package campaign

import (
	"fmt"
	"strings"

	"orrery/nodes"
	"orrery/sim"
)

// Until is what ends a campaign before its budget is spent.
type Until uint8

// What may end a campaign.
const (
	Budget    Until = iota // nothing else
	Violation              // the first violation
	Plateau                // so many executions without anything new
)

// Untils are the names of all, in their order.
func Untils() []string { return []string{"budget", "violation", "plateau"} }

// String is the name.
func (u Until) String() string { return Untils()[u] }

// Why is why a campaign ended.
type Why uint8

// The reasons.
const (
	Interrupted    Why = iota // its context ended, or whoever looked on had seen enough
	BudgetSpent               // all executions of the budget are done
	FirstViolation            // a violation was found, and one was wanted
	OnPlateau                 // nothing new was seen for long
	Exhausted                 // the strategy has tried everything
)

// Ending is how a campaign ended.
type Ending struct {
	Why        Why
	Executions uint64 // that were run
	Last       uint64 // the execution that would come next
	Plateau    uint64 // executions without anything new that make a plateau
	Summary    string // of a strategy that is done
}

// String says it in words.
func (e Ending) String() string {
	switch e.Why {
	case BudgetSpent:
		return "the budget is spent"
	case FirstViolation:
		return "stopped at the first violation"
	case OnPlateau:
		return fmt.Sprintf("a plateau: no new mark, no new kind of fault and no new finding in the last %d executions", e.Plateau)
	case Exhausted:
		return e.Summary
	}
	return "interrupted"
}

// novelty keeps what a campaign has seen already.
type novelty struct {
	seen map[string]bool
	last uint64 // the last execution that showed anything new
}

func newNovelty(first uint64) novelty { return novelty{seen: map[string]bool{}, last: first} }

// add tells whether an execution shows anything for the first time.
func (v *novelty) add(e *Execution) bool {
	fresh := false
	see := func(what string) {
		if !v.seen[what] {
			v.seen[what], fresh = true, true
		}
	}
	for _, m := range e.Result.Marks {
		if reached(m) {
			see("mark " + m.Name)
		}
	}
	for _, f := range e.Result.Faults {
		if kind, _, _ := strings.Cut(f.Fault, "("); f.Effects > 0 {
			see("fault " + kind)
		}
	}
	if e.Found() {
		see("property " + e.Result.Property)
	}
	if fresh {
		v.last = e.N
	}
	return fresh
}

// reached tells whether a mark that a campaign should reach was reached.
func reached(m sim.Mark) bool {
	return m.Kind == nodes.MarkSometimes && m.Held > 0 || m.Kind == nodes.MarkReachable && m.Reached > 0
}
