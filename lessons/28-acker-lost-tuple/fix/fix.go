// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import "orrery/lessons/28-acker-lost-tuple"

// New makes the bolt that splits lines into words.
func New() ackers.Bolt { return bolt{} }

type bolt struct{}

// Execute takes a line, and emits its words.
func (bolt) Execute(out ackers.Collector, line *ackers.Tuple) {
	// Your lines here: what does the acker know when it is told of the line, and what of the words?
	out.Ack(line)
	for _, word := range line.Words {
		out.Emit(nil, word)
	}
}
