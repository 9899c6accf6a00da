package ackers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/lessons"
	ackers "orrery/lessons/28-acker-lost-tuple"
)

// execute is a bolt in one function.
type execute func(out ackers.Collector, line *ackers.Tuple)

func (f execute) Execute(out ackers.Collector, line *ackers.Tuple) { f(out, line) }

// What a learner may write who has understood half of it. None of it passes.
var halves = map[string]execute{
	"words in no tree, and the line acknowledged last": func(out ackers.Collector, line *ackers.Tuple) {
		for _, word := range line.Words {
			out.Emit(nil, word)
		}
		out.Ack(line)
	},
	"words anchored, behind the Ack": func(out ackers.Collector, line *ackers.Tuple) {
		out.Ack(line)
		for _, word := range line.Words {
			out.Emit(line, word)
		}
	},
	"an Ack after each word": func(out ackers.Collector, line *ackers.Tuple) {
		for _, word := range line.Words {
			out.Emit(line, word)
			out.Ack(line)
		}
	},
	"no Ack at all": func(out ackers.Collector, line *ackers.Tuple) {
		for _, word := range line.Words {
			out.Emit(line, word)
		}
	},
	"the first word alone": func(out ackers.Collector, line *ackers.Tuple) {
		out.Emit(line, line.Words[0])
		out.Ack(line)
	},
}

func TestHalfAFixDoesNotPass(t *testing.T) {
	l, err := lessons.Numbered(28)
	require.NoError(t, err)
	for name, f := range halves {
		v := ackers.Variant("half", name, func() ackers.Bolt { return f })
		out, err := l.Prove(&v, l.Proof, nil)
		require.NoError(t, err)
		require.NotZero(t, out.Failed, "%s: passes %d seeds", name, out.Seeds)
		t.Logf("%s: seed %d: %s: %s", name, out.Failed, out.Property, out.Detail)
	}
}
