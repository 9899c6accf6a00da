package group_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/group"
)

func TestAGlanceShowsWhoHasSaidSomethingAndWhen(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	var v group.Glance
	look := func() group.MemberGlance {
		seen := 0
		w.c.Glances(0, &v, func() { seen++ })
		require.Equal(t, 1, seen)
		require.Equal(t, "g", v.Group)
		require.Equal(t, "Stable", v.State)
		require.Len(t, v.Members, 1)
		return v.Members[0]
	}
	before := look()
	require.False(t, before.Waits)
	require.False(t, before.Unsynced)
	require.Equal(t, w.c.Inspect().(group.View).Partitions[0].Groups[0].Members[0].Assignment, before.Assignment)
	require.NotEmpty(t, before.Assignment)
	w.pass(time.Second)
	require.Equal(t, before.Heard, look().Heard, "it has said nothing")
	_ = a.heartbeat()
	require.GreaterOrEqual(t, look().Heard, before.Heard+time.Second)
}
