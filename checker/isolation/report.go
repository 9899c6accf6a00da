package isolation

import (
	"orrery/checker/guarantee"
)

// Report puts the result into the form that all other checks have, which encodes as JSON. h is the history it is of.
func (r *Result) Report(h []Txn) guarantee.Report {
	const most = 5
	out := guarantee.Report{Check: r.Level.String(), Verdict: r.Verdict, Reason: r.Reason, Count: make(map[guarantee.Anomaly]int, len(r.Count))}
	for a, n := range r.Count {
		out.Count[guarantee.Anomaly(a)] = n
	}
	for _, f := range r.Findings {
		places := f.Txns[:min(len(f.Txns), most)]
		out.Findings = append(out.Findings, guarantee.Finding{Anomaly: guarantee.Anomaly(f.Anomaly), Subject: f.Key, Sentence: f.Sentence,
			Ops: guarantee.Cite(func(i int) string { return h[i].String() }, places...), Allowed: !r.Level.Proscribes(f.Anomaly)})
	}
	c := &r.Coverage
	out.Coverage = guarantee.Coverage{{Name: "committed transactions", N: c.OK}, {Name: "failed transactions", N: c.Fail},
		{Name: "transactions with an unknown end", N: c.Info}, {Name: "reads", N: c.Reads}, {Name: "write-write dependencies", N: c.WW},
		{Name: "write-read dependencies", N: c.WR}, {Name: "anti-dependencies", N: c.RW}, {Name: "steps of processes", N: c.Process},
		{Name: "transactions after others in real time", N: c.Realtime}, {Name: "transactions without a dependency", N: c.Isolated},
		{Name: "keys", N: c.Keys}, {Name: "keys with a known version order", N: c.KnownKeys}}
	return out
}
