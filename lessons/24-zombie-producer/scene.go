// Package zombieproducer is lesson 24: a record that is sent twice, and a producer that was replaced and wakes up.
package zombieproducer

import (
	"orrery/lessons/partition"
	"orrery/lessons/stage"
)

// Judge is what the learner writes: what does a leader do with a record?
type Judge interface {
	// Judge is asked for each record that a producer sends. next is its stamp: its producer, which instance of it (Epoch, 1 for the first), and
	// the number of the record within the instance (Seq, from 0). last is the stamp of the latest record of that producer in the leader's log, if
	// there is any.
	Judge(last partition.Stamp, any bool, next partition.Stamp) partition.Verdict
}

// records is how many each instance sends.
const records = 6

// Variant is a partition whose leaders judge like this, and a producer of which a second instance is started after a while.
func Variant(name, about string, make func() Judge) stage.Variant {
	setup := partition.Setup{Rules: func() partition.Rules { return rules{j: make()} }, Records: records, Zombie: true}
	return stage.Variant{Name: name, About: about, Build: setup.Build}
}

// rules are Kafka's, but for what the learner writes.
type rules struct {
	partition.Standard
	j Judge
}

// Judge implements partition.Rules.
func (r rules) Judge(last partition.Stamp, any bool, next partition.Stamp) partition.Verdict {
	return r.j.Judge(last, any, next)
}

// Scene is three brokers, the controller, and two instances of a producer.
func Scene(broken, fixed func() Judge) *stage.Scene {
	return &stage.Scene{
		Number: 24, Seed: 1, Codec: partition.Codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "a leader appends whatever it is sent", broken),
			Variant(stage.Fixed, "a leader knows what it has, and who was replaced", fixed),
		},
	}
}

// demo: p1 stands still, p2 is started in its place, and p1 wakes up.
const demo = `
until 150ms
pause p1
until 600ms
resume p1
until 800ms
`
