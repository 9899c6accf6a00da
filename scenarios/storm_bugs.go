package scenarios

import (
	"orrery/nemesis"
	"orrery/nodes/storm"
)

// stormPlace is what a defect breaks, and in which seeds it is found.
type stormPlace struct{ breaks, seeds string }

var stormPlaces = map[string]stormPlace{
	"ack-before-emit":        {stormTrees, "1-100"},
	"unanchored-emits":       {stormTrees, "1-100"},
	"ids-of-16-bits":         {stormTrees, "1-1000"},
	"ids-of-8-bits":          {stormTrees, "1-100"},
	"shared-id-stream":       {stormTrees, "1-100"},
	"acker-without-ticks":    {stormBounded, "1-100"},
	"reset-before-init":      {stormAlive, "1-100"},
	"nimbus-leaves-election": {"liveness: the core converges", "1-100"},
	"drops-at-start":         {stormCalm, "1-100"},
	"acker-counts-copies":    {stormTrees, "1-100"},
	"commits-emitted":        {stormCounted, "1-100"},
}

func stormBugs() []Bug {
	var list []Bug
	for _, b := range storm.Bugs() {
		p := stormPlaces[b.Name]
		list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: p.breaks, Seeds: p.seeds})
	}
	return list
}

// plant plants a defect, and sees to it that the setup is one in which it can show.
func (sw *stormWorld) plant(name string) {
	s := &sw.setup
	s.cfg.Quirks.Plant(name)
	lossy := func() {
		s.cfg.Links = storm.Datagrams
		s.loss = max(s.loss, 50_000)
	}
	switch q := &s.cfg.Quirks; {
	case q.Unanchored > 0, q.IDBits > 0, q.NoAckerTicks, q.SharedSeed, q.AckBeforeEmit, q.CommitsEmitted:
		lossy()
	case q.NoDedupe:
		lossy()
		s.duplicate = max(s.duplicate, 50_000)
	case q.DropsAtStart:
		s.loss, s.duplicate = 0, 0
		s.cfg.Startup = max(s.cfg.Startup, s.cfg.MessageTimeout/8)
		if sw.w.Options.Plan == nil && sw.w.Options.Nemesis == nil {
			sw.w.Options.Plan = &nemesis.Plan{Mode: nemesis.Calm}
		}
	}
}
