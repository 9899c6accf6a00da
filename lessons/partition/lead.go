package partition

import (
	"fmt"
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/replica/isr"
)

// isrRules are what package isr wants to know.
var isrRules = isr.Rules{LagTime: lagTime, MinISR: 1}

// onProduce appends a record, if it may.
func (b *broker) onProduce(env nodes.Env, from nodes.ID, m Produce) {
	if b.lead == nil {
		env.Send(from, Produced{m.Stamp, "not the leader"})
		return
	}
	if !b.rules.Accepts(len(b.lead.ISR)) {
		env.Send(from, Produced{m.Stamp, "not enough replicas in sync"})
		return
	}
	last, any := b.latest(m.Stamp.Producer)
	switch b.rules.Judge(last, any, m.Stamp) {
	case Fenced:
		env.Send(from, Produced{m.Stamp, fenced})
	case OutOfOrder:
		env.Send(from, Produced{m.Stamp, "out of order"})
	case Duplicate:
		b.park(parked{from, m.Stamp, m.Value, b.find(m.Stamp)})
		b.settle(env)
	case Append:
		b.park(parked{from, m.Stamp, m.Value, b.EndOffset()})
		nodes.Note(env, fmt.Sprintf("appends %s at %d", m.Value, b.EndOffset()))
		b.append(Record{m.Value, b.epoch, m.Stamp})
		b.cluster.appended(b)
		b.save(env)
	}
}

// park lets a producer wait. It asks again when it does not hear; then the same record waits once.
func (b *broker) park(p parked) {
	if !slices.ContainsFunc(b.parked, func(q parked) bool { return q.stamp == p.stamp && q.from == p.from && q.offset == p.offset }) {
		b.parked = append(b.parked, p)
	}
}

// settle looks, when anything has changed that is durable: how far is the high watermark, and who may be told.
func (b *broker) settle(env nodes.Env) {
	defer b.cluster.compare()
	if b.lead == nil || b.busy {
		return
	}
	b.HW = b.lead.HighWatermark(isrRules, b.HW, b.EndOffset(), env.Monotonic())
	b.parked = slices.DeleteFunc(b.parked, func(p parked) bool {
		if !b.rules.Acknowledges(p.offset, b.HW, len(b.lead.ISR)) {
			return false
		}
		b.cluster.acknowledged(p.value)
		env.Send(p.from, Produced{Stamp: p.stamp})
		return true
	})
}

// onFetch answers a follower: its fetch is its word that it has all below.
func (b *broker) onFetch(env nodes.Env, from nodes.ID, m Fetch) {
	if b.lead == nil || m.Epoch != b.epoch {
		return
	}
	end, broker := b.EndOffset(), number(from)
	f := isr.Fetch{Broker: broker, Offset: min(m.From, end), Start: 0, BrokerEpoch: int64(m.Life), LeaderEpoch: m.Epoch}
	if m.From <= end && b.lead.Fetched(isrRules, f, end, env.Monotonic()) {
		b.settle(env)
		if b.lead.MayJoin(isrRules, broker, b.HW) {
			b.propose(env, b.lead.With(broker))
		}
	}
	answer := Fetched{Epoch: m.Epoch, From: m.From, HW: b.HW, End: end}
	if m.From < end {
		answer.Records = slices.Clone(b.Records[m.From:])
	}
	env.Send(from, answer)
}

// lookAtISR proposes to leave out who lags, and repeats a proposal that was not answered.
func (b *broker) lookAtISR(env nodes.Env) {
	if b.lead == nil || b.busy {
		return
	}
	if b.lead.Pending != nil {
		env.Send(controllerID, AlterISR{b.epoch, b.lead.Pending, b.lead.Version})
	} else if gone := b.lead.Lagging(isrRules, b.EndOffset(), env.Monotonic()); len(gone) > 0 {
		b.propose(env, b.lead.Without(gone))
	}
}

func (b *broker) propose(env nodes.Env, members []int32) {
	b.lead.Propose(members)
	env.Send(controllerID, AlterISR{b.epoch, members, b.lead.Version})
}

// fetch asks the leader, if there is one and it is another: for what comes next, or first where to cut.
func (b *broker) fetch(env nodes.Env) {
	switch {
	case b.lead != nil || b.leader == "" || b.busy:
	case b.asking:
		env.Send(b.leader, Ask{b.epoch, b.LatestEpoch()})
	default:
		env.Send(b.leader, Fetch{b.epoch, b.EndOffset(), b.life})
	}
}

// onFetched appends what the leader has sent, and takes its high watermark as far as there is a log.
func (b *broker) onFetched(env nodes.Env, m Fetched) {
	if b.lead != nil || m.Epoch != b.epoch || b.asking || m.From != b.EndOffset() {
		return
	}
	if m.From > m.End { // out of the leader's range
		b.cutTo(env, m.End)
		return
	}
	b.append(m.Records...)
	b.HW = isr.FollowerHW(m.HW, b.EndOffset())
	if len(m.Records) > 0 {
		b.save(env)
		return
	}
	b.settle(env)
}
