package scenarios

import (
	"fmt"
	"slices"

	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica"
)

// The properties of a group that are held against its coordinator.
const (
	kafkaExclusive = "members-own-apart"         // no two members of a group own a partition, not even while it rebalances (KIP-429)
	kafkaProcessed = "commits-follow-processing" // what is committed was returned, and the application has come back for more
	kafkaMembers   = "only-members-commit"       // who has been thrown out of a group commits nothing
	kafkaRemoves   = "what-expires-is-nobodys-any-more"
)

// coordinator is the group as a broker has it that coordinates it and has loaded it, and in which of its reigns; nil if there is none, or
// several think so.
func (k *kafkaWorld) coordinator(name string) (found *group.GroupView, reign string) {
	for _, id := range k.brokers {
		b := k.of(id)
		if b == nil || !b.Groups().Coordinates(0) {
			continue
		}
		for _, p := range b.Groups().Inspect().(group.View).Partitions {
			for i := range p.Groups {
				if p.Groups[i].Group != name || p.Loading {
					continue
				}
				if found != nil {
					return nil, ""
				}
				found, reign = &p.Groups[i], fmt.Sprint(id, k.w.U.Machine(id).Incarnation(), p.LeaderEpoch)
			}
		}
	}
	return found, reign
}

func memberOf(g *group.GroupView, id string) bool {
	return slices.ContainsFunc(g.Members, func(m group.MemberView) bool { return m.Member == id })
}

// apart: what a member owns after a poll nobody else owns who is a member of the same generation.
func (c *kafkaClient) apart(r *client.Consumer) {
	l := c.load
	g := l.k.watch
	mine := r.GroupMetadata()
	if mine.Generation < 0 || l.k.static || g.lossyOffsets() {
		return
	}
	g.k.w.Asked(kafkaExclusive)
	for _, o := range l.clients {
		if o == c || o.reader == nil {
			continue
		}
		theirs := o.reader.GroupMetadata()
		if theirs.Group != mine.Group || theirs.Member == "" || theirs.Generation == mine.Generation {
			continue // of one generation: see owns
		}
		if !g.groups.owners.planned(mine.Group, mine.Generation, mine.Member, theirs.Member) {
			continue // a coordinator that was deposed before it had a plan, and the next one, may have another generation each of this number
		}
		for _, tp := range o.reader.Assignment() {
			if !slices.Contains(r.Assignment(), tp) {
				continue
			}
			if now, _ := l.k.coordinator(mine.Group); now != nil && now.Generation == mine.Generation && memberOf(now, theirs.Member) && memberOf(now, mine.Member) {
				g.violate(kafkaExclusive, "%s owns %s in generation %d, and so does %s, a member of it that has not yet heard and owns what it had in generation %d",
					c.id, tpName(tp), mine.Generation, o.id, theirs.Generation)
			}
		}
	}
}

// kafkaReach is how far a group has processed a partition.
type kafkaReach map[kafkaGroupPart]int64

// processed notes that the application has come back for more: what a member was given before is processed.
func (c *kafkaClient) processed(group string) {
	reach := c.load.k.watch.groups.reach
	for _, rec := range c.given {
		at := kafkaGroupPart{group, log.TopicPartition{Topic: rec.Topic, Partition: rec.Partition}}
		reach[at] = max(reach[at], rec.Offset+1)
	}
	c.given = c.given[:0]
}

// processes: an offset that a group commits is not in front of what it has processed. A position passes what no reader is given: the markers of
// transactions, and what compaction has left empty.
func (g *kafkaWatch) processes(o *kafkaStored) {
	p := g.byTP[o.part.tp]
	if o.part.group != kafkaGroup || g.anyLossy() || o.offset < 0 || p == nil || p.trimmed { // what is gone is passed over
		return
	}
	g.k.w.Asked(kafkaProcessed)
	reach := g.groups.reach[o.part]
	for reach < min(o.offset, int64(len(p.committed))) && (p.committed[reach].control || !p.committed[reach].present) {
		reach++
	}
	if o.offset > reach {
		g.violate(kafkaProcessed, "group %s commits offset %d of %s, and has processed what is before %d", o.part.group, o.offset, o.part.tp, reach)
	}
}

// hangs tells that offsets of groups are in a transaction that nobody may ever end: its coordinator was allowed to lose what it knew of it. Whoever asks for
// them waits (KIP-447), until somebody has ended it by hand (KIP-664).
func (g *kafkaWatch) hangs() bool {
	p := g.parts[len(g.parts)-2]
	if !g.lossyOffsets() || p.state.Leader < 1 {
		return false
	}
	r := p.order[p.state.Leader-1]
	return r.leading && r.lso < r.hw
}

