package judge

import (
	"fmt"

	"orrery/checker"
	"orrery/checker/files"
	"orrery/checker/kafka"
	"orrery/checker/zookeeper"
)

func systemChecks() []Check {
	return []Check{
		{Name: "kafka", Family: Systems, About: "a replicated log's sends and polls: nothing acknowledged is lost, doubled, reordered or aborted and yet seen",
			Wants: "sends, polls, assigns and subscribes (Jepsen's workload)", How: "offsets as the order; one pass for each anomaly", Cost: "n log n",
			Limits: "every value sent to its partition once; lost only up to what was read, unless final",
			With: []With{{"final", "the history ends with polls of everything"}, {"ww", "neighbours in a log count for circles"},
				{"exactly-once", "a subscribed process may see a record once"}, {"uncommitted", "consumers read uncommitted records"}}, run: runKafka},
		{Name: "zookeeper", Family: Systems, About: "ordered sequential consistency, sessions, stats and watches by zxid",
			Wants: "operations with zxids, watch events, and the log if it is known", How: "replay in the order of zxids", Cost: "n log n",
			Limits: "one-shot watches; access control is not judged", With: []With{{"strict-sync", "a read after a sync is never stale"}}, run: runZooKeeper},
	}
}

func runKafka(f *files.File, o *Options) (*Result, error) {
	h, err := f.Kafka()
	if err != nil {
		return nil, err
	}
	rep := kafka.Check(h, kafka.Options{Final: o.claimed("final"), WW: o.claimed("ww"), ExactlyOnce: o.claimed("exactly-once"),
		Uncommitted: o.claimed("uncommitted")})
	r, err := fromReport(rep, len(h), func(i int) Op {
		op := span(fmt.Sprint("process ", h[i].Process), 0, h[i].Invoke, h[i].Return)
		op.Text = h[i].String()
		return op
	})
	if err != nil {
		return nil, malformed(f, err.Error())
	}
	return r, nil
}

func runZooKeeper(f *files.File, o *Options) (*Result, error) {
	h, err := f.ZooKeeper()
	if err != nil {
		return nil, err
	}
	rep := zookeeper.Check(h, zookeeper.Options{StrictSync: o.claimed("strict-sync")})
	r, err := fromReport(rep, len(h.Ops), func(i int) Op {
		ret := h.Ops[i].Return
		if h.Ops[i].Status == checker.Maybe {
			ret = checker.Never
		}
		op := span(fmt.Sprintf("session %#x", h.Ops[i].Session), 0, h.Ops[i].Invoke, ret)
		op.Text = h.Ops[i].String()
		return op
	})
	if err != nil {
		return nil, malformed(f, err.Error())
	}
	return r, nil
}
