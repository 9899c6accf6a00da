package scenarios

import (
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/log"
)

const kafkaCache = "offsets-served-are-those-of-the-journal" // S16

// kafkaRecorded is an offset of a group, and where in the journal it was recorded.
type kafkaRecorded struct{ offset, at int64 }

// kafkaReplay is what a replay of the groups' journal comes to: of a partition the offset whose record is the last one, where the records of a
// transaction count from its marker on and keep their places.
type kafkaReplay struct {
	offsets map[kafkaGroupPart]kafkaRecorded
	staged  map[int64]map[kafkaGroupPart]kafkaRecorded // by producer
	looked  struct {                                   // at the coordinator last
		upTo  int
		epoch int32
	}
}

func newKafkaReplay() kafkaReplay {
	return kafkaReplay{offsets: map[kafkaGroupPart]kafkaRecorded{}, staged: map[int64]map[kafkaGroupPart]kafkaRecorded{}}
}

// take takes a committed record of the journal.
func (j *kafkaReplay) take(at int64, e kafkaEntry) {
	switch {
	case e.control:
		for part, v := range j.staged[e.pid] {
			if e.commit && j.offsets[part].at <= v.at {
				j.offsets[part] = v
			}
		}
		delete(j.staged, e.pid)
	case e.stored == nil:
	case e.stored.offset < 0:
		delete(j.offsets, e.stored.part)
		for _, of := range j.staged {
			delete(of, e.stored.part)
		}
	case e.txn:
		if j.staged[e.pid] == nil {
			j.staged[e.pid] = map[kafkaGroupPart]kafkaRecorded{}
		}
		j.staged[e.pid][e.stored.part] = kafkaRecorded{e.stored.offset, at}
	default:
		j.offsets[e.stored.part] = kafkaRecorded{e.stored.offset, at}
	}
}

// caches: what a coordinator serves is what a replay of its journal comes to, whenever nothing of its own is on the way to the journal.
func (g *kafkaWatch) caches(b *broker.Broker) {
	p := g.parts[len(g.parts)-2]
	r := p.order[b.ID()-1]
	j := &g.groups.replay
	if !r.leading || p.state.Leader != r.broker || r.epoch != p.state.LeaderEpoch || g.lossyOffsets() ||
		r.hw != int64(len(p.committed)) || r.copy.end != r.hw || j.looked.upTo == len(p.committed) && j.looked.epoch == r.epoch {
		return
	}
	n, bad := 0, ""
	if !b.Groups().Served(p.tp.Partition, func(name string, o group.OffsetView) {
		n++
		part := kafkaGroupPart{name, log.TopicPartition{Topic: o.Topic, Partition: o.Partition}}
		if want, ok := j.offsets[part]; (!ok || want.offset != o.Offset) && bad == "" {
			bad = name + " in " + part.tp.String()
			g.violate(kafkaCache, "%s serves offset %d of group %s, and its journal has %d, recorded at %d", r.id, o.Offset, bad, want.offset, want.at)
		}
	}) {
		return
	}
	g.k.w.Asked(kafkaCache)
	j.looked.upTo, j.looked.epoch = len(p.committed), r.epoch
	if bad == "" && n < len(j.offsets) {
		g.violate(kafkaCache, "%s serves %d offsets of groups, and its journal has %d", r.id, n, len(j.offsets))
	}
}
