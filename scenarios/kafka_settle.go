package scenarios

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/checker"

	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
)

// The properties of groups and of transactions that are watched inside the run.
const (
	kafkaForward  = "committed-offsets-rise"   // the clients of these scenarios only commit forward, and nothing is removed before its time
	kafkaKept     = "commits-are-kept"         // a commit that is acknowledged is in the log
	kafkaOwners   = "no-double-assignment"     // in a generation a partition has one owner
	kafkaExactly  = "exactly-once"             // of each record that was consumed there is one result, of others none
	kafkaNoResult = "exactly-once: none lacks" // and in the end no record is without
)

// kafkaStored is what a record of __consumer_offsets stores.
type kafkaStored struct {
	part   kafkaGroupPart
	offset int64 // -1: nothing any more
	at     int64 // where it was staged
	// expires is when it may be removed, by its own account, and ms when it was recorded: in milliseconds by the clocks of who has written that.
	// Most say nothing of their expiry.
	expires, ms int64
	plan        *kafkaPlan // of a record of the group as a whole, which is of no partition; nil if it removes the group
}

// kafkaGroupPart is a partition as a group has it.
type kafkaGroupPart struct {
	group string
	tp    log.TopicPartition
}

// storedOffset reads a record of an offset, or one of a group, which is of no partition; nil if it is another one.
func storedOffset(r *record.Record) *kafkaStored {
	var of kmsg.GroupMetadataKey
	if len(r.Key) > 1 && r.Key[1] == 2 && of.ReadFrom(r.Key) == nil {
		return &kafkaStored{part: kafkaGroupPart{group: of.Group}, offset: -1, plan: storedPlan(r)}
	}
	var k kmsg.OffsetCommitKey
	if len(r.Key) < 2 || r.Key[0] != 0 || r.Key[1] > 1 || k.ReadFrom(r.Key) != nil {
		return nil
	}
	s := &kafkaStored{part: kafkaGroupPart{k.Group, log.TopicPartition{Topic: k.Topic, Partition: k.Partition}}, offset: -1, expires: -1, ms: r.Timestamp}
	var v kmsg.OffsetCommitValue
	if r.Value != nil && v.ReadFrom(r.Value) == nil {
		s.offset = v.Offset
		if v.Version == 1 {
			s.expires = v.ExpireTimestamp
		}
	}
	return s
}

// kafkaGroups is the ghost of groups and transactions: what the committed logs say.
type kafkaGroups struct {
	replay  kafkaReplay
	offsets map[kafkaGroupPart]int64
	expires map[kafkaGroupPart]int64
	staged  map[int64][]*kafkaStored // by producer
	results map[int64]int            // of the pipeline: how many results each record has
	pending map[kafkaPending][]int64 // results whose transaction is open
	owners  kafkaOwnership
	late    kafkaGivenUp
	reach   kafkaReach // of the clients
	next    int        // process ids of members
}

type kafkaPending struct {
	tp  log.TopicPartition
	pid int64
}

func newKafkaGroups() kafkaGroups {
	return kafkaGroups{offsets: map[kafkaGroupPart]int64{}, expires: map[kafkaGroupPart]int64{}, staged: map[int64][]*kafkaStored{}, results: map[int64]int{},
		replay: newKafkaReplay(), pending: map[kafkaPending][]int64{}, owners: newKafkaOwnership(), late: newKafkaGivenUp(), reach: kafkaReach{}}
}

// settles takes a committed record for what it means to groups and transactions.
func (g *kafkaWatch) settles(p *kafkaPart, at int64, e kafkaEntry) {
	s := &g.groups
	if p.order[0].copy.offsets {
		s.replay.take(at, e)
	}
	if e.control {
		g.ends(p, at, e)
	}
	switch {
	case e.journal != nil:
		g.journals(e.journal)
	case e.stored != nil && e.txn:
		e.stored.at = at
		s.staged[e.pid] = append(s.staged[e.pid], e.stored)
	case e.stored != nil:
		g.stores(e.stored, at)
	case e.control && p.order[0].copy.offsets:
		if e.commit {
			for _, o := range s.staged[e.pid] {
				if s.replay.offsets[o.part].at == o.at { // else a later record counts (KAFKA-5247)
					g.stores(o, at)
				}
			}
		}
		delete(s.staged, e.pid)
	case e.control:
		of := kafkaPending{p.tp, e.pid}
		if e.commit {
			for _, v := range s.pending[of] {
				g.result(p, v)
			}
		}
		delete(s.pending, of)
	case e.txn && e.value >= kafkaAttempt:
		of := kafkaPending{p.tp, e.pid}
		s.pending[of] = append(s.pending[of], e.value%kafkaAttempt)
	}
}

