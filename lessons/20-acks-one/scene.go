// Package acksone is lesson 20: a leader that acknowledges what it alone has.
package acksone

import (
	"orrery/lessons/partition"
	"orrery/lessons/stage"
)

// Acknowledger is what the learner writes: when does a leader tell a producer that its record is safe?
type Acknowledger interface {
	// Acknowledges is asked when the leader has the record at offset on its disk, and again whenever one of the other two has changed. Below
	// hw, the high watermark, all replicas in sync have everything on their disks. inSync is how many these are, the leader among them.
	Acknowledges(offset, hw int64, inSync int) bool
}

// Variant is a partition whose leaders acknowledge like this.
func Variant(name, about string, make func() Acknowledger) stage.Variant {
	setup := partition.Setup{Rules: func() partition.Rules { return rules{a: make()} }}
	return stage.Variant{Name: name, About: about, Build: setup.Build}
}

// rules are Kafka's, but for what the learner writes.
type rules struct {
	partition.Standard
	a Acknowledger
}

// Acknowledges implements partition.Rules.
func (r rules) Acknowledges(offset, hw int64, inSync int) bool {
	return r.a.Acknowledges(offset, hw, inSync)
}

// Scene is three brokers, the controller, and a producer.
func Scene(broken, fixed func() Acknowledger) *stage.Scene {
	return &stage.Scene{
		Number: 20, Seed: 1, Codec: partition.Codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "a leader acknowledges what is on its own disk (acks=1)", broken),
			Variant(stage.Fixed, "a leader acknowledges what all in sync have (acks=all)", fixed),
		},
	}
}

// demo: b1 acknowledges a record, and dies before anybody has fetched it.
const demo = `
until 182ms
kill b1
until 420ms
`