// stranger tells in which reign of its coordinator a member that is about to commit is known to be none any more; "" if that is not so.
func (c *kafkaClient) stranger(m client.GroupMetadata) string {
	now, reign := c.load.k.coordinator(m.Group)
	if now == nil || m.Member == "" || c.load.k.static || c.load.k.watch.lossyOffsets() || memberOf(now, m.Member) {
		return ""
	}
	return reign
}

// appends looks at offsets that were appended on behalf of a group: it has members then.
func (g *kafkaWatch) appends(p *kafkaPart, r *kafkaReplica, now replica.Glance, from int64) {
	b, ok := g.glancing.m.Node().(*broker.Broker)
	if !ok || !now.Leading || p.tp.Topic != group.OffsetsTopic {
		return
	}
	g.groups.late.appends(b, r, from, &g.rolled.glance)
	for at := from; at < r.copy.end; at++ {
		e := r.copy.entry(at)
		if e.stored != nil && !e.txn && e.stored.offset < 0 && e.stored.part.tp.Topic != "" {
			g.removes(b, r, e.stored, at)
		}
		if e.stored != nil && e.txn {
			g.stages(b, r, &e)
		}
		if e.stored == nil || e.txn || e.stored.offset < 0 || e.stored.part.group != kafkaGroup {
			continue
		}
		g.k.w.Asked(kafkaMembers)
		for _, x := range b.Groups().Inspect().(group.View).Partitions {
			for i := range x.Groups {
				if x.Groups[i].Group == kafkaGroup && len(x.Groups[i].Members) == 0 {
					g.violate(kafkaMembers, "%s takes offset %d of %s for group %s, which has no members", r.id, e.stored.offset, e.stored.part.tp, kafkaGroup)
				}
			}
		}
		return
	}
}

// removes looks at a tombstone that a coordinator has appended for an offset. Nothing expires while its group rebalances, for then it is not known
// what the group reads (KAFKA-13636); nor what an open transaction is about to replace, for the tombstone lies behind what that has staged.
func (g *kafkaWatch) removes(b *broker.Broker, r *kafkaReplica, o *kafkaStored, at int64) {
	g.k.w.Asked(kafkaRemoves)
	b.Groups().Glances(0, &g.rolled.glance, func() {
		if v := &g.rolled.glance; v.Group == o.part.group && (v.State == "PreparingRebalance" || v.State == "CompletingRebalance") {
			g.violate(kafkaRemoves, "%s removes the offset of group %s in %s, which rebalances (%s)", r.id, o.part.group, o.part.tp, v.State)
		}
	})
	for before := at - 1; before >= r.copy.first; before-- {
		e := r.copy.entry(before)
		if e.txn && e.stored != nil && e.stored.part == o.part && !r.copy.endedBetween(e.pid, before, at) {
			g.violate(kafkaRemoves, "%s removes the offset of group %s in %s, for which a transaction of producer %d that is open has staged %d at %d", r.id, o.part.group, o.part.tp, e.pid, e.stored.offset, before)
			return
		}
	}
}

// endedBetween tells whether a producer's transaction has ended between two offsets.
func (c *kafkaCopy) endedBetween(pid, from, to int64) bool {
	for at := from + 1; at < to; at++ {
		if e := c.entry(at); e.control && e.pid == pid {
			return true
		}
	}
	return false
}

// stages looks at an offset that a coordinator has appended in a transaction: whoever has sent it is a member of the present generation (KIP-447), also
// when the transaction's coordinator has been asked meanwhile (KAFKA-15784).
func (g *kafkaWatch) stages(b *broker.Broker, r *kafkaReplica, e *kafkaEntry) {
	u := g.txns.user(e.pid, e.pepoch)
	if u == nil || u.member.Generation < 0 || u.c.static() || u.member.Group != e.stored.part.group {
		return
	}
	b.Groups().Glances(0, &g.rolled.glance, func() {
		v := &g.rolled.glance
		if v.Group != u.member.Group {
			return
		}
		g.k.w.Asked(kafkaMembers)
		in := slices.ContainsFunc(v.Members, func(m group.MemberGlance) bool { return m.Member == u.member.Member })
		if v.Generation != u.member.Generation || !in {
			g.violate(kafkaMembers, "%s stages offset %d of %s for %s of generation %d of group %s, which is in generation %d; that is one of its members: %v",
				r.id, e.stored.offset, e.stored.part.tp, u.c.id, u.member.Generation, v.Group, v.Generation, in)
		}
	})
}

// user is the producer that a client has made with an id and an epoch; nil if there is none.
func (x *kafkaTxns) user(pid int64, epoch int16) (found *kafkaUser) {
	for _, users := range x.users { // there is one at most
		for _, u := range users {
			if u.ready && u.pid == pid && u.epoch == epoch {
				found = u
			}
		}
	}
	return found
}
