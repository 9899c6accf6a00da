package scenarios

import (
	"fmt"
	"slices"

	"orrery/nodes/kafka/broker"
)

// kafkaBugs are the defects of brokers, with the seeds in which each is found.
func kafkaBugs(parts []string) []Bug {
	var list []Bug
	for _, d := range broker.Defects() {
		if !slices.Contains(parts, d.Part) {
			continue
		}
		list = append(list, Bug{Name: d.Name, Source: d.Ticket, What: d.Doc, Breaks: kafkaBreaks[d.Name], Seeds: kafkaSeeds[d.Name]})
	}
	return list
}

// plant plants a defect, and sees to it that the configuration is one in which it can show.
func (k *kafkaWorld) plant(name string) error {
	for _, d := range broker.Defects() {
		if d.Name == name {
			d.Set(&k.quirks)
			return nil
		}
	}
	return fmt.Errorf("there is no bug %q", name)
}
