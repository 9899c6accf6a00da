package group

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// forever is how long an append may take. Whoever waits for it may give up earlier; but what has been appended takes
// effect, be it late, or the cache would differ from the log.
const forever = 100 * 365 * 24 * time.Hour

// writeKind is what an append is for.
type writeKind uint8

const (
	assigned     writeKind = iota // a group with the assignment of a generation
	staticMember                  // a group with a static member's new id
	emptyGroup                    // a group that its last member has left
	commits                       // offsets
	stages                        // offsets in a transaction
	removals                      // tombstones of offsets, and of the group if it is dead
)

// write is an append that is on its way.
type write struct {
	kind  writeKind
	n     uint64 // counts them
	call  uint64 // of the journal
	group *group

	generation int32             // of the group
	assignment map[string][]byte // of assigned and staticMember
	static     *replacement
	offsets    []offset // of commits and stages
	gone       []log.TopicPartition
	producer   int64 // of stages
	epoch      int16
	reply      *reply // who waits, if anybody
	early      bool   // commit-before-replicated: it has taken effect
	settled    bool
	size       int64 // in bytes, that it takes meanwhile
}

// offset is how far a group says it has read a partition.
type offset struct {
	tp log.TopicPartition
	committed
}

// append hands a batch to the journal. The code says why it does not: this broker does not lead in that epoch any more.
func (c *Coordinator) append(env nodes.Env, w *write, b *record.Builder) proto.Code {
	p := w.group.part
	if epoch, ok := c.journal.LeaderEpoch(p.n); !ok || epoch != p.epoch {
		return proto.NotLeaderForPartition
	}
	batch, err := b.Append(nil)
	if err != nil { // the configuration names a codec that there is not
		return proto.UnknownServerError
	}
	c.writes++
	w.n = c.writes
	w.call = c.journal.Append(env, p.n, batch, forever)
	p.writes[w.call], c.calls[w.call] = w, w
	for _, o := range w.offsets {
		w.size += entrySize(o.tp, o.committed)
	}
	c.memory += w.size
	return proto.None
}

// store appends a group's record.
func (c *Coordinator) store(env nodes.Env, g *group, w *write) {
	w.group, w.generation = g, g.generation
	var b record.Builder
	b.Reset(record.Fields{Codec: c.cfg.Codec})
	s := g.snapshot(w.assignment)
	b.Add(env.Now().UnixMilli(), key{group: g.id}.append(nil), s.append(nil, c.cfg.OldValues))
	if code := c.append(env, w, &b); code != proto.None {
		c.settleNow(env, w, code)
		return
	}
	c.after(env, c.cfg.CommitTimeout, deadline{kind: writeEnds, group: g, write: w})
}

// appended is what the journal tells of an append.
func (c *Coordinator) appended(env nodes.Env, call uint64, at int64, code proto.Code) {
	w := c.calls[call]
	if w == nil {
		return
	}
	p := w.group.part
	if code == proto.RequestTimedOut { // only the log can tell
		nodes.Reachable(env, markReloaded)
		c.unload(env, p)
		c.elected(env, p.n, p.epoch)
		return
	}
	delete(c.calls, call)
	delete(p.writes, call)
	for i := range w.offsets {
		w.offsets[i].at = at + int64(i)
	}
	c.settleAt(env, w, at, code)
	c.applyMarkers(env, p)
}

// took tells whether the record is below the high watermark, whatever else the code complains of.
func took(code proto.Code) bool {
	return code == proto.None || code == proto.NotEnoughReplicasAfterAppend
}

// settleAt lets what was appended take effect, or not, and answers.
func (c *Coordinator) settleAt(env nodes.Env, w *write, at int64, code proto.Code) {
	if took(code) {
		switch w.kind {
		case commits:
			c.commitAt(env, w)
		case stages:
			c.stageAt(env, w)
		case removals:
			c.removeAt(env, w, at)
		}
	}
	c.settleNow(env, w, code)
}

// settleNow ends an append, and answers who waits for it.
func (c *Coordinator) settleNow(env nodes.Env, w *write, code proto.Code) {
	w.settled = true
	g := w.group
	switch w.kind {
	case assigned:
		if code != proto.None && g.generation == w.generation {
			g.storing = 0
		}
		c.assignmentStored(env, g, w, storeCode(code))
	case staticMember:
		c.staticStored(g, w.static, w.generation, storeCode(code))
	case emptyGroup:
		if code != proto.None {
			c.note(env, func() string { return fmt.Sprintf("%s: that it is empty was not stored: %v", g.id, code) })
		}
	case commits, stages:
		c.unsettle(g, w)
		c.endReply(w, commitCode(code))
	case removals:
		if !took(code) && g.state == dead {
			g.become(env, empty)
		}
		c.endReply(w, commitCode(code))
	}
	c.release(w)
	c.weigh(g)
}

// release lets go of what an append that has ended holds; its deadline may stay for a while.
func (c *Coordinator) release(w *write) {
	c.memory -= w.size
	w.size, w.offsets, w.gone, w.assignment = 0, nil, nil, nil
}

// settle drops an append whose outcome this coordinator will not learn, and answers who waits for it. What its group was is gone.
func (c *Coordinator) settle(w *write, code proto.Code) {
	w.settled = true
	if w.static != nil && !w.static.told {
		c.sendJoin(w.static.waiter, joinRefusal("", code))
	}
	c.endReply(w, code)
	c.release(w)
}

// writeEnds answers who has waited long enough.
func (c *Coordinator) writeEnds(env nodes.Env, w *write) {
	if w.settled {
		return
	}
	switch w.kind {
	case assigned:
		c.assignmentStored(env, w.group, w, proto.RebalanceInProgress)
	case staticMember:
		c.staticLate(w.static)
	default:
		c.endReply(w, proto.RequestTimedOut)
	}
}

// storeCode is what a member is told when its group could not be stored.
func storeCode(code proto.Code) proto.Code {
	switch code {
	case proto.None:
		return proto.None
	case proto.UnknownTopicOrPartition, proto.NotEnoughReplicas, proto.NotEnoughReplicasAfterAppend:
		return proto.CoordinatorNotAvailable
	case proto.NotLeaderForPartition, proto.KafkaStorageError:
		return proto.NotCoordinator
	}
	return proto.UnknownServerError
}

// commitCode is what a client is told when its offsets could not be stored.
func commitCode(code proto.Code) proto.Code {
	switch code {
	case proto.UnknownTopicOrPartition, proto.NotEnoughReplicas, proto.NotEnoughReplicasAfterAppend:
		return proto.CoordinatorNotAvailable
	case proto.NotLeaderForPartition, proto.KafkaStorageError:
		return proto.NotCoordinator
	case proto.MessageTooLarge, proto.RecordListTooLarge, proto.InvalidFetchSize:
		return proto.InvalidCommitOffsetSize
	}
	return code
}
