package scenarios

import (
	"errors"
	"slices"
	"strings"

	"orrery/explore/trial"
	"orrery/internal/near"
	"orrery/trace"
)

// Scenario is a cluster, a workload, faults and checks, ready to run. One Run of it is
// one universe.
type Scenario struct {
	Name  string // as on the command line: "paxos"
	About string // one line
	// Bugs are the historical defects that can be planted into the scenario's protocol.
	Bugs []Bug
	// Marks are the coverage marks that a campaign is expected to reach.
	Marks []string
	// Ops is how many operations the clients of one universe begin, unless Options say otherwise.
	Ops int

	// Describe returns a function that says what a message of the protocol says, in its own words, for
	// lanes and stories. The function is for one goroutine. Nil means that the kind must do.
	Describe func() func(*trace.Event) string

	build func(w *trial.World, s *Scenario) error
}

// Bug is a historical defect that a scenario can plant.
type Bug struct {
	Name   string `json:"name"`
	Source string `json:"source"` // where it was found: a paper's section, a ticket
	What   string `json:"what"`   // what is wrong, in one sentence
	Breaks string `json:"breaks"` // the property that it can break
	Seeds  string `json:"seeds"`  // a range of seeds in which it is found, "1-40"
}

// Options are everything that a universe depends on, and who watches.
type Options = trial.Options

// Result is what came of one universe.
type Result = trial.Result

// Run runs one universe. The error is about the options: a bug or a family of faults that
// there is not, a plan that does not fit.
func (s *Scenario) Run(o trial.Options) (*trial.Result, error) {
	if o.Bug != "" {
		if _, err := s.BugNamed(o.Bug); err != nil {
			return nil, err
		}
	}
	return trial.Run(o, s.Build)
}

// Build makes the scenario's world, for those who run trials themselves: properties, fuzz targets.
func (s *Scenario) Build(w *trial.World) error { return s.build(w, s) }

// All are all scenarios, sorted by name.
func All() []*Scenario {
	list := []*Scenario{Paxos(), CAS6023(), CommitScenario(), Lock(), ZooKeeper(), ZooKeeperReconfig(), ZooKeeperRolling(), ZooKeeperSnapshots(), Elections(), ZooKeeperRecipes(), Storm(), Trident(), Discovery(), StormKafka(), Kafka(), KafkaGroups(), KafkaExactlyOnce(), KafkaAdmin(), KafkaCompaction(), ZKConsumer()}
	slices.SortFunc(list, func(a, b *Scenario) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Named returns the scenario of that name. The error names those that come near.
func Named(name string) (*Scenario, error) {
	var names []string
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return nil, Unknown("scenario", name, names)
}

// BugNamed returns a planted defect of the scenario. The error names those that come near.
func (s *Scenario) BugNamed(name string) (Bug, error) {
	var names []string
	for _, b := range s.Bugs {
		if b.Name == name {
			return b, nil
		}
		names = append(names, b.Name)
	}
	return Bug{}, Unknown("bug of "+s.Name, name, names)
}

// Unknown is the error for a name that is not among those that there are: one line,
// with the nearest of them.
func Unknown(what, name string, known []string) error {
	return errors.New(near.Unknown(what, name, known))
}
