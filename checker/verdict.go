package checker

import "fmt"

// A Verdict is what a check says of a run. Verdicts are ordered from best to worst, so that the verdict of several
// checks together is the greatest of theirs.
//
// The zero Verdict is none at all: a check that never ran has not passed.
type Verdict uint8

const (
	// Holds: the property was put to the test and holds.
	Holds Verdict = iota + 1
	// Vacuous: nothing contradicts the property, but too little happened for that to mean anything.
	Vacuous
	// Unknown: the check ran out of its budget.
	Unknown
	// Malformed: the history cannot be judged, because it is not one.
	Malformed
	// Violated: the property does not hold.
	Violated
)

var verdictNames = [...]string{"none", "ok", "vacuous", "unknown", "malformed", "violated"}

// String returns the verdict as reports and JSON lines spell it; Holds is "ok".
func (v Verdict) String() string {
	if int(v) >= len(verdictNames) {
		return fmt.Sprintf("verdict(%d)", uint8(v))
	}
	return verdictNames[v]
}

// Worst returns the worse of two verdicts: Violated > Malformed > Unknown > Vacuous > Holds.
func Worst(a, b Verdict) Verdict { return max(a, b) }
