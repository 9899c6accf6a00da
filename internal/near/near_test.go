package near

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"crash", "crash", 0}, {"crsh", "crash", 1}, {"carsh", "crash", 1}, {"crush", "crash", 1}, {"lost", "crash", 4}} {
		require.Equal(t, c.want, distance(c.a, c.b), "%s %s", c.a, c.b)
		require.Equal(t, c.want, distance(c.b, c.a), "%s %s", c.b, c.a)
	}
}

func TestTheNearestComeFirstAndAreFew(t *testing.T) {
	known := []string{"clock-bump", "clock-freeze", "clock-strobe", "clog", "clock-backwards"}
	require.Equal(t, []string{"clock-bump", "clock-freeze", "clock-strobe"}, Words("clock", known))
	require.Equal(t, []string{"clog"}, Words("clgo", known))
	require.Empty(t, Words("x", known))
}
