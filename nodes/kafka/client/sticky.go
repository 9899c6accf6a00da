package client

import (
	"cmp"
	"slices"
)

// sticky leaves partitions where they are, as far as the loads of the members then differ by no more than they must.
func sticky(members []Member, counts Counts, quirks Quirks) [][]TopicPartition {
	s := stickiness{members: members, order: ordered(members), plan: make([][]TopicPartition, len(members))}
	s.keep(counts, quirks)
	for _, topic := range topicsOf(members, counts) {
		for p := range counts[topic] {
			if tp := (TopicPartition{topic, p}); s.owner(tp) < 0 {
				i := s.lightest(topic)
				s.plan[i] = append(s.plan[i], tp)
			}
		}
	}
	for s.move() {
	}
	for i := range s.plan {
		slices.SortFunc(s.plan[i], TopicPartition.compare)
	}
	return s.plan
}

// stickiness is a plan in the making.
type stickiness struct {
	members []Member
	order   []int
	plan    [][]TopicPartition
}

// keep gives the members what they claim to own. Of two who claim one partition the later generation is right (KIP-792);
// of two of one generation neither is, for one of them has misheard.
func (s *stickiness) keep(counts Counts, quirks Quirks) {
	best := map[TopicPartition]int32{}
	claims := map[TopicPartition]int{} // how many claim it in its best generation
	for i := range s.members {
		m := &s.members[i]
		for _, tp := range m.Owned {
			switch g, claimed := best[tp]; {
			case !claimed || m.Generation > g:
				best[tp], claims[tp] = m.Generation, 1
			case m.Generation == g:
				claims[tp]++
			}
		}
	}
	for _, i := range s.order {
		m := &s.members[i]
		for _, tp := range m.Owned {
			exists := tp.Partition >= 0 && tp.Partition < counts[tp.Topic] && slices.Contains(m.Topics, tp.Topic)
			right := best[tp] == m.Generation && claims[tp] == 1 || quirks.TrustAllOwned
			if exists && right && !slices.Contains(s.plan[i], tp) {
				s.plan[i] = append(s.plan[i], tp)
			}
		}
		slices.SortFunc(s.plan[i], TopicPartition.compare)
	}
}

// owner is who has a partition, -1 if nobody does.
func (s *stickiness) owner(tp TopicPartition) int {
	for _, i := range s.order {
		if slices.Contains(s.plan[i], tp) {
			return i
		}
	}
	return -1
}

// lightest is the reader of a topic with the fewest partitions.
func (s *stickiness) lightest(topic string) int {
	best := -1
	for _, i := range s.order {
		if slices.Contains(s.members[i].Topics, topic) && (best < 0 || len(s.plan[i]) < len(s.plan[best])) {
			best = i
		}
	}
	return best
}

// move gives a partition of the heaviest member that can give one to the lightest that can take it, if they differ by
// two or more. It makes the sum of the squares of the loads smaller, so that it comes to an end.
func (s *stickiness) move() bool {
	heavy := slices.Clone(s.order)
	slices.SortStableFunc(heavy, func(i, j int) int { return cmp.Compare(len(s.plan[j]), len(s.plan[i])) })
	for _, from := range heavy {
		best, what := -1, 0
		for k := len(s.plan[from]) - 1; k >= 0; k-- { // what came last goes first
			to := s.lightest(s.plan[from][k].Topic)
			if len(s.plan[from])-len(s.plan[to]) >= 2 && (best < 0 || len(s.plan[to]) < len(s.plan[best])) {
				best, what = to, k
			}
		}
		if best >= 0 {
			tp := s.plan[from][what]
			s.plan[from] = slices.Delete(s.plan[from], what, what+1)
			s.plan[best] = append(s.plan[best], tp)
			return true
		}
	}
	return false
}

// withhold takes out of a plan what another member still owns: that member sees that it has lost it, gives it up, and joins
// again; the next plan gives it away (KIP-429).
func withhold(members []Member, plan [][]TopicPartition, quirks Quirks) {
	owners := map[TopicPartition]int32{} // the latest generation that claims it
	for i := range members {
		for _, tp := range members[i].Owned {
			if g, ok := owners[tp]; !ok || members[i].Generation > g {
				owners[tp] = members[i].Generation
			}
		}
	}
	for i := range plan {
		plan[i] = slices.DeleteFunc(plan[i], func(tp TopicPartition) bool {
			if quirks.TrustAllOwned && slices.Contains(members[i].Owned, tp) {
				return false
			}
			for j := range members {
				if j != i && members[j].Generation == owners[tp] && slices.Contains(members[j].Owned, tp) {
					return true
				}
			}
			return false
		})
	}
}
