package replica

import (
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/replica/isr"
)

// assignment is what LeaderAndISR says of a partition.
type assignment struct {
	controllerEpoch int32
	leader          int32
	epoch           int32
	isr             []int32
	version         int32
	replicas        []int32
}

// stale tells why a controller's request is refused as a whole, or None, and learns the controller's epoch.
func (m *Manager) stale(controllerEpoch int32, brokerEpoch int64) proto.Code {
	q := m.cfg.Quirks
	switch {
	case controllerEpoch < m.controllerEpoch:
		return proto.StaleControllerEpoch
	case brokerEpoch == -1 || q.BrokerEpochIgnored:
	case brokerEpoch < m.brokerEpoch:
		return proto.StaleBrokerEpoch
	case brokerEpoch > m.brokerEpoch && q.NewerBrokerEpochRefused:
		return proto.StaleBrokerEpoch
	}
	m.controllerEpoch = controllerEpoch
	m.order = Order{N: m.order.N + 1, BrokerEpoch: brokerEpoch, Own: m.brokerEpoch}
	return proto.None
}

// handleLeaderAndISR takes a controller's word of who leads. Each partition is answered for by itself; one whose leader epoch is not newer is
// left alone, and that is no error: a controller repeats itself.
func (m *Manager) handleLeaderAndISR(env nodes.Env, call uint64, r *kmsg.LeaderAndISRRequest) {
	resp := r.ResponseKind().(*kmsg.LeaderAndISRResponse)
	code := m.stale(r.ControllerEpoch, r.BrokerEpoch)
	if m.stopping {
		code = proto.StaleBrokerEpoch
	}
	resp.ErrorCode = int16(code)
	one := func(topic string, id [16]byte, ps []kmsg.LeaderAndISRRequestTopicPartition) {
		t := kmsg.NewLeaderAndISRResponseTopic()
		t.TopicID = id
		for i := range ps {
			s := &ps[i]
			out := kmsg.NewLeaderAndISRResponseTopicPartition()
			out.Topic, out.Partition, out.ErrorCode = topic, s.Partition, int16(code)
			if code == proto.None {
				out.ErrorCode = int16(m.assign(env, log.TopicPartition{Topic: topic, Partition: s.Partition}, s))
			}
			resp.Partitions = append(resp.Partitions, out)
			t.Partitions = append(t.Partitions, out)
		}
		resp.Topics = append(resp.Topics, t)
	}
	for i := range r.PartitionStates {
		one(r.PartitionStates[i].Topic, [16]byte{}, r.PartitionStates[i:i+1])
	}
	for i := range r.TopicStates {
		one(r.TopicStates[i].Topic, r.TopicStates[i].TopicID, r.TopicStates[i].PartitionStates)
	}
	m.done(call, resp)
}

func (m *Manager) assign(env nodes.Env, tp log.TopicPartition, s *kmsg.LeaderAndISRRequestTopicPartition) proto.Code {
	if !slices.Contains(s.Replicas, m.cfg.Broker) {
		return proto.UnknownTopicOrPartition
	}
	p := m.at(tp)
	if p == nil {
		p = m.add(tp)
	}
	if s.LeaderEpoch < p.epoch {
		return proto.StaleControllerEpoch
	}
	if s.LeaderEpoch == p.epoch {
		return proto.None
	}
	a := assignment{controllerEpoch: s.ControllerEpoch, leader: s.Leader, epoch: s.LeaderEpoch,
		isr: slices.Clone(s.ISR), version: s.ZKVersion, replicas: slices.Clone(s.Replicas)}
	return m.apply(env, p, a)
}

