package explore

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/sim"
)

func TestATapeChangesTheDrawsThatItNames(t *testing.T) {
	tape := NewTape([]byte{42, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x80, 0, 0, 0xff})
	require.EqualValues(t, 42, tape.Seed())
	var got []uint64
	for range 5 {
		got = append(got, tape.Choose(sim.Point{N: 10}, 7))
	}
	require.Equal(t, []uint64{7, 7, 5, 9, 7}, got)
}

func TestAnyBytesAreATape(t *testing.T) {
	require.Zero(t, NewTape(nil).Seed())
	require.EqualValues(t, 3, NewTape([]byte{3}).Choose(sim.Point{N: 4}, 3))
	full := NewTape([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9})
	require.EqualValues(t, uint64(1)<<56, full.Choose(sim.Point{}, 5), "a draw of all 64 bits")
}
