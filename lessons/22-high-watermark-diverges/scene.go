// Package diverges is lesson 22: after two elections in quick succession an offset alone does not say where two logs part (KIP-279).
package diverges

import (
	"orrery/lessons/partition"
	"orrery/lessons/stage"
)

// Cutter is what the learner writes: where does a follower cut its log, when its leader has answered where an epoch ends?
type Cutter interface {
	// Cut returns the offset to which the log is cut. The leader was asked for the latest epoch of the follower's log. leader says which
	// epoch it knows instead, that one or the largest below, and where that ends in its log. If again is true, the log is cut and the
	// leader is asked once more, for what is then the latest epoch of the log.
	Cut(log partition.Log, leader partition.EpochEnd) (to int64, again bool)
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
func (r rules) Cut(log partition.Log, _ int64, leader *partition.EpochEnd) (to int64, ask bool) {
	if leader == nil {
		return 0, true
	}
	return r.c.Cut(log, *leader)
}

// Scene is three brokers, the controller, and a producer.
func Scene(broken, fixed func() Cutter) *stage.Scene {
	return &stage.Scene{
		Number: 22, Seed: 12, Codec: partition.Codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "of the leader's answer only the offset counts", broken),
			Variant(stage.Fixed, "it counts whose end the offset is", fixed),
		},
	}
}

// demo: b1 cannot reach b2, and the lead is moved from b1 to b3, to b2, to b3, to b1. Nobody dies.
const demo = `
until 225ms
cut b1 b2
until 420ms
heal b1 b2
until 600ms
`
