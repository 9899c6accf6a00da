// Package hwloses is lesson 21: a follower that cuts its log to its own high watermark, and then leads (KIP-101, scenario 1).
package hwloses

import (
	"orrery/lessons/partition"
	"orrery/lessons/stage"
)

// Cutter is what the learner writes: where does a broker cut its log that begins to follow a leader?
type Cutter interface {
	// Cut returns the offset to which the log is cut; what is below stays. hw is the broker's own high watermark: what it knows to be
	// committed. leader is nil at first. If ask is true, nothing is cut yet: the broker asks the leader where the latest epoch of
	// its own log ends there, and Cut is called again with the answer.
	Cut(log partition.Log, hw int64, leader *partition.EpochEnd) (to int64, ask bool)
}

// Variant is a partition whose followers cut like this.
func Variant(name, about string, make func() Cutter) stage.Variant {
	setup := partition.Setup{Rules: func() partition.Rules { return rules{c: make()} }, Moves: true}
	return stage.Variant{Name: name, About: about, Build: setup.Build}
}

// rules are Kafka's, but for what the learner writes.
type rules struct {
	partition.Standard
	c Cutter
}

// Cut implements partition.Rules.
func (r rules) Cut(log partition.Log, hw int64, leader *partition.EpochEnd) (to int64, ask bool) {
	return r.c.Cut(log, hw, leader)
}

// Scene is three brokers, the controller, and a producer.
func Scene(broken, fixed func() Cutter) *stage.Scene {
	return &stage.Scene{
		Number: 21, Seed: 3, Codec: partition.Codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "a follower cuts what it does not know to be committed", broken),
			Variant(stage.Fixed, "a follower asks its leader first", fixed),
		},
	}
}

// demo: the lead is moved from b1 to b2 to b3. b1 follows, and cuts by what it has heard of the high watermark; b3 dies.
const demo = `
until 234ms
kill b3
until 600ms
`
