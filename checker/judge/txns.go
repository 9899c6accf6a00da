package judge

import (
	"fmt"

	"orrery/checker/files"
	"orrery/checker/isolation"
)

func isolationChecks() (all []Check) {
	about := map[isolation.Level]string{
		isolation.ReadUncommitted:                "no circle of writes",
		isolation.ReadCommitted:                  "and no aborted, intermediate or circular reads",
		isolation.RepeatableRead:                 "and what was read does not change",
		isolation.SnapshotIsolation:              "reads of one state, and no lost updates",
		isolation.Serializable:                   "some order of the transactions explains all",
		isolation.StrongSessionSnapshotIsolation: "snapshot isolation, in the order of each process",
		isolation.StrongSessionSerializable:      "serializable, in the order of each process",
		isolation.StrongSnapshotIsolation:        "snapshot isolation, in the order of real time",
		isolation.StrictSerializable:             "serializable, in the order of real time",
	}
	for l := isolation.ReadUncommitted; l <= isolation.StrictSerializable; l++ {
		all = append(all, Check{Name: l.String(), Family: Isolation, About: about[l], Wants: "transactions of list-append or rw-register",
			How: "dependencies that reads prove, circles in them (Elle)", Cost: "n, but for sorting",
			Limits: "no predicates; levels between those listed; a register's versions that nothing orders",
			run:    func(f *files.File, _ *Options) (*Result, error) { return runTxns(f, l) }})
	}
	return all
}

func runTxns(f *files.File, l isolation.Level) (*Result, error) {
	h, err := f.Txns()
	if err != nil {
		return nil, err
	}
	res := isolation.Check(h, isolation.Options{Level: l})
	r, err := fromReport(res.Report(h), len(h), func(i int) Op {
		who := fmt.Sprint("process ", h[i].Process)
		if h[i].Process < 0 { // it has no number in the file
			who = "process ?"
		}
		op := span(who, h[i].Line, h[i].Invoke, h[i].Return)
		op.Text = h[i].String()
		return op
	})
	if err != nil {
		return nil, malformed(f, err.Error())
	}
	r.Txns = h
	if len(res.Findings) > 0 && len(r.Core) > 0 {
		r.steps = res.Findings[0].Steps
	}
	return r, nil
}
