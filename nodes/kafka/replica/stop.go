package replica

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// The leader epochs with which StopReplica comes for every replica (KIP-570).
const (
	epochNone     = -1 // the controller is too old to say
	epochDeletion = -2 // the topic is being deleted
)

// stopping is a StopReplica that waits until the files are gone.
type stopping struct {
	call uint64
	resp *kmsg.StopReplicaResponse
	left map[log.TopicPartition]bool
}

// handleStopReplica stops replicas, and deletes those that it says to. It is answered when the files are gone: whoever deletes
// a topic and makes it again finds nothing of the old one.
func (m *Manager) handleStopReplica(env nodes.Env, call uint64, r *kmsg.StopReplicaRequest) {
	resp := r.ResponseKind().(*kmsg.StopReplicaResponse)
	code := m.stale(r.ControllerEpoch, r.BrokerEpoch)
	if m.stopping {
		code = proto.StaleBrokerEpoch
	}
	resp.ErrorCode = int16(code)
	s := &stopping{call: call, resp: resp, left: map[log.TopicPartition]bool{}}
	one := func(topic string, n, epoch int32, remove bool) {
		out := kmsg.NewStopReplicaResponsePartition()
		out.Topic, out.Partition = topic, n
		out.ErrorCode = int16(m.stop(env, s, log.TopicPartition{Topic: topic, Partition: n}, epoch, remove))
		resp.Partitions = append(resp.Partitions, out)
	}
	for i := range r.Topics {
		t := &r.Topics[i]
		switch {
		case code != proto.None: // who refuses it all names nothing
		case r.Version == 0:
			one(t.Topic, t.Partition, epochNone, r.DeletePartitions)
		case r.Version <= 2:
			for _, n := range t.Partitions {
				one(t.Topic, n, epochNone, r.DeletePartitions)
			}
		default:
			for _, p := range t.PartitionStates {
				one(t.Topic, p.Partition, p.LeaderEpoch, p.Delete)
			}
		}
	}
	if len(s.left) > 0 {
		m.deleting = append(m.deleting, s)
		return
	}
	m.done(call, resp)
}

// stop stops one replica.
func (m *Manager) stop(env nodes.Env, s *stopping, tp log.TopicPartition, epoch int32, remove bool) proto.Code {
	p := m.at(tp)
	if p == nil {
		return proto.None
	}
	if epoch != epochNone && epoch != epochDeletion && epoch < p.epoch && !m.cfg.Quirks.StopWithoutEpoch {
		return proto.FencedLeaderEpoch
	}
	m.order.Stops = append(m.order.Stops, Stop{tp, epoch, p.epoch})
	m.unfollow(env, p)
	if p.role == leading {
		m.resign(env, p, -1)
	}
	p.role, p.leader, p.next = idle, -1, nil
	if epoch > p.epoch {
		p.epoch = epoch // so that a LeaderAndISR from before is late
	}
	m.touch(p)
	m.note(env, func() string { return "stops its replica of " + tp.String() })
	if !remove {
		return proto.None
	}
	had := p.log != nil
	p.log = nil
	m.settle(env) // who waits is answered while the partition is still known
	m.forget(p)
	if had {
		m.must(env, "deleting "+tp.String(), m.logs.Delete(env.Disk(), tp))
		s.left[tp] = true
	}
	return proto.None
}

// filesGone goes on when a partition's files are deleted.
func (m *Manager) filesGone(env nodes.Env, tp log.TopicPartition) {
	kept := m.deleting[:0]
	for _, s := range m.deleting {
		delete(s.left, tp)
		if len(s.left) == 0 {
			m.done(s.call, s.resp)
			continue
		}
		kept = append(kept, s)
	}
	m.deleting = kept
	// A new partition of that name may wait for the files of the old one to go.
	if p := m.at(tp); p != nil && p.log == nil && p.next != nil {
		a := *p.next
		p.epoch = a.epoch - 1
		m.apply(env, p, a)
	}
}
