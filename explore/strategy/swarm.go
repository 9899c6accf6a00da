package strategy

import "orrery/explore/trial"

// swarmKind runs one seed after another, each with everything drawn from it: the weather, the
// workload, and a fault plan whose families are each off with one half.
func swarmKind() Kind {
	return Kind{
		Name: "swarm", About: "one seed after another; each leaves out every family of faults with one half",
		Source: "Groce et al., Swarm Testing, ISSTA 2012",
		make:   func(seed uint64, _ Params) Strategy { return swarm{seed} },
	}
}

type swarm struct{ first uint64 }

func (s swarm) Next(n uint64, base trial.Options) trial.Options {
	base.Seed = s.first + n
	return base
}

func (s swarm) Learn(uint64, trial.Options, *trial.Result) {}
