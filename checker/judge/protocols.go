package judge

import (
	"fmt"
	"strconv"
	"strings"

	"orrery/checker/files"
	"orrery/checker/guarantee"
	"orrery/checker/guarantee/broadcast"
	"orrery/checker/guarantee/commit"
	"orrery/checker/guarantee/delivery"
	"orrery/checker/guarantee/group"
	"orrery/checker/guarantee/lock"
)

func protocolChecks() []Check {
	quiet := With{"quiet", "the run went on until nothing was left to do"}
	promise := func(name, about string, p delivery.Promise) Check {
		return Check{Name: name, Family: Protocols, About: about, Wants: "orrery-delivery lines: sends and effects", How: "counting", Cost: "n log n",
			With: []With{quiet}, run: func(f *files.File, o *Options) (*Result, error) {
				h, err := files.Each[delivery.Op](f, "orrery-delivery")
				return small(f, h, err, func() guarantee.Report { return delivery.Messages(h, p, o.claimed("quiet")) },
					func(o *delivery.Op) (Op, fmt.Stringer) { return span(o.Client, 0, o.Call, o.Ret), o })
			}}
	}
	return []Check{
		{Name: "total-order-broadcast", Family: Protocols, About: "all deliver the same, in one order (and Zab's order of primaries)", Wants: "orrery-broadcast lines: broadcasts, deliveries, restarts",
			How: "the longest sequence, compared", Cost: "n", With: []With{quiet, {"correct", "the processes that are up and connected at the end, as n1,n2"}}, run: runBroadcast},
		{Name: "atomic-commitment", Family: Protocols, About: "AC1 to AC5 (Bernstein et al. 1987)", Wants: "orrery-commit lines: votes, decisions, faults", How: onePass, Cost: "n",
			With: []With{{"repaired", "at the end all failures were repaired for long enough"}, {"durable-first", "a decision is durable before it is told"},
				{"applies", "the run has every effect that became visible"}}, run: runCommit},
		{Name: "mutual-exclusion", Family: Protocols, About: "locks, leases and fencing tokens; exclusive if nothing else is claimed", Wants: "orrery-lock lines: acquire, release, access, expire",
			How: "intervals, and tokens in order", Cost: "n log n", With: []With{{"exclusive", "no two clients hold a lock at once"}, {"fenced", "tokens are unique and grow"},
				{"guarded", "the resource refuses tokens smaller than one it has accepted"}}, run: runLock},
		{Name: "consumer-group", Family: Protocols, About: "each partition has one owner, who goes on where the last had committed", Wants: "orrery-group lines: generations, commits", How: onePass, Cost: "n",
			With: []With{{"topics", "the partitions of each topic, as t:p0+p1,u:q0"}, {"incremental", "generations need not assign everything"}}, run: runGroup},
		promise("at-least-once", "every acknowledged message takes effect", delivery.AtLeastOnce),
		promise("at-most-once", "no message takes effect twice", delivery.AtMostOnce),
		promise("exactly-once", "both", delivery.ExactlyOnce),
		{Name: "transfers", Family: Protocols, About: "read, process and write in transactions: outputs and offsets agree", Wants: "orrery-transfers lines", How: "intervals of offsets", Cost: "n log n",
			run: func(f *files.File, _ *Options) (*Result, error) {
				h, err := files.Each[delivery.Transfer](f, "orrery-transfers")
				return small(f, h, err, func() guarantee.Report { return delivery.Transfers(h, nil) },
					func(o *delivery.Transfer) (Op, fmt.Stringer) { return Op{Client: o.Worker}, o })
			}},
		{Name: "tuple-trees", Family: Protocols, About: "a root is acknowledged after every tuple below it (Storm)", Wants: "orrery-trees lines", How: onePass, Cost: "n",
			With: []With{quiet, {"faultless", "nothing failed, so no tuple is processed twice"}}, run: func(f *files.File, o *Options) (*Result, error) {
				h, err := files.Each[delivery.TreeEvent](f, "orrery-trees")
				return events(f, h, err, func() guarantee.Report { return delivery.Trees(h, o.claimed("quiet"), o.claimed("faultless")) },
					func(e *delivery.TreeEvent) (string, fmt.Stringer) { return e.Root, e })
			}},
	}
}

// events makes a result of a check of events, whose places are their times.
func events[T any](f *files.File, h []T, err error, check func() guarantee.Report, show func(*T) (string, fmt.Stringer)) (*Result, error) {
	if err != nil {
		return nil, err
	}
	r, err := fromReport(check(), len(h), func(i int) Op {
		who, text := show(&h[i])
		return Op{Client: who, Text: text.String(), Call: int64(i), Ret: int64(i)}
	})
	if err != nil {
		return nil, malformed(f, err.Error())
	}
	return r, nil
}

func runBroadcast(f *files.File, o *Options) (*Result, error) {
	h, err := files.Each[broadcast.Event](f, "orrery-broadcast")
	return events(f, h, err, func() guarantee.Report {
		return broadcast.Check(broadcast.Run{Events: h, Quiet: o.claimed("quiet"), Correct: o.names("correct")})
	}, func(e *broadcast.Event) (string, fmt.Stringer) { return e.Process, e })
}

func runCommit(f *files.File, o *Options) (*Result, error) {
	h, err := files.Each[commit.Event](f, "orrery-commit")
	return events(f, h, err, func() guarantee.Report {
		return commit.Check(commit.Run{Events: h, Repaired: o.claimed("repaired"), DurableFirst: o.claimed("durable-first"), Applies: o.claimed("applies")})
	}, func(e *commit.Event) (string, fmt.Stringer) { return e.Process, e })
}

func runLock(f *files.File, o *Options) (*Result, error) {
	h, err := files.Each[lock.Op](f, "orrery-lock")
	claims := lock.Options{Exclusive: o.claimed("exclusive"), Fenced: o.claimed("fenced"), Guarded: o.claimed("guarded")}
	if claims == (lock.Options{}) {
		claims.Exclusive = true
	}
	return small(f, h, err, func() guarantee.Report { return lock.Check(h, claims) },
		func(o *lock.Op) (Op, fmt.Stringer) { return span(o.Client, 0, o.Call, o.Ret), o })
}

func runGroup(f *files.File, o *Options) (*Result, error) {
	h, err := files.Each[group.Event](f, "orrery-group")
	if err != nil {
		return nil, err
	}
	run := group.Run{Events: h, Incremental: o.claimed("incremental"), Topics: map[string][]string{}}
	for _, t := range o.names("topics") {
		topic, partitions, ok := strings.Cut(t, ":")
		if !ok || partitions == "" {
			return nil, fmt.Errorf("topics=%s: want topics with their partitions, as t:p0+p1,u:q0", strconv.Quote(o.With["topics"]))
		}
		run.Topics[topic] = strings.Split(partitions, "+")
	}
	return events(f, h, nil, func() guarantee.Report { return group.Check(run) },
		func(e *group.Event) (string, fmt.Stringer) { return e.Member, e })
}
