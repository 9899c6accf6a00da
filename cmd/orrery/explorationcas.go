package main

import (
	"fmt"
	"strings"

	"orrery/checker"
	"orrery/explore/strategy"
	"orrery/scenarios"
)

// casStrategies are those whose buggy executions in a thousand docs/exploration.md shows. A window of a minute
// is as good as none: whatever has been sent may come next.
var casStrategies = []string{
	"random:window=60000,faults=0", "pctcp:d=2,window=60000", "pctcp:d=4,window=60000", "pctcp:d=5,window=60000", "pctcp:d=6,window=60000",
	"tapct:d=5,window=60000", "pos:window=60000", "delay-bounded:window=60000", "pct:d=5,window=60000", "portfolio",
}

// casTable measures CASSANDRA-6023, with the requests one after the other and all at once.
func (a *app) casTable(campaigns, executions int) (string, error) {
	s, err := a.named("cas6023")
	if err != nil {
		return "", err
	}
	var w strings.Builder
	w.WriteString("| strategy | one request after the other | three at once |\n|---|---:|---:|\n")
	for _, spec := range casStrategies {
		fmt.Fprintf(&w, "| %s |", spec)
		for _, clients := range []int{1, 3} {
			hits := 0
			for k := range campaigns {
				n, err := a.casHits(s, spec, uint64(1+k*mutantsSeedStep), clients, executions)
				if err != nil {
					return "", err
				}
				hits += n
			}
			fmt.Fprintf(&w, " %.2f |", 1000*float64(hits)/float64(campaigns*executions))
		}
		w.WriteByte('\n')
	}
	return w.String(), nil
}

// casHits is how many executions of one campaign are buggy.
func (a *app) casHits(s *scenarios.Scenario, spec string, seed uint64, clients, executions int) (hits int, err error) {
	st, err := strategy.Parse(spec, seed)
	if err != nil {
		return 0, err
	}
	for n := range uint64(executions) {
		o := st.Next(n, scenarios.Options{Bug: "cas-one-ballot", Clients: clients, Profile: "calm"})
		r, err := a.run(s, o)
		if err != nil {
			return 0, fmt.Errorf("%s, execution %d: %w", spec, n, err)
		}
		st.Learn(n, o, r)
		if r.Verdict == checker.Violated {
			hits++
		}
	}
	return hits, nil
}
