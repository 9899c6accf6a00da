package scenarios

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/group"
)

// kafkaPlans is what the plan of a generation has to be, which its leader has made, before anybody acts by it (S16, LegalTargetAssignment). Of two who claim
// a partition one misremembers: an assignor that believes both gives it to both (KAFKA-13419).
const kafkaPlans = "a-plan-gives-a-partition-once"

// plans looks at the plan of a generation, as the coordinator has it once it is complete.
func (g *kafkaWatch) plans(a *kafkaAttended, of *group.Glance) {
	s := &g.rolled
	key := kafkaRolled{id: g.glancing.m.ID(), incarnation: a.incarnation, epoch: of.LeaderEpoch, group: of.Group}
	if of.State != "Stable" || s.planned[key] == of.Generation {
		return
	}
	s.planned[key] = of.Generation
	g.k.w.Asked(kafkaPlans)
	if tp, one, other, twice := givenTwice(of.Members); twice {
		g.violate(kafkaPlans, "in generation %d of group %s, which %s coordinates, both %s (%s) and %s (%s) are given %s",
			of.Generation, of.Group, key.id, one.Member, one.ClientID, other.Member, other.ClientID, tpName(tp))
	}
}

// givenTwice finds a partition that a plan gives to two members.
func givenTwice(members []group.MemberGlance) (tp client.TopicPartition, one, other group.MemberGlance, twice bool) {
	given := map[client.TopicPartition]int{}
	for i, m := range members {
		var plan kmsg.ConsumerMemberAssignment
		if len(m.Assignment) == 0 || plan.ReadFrom(m.Assignment) != nil {
			continue
		}
		for _, t := range plan.Topics {
			for _, p := range t.Partitions {
				at := client.TopicPartition{Topic: t.Topic, Partition: p}
				if first, ok := given[at]; ok && first != i {
					return at, members[first], m, true
				}
				given[at] = i
			}
		}
	}
	return tp, one, other, false
}
