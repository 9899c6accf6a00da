package txn

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// purpose is what an append to the journal is for, and so what follows when it is committed.
type purpose uint8

const (
	toInit     purpose = iota // InitProducerId: the client is told its epoch
	toAdd                     // partitions or offsets: the client may write to them
	toDecide                  // EndTxn: the client is told, and the markers go out
	toFence                   // the same for a producer that is being fenced
	toComplete                // all markers are written
	toForget                  // tombstones
)

// appending is a transition whose append is not committed yet.
type appending struct {
	p, epoch int32 // the partition, and the coordinator's epoch
	m        *metadata
	to       transit
	why      purpose
	reply    reply
	x        *completion // for toComplete
	dead     []*metadata // for toForget
}

// write appends a transition of m to the journal. The pending state must be set.
func (c *Coordinator) write(env nodes.Env, p *partition, a appending) {
	a.p, a.epoch = p.n, p.epoch
	c.builder.Reset(record.Fields{})
	timeout := c.cfg.AppendTimeout
	if a.why == toForget {
		for _, m := range a.dead {
			c.builder.Add(now(env), encodeKey(m.id), nil)
		}
	} else {
		c.builder.Add(a.to.update, encodeKey(a.m.id), encodeValue(a.to))
		timeout = time.Duration(a.to.timeout) * time.Millisecond
	}
	if epoch, ok := c.journal.LeaderEpoch(p.n); !ok || epoch != p.epoch {
		c.appended(env, &a, proto.NotCoordinator)
		return
	}
	call := c.journal.Append(env, p.n, c.builder.Batch(), timeout)
	if c.cfg.Quirks.ToldBeforeCommitted {
		c.appended(env, &a, proto.None)
		return
	}
	c.appends[call] = &a
}

// Appended tells what became of an append to the journal. It ignores a call that is not this package's.
func (c *Coordinator) Appended(env nodes.Env, call uint64, offset int64, code proto.Code) {
	a := c.appends[call]
	if a == nil {
		return
	}
	delete(c.appends, call)
	nodes.Sometimes(env, code != proto.None, "kafka/txn: an append to the journal fails")
	c.appended(env, a, coordinatorCode(code))
}

// coordinatorCode is what a client of the coordinator is told when the journal says code. After COORDINATOR_NOT_AVAILABLE the record
// may be in the log all the same; the next one of that id decides.
func coordinatorCode(code proto.Code) proto.Code {
	switch code {
	case proto.UnknownTopicOrPartition, proto.NotEnoughReplicas, proto.NotEnoughReplicasAfterAppend, proto.RequestTimedOut:
		return proto.CoordinatorNotAvailable
	case proto.NotLeaderForPartition, proto.KafkaStorageError:
		return proto.NotCoordinator
	case proto.MessageTooLarge, proto.RecordListTooLarge:
		return proto.UnknownServerError
	}
	return code
}

// appended ends a transition.
func (c *Coordinator) appended(env nodes.Env, a *appending, code proto.Code) {
	if a.why == toForget {
		c.forgotten(env, a, code)
		return
	}
	if !c.current(a.p, a.epoch, a.m) {
		c.answer(a.reply, proto.NotCoordinator)
		return
	}
	if code == proto.None {
		legal := a.m.become(a.to)
		nodes.Always(env, legal, "kafka/txn: transitions are those of the table")
	} else if a.why != toComplete {
		a.m.pending = none
	}
	switch a.why {
	case toInit:
		if code != proto.None {
			c.answer(a.reply, code)
			return
		}
		c.note(env, "gives %s producer id %d, epoch %d", a.m.id, a.to.pid, a.to.epoch)
		c.answerID(a.reply, code, a.to.pid, a.to.epoch)
	case toAdd:
		c.answer(a.reply, code)
	case toDecide, toFence:
		c.decided(env, a, code)
	case toComplete:
		c.completed(env, a, code)
	}
}
