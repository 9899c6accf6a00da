package trace

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// happened are deliveries of messages with these identities, a note after each.
func happened(ids ...uint64) (events []Event) {
	for i, id := range ids {
		at := time.Duration(id) * time.Millisecond
		events = append(events,
			Event{Seq: uint64(i + 1), At: at, ID: id, Kind: Deliver, Node: "n1", Peer: "n2", Name: "M"},
			Event{Seq: uint64(i + 1), Sub: 1, At: at, CauseSeq: uint64(i + 1), Kind: Note, Node: "n1", Text: "got it"})
	}
	return events
}

func TestATraceIsAlignedWithItselfEventByEvent(t *testing.T) {
	a := happened(1, 2, 3)
	got := Align(a, a)
	require.Equal(t, len(a), got.Both)
	require.Equal(t, len(a), got.First)
	require.Len(t, got.Rows, len(a))
	require.Empty(t, Align(nil, nil).Rows)
}

func TestAnEventIsItselfInARunFromWhichOthersWereLeftOut(t *testing.T) {
	got := Align(happened(1, 2, 3, 4), happened(1, 3, 4, 5))
	require.Equal(t, []AlignedRow{
		{A: 0, B: 0}, {A: 1, B: 1}, {A: 2, B: -1}, {A: 3, B: -1}, {A: 4, B: 2}, {A: 5, B: 3}, {A: 6, B: 4}, {A: 7, B: 5}, {A: -1, B: 6}, {A: -1, B: 7},
	}, got.Rows)
	require.Equal(t, 2, got.First)
	require.Equal(t, 6, got.Both)
}

func TestWhatHappenedInAnotherOrderStandsApart(t *testing.T) {
	got := Align(happened(1, 2, 3), happened(2, 3, 1))
	require.Equal(t, 4, got.Both, "as many as can be are in one order")
	require.Equal(t, AlignedRow{A: 0, B: -1}, got.Rows[0])
	require.Equal(t, AlignedRow{A: -1, B: 5}, got.Rows[len(got.Rows)-1])
}

func TestWhatDiffersInAnEventOfBothIsNamed(t *testing.T) {
	a, b := happened(1, 2), happened(1, 2)
	b[2].At, b[2].Seq = 9*time.Millisecond, 77
	b[3].Text, b[3].Seq, b[3].CauseSeq = "refused it", 77, 77
	got := Align(a, b)
	require.Equal(t, 2, got.First)
	require.Equal(t, []string{"t"}, got.Rows[2].Fields, "numbers depend on what was before")
	require.Equal(t, []string{"text"}, got.Rows[3].Fields)
}

func TestMessagesThatAreTheSameInAllAreToldApartByTheirTurn(t *testing.T) {
	once := []Event{{Seq: 1, Kind: Fire, Node: "n1", Name: "tick"}}
	twice := []Event{{Seq: 1, Kind: Fire, Node: "n1", Name: "tick"}, {Seq: 2, Kind: Fire, Node: "n1", Name: "tick"}}
	require.Equal(t, []AlignedRow{{A: 0, B: 0}, {A: -1, B: 1}}, Align(once, twice).Rows)
}
