package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/lwt"
	"orrery/sim"
)

// CAS6023 is the benchmark on which more strategies have been measured than on any other: three replicas
// of Cassandra's lightweight transactions, three requests, 54 messages, nothing lost, only
// reordered. With one client each request begins when the one before is answered, as in the
// published experiments; with three all begin at once. The seed chooses, unless the options do.
//
// It is a reduction: the protocol is Cassandra 2.0's, the program is ours. Rates are to be compared
// among strategies, not with those of the whole database.
func CAS6023() *Scenario {
	return &Scenario{
		Name:  "cas6023",
		About: "three compare-and-sets on three replicas of Cassandra 2.0: the benchmark of search strategies",
		Ops:   casRequests,
		Bugs: []Bug{{
			Name: "cas-one-ballot", Source: "CASSANDRA-6023", Seeds: "1-2000",
			What:   "the promised and the accepted ballot are kept in one column",
			Breaks: "no superseded update",
		}},
		build: buildCAS,
	}
}

const (
	casRequests = 3
	casReplicas = 3
)

func buildCAS(w *trial.World, _ *Scenario) error {
	w.U.Tune(func(c *sim.Config) {
		c.Net.Delay = sim.Dist{Min: time.Millisecond, Mean: time.Millisecond}
	})
	g := &casGhost{w: w}
	var ids []nodes.ID
	for i := range casReplicas {
		ids = append(ids, nodes.ID(fmt.Sprintf("n%d", i+1)))
	}
	for _, id := range ids {
		cfg := lwt.Config{Self: id, Replicas: ids, Quirks: lwt.Quirks{OneBallot: w.Options.Bug == "cas-one-ballot"}}
		w.AddServer(id, func() nodes.Node { return lwt.New(cfg) })
	}
	w.Families = []string{} // the order of messages is all that is asked about
	w.Horizon = 10 * time.Second
	w.U.Observe(sim.Observer{Sent: g.sent})
	w.Always("no superseded update", g.check)
	// Nobody starts late: a replica that is not there yet would lose what is sent to it.
	w.U.RunUntil(func() bool {
		return !slices.ContainsFunc(ids, func(id nodes.ID) bool { return !w.U.Machine(id).Up() })
	}, time.Second)
	load := &casLoad{clients: w.Options.Clients}
	if load.clients == 0 {
		load.clients = []int{1, casRequests}[w.Draw("requests at once", 2)]
	}
	for i := range load.clients {
		c := &casClient{load: load, replicas: ids, next: i, step: load.clients}
		w.AddClient(nodes.ID(fmt.Sprintf("c%d", i+1)), func() nodes.Node { return c })
	}
	w.Workload = load
	return nil
}

// casGhost knows which replicas have accepted what.
type casGhost struct {
	w     *trial.World
	votes []casVote // by ballot
	dirty bool
}

type casVote struct {
	lwt.Commit
	by []nodes.ID
}

func (g *casGhost) sent(from *sim.Machine, _ nodes.ID, m nodes.Message) {
	a, is := m.(*lwt.Message)
	if !is || a.Type != lwt.Accept || !a.OK {
		return
	}
	accepted := from.Node().(*lwt.Replica).Accepted()
	i, known := slices.BinarySearchFunc(g.votes, accepted, func(v casVote, c lwt.Commit) int {
		return cmp.Or(v.Ballot.Compare(c.Ballot), cmp.Compare(v.Value, c.Value))
	})
	if !known {
		g.votes = slices.Insert(g.votes, i, casVote{Commit: accepted})
	}
	if v := &g.votes[i]; !slices.Contains(v.by, from.ID()) {
		v.by = append(v.by, from.ID())
		g.dirty = true
	}
}

// check is that an update which was superseded by another never comes back: in the order of ballots, the
// values that a quorum has accepted are each in one piece.
func (g *casGhost) check() error {
	if !g.dirty {
		return nil
	}
	g.dirty = false
	var chosen []lwt.Commit
	for _, v := range g.votes {
		if len(v.by) <= casReplicas/2 {
			continue
		}
		for i, c := range chosen {
			if c.Value == v.Value && i < len(chosen)-1 {
				last := chosen[len(chosen)-1]
				return fmt.Errorf("%s was chosen in ballot %s, superseded by %s in ballot %s, and is chosen again in ballot %s",
					c.Value, c.Ballot, last.Value, last.Ballot, v.Ballot)
			}
		}
		if n := len(chosen); n == 0 || chosen[n-1].Value != v.Value {
			chosen = append(chosen, v.Commit)
		}
	}
	return nil
}

// casLoad is three requests, each of which expects what the one before has set.
type casLoad struct {
	clients  int
	answered int
}

// Done implements trial.Workload.
func (l *casLoad) Done() bool { return l.answered == casRequests }

// Stop implements trial.Workload.
func (l *casLoad) Stop() {}

// Probe implements trial.Workload: nothing was broken.
func (l *casLoad) Probe([]nodes.ID) {}

// Probed implements trial.Workload.
func (l *casLoad) Probed() (bool, string) { return true, "" }

// casClient sends every step-th request, each when the one before is answered.
type casClient struct {
	load       *casLoad
	replicas   []nodes.ID
	next, step int
}

// Codec implements nodes.Node.
func (c *casClient) Codec() nodes.Codec { return lwt.Codec() }

// Boot implements nodes.Node.
func (c *casClient) Boot(env nodes.Env) error { c.send(env); return nil }

// Fire implements nodes.Node.
func (c *casClient) Fire(nodes.Env, nodes.Tag) {}

// Synced implements nodes.Node.
func (c *casClient) Synced(nodes.Env, nodes.Tag, error) {}

// Deliver implements nodes.Node.
func (c *casClient) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	if m.(*lwt.Message).Type == lwt.Reply {
		c.load.answered++
		c.next += c.step
		c.send(env)
	}
}

func (c *casClient) send(env nodes.Env) {
	if c.next >= casRequests {
		return
	}
	m := lwt.Message{Type: lwt.Request, Value: casValue(c.next + 1)}
	if c.step == 1 && c.next > 0 {
		m.Expect = casValue(c.next)
	}
	env.Send(c.replicas[c.next], &m)
}

// casValue is what request i sets, from 1.
func casValue(i int) string { return string(rune('a' + i - 1)) }
