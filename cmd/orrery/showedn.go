package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"orrery/checker"
	"orrery/checker/files"
	"orrery/explore/trial"
	"orrery/trace"
)

// writeEDN prints what the clients saw as Jepsen has its histories, with what the nemesis did. orrery check
// reads it again.
func (p *picture) writeEDN(w io.Writer) error {
	if p.subject == nil {
		return errors.New("--edn needs the history of a universe: want a repro.json or a SCENARIO, and this is a trace")
	}
	h := p.result.History
	if len(h) == 0 {
		return fmt.Errorf("--edn: scenario %s keeps no history of operations on objects; see orrery show --help for other forms", p.scenario.Name)
	}
	return files.WriteEDN(w, h, files.Exported{
		Comment: oneLine(p.title) + "; orrery check FILE --model " + p.result.Model.Name(),
		When:    whenOf(h, p.events), Faults: struck(p.result.Faults),
	})
}

// whenOf tells when operations were called and answered: the n-th of a client's operations is told by the n-th Invoke
// and the n-th Return of its machine. It is nil if the trace does not tell of all of them.
func whenOf(h checker.History, events []trace.Event) func(*checker.Op) (call, ret int64) {
	calls := map[string][]time.Duration{}
	ends := map[string][]time.Duration{}
	for i := range events {
		switch e := &events[i]; e.Kind {
		case trace.Invoke:
			calls[e.Node] = append(calls[e.Node], e.At)
		case trace.Return:
			ends[e.Node] = append(ends[e.Node], e.At)
		}
	}
	sorted := slices.Clone(h)
	slices.SortFunc(sorted, func(a, b checker.Op) int { return int(a.Call - b.Call) })
	times := map[int64][2]int64{}
	nth := map[string]int{}
	for i := range sorted {
		o := &sorted[i]
		n := nth[o.Client]
		nth[o.Client]++
		if n >= len(calls[o.Client]) || o.Ret != checker.Never && n >= len(ends[o.Client]) {
			return nil
		}
		at := [2]int64{int64(calls[o.Client][n]), 0}
		if o.Ret != checker.Never {
			at[1] = int64(ends[o.Client][n])
		}
		times[o.ID] = at
	}
	return func(o *checker.Op) (call, ret int64) { return times[o.ID][0], times[o.ID][1] }
}

// struck are the faults that began, and when they ended.
func struck(reports []trial.FaultReport) (list []files.Fault) {
	for _, f := range reports {
		if f.Outcome == "waiting" || f.Outcome == "skipped" {
			continue
		}
		list = append(list, files.Fault{At: int64(f.At), Text: f.Fault})
		if f.Until > 0 {
			list = append(list, files.Fault{At: int64(f.Until), Text: "ends: " + f.Fault})
		}
	}
	slices.SortStableFunc(list, func(a, b files.Fault) int { return int(a.At - b.At) })
	return list
}
