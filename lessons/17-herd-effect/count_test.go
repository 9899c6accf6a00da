package herd

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/lessons/stage"
	"orrery/sim"
)

// everything watches the line; before watches the one before.
type (
	everything struct{}
	before     struct{}
)

func (everything) Watch([]string, string) string { return "" }

func (before) Watch(line []string, own string) string {
	for i, name := range line {
		if name == own {
			return line[i-1]
		}
	}
	return ""
}

func wakes(t *testing.T, waiter Waiter) int {
	w := &stage.World{U: sim.New(sim.Config{Seed: 2})}
	c := gather(w, func() Waiter { return waiter }, math.MaxInt)
	require.True(t, w.U.RunUntil(w.Done, 10*time.Second))
	return c.wakes
}

func TestFiftyClientsWake1225TimesOr49(t *testing.T) {
	require.Equal(t, 49*50/2, wakes(t, everything{}))
	require.Equal(t, 49, wakes(t, before{}))
}
