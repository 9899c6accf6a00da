package scenarios

import (
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
	return kafkaOwnership{map[kafkaOwned]string{}, map[string]int{}, map[kafkaMemberOf]int{}}
}

// storedMembers are the members that a record of a group names; nil if it removes the group.
func storedMembers(r *record.Record) []string {
	if r.Value == nil {
		return nil
	}
	var v kmsg.GroupMetadataValue
	_ = v.ReadFrom(r.Value) // of one that is not whole, what is there
	names := []string{}
	for _, m := range v.Members {
		names = append(names, m.MemberID)
	}
	return names
}

// stores takes a committed record of a group as a whole.
func (o *kafkaOwnership) stores(s *kafkaStored) {
	if s.members == nil {
		o.life[s.part.group]++
	}
	for _, m := range s.members {
		of := kafkaMemberOf{s.part.group, m}
		o.lives[of] = o.of(of)
	}
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
