package decree

import (
	"fmt"
	"math/rand/v2"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Setup is a small cluster: acceptors a1, a2, … and a proposer for each value, p1, p2, …
type Setup struct {
	Acceptors int                                                   // 0 means 3
	Values    []string                                              // what the proposers want
	Starts    []time.Duration                                       // when each begins; nil: by its own chance within 80 ms
	After     time.Duration                                         // and not before; 0 means 20 ms
	Net       sim.Dist                                              // zero: from 5 ms, 10 ms more on average
	Disk      sim.Dist                                              // how long a sync takes; zero: from 2 ms, 4 ms more on average
	Teller    func() Teller                                         // nil: an acceptor tells what is durable
	Adopt     func(promises []P1b, own string) string               // nil: Highest
	Wait      func(attempt int, chance *rand.Rand) time.Duration    // nil: BackOff; attempt is at least 1
	Enough    func(answers, acceptors int) bool                     // how many answers are a quorum; nil: Majority
	Watch     func(w *stage.World, acceptors, proposers []nodes.ID) // nil: Agreement alone
}

// Build builds it.
func (s Setup) Build(w *stage.World) {
	ms := time.Millisecond
	if s.Net == (sim.Dist{}) {
		s.Net = sim.Dist{Min: 5 * ms, Mean: 10 * ms}
	}
	if s.Disk == (sim.Dist{}) {
		s.Disk = sim.Dist{Min: 2 * ms, Mean: 4 * ms}
	}
	w.U.Tune(func(c *sim.Config) { c.Net.Delay, c.Disk.Sync = s.Net, s.Disk })
	if s.Acceptors == 0 {
		s.Acceptors = 3
	}
	if s.Teller == nil {
		s.Teller = func() Teller { return &Durably{} }
	}
	if s.Adopt == nil {
		s.Adopt = Highest
	}
	if s.Enough == nil {
		s.Enough = Majority
	}
	if s.Wait == nil {
		s.Wait = BackOff
	}
	var acceptors, proposers []nodes.ID
	for i := range s.Acceptors {
		acceptors = append(acceptors, nodes.ID(fmt.Sprintf("a%d", i+1)))
	}
	for _, id := range acceptors {
		w.AddServer(id, func() nodes.Node { return NewAcceptor(s.Teller()) })
	}
	for i, value := range s.Values {
		id := nodes.ID(fmt.Sprintf("p%d", i+1))
		proposers = append(proposers, id)
		w.AddClient(id, func() nodes.Node {
			return &Proposer{acceptors: acceptors, own: value, adopt: s.Adopt, enough: s.Enough, wait: s.starting(i)}
		})
	}
	watchAgreement(w, len(acceptors))
	if s.Watch != nil {
		s.Watch(w, acceptors, proposers)
	}
	w.Done = func() bool { return allLearnt(w, proposers) }
}

// starting is Wait, with the wait before the first ballot.
func (s *Setup) starting(i int) func(int, *rand.Rand) time.Duration {
	return func(attempt int, chance *rand.Rand) time.Duration {
		switch {
		case attempt > 0:
			return s.Wait(attempt, chance)
		case s.Starts != nil:
			return s.Starts[i]
		}
		return max(s.After, 20*time.Millisecond) + time.Duration(chance.Int64N(int64(80*time.Millisecond)))
	}
}

func allLearnt(w *stage.World, proposers []nodes.ID) bool {
	for _, id := range proposers {
		if p, up := w.U.Machine(id).Node().(*Proposer); !up || p.learnt == "" {
			return false
		}
	}
	return true
}

// Highest is the rule of phase 2: the value of the vote in the highest ballot that the promises tell of; if
// they tell of none, one's own ("Paxos Made Simple", section 2.2).
func Highest(promises []P1b, own string) string {
	value, highest := own, Ballot{}
	for _, p := range promises {
		if highest.Less(p.Voted) {
			value, highest = p.Value, p.Voted
		}
	}
	return value
}

// Majority is more than half.
func Majority(answers, acceptors int) bool { return answers > acceptors/2 }

// BackOff waits longer after each attempt that failed, by chance between nothing and the whole.
func BackOff(attempt int, chance *rand.Rand) time.Duration {
	most := 50 * time.Millisecond << min(attempt, 8)
	return time.Duration(chance.Int64N(int64(most)))
}

// Durably is the Teller that tells nothing before it is durable.
type Durably struct{ waiting []answer }

type answer struct {
	n  uint64
	to nodes.ID
	m  nodes.Message
}

// Wrote keeps the answer.
func (d *Durably) Wrote(_ nodes.Env, n uint64, to nodes.ID, m nodes.Message) {
	d.waiting = append(d.waiting, answer{n, to, m})
}

// Synced sends what has become durable.
func (d *Durably) Synced(env nodes.Env, n uint64) {
	var later []answer
	for _, a := range d.waiting {
		if a.n <= n {
			env.Send(a.to, a.m)
		} else {
			later = append(later, a)
		}
	}
	d.waiting = later
}
