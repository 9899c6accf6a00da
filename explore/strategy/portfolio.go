package strategy

import (
	"encoding/json"

	"orrery/explore/trial"
)

// Default is the strategy for who names none.
const Default = "portfolio"

// portfolioKind gives each of some strategies its share of the executions, in a fixed rotation: no single one
// finds everything soonest, and together they cost little more than the best of them would alone.
func portfolioKind() Kind {
	return Kind{
		Name: "portfolio", About: "several strategies in turn, each with its share; the default",
		Source: "as in Coyote's portfolio (Deligiannis et al., TACAS 2023); the members and shares are from our own measurements",
		make: func(seed uint64, _ Params) Strategy {
			return newPortfolio(seed)
		},
	}
}

// member is one strategy of the portfolio, and how many of twenty executions are its.
type member struct {
	spec  string
	share int
}

var shares = []member{{"pctcp", 8}, {"isoswarm", 5}, {"swarm", 2}, {"crash-points", 2}, {"pos", 1}, {"delay-bounded", 1}, {"coverage", 1}}

type portfolio struct {
	names    []string
	members  []Strategy
	rotation []int // the member whose turn it is, by the number of the execution modulo its length
}

func newPortfolio(seed uint64) *portfolio {
	p := &portfolio{}
	var share []int
	for _, m := range shares {
		s, err := Parse(m.spec, seed)
		if err != nil {
			panic("strategy: a member of the portfolio: " + err.Error())
		}
		p.names, p.members = append(p.names, m.spec), append(p.members, s)
		share = append(share, m.share)
	}
	p.rotation = rotate(share)
	return p
}

// rotate lists every index as often as it has shares, as evenly as possible: each turn goes to whoever is
// furthest behind its share.
func rotate(shares []int) []int {
	total := 0
	for _, n := range shares {
		total += n
	}
	credit := make([]int, len(shares))
	var turns []int
	for range total {
		best := 0
		for i, n := range shares {
			if credit[i] += n; credit[i] > credit[best] {
				best = i
			}
		}
		credit[best] -= total
		turns = append(turns, best)
	}
	return turns
}

func (p *portfolio) turn(n uint64) int { return p.rotation[n%uint64(len(p.rotation))] }

func (p *portfolio) Next(n uint64, base trial.Options) trial.Options {
	return p.members[p.turn(n)].Next(n, base)
}

// Learn implements Strategy. What a result tells of the world is told to all members.
func (p *portfolio) Learn(n uint64, o trial.Options, r *trial.Result) {
	mine := p.turn(n)
	for i, s := range p.members {
		if e, ok := s.(eavesdropper); ok && i != mine {
			e.overhear(r)
		}
	}
	p.members[mine].Learn(n, o, r)
}

// eavesdropper learns about the world from the results of others.
type eavesdropper interface{ overhear(r *trial.Result) }

// Member implements Teller.
func (p *portfolio) Member(n uint64) string { return p.names[p.turn(n)] }

// Memory implements Keeper.
func (p *portfolio) Memory() ([]byte, error) {
	all := map[string]json.RawMessage{}
	for i, s := range p.members {
		if k, ok := s.(Keeper); ok {
			data, err := k.Memory()
			if err != nil {
				return nil, err
			}
			all[p.names[i]] = data
		}
	}
	return json.Marshal(all)
}

// Remember implements Keeper.
func (p *portfolio) Remember(data []byte) error {
	all := map[string]json.RawMessage{}
	if err := remember(data, &all); err != nil {
		return err
	}
	for i, s := range p.members {
		k, ok := s.(Keeper)
		if mine := all[p.names[i]]; ok && mine != nil {
			if err := k.Remember(mine); err != nil {
				return err
			}
		}
	}
	return nil
}
