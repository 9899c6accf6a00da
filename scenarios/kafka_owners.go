package scenarios

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/record"
)

// kafkaOwnership is who owns what in which generation. A group that has no members and no offsets any more is removed, and one of its name begins anew in
// its first generation: of the one before somebody may hear yet, for a coordinator that is cut off may have an answer on its way when all that it
// has heard of has expired with the next one. So a member is of the life of the group in which the journal named it first.
type kafkaOwnership struct {
	by    map[kafkaOwned]string
	life  map[string]int        // of a group: how often it was removed
	lives map[kafkaMemberOf]int // of members, by their ids
	plans map[string]*kafkaPlan // of a group: the last one
}

// kafkaPlan is what a record of a group as a whole tells: for which generation a plan was made, and for whom. A coordinator gives nobody his part of it
// before that is committed.
type kafkaPlan struct {
	generation int32
	members    []string
}

// kafkaMemberOf is a member of a group, by its id.
type kafkaMemberOf struct{ group, member string }

type kafkaOwned struct {
	group      string
	life       int
	generation int32
	tp         client.TopicPartition
}

func newKafkaOwnership() kafkaOwnership {
	return kafkaOwnership{map[kafkaOwned]string{}, map[string]int{}, map[kafkaMemberOf]int{}, map[string]*kafkaPlan{}}
}

// storedPlan is what a record of a group tells; nil if it removes the group.
func storedPlan(r *record.Record) *kafkaPlan {
	if r.Value == nil {
		return nil
	}
	var v kmsg.GroupMetadataValue
	_ = v.ReadFrom(r.Value) // of one that is not whole, what is there
	p := &kafkaPlan{generation: v.Generation}
	for _, m := range v.Members {
		p.members = append(p.members, m.MemberID)
	}
	return p
}

// stores takes a committed record of a group as a whole.
func (o *kafkaOwnership) stores(s *kafkaStored) {
	if o.plans[s.part.group] = s.plan; s.plan == nil {
		o.life[s.part.group]++
		return
	}
	for _, m := range s.plan.members {
		of := kafkaMemberOf{s.part.group, m}
		o.lives[of] = o.of(of)
	}
}

// planned tells whether the last plan of a group is for a generation, and names some members.
func (o *kafkaOwnership) planned(group string, generation int32, members ...string) bool {
	p := o.plans[group]
	return p != nil && p.generation == generation && !slices.ContainsFunc(members, func(m string) bool { return !slices.Contains(p.members, m) })
}

// of is the life of its group that a member is of, from 1 on: the present one, if the journal has not named it yet.
func (o *kafkaOwnership) of(m kafkaMemberOf) int {
	if life := o.lives[m]; life > 0 {
		return life
	}
	return 1 + o.life[m.group]
}

// owns: in a generation each partition has one owner.
func (g *kafkaWatch) owns(member string, meta client.GroupMetadata, parts []client.TopicPartition) {
	if meta.Generation < 0 || g.lossyOffsets() {
		return
	}
	g.k.w.Asked(kafkaOwners)
	x := &g.groups.owners
	life := x.of(kafkaMemberOf{meta.Group, meta.Member})
	for _, tp := range parts {
		of := kafkaOwned{meta.Group, life, meta.Generation, tp}
		if other, ok := x.by[of]; ok && other != member {
			g.violate(kafkaOwners, "in generation %d both %s and %s own %s", meta.Generation, other, member, tpName(tp))
			return
		}
		x.by[of] = member
	}
}
