package scenarios

import (
	"fmt"

	"orrery/nodes/paxos"
)

// paxosBugs are the quirks of Paxos, with the seeds in which each is found.
func paxosBugs() []Bug {
	var list []Bug
	for _, b := range paxos.Bugs() {
		list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: b.Breaks, Seeds: paxosSeeds[b.Name]})
	}
	return list
}

var paxosSeeds = map[string]string{}

// plant plants a defect, and sees to it that the configuration is one in which it can show.
func (p *paxosWorld) plant(name string) error {
	b, ok := paxos.BugNamed(name)
	if !ok {
		return fmt.Errorf("there is no bug %q", name)
	}
	p.config.Quirks = b.Quirks()
	return nil
}