// stores: an offset that a group has committed takes effect. These clients commit forward, so it goes back only if one commits that has
// been replaced, or if one has committed that twice, and the first time comes late.
func (g *kafkaWatch) stores(o *kafkaStored, at int64) {
	if o.part.tp.Topic == "" {
		g.groups.owners.stores(o)
		return
	}
	g.k.w.Asked(kafkaForward)
	was, ok := g.groups.offsets[o.part]
	if o.offset < 0 {
		if until := g.groups.expires[o.part]; until > 0 && until <= o.ms {
			delete(g.groups.offsets, o.part)
			delete(g.groups.expires, o.part)
			return
		}
		if ok {
			g.violate(kafkaForward, "the offset of group %s in %s is removed at %d; it was %d", o.part.group, o.part.tp, at, was)
		}
		return
	}
	if ok && o.offset < was && !g.anyLossy() && !g.groups.late.goesBack(o, was, at) {
		g.violate(kafkaForward, "the offset of group %s in %s goes back from %d to %d", o.part.group, o.part.tp, was, o.offset)
	}
	g.processes(o)
	g.groups.offsets[o.part] = o.offset
	g.groups.expires[o.part] = o.expires
}

// kept: a commit that was acknowledged is committed in the log of the offsets.
func (g *kafkaWatch) kept(id nodes.ID, name string, offsets []client.Offset) {
	if g.lossyOffsets() {
		return
	}
	g.k.w.Asked(kafkaKept)
	for _, o := range offsets {
		part := kafkaGroupPart{name, log.TopicPartition{Topic: o.Topic, Partition: o.Partition}}
		if has, ok := g.groups.offsets[part]; !ok || max(has, g.groups.late.most[part]) < o.Offset {
			g.violate(kafkaKept, "%s is told that offset %d of %s is committed for group %s, and the log has %d", id, o.Offset, part.tp, name, has)
		}
	}
}

// lossyOffsets tells that the groups' offsets, or the state of transactions, were allowed to lose something.
func (g *kafkaWatch) lossyOffsets() bool {
	for _, p := range g.parts[len(g.parts)-2:] {
		if p.lossy || p.muddled {
			return true
		}
	}
	return false
}

// result: the pipeline has committed a result of a record.
func (g *kafkaWatch) result(p *kafkaPart, value int64) {
	g.k.w.Asked(kafkaExactly)
	if g.groups.results[value]++; g.groups.results[value] > 1 && !g.anyLossy() {
		g.violate(kafkaExactly, "%d has %d results; the last one is in %s", value, g.groups.results[value], p.tp)
	}
}

func (g *kafkaWatch) anyLossy() bool {
	for _, p := range g.parts {
		if p.lossy || p.muddled {
			return true
		}
	}
	return false
}

// resultsComplete: in the end each record of the input has its result, and nothing else has one.
func (g *kafkaWatch) resultsComplete() error {
	if g.anyLossy() {
		return nil
	}
	g.k.w.Asked(kafkaNoResult)
	for _, p := range g.parts {
		if p.tp.Topic != "orders" {
			continue
		}
		for at, e := range p.committed {
			if e.value > 0 && !e.control && g.groups.results[e.value] != 1 {
				return &checker.InvariantError{Property: kafkaNoResult, Detail: fmt.Sprintf("%d, at %d of %s, has %d results", e.value, at, p.tp, g.groups.results[e.value])}
			}
		}
	}
	return nil
}
