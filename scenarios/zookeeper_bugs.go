package scenarios

import (
	"fmt"

	"orrery/nodes/zab"
)

// zkBugs are the quirks of ZooKeeper, with the seeds in which each is found.
func zkBugs() []Bug {
	var list []Bug
	for _, b := range zab.Bugs() {
		list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: b.Breaks, Seeds: zkSeeds[b.Name]})
	}
	return list
}

// zkSeeds is in which seeds each quirk is found, with room to spare.
var zkSeeds = map[string]string{}

// plant plants a defect, and sees to it that the configuration is one in which it can show.
func (z *zkWorld) plant(name string) error {
	b, ok := zab.BugNamed(name)
	if !ok {
		return fmt.Errorf("there is no bug %q", name)
	}
	z.quirks = b.Quirks()
	return nil
}
