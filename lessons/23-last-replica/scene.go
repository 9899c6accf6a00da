// Package lastreplica is lesson 23: the ISR shrinks to one, and that one dies.
package lastreplica

import (
	"orrery/lessons/partition"
	"orrery/lessons/stage"
	"orrery/nodes"
)

// Policy is what the learner writes: what is given up when too few replicas are left, the service or the data?
type Policy interface {
	// Accepts is asked by a leader for each record: does it take it, while inSync replicas are in sync, itself among them? What it takes is
	// acknowledged when all of these have it.
	Accepts(inSync int) bool
	// Elects is asked by the controller when there is no leader: who is the next? inSync are those that had everything, alive those that can be
	// reached now. ok is false if nobody is to lead; then it is asked again, after a while.
	Elects(inSync, alive []nodes.ID) (leader nodes.ID, ok bool)
}

// Variant is a partition under this policy. Its brokers flush in the background, as Kafka's do.
func Variant(name, about string, make func() Policy) stage.Variant {
	setup := partition.Setup{Rules: func() partition.Rules { return rules{p: make()} }, FlushesLate: true}
	return stage.Variant{Name: name, About: about, Build: setup.Build}
}

// rules are Kafka's, but for what the learner writes.
type rules struct {
	partition.Standard
	p Policy
}

// Accepts implements partition.Rules.
func (r rules) Accepts(inSync int) bool { return r.p.Accepts(inSync) }

// Elects implements partition.Rules.
func (r rules) Elects(inSync, alive []nodes.ID) (leader nodes.ID, ok bool) {
	return r.p.Elects(inSync, alive)
}

// Scene is three brokers, the controller, and a producer.
func Scene(broken, fixed func() Policy) *stage.Scene {
	return &stage.Scene{
		Number: 23, Seed: 1, Codec: partition.Codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "the partition is served as long as anybody is alive", broken),
			Variant(stage.Fixed, "the partition is served as long as two have everything", fixed),
		},
	}
}

// demo: b2 and b3 die, b1 goes on alone; then it loses its power, and b2 comes back.
const demo = `
until 200ms
kill b2
kill b3
until 440ms
crash b1
start b2
until 800ms
`
