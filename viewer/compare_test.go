package viewer_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/trace"
	"orrery/viewer"
)

// steps are deliveries with these identities, a millisecond apart from a time on, each caused by the one before, with a
// note.
func steps(from time.Duration, ids ...uint64) (events []trace.Event) {
	for i, id := range ids {
		e := trace.Event{Seq: uint64(i + 1), At: from + time.Duration(i)*time.Millisecond, ID: id, Kind: trace.Deliver, Node: "n1", Peer: "n2", Name: "M", CauseSeq: uint64(i)}
		note := trace.Event{Seq: e.Seq, Sub: 1, At: e.At, CauseSeq: e.Seq, Kind: trace.Note, Node: "n1", Text: "got it", State: "x: 1 → 2"}
		events = append(events, e, note)
	}
	return events
}

func TestOneRunIsMadeOfTwo(t *testing.T) {
	const a, b = viewer.OnlyA, viewer.OnlyB
	events, sides := viewer.Compare(steps(0, 1, 2, 3), steps(time.Second, 1, 9, 3, 4))
	require.Equal(t, []viewer.Side{0, 0, a, a, b, b, 0, 0, b, b}, sides)
	var numbers, causes []uint64
	for i, e := range events {
		numbers, causes = append(numbers, e.Seq), append(causes, e.CauseSeq)
		require.Empty(t, e.State, "there is no machine that both are about")
		if i > 0 {
			require.GreaterOrEqual(t, e.At, events[i-1].At)
		}
	}
	require.Equal(t, []uint64{1, 1, 2, 2, 3, 3, 4, 4, 5, 5}, numbers, "an event and its effects have one number")
	require.Equal(t, []uint64{0, 1, 1, 2, 1, 3, 2, 4, 4, 5}, causes, "each follows from what it followed from in its own run")
	require.Equal(t, 3*time.Millisecond, events[8].At, "what is only in B stands where it would be in A")
}

func TestARunComparedWithItselfIsInBoth(t *testing.T) {
	events, sides := viewer.Compare(steps(0, 1, 2), steps(0, 1, 2))
	require.Len(t, events, 4)
	require.Equal(t, make([]viewer.Side, 4), sides)
}

func TestAnEventThatDiffersStandsOnceForEachRun(t *testing.T) {
	other := steps(0, 1, 2)
	other[3].Text = "refused it"
	events, sides := viewer.Compare(steps(0, 1, 2), other)
	require.Equal(t, []viewer.Side{0, 0, 0, viewer.OnlyA, viewer.OnlyB}, sides)
	require.Equal(t, "got it", events[3].Text)
	require.Equal(t, "refused it", events[4].Text)
	require.Equal(t, events[2].Seq, events[4].Seq, "both are effects of one event")
}

func TestAPageOfTwoRunsSaysWhoseEachEventIs(t *testing.T) {
	events, sides := viewer.Compare(steps(0, 1, 2), steps(0, 1, 3))
	f := read(t, &viewer.Page{Events: events, Sides: sides})
	var bits []int64
	for _, s := range f.column("set") {
		bits = append(bits, s>>2)
	}
	require.Equal(t, []int64{0, 0, 1, 1, 2, 2}, bits)
}
