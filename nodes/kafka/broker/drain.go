package broker

import (
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/txn"
	"orrery/nodes/kafka/zk"
)

// partitionCode is a code for a partition.
type partitionCode = replica.PartitionCode

// drain carries out what the modules ask for, until they and the channels have nothing more.
func (b *Broker) drain(env nodes.Env) {
	for {
		switch {
		case b.drainReplicas(env), b.drainStore(env), b.drainController(env), b.drainGroups(env), b.drainTxns(env), b.drainFailures(env):
		case b.next(env):
		default:
			return
		}
	}
}

func (b *Broker) drainFailures(env nodes.Env) bool {
	if len(b.failures) == 0 {
		return false
	}
	f := b.failures[0]
	if b.failures = b.failures[1:]; len(b.failures) == 0 {
		b.failures = nil
	}
	b.answered(env, f.p, f.call, nil, f.err)
	return true
}

func (b *Broker) drainReplicas(env nodes.Env) bool {
	e, ok := b.replicas.Take()
	if !ok {
		return false
	}
	switch e := e.(type) {
	case replica.Done:
		b.done(env, e.Call, e.Response)
	case replica.Send:
		p := fetching
		if e.Purpose == replica.Asking {
			p = asking
		}
		b.send(env, linkKey{e.To, p}, b.address(e.To), e.Call, e.Request)
	case replica.AlterISR:
		state := zk.PartitionState{Leader: e.Leader, LeaderEpoch: e.LeaderEpoch, ISR: e.ISR, ControllerEpoch: e.ControllerEpoch}
		b.alters[b.store.AlterISR(env, e.Partition, state, e.Version, registrations(e)...)] = e.Call
	case replica.ReadISR:
		b.reads[b.store.Do(env, zk.Unguarded, zk.Op{Verb: zk.Get, Key: zk.PartitionKey(e.Partition)})] = e.Call
	case replica.Verify:
		b.verify(env, verification{partitions: e.Partitions, replica: e.Call}, e.TransactionalID, e.ProducerID, e.Epoch)
	case replica.Appended:
		b.appended(env, e)
	case replica.Elected:
		b.elected(env, e)
	case replica.Resigned:
		b.resigned(env, e)
	case replica.MarkerWritten:
		if e.Partition.Topic == group.OffsetsTopic {
			b.groups.MarkerWritten(env, e.Partition.Partition, e.ProducerID, e.ProducerEpoch, e.Commit)
		}
	case replica.Stopped:
		b.logsClosed(env)
	}
	return true
}

// appended tells a coordinator what became of its append.
func (b *Broker) appended(env nodes.Env, e replica.Appended) {
	switch e.Partition.Topic {
	case group.OffsetsTopic:
		b.journalled--
		b.groups.Appended(env, e.Call, e.Offset, e.Code)
	case txn.StateTopic:
		b.txns.Appended(env, e.Call, e.Offset, e.Code)
	}
}

// elected tells a coordinator that it is one for a partition's groups or ids.
func (b *Broker) elected(env nodes.Env, e replica.Elected) {
	switch e.Partition.Topic {
	case group.OffsetsTopic:
		b.groups.Elected(env, e.Partition.Partition, e.LeaderEpoch)
	case txn.StateTopic:
		b.txns.Elected(env, e.Partition.Partition, e.LeaderEpoch)
	}
}

// resigned tells a coordinator that it is no longer one.
func (b *Broker) resigned(env nodes.Env, e replica.Resigned) {
	if b.opts.Quirks.Broker.SessionLostInBecomeFollower && !b.connected {
		nodes.Reachable(env, markHalfFollower)
		return
	}
	switch e.Partition.Topic {
	case group.OffsetsTopic:
		b.groups.Resigned(env, e.Partition.Partition, e.LeaderEpoch)
	case txn.StateTopic:
		b.txns.Resigned(env, e.Partition.Partition, e.LeaderEpoch)
	}
}

