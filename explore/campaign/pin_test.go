package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/sim"
)

// TestADecisionThatIsTakenTwiceIsAnsweredTwice: a client that begins again asks what it asked before. If the run was
// forked in between, the seed answers otherwise, and neither answer is to be pinned for both.
func TestADecisionThatIsTakenTwiceIsAnsweredTwice(t *testing.T) {
	p := sim.Point{Stream: "workload/c1", ID: 7, N: 100}
	r := newReplayer([]sim.Draw{{Point: p, Value: 10}, {Point: p, Value: 20}})
	require.Equal(t, uint64(10), r.Choose(p, 10), "before the fork")
	require.Equal(t, uint64(20), r.Choose(p, 20), "after it")
	require.Equal(t, uint64(20), r.Choose(p, 20))
	require.Empty(t, r.pinned)

	r = newReplayer([]sim.Draw{{Point: p, Value: 10}})
	require.Equal(t, uint64(10), r.Choose(p, 3))
	require.Equal(t, []sim.Override{{Stream: p.Stream, ID: 7, Value: 10}}, r.pinned)
}
