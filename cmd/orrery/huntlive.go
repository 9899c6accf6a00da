package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"orrery/checker"
	"orrery/explore/dashboard"
	"orrery/explore/findings"
)

// publish begins the bulletin by which orrery serve follows the hunt. Without one the hunt goes on: it is for
// those who look on.
func (h *hunt) publish() {
	p, err := dashboard.Publish(h.out, h.bulletin("replays what was found before"))
	if err != nil {
		fmt.Fprintln(h.app.err, "orrery: orrery serve cannot follow this hunt:", oneLine(fileError(err).Error()))
		return
	}
	h.live = p
}

// tell publishes how the hunt goes, at most once a second, unless it begins to do something else.
func (h *hunt) tell(doing string) {
	if h.live != nil && (doing != h.doing || h.live.Due()) {
		h.doing = doing
		h.live.Post(h.bulletin(doing))
	}
}

// lastWord publishes how the hunt has ended.
func (h *hunt) lastWord(err error) {
	if h.live == nil {
		return
	}
	b := h.bulletin("")
	switch {
	case err != nil:
		b.Ending = oneLine(err.Error())
	case h.ending != "":
		b.Ending = h.ending
	case len(h.legs) == 1:
		b.Ending = h.legs[0].endingWords()
	default:
		b.Ending = "all campaigns have ended"
	}
	if err := h.live.Close(b); err != nil {
		fmt.Fprintln(h.app.err, "orrery: orrery serve could not follow this hunt:", oneLine(fileError(err).Error()))
	}
}

func (h *hunt) bulletin(doing string) dashboard.Bulletin {
	b := dashboard.Bulletin{Session: h.session, By: versionLine(), Doing: doing, Workers: h.workers, Budget: h.budget.words()}
	for _, l := range h.legs {
		b.Legs = append(b.Legs, l.bulletin())
	}
	return b
}

func (l *leg) bulletin() dashboard.Leg {
	t := l.tally
	b := dashboard.Leg{
		Campaign: l.id, Scenario: l.scenario.Name, Bug: l.options.Bug, Strategy: l.spec, Done: l.stored.Done, Until: l.stored.Until,
		Executions: t.universes, Events: t.events, VirtualNS: int64(t.virtual), Verdicts: map[string]uint64{},
	}
	for v, n := range t.verdicts {
		if n > 0 {
			b.Verdicts[checker.Verdict(v).String()] = n
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.marks)) {
		b.Marks = append(b.Marks, dashboard.Mark{Name: name, Executions: t.marks[name]})
	}
	for _, kind := range slices.Sorted(maps.Keys(t.faults)) {
		f := t.faults[kind]
		b.Faults = append(b.Faults, dashboard.Fault{Kind: kind, Bit: f.bit, Noop: f.noop, Skipped: f.skipped})
	}
	if l.ending != nil {
		b.Ending = l.ending.String()
	}
	return b
}

// show serves the findings while the hunt runs, if --serve asks for it. The function that it returns ends that.
func (h *hunt) show(ctx context.Context) (end func(), err error) {
	if h.serve == "" {
		return func() {}, nil
	}
	site, err := h.app.openSite(h.out, "--serve", h.serve)
	if err != nil {
		return nil, err
	}
	store, _, err := findings.OpenExisting(h.out) // one of its own: a store is good for one goroutine
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(h.app.err, "orrery:", site.url, "shows how it goes")
	ctx, cancel := context.WithCancel(ctx)
	var served sync.WaitGroup
	served.Go(func() {
		if err := site.serve(ctx, store); err != nil {
			fmt.Fprintln(h.app.err, "orrery: the hunt is not shown any more:", oneLine(err.Error()))
		}
	})
	return func() { cancel(); served.Wait() }, nil
}
