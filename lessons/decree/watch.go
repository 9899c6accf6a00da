package decree

import (
	"fmt"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// ballots is what has been told from outside: who voted in which ballot.
type ballots struct {
	by     map[Ballot]map[nodes.ID]bool
	value  map[Ballot]string
	chosen string
	in     Ballot
}

// watchAgreement holds the cluster to "only a single value is chosen" ("Paxos Made Simple", section 2.1). A vote counts
// as soon as it is told, for that is when others count on it.
func watchAgreement(w *stage.World, acceptors int) {
	b := &ballots{by: map[Ballot]map[nodes.ID]bool{}, value: map[Ballot]string{}}
	w.U.Observe(sim.Observer{Sent: func(from *sim.Machine, _ nodes.ID, m nodes.Message) {
		vote, ok := m.(P2b)
		if !ok {
			return
		}
		if b.by[vote.Ballot] == nil {
			b.by[vote.Ballot], b.value[vote.Ballot] = map[nodes.ID]bool{}, vote.Value
		}
		b.by[vote.Ballot][from.ID()] = true
		if len(b.by[vote.Ballot]) <= acceptors/2 {
			return
		}
		switch {
		case b.chosen == "":
			b.chosen, b.in = vote.Value, vote.Ballot
			w.U.Note("", fmt.Sprintf("%s is chosen in %v", b.chosen, b.in))
		case b.chosen != vote.Value:
			w.U.Violate("agreement", fmt.Sprintf("%s was chosen in ballot %v, and now %s is in %v", b.chosen, b.in, vote.Value, vote.Ballot))
		}
	}})
}
