package replica

import (
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/replica/isr"
)

// role is what this broker is to a partition.
type role uint8

const (
	idle      role = iota // nobody has said, or the replica was stopped
	leading               // it takes writes
	following             // it fetches, if the leader is known
)

// String is the role's name.
func (r role) String() string { return [...]string{"idle", "leading", "following"}[r] }

// partition is a replica on this broker.
type partition struct {
	n   uint64 // for tags
	tp  log.TopicPartition
	log *log.Log // nil until it could be made
	cfg TopicConfig

	role            role
	leader          int32 // the broker that leads, -1 for none
	epoch           int32 // leader epoch; -1 before the first LeaderAndISR
	controllerEpoch int32
	assigned        []int32

	lead  isr.Leader // while leading
	alter alteration
	next  *assignment // that waits for the files

	follow follow // while following

	commits []commitRef // that wait for the high watermark
	fetches []*fetch    // that wait for data
	deletes []*deletion // that wait for the low watermark
	touched bool        // is in Manager.dirty
	sends   Sending     // that a consumer was sent elsewhere last
	damaged bool        // compaction has met damage
	gone    bool        // the replica was deleted
	kept    int64       // KAFKA-9491: the high watermark that a full truncation has left behind; -1
}

// rules are what the decisions of a leader depend on.
func (m *Manager) rules(p *partition) isr.Rules {
	return isr.Rules{LagTime: m.cfg.ReplicaLagTime, MinISR: max(p.cfg.MinISR, 1), Eligible: m.eligible, Quirks: m.cfg.Quirks.Quirks}
}

// mayBeInISR tells whether a broker may be in an ISR: it is alive, and has not restarted since it had the epoch.
func (m *Manager) mayBeInISR(broker int32, epoch int64) bool {
	if !m.cfg.Cluster.Alive(broker) {
		return false
	}
	known := m.cfg.Cluster.Epoch(broker)
	return epoch == isr.Unknown || known == isr.Unknown || known == epoch
}

func compareTP(a, b log.TopicPartition) int {
	if a.Topic != b.Topic {
		if a.Topic < b.Topic {
			return -1
		}
		return 1
	}
	return int(a.Partition) - int(b.Partition)
}

// at returns a partition, nil if this broker has no replica of it.
func (m *Manager) at(tp log.TopicPartition) *partition { return m.byTP[tp] }

// add makes a partition; its log may be there already.
func (m *Manager) add(tp log.TopicPartition) *partition {
	m.last++
	p := &partition{n: m.last, tp: tp, log: m.logs.Log(tp), cfg: m.cfg.Topic(tp.Topic), leader: -1, epoch: -1, controllerEpoch: -1, kept: -1, follow: follow{of: -1}}
	i, _ := slices.BinarySearchFunc(m.parts, tp, func(x *partition, tp log.TopicPartition) int { return compareTP(x.tp, tp) })
	m.parts = slices.Insert(m.parts, i, p)
	m.byTP[tp], m.byN[p.n] = p, p
	return p
}

// forget drops a partition.
func (m *Manager) forget(p *partition) {
	p.gone = true
	m.parts = slices.DeleteFunc(m.parts, func(x *partition) bool { return x == p })
	delete(m.byTP, p.tp)
	delete(m.byN, p.n)
}

// missing is the code for a partition that this broker has no replica of.
func (m *Manager) missing(tp log.TopicPartition) proto.Code {
	if k, ok := m.cfg.Cluster.(interface{ Known(log.TopicPartition) bool }); ok && k.Known(tp) {
		return proto.NotLeaderForPartition
	}
	return proto.UnknownTopicOrPartition
}

// serving returns the partition that this broker leads, or why it does not.
func (m *Manager) serving(tp log.TopicPartition) (*partition, proto.Code) {
	p := m.at(tp)
	switch {
	case p == nil:
		return nil, m.missing(tp)
	case p.role != leading:
		return p, proto.NotLeaderForPartition
	}
	return p, proto.None
}

// fence holds the leader epoch that a request claims against the partition's.
func fence(claimed int32, p *partition) proto.Code {
	switch isr.Fence(claimed, p.epoch) {
	case isr.Fenced:
		return proto.FencedLeaderEpoch
	case isr.Future:
		return proto.UnknownLeaderEpoch
	}
	return proto.None
}

// touch marks a partition whose high watermark, end, start or leadership has changed: settle looks at who waits for that.
func (m *Manager) touch(p *partition) {
	if !p.touched {
		p.touched = true
		m.dirty = append(m.dirty, p)
	}
}

// settle lets everybody go on who waits for what the partitions touched have now. What goes on may touch others.
func (m *Manager) settle(env nodes.Env) {
	for len(m.dirty) > 0 {
		p := m.dirty[0]
		m.dirty = m.dirty[1:]
		p.touched = false
		m.completeCommits(env, p)
		m.completeDeletes(env, p)
		m.completeFetches(env, p)
	}
	m.dirty = nil
}

// raise moves a led partition's high watermark as far as it may go.
func (m *Manager) raise(env nodes.Env, p *partition) {
	if p.role != leading || p.log.Busy() {
		return
	}
	hw, end := p.log.HighWatermark(), p.log.EndOffset()
	next := p.lead.HighWatermark(m.rules(p), hw, end, env.Monotonic())
	if next <= hw {
		return
	}
	nodes.Always(env, next <= end, "a high watermark is not above the log end")
	p.log.SetHighWatermark(next)
	p.kept = -1
	m.touch(p)
}

// note tells the story of a run.
func (m *Manager) note(env nodes.Env, text func() string) {
	if nodes.Noting(env) {
		nodes.Note(env, text())
	}
}

// monotonic deadlines are compared with the machine's own clock, which is not set.
func due(env nodes.Env, at time.Duration) bool { return env.Monotonic() >= at }
