package scenarios

import (
	"slices"

	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/log"
)

// kafkaGivenUp are the commits that members have given up waiting for. A request that was written to a connection may come long after its client has turned to
// another one, and behind what that has sent there since. An OffsetCommit has no number: a coordinator that hears of it late takes it for the newest, as long as
// it is of a member of the present generation. So such an offset may go back, to what was given up and nowhere else.
type kafkaGivenUp struct {
	given []kafkaUnanswered
	at    map[int64]bool           // where in __consumer_offsets what was given up has come
	most  map[kafkaGroupPart]int64 // the offsets that were in force before
}

// kafkaUnanswered is an offset in a request of which nobody knows what became.
type kafkaUnanswered struct {
	part   kafkaGroupPart
	by     client.GroupMetadata
	offset int64
}

func newKafkaGivenUp() kafkaGivenUp {
	return kafkaGivenUp{at: map[int64]bool{}, most: map[kafkaGroupPart]int64{}}
}

// givesUp notes a request of a member that may have arrived or not.
func (l *kafkaGivenUp) givesUp(by client.GroupMetadata, offsets []client.Offset) {
	for _, o := range offsets {
		l.given = append(l.given, kafkaUnanswered{kafkaGroupPart{by.Group, log.TopicPartition{Topic: o.Topic, Partition: o.Partition}}, by, o.Offset})
	}
}

// appends looks at what a coordinator has appended from an offset on: whether it may be what members of the present generation have given up.
func (l *kafkaGivenUp) appends(b *broker.Broker, r *kafkaReplica, from int64, glance *group.Glance) {
	for at := from; at < r.copy.end && len(l.given) > 0; at++ {
		e := r.copy.entry(at)
		if e.stored == nil || e.txn || e.stored.offset < 0 {
			continue
		}
		l.at[at] = false
		b.Groups().Glances(0, glance, func() {
			if glance.Group == e.stored.part.group && l.may(e.stored, glance) {
				l.at[at] = true
			}
		})
	}
}

// may tells whether an offset may be one that a member of a group's present generation has given up.
func (l *kafkaGivenUp) may(o *kafkaStored, now *group.Glance) bool {
	return slices.ContainsFunc(l.given, func(u kafkaUnanswered) bool {
		return u.part == o.part && u.offset == o.offset && u.by.Generation == now.Generation &&
			slices.ContainsFunc(now.Members, func(m group.MemberGlance) bool { return m.Member == u.by.Member })
	})
}

// goesBack tells whether an offset that has taken effect at a place of the journal may be less than the one before, and remembers that one: a client may yet be
// told that it was committed.
func (l *kafkaGivenUp) goesBack(o *kafkaStored, was, at int64) bool {
	if !l.at[at] {
		return false
	}
	l.most[o.part] = max(l.most[o.part], was)
	return true
}
