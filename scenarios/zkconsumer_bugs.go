package scenarios

import "orrery/nodes/kafka/zkconsumer"

// zkcBreaks and zkcSeeds are what each defect breaks, and seeds in which it is found.
var (
	zkcBreaks = map[string]string{
		"no-rollback-on-claim-fail":       zkcNothing,
		"commit-without-owner-check":      zkcClaimed,
		"no-stop-fetchers-before-release": zkcClaimed,
		"cached-cluster-view":             zkcOwned,
		"trust-old-owner":                 zkcClaimed,
	}
	zkcSeeds = map[string]string{
		"no-rollback-on-claim-fail":       "1-60",
		"commit-without-owner-check":      "1-150",
		"no-stop-fetchers-before-release": "1-20",
		"cached-cluster-view":             "1-400",
		"trust-old-owner":                 "1-20",
	}
)

// zkcBugs are the defects of such consumers.
func zkcBugs() []Bug {
	var list []Bug
	for _, d := range zkconsumer.Defects() {
		list = append(list, Bug{Name: d.Name, Source: d.Ticket, What: d.Doc, Breaks: zkcBreaks[d.Name], Seeds: zkcSeeds[d.Name]})
	}
	return list
}

// plant plants a defect. What a failed attempt leaves behind is seen only where somebody is in the way for long, and the others stay.
func (k *zkcWorld) plant(name string) {
	for _, d := range zkconsumer.Defects() {
		if d.Name == name {
			d.Set(&k.group.Quirks)
			if k.group.Quirks.NoRollback {
				k.squats, k.quiet = true, true
			}
		}
	}
}
