package scenarios

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/group"
)

// The rules by which a coordinator keeps the roll of a group. They bound how long one member can hold up, or hold back partitions from,
// all others.
const (
	kafkaSilent = "who-is-silent-is-gone"         // a member that waits for no answer, and says nothing for its session time-out (KAFKA-9752)
	kafkaSyncs  = "who-does-not-sync-is-gone"     // within the rebalance time-out of its group (KAFKA-12890)
	kafkaNames  = "assignments-name-every-member" // of a stable generation; so each one has what the leader meant it to have (KAFKA-9801)
)

// A coordinator is held to its time-outs by time in which it was there: a broker that was paused finds late that somebody is due, and so does one
// that is slow and has more to do than it can: its timers wait with the rest.
const (
	kafkaAttends = 100 * time.Millisecond // at most so much of the time between two events counts
	kafkaGrace   = 300 * time.Millisecond // for timers that are late
	trueRate     = 1_000_000              // of a clock
)

// kafkaRolls is the ghost of what coordinators know of their members.
type kafkaRolls struct {
	attended map[nodes.ID]*kafkaAttended
	members  map[kafkaRolled]*kafkaMember
	planned  map[kafkaRolled]int32 // the last generation of which the plan was looked at; of no member
	glance   group.Glance
}

// kafkaAttended is for how long a broker was there.
type kafkaAttended struct {
	incarnation uint32
	last, total time.Duration
	slow, fast  int64 // the slowest and the fastest rate that its clock has had, in parts per million
}

// clocked is how long a time by the broker's clock may last by the same clock: a timer that was set while that was slow is late when it is fast,
// and a schedule makes it late by its window, and so the stage that it is handled in.
func (a *kafkaAttended) clocked(d, window time.Duration) time.Duration {
	return d/time.Duration(a.slow)*time.Duration(a.fast) + kafkaGrace + 2*window
}

// kafkaRolled is a member as one reign of a coordinator has it.
type kafkaRolled struct {
	id            nodes.ID
	incarnation   uint32
	epoch         int32
	group, member string
}

// kafkaMember is what was seen of a member.
type kafkaMember struct {
	heard      time.Duration // by the coordinator's clock
	since      time.Duration // that, in time attended
	generation int32
	told       time.Duration // when that began, in time attended
	within     time.Duration // the rebalance time-out of the group then
}

func newKafkaRolls() kafkaRolls {
	return kafkaRolls{attended: map[nodes.ID]*kafkaAttended{}, members: map[kafkaRolled]*kafkaMember{}, planned: map[kafkaRolled]int32{}}
}

// rolls looks at the members of the groups that a broker coordinates.
func (g *kafkaWatch) rolls(b *broker.Broker) {
	m, s := g.glancing.m, &g.rolled
	a := s.attended[m.ID()]
	if now := m.Monotonic(); a == nil || a.incarnation != m.Incarnation() {
		a = &kafkaAttended{incarnation: m.Incarnation(), last: now, slow: trueRate, fast: trueRate}
		s.attended[m.ID()] = a
	} else {
		if m.Behind() == 0 {
			a.total += min(max(now-a.last, 0), kafkaAttends)
		}
		a.last = now
	}
	rate := trueRate + m.DriftPPM()
	a.slow, a.fast = min(a.slow, rate), max(a.fast, rate)
	b.Groups().Glances(0, &s.glance, func() {
		g.plans(a, &s.glance)
		within := time.Duration(0)
		for i := range s.glance.Members {
			within = max(within, s.glance.Members[i].Rebalance)
		}
		for i := range s.glance.Members {
			g.member(a, &s.glance, &s.glance.Members[i], within)
		}
	})
}

// member holds what a coordinator has of a member against the rules.
func (g *kafkaWatch) member(a *kafkaAttended, of *group.Glance, now *group.MemberGlance, within time.Duration) {
	m, s := g.glancing.m, &g.rolled
	key := kafkaRolled{m.ID(), a.incarnation, of.LeaderEpoch, of.Group, now.Member}
	was := s.members[key]
	if was == nil {
		was = &kafkaMember{heard: -1, generation: -1}
		s.members[key] = was
	}
	if was.heard != now.Heard {
		was.heard, was.since = now.Heard, a.total
	}
	g.k.w.Asked(kafkaSilent)
	if silent := a.total - was.since; !now.Waits && silent > a.clocked(now.Session, g.k.w.Options.Window) {
		g.violate(kafkaSilent, "%s keeps %s (%s) in group %s, which has said nothing for %v; its session time-out is %v", m.ID(), now.Member, now.ClientID, of.Group, silent.Round(time.Millisecond), now.Session)
	}
	if was.generation != of.Generation || !now.Unsynced {
		was.generation, was.told, was.within = of.Generation, a.total, within
	}
	g.k.w.Asked(kafkaSyncs)
	if late := a.total - was.told; now.Unsynced && late > a.clocked(was.within, g.k.w.Options.Window) {
		g.violate(kafkaSyncs, "%s keeps %s (%s) in generation %d of group %s, which has not asked what it reads in it for %v; the rebalance time-out is %v",
			m.ID(), now.Member, now.ClientID, of.Generation, of.Group, late.Round(time.Millisecond), was.within)
	}
	if of.State == "Stable" {
		g.k.w.Asked(kafkaNames)
		if !now.Assigned {
			g.violate(kafkaNames, "%s has generation %d of group %s for stable, and its leader has not said what %s (%s) reads", m.ID(), of.Generation, of.Group, now.Member, now.ClientID)
		}
	}
}
