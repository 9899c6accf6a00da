package judge

import (
	"fmt"
	"math/rand/v2"

	"orrery/checker"
)

// A Score says how many damaged copies of a history a check rejected.
type Score struct {
	Kind    string   `json:"kind"`    // stale read, swapped results, …
	Made    int      `json:"made"`    // mutants; 0 if the history has no place for one
	Certain int      `json:"certain"` // of them, wrong beyond doubt
	Caught  int      `json:"caught"`  // of those, rejected
	Other   int      `json:"other"`   // rejected of the rest, some of which may be right by chance
	Missed  []string `json:"missed,omitempty"`
}

// Mutate damages the history of the result again and again, up to n times in each way, and asks the check of each
// mutant: what it lets through, it would have let through had the system done it. All chance comes from seed. Only a
// history that holds can be damaged, and only the checks of objects and of transactions can be asked.
func (r *Result) Mutate(n int, seed uint64, o Options) ([]Score, error) {
	if r.Verdict != checker.Holds {
		return nil, fmt.Errorf("only a history that is ok can be damaged: this one is %s", r.Verdict)
	}
	chance := rand.New(rand.NewPCG(seed, 0x6f727265727921))
	switch {
	case r.Txns != nil:
		return mutateTxns(r.Txns, r.Check, n, chance)
	case r.Model == (checker.Model{}):
		return nil, fmt.Errorf("a history for %s cannot be damaged yet: want a model of objects, or an isolation level", r.Check)
	}
	var out []Score
	scores := checker.NewMutator(r.History, r.Model, chance).MutationTest(n, checker.Options{Time: o.Time, Memory: o.Memory, Floors: &checker.Floors{Ops: 1}})
	for _, s := range scores {
		one := Score{Kind: s.Kind.String(), Made: s.Made, Certain: s.Certain, Caught: s.Caught, Other: s.Rejected - s.Caught}
		for i := range s.Missed {
			one.Missed = append(one.Missed, s.Missed[i].What)
		}
		out = append(out, one)
	}
	return out, nil
}
