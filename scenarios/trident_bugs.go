package scenarios

import (
	"fmt"
	"time"

	"orrery/nemesis"
	"orrery/nodes/storm"
	"orrery/nodes/storm/trident"
)

var tridentPlaces = map[string]stormPlace{
	"commits-in-any-order":          {tridentOrder, "1-100"},
	"transactional-state-on-opaque": {tridentFold, "1-100"},
	"state-not-atomic":              {tridentTwice, "1-100"},
	"txids-reused":                  {tridentOnce, "1-100"},
	"two-coordinators":              {tridentOnce, "1-100"},
	"leftovers-of-attempts":         {tridentFold, "1-100"},
	"emits-unrecorded":              {tridentAfter, "1-100"},
}

func tridentBugs() []Bug {
	var list []Bug
	for _, b := range trident.Bugs() {
		p := tridentPlaces[b.Name]
		list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: p.breaks, Seeds: p.seeds})
	}
	return list
}

// plant plants a defect, and sees to it that the setup is one in which it can show.
func (tw *tridentWorld) plant(name string) {
	w := tw.w
	b, _ := tw.cfg.Quirks.Plant(name)
	if !b.Any {
		tw.cfg.Kind = b.Kind
	}
	drawn := w.Options.Plan == nil && w.Options.Nemesis == nil
	switch q := &tw.cfg.Quirks; {
	case q.AnyOrder:
		tw.cfg.MaxActive = max(tw.cfg.MaxActive, 3)
	case q.TransactionalState, q.KeepsLeftovers: // batches that fail when they are half committed, and are others when they come again
		tw.setup.cfg.Links, tw.setup.loss, tw.cfg.BatchSize = storm.Datagrams, 25_000, 3
		tw.setup.counts = max(tw.setup.counts, 2)
		tw.setup.every = w.DrawDuration("a record every", 80*time.Millisecond, 160*time.Millisecond)
		if drawn {
			w.Options.Plan = tw.droughts()
		}
	case q.TwoCoordinators && drawn:
		w.Options.Plan = tw.replacements()
	}
}

// replacements is a plan in which workers stand still until they are replaced, and run on when they wake: their supervisor, which
// would have stopped them, stands still for longer.
func (tw *tridentWorld) replacements() *nemesis.Plan {
	text := "mode budgeted\n"
	for i, slots := range []string{"w1 w2", "w3 w4", "w1 w2", "w3 w4"} {
		name := fmt.Sprintf("replacement %d", i)
		at := time.Duration(2+4*i)*time.Second + tw.w.DrawDuration(name, 0, time.Second)
		wakes := at + tw.w.DrawDuration(name+" wakes", 1200*time.Millisecond, 2*time.Second)
		at, wakes = at.Truncate(time.Millisecond), wakes.Truncate(time.Millisecond)
		text += fmt.Sprintf("%v pause(%s) until %v\n%v pause(s%d) until %v\n", at, slots, wakes, at, 1+i%2, wakes+time.Second)
	}
	return mustPlan(text)
}

// droughts is a plan in which the source often says nothing for longer than anybody asks.
func (tw *tridentWorld) droughts() *nemesis.Plan {
	text := "mode budgeted\n"
	for i := range 10 {
		at := 2*time.Second + time.Duration(i)*900*time.Millisecond + tw.w.DrawDuration(fmt.Sprintf("drought %d", i), 0, 300*time.Millisecond).Truncate(time.Millisecond)
		text += fmt.Sprintf("%v pause(%s) until %v\n", at, stormSource, at+500*time.Millisecond)
	}
	return mustPlan(text)
}

// mustPlan reads a plan that is written in this file.
func mustPlan(text string) *nemesis.Plan {
	p, err := nemesis.ParsePlan("planted", []byte(text))
	if err != nil {
		panic(err)
	}
	return &p
}