func (b *Broker) drainStore(env nodes.Env) bool {
	e, ok := b.store.Take()
	if !ok {
		return false
	}
	switch e := e.(type) {
	case zk.Connected:
		b.connects(env)
	case zk.Disconnected:
		b.connected = false
	case zk.SessionExpired:
		b.sessionEnds(env)
	case zk.ISRAltered:
		call := b.alters[e.Call]
		delete(b.alters, e.Call)
		b.replicas.ISRAltered(env, call, e.Version, alterError(e.Err))
		return true
	case zk.ProducerIDs:
		call := b.producerIDs[e.Call]
		delete(b.producerIDs, e.Call)
		b.txns.ProducerIDs(env, call, e.First, e.Count, e.Err)
		return true
	case zk.Done:
		if call, ours := b.reads[e.Call]; ours {
			delete(b.reads, e.Call)
			b.isrRead(env, call, e.Results[0])
			return true
		}
		if l, ours := b.lacking[e.Call]; ours {
			delete(b.lacking, e.Call)
			b.hasSettings(env, l, e.Results[0])
			return true
		}
	}
	b.ctrl.Stored(env, e)
	return true
}

// registrations are the lives in which those who are to join an ISR have fetched, where that is known.
func registrations(e replica.AlterISR) (out []zk.Registration) {
	for i, id := range e.ISR {
		if e.Epochs[i] >= 0 && slices.Contains(e.Joins, id) {
			out = append(out, zk.Registration{Broker: id, Epoch: e.Epochs[i]})
		}
	}
	return out
}

// alterError is what the replica manager calls an error of the store.
func alterError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, zk.ErrBadVersion), errors.Is(err, zk.ErrFenced):
		return replica.ErrBadVersion
	case errors.Is(err, zk.ErrIneligible):
		return replica.ErrIneligible
	case errors.Is(err, zk.ErrNoNode):
		return replica.ErrNoState
	}
	return replica.ErrUncertain
}

// isrRead tells the replica manager the state of a partition.
func (b *Broker) isrRead(env nodes.Env, call uint64, r zk.Result) {
	v, ok := r.Value.(zk.PartitionState)
	if r.Err != nil || !ok {
		b.replicas.ISRRead(env, call, replica.State{}, alterError(errors.Join(r.Err, zk.ErrMalformed)))
		return
	}
	s := replica.State{Leader: v.Leader, LeaderEpoch: v.LeaderEpoch, ControllerEpoch: v.ControllerEpoch, ISR: v.ISR, Version: r.Version}
	b.replicas.ISRRead(env, call, s, nil)
}

func (b *Broker) drainController(env nodes.Env) bool {
	e, ok := b.ctrl.Take()
	if !ok {
		return false
	}
	switch e := e.(type) {
	case controller.Done:
		b.done(env, e.Call, e.Response)
	case controller.Send:
		p := controlling
		if e.Request.Key() == int16(kmsg.ControlledShutdown) {
			p = departing
		}
		b.send(env, linkKey{e.To, p}, nodes.Addr{ID: nodes.ID(e.Endpoint.Host), Port: int(e.Endpoint.Port)}, e.Call, e.Request)
	case controller.Registered:
		b.registered(env, e.BrokerEpoch)
	case controller.Became:
		b.became(env, e)
	case controller.ConfigChanged:
		b.configChanged(env, e)
	case controller.Leads:
	case controller.Disowned:
		b.disowned(env)
	case controller.ShutdownReady:
		b.departed(env, e.Clean)
	}
	return true
}

func (b *Broker) drainGroups(env nodes.Env) bool {
	e, ok := b.groups.Take()
	if !ok {
		return false
	}
	switch e := e.(type) {
	case group.Done:
		b.done(env, e.Call, e.Response)
	case group.Verify:
		offsets := journal{b, group.OffsetsTopic}.at(e.Partition)
		b.verify(env, verification{partitions: []log.TopicPartition{offsets}, group: e.Call}, e.TransactionalID, e.ProducerID, e.Epoch)
	}
	return true
}

func (b *Broker) drainTxns(env nodes.Env) bool {
	e, ok := b.txns.Take()
	if !ok {
		return false
	}
	switch e := e.(type) {
	case txn.Done:
		b.done(env, e.Call, e.Response)
	case txn.Send:
		b.send(env, linkKey{e.To, marking}, b.address(e.To), e.Call, e.Request)
	case txn.NeedProducerIDs:
		b.producerIDs[b.store.AllocateProducerIDs(env, b.id)] = e.Call
	}
	return true
}