// apply makes this broker the leader or a follower of a newer leader epoch.
func (m *Manager) apply(env nodes.Env, p *partition, a assignment) proto.Code {
	nodes.Always(env, a.epoch > p.epoch, "a replica's leader epoch only grows")
	sameLeader := p.leader == a.leader && p.role == following && p.epoch >= 0
	p.epoch, p.controllerEpoch, p.leader, p.assigned = a.epoch, a.controllerEpoch, a.leader, a.replicas
	p.next = nil
	m.touch(p)
	if p.log == nil {
		l, err := m.logs.Create(env.Disk(), env.Now(), p.tp)
		if errors.Is(err, log.ErrBusy) {
			p.role, p.next = idle, &a // the files of one that was deleted are still going
			return proto.None
		}
		m.must(env, "creating "+p.tp.String(), err)
		p.log = l
	}
	if a.leader == m.cfg.Broker {
		m.becomeLeader(env, p, a)
	} else {
		m.becomeFollower(env, p, a, sameLeader)
	}
	return proto.None
}

// becomeLeader begins to take writes in a new leader epoch. While a truncation waits for the disk nobody leads.
func (m *Manager) becomeLeader(env nodes.Env, p *partition, a assignment) {
	was := p.role == leading
	m.unfollow(env, p)
	if p.log.Busy() {
		p.role, p.next = idle, &a
		return
	}
	p.role = leading
	m.dropAlteration(env, p)
	if !m.cfg.Quirks.EpochNotCached {
		m.must(env, "noting the leader epoch of "+p.tp.String(), p.log.AssignEpoch(env.Disk(), a.epoch))
	}
	before := p.lead.Remotes
	p.lead = isr.Lead(m.cfg.Broker, a.epoch, p.log.EndOffset(), a.replicas, a.isr, a.version, env.Monotonic())
	if was && m.cfg.Quirks.HWUnfenced {
		for i := range before {
			if r := p.lead.Remote(before[i].Broker); r != nil {
				r.End = before[i].End
			}
		}
	}
	nodes.Sometimes(env, p.log.HighWatermark() < p.log.EndOffset(), "a new leader's high watermark is behind its log end")
	m.note(env, func() string {
		return fmt.Sprintf("leads %v in leader epoch %d from offset %d, high watermark %d, ISR %v", p.tp, p.epoch, p.log.EndOffset(), p.log.HighWatermark(), a.isr)
	})
	m.tell(Elected{Partition: p.tp, LeaderEpoch: p.epoch})
	m.raise(env, p)
}

// resign ends this broker's leadership: what waits for it is answered, and nobody will hear of a change of the ISR in flight.
func (m *Manager) resign(env nodes.Env, p *partition, epoch int32) {
	p.role = idle
	m.dropAlteration(env, p)
	m.tell(Resigned{Partition: p.tp, LeaderEpoch: epoch})
	m.touch(p)
}

// becomeFollower begins to fetch from the leader of a new epoch, and cuts the log back to what that leader has.
func (m *Manager) becomeFollower(env nodes.Env, p *partition, a assignment, sameLeader bool) {
	if p.role == leading {
		m.resign(env, p, a.epoch)
	}
	p.role = following
	m.note(env, func() string {
		return fmt.Sprintf("follows broker %d for %v in leader epoch %d, log end %d, high watermark %d", a.leader, p.tp, p.epoch, p.log.EndOffset(), p.log.HighWatermark())
	})
	if m.cfg.Quirks.HWForgotten && a.leader < 0 {
		p.log.SetHighWatermark(p.log.StartOffset())
	}
	keep := sameLeader && m.cfg.Quirks.SkipTruncationSameLeader && p.follow.state == fetching
	if p.follow.of != a.leader {
		m.unfollow(env, p)
	}
	m.followLeader(env, p, a.leader, keep)
}

// truncated goes on when a truncation is durable.
func (m *Manager) truncated(env nodes.Env, p *partition) {
	m.touch(p)
	if a := p.next; a != nil && !p.log.Busy() {
		p.next = nil
		if a.leader == m.cfg.Broker {
			m.becomeLeader(env, p, *a)
		}
		return
	}
	if p.role == following {
		if p.follow.stash != nil && !p.log.Busy() {
			m.appendStash(env, p)
		}
		m.wake(p.follow.of)
	}
}
