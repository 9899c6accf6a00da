package session

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestExpiryIsThatOfASimpleModel compares the queue with a list that says of each session when its time is over.
func TestExpiryIsThatOfASimpleModel(t *testing.T) {
	type life struct {
		id      int64
		over    time.Duration
		arrived int
	}
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.IntRange(1, 3000).Draw(t, "tick")) * time.Millisecond
		now := time.Duration(rapid.IntRange(0, 10_000).Draw(t, "start")) * time.Millisecond
		tr := NewTracker(Config{Tick: every, NextID: 1}, now)
		var model []life
		for step := range rapid.IntRange(1, 60).Draw(t, "steps") {
			timeout := time.Duration(rapid.IntRange(1, 9000).Draw(t, "timeout")) * time.Millisecond
			over := ((now+timeout)/every + 1) * every
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				model = append(model, life{tr.Create(timeout, now), over, step})
			case 1, 2:
				id := int64(rapid.IntRange(1, 8).Draw(t, "session"))
				i := slices.IndexFunc(model, func(l life) bool { return l.id == id })
				require.Equal(t, i >= 0, tr.Touch(id, timeout, now))
				if i >= 0 && model[i].over != over {
					model[i].over, model[i].arrived = over, step
				}
			case 3:
				id := int64(rapid.IntRange(1, 8).Draw(t, "session"))
				tr.Remove(id)
				model = slices.DeleteFunc(model, func(l life) bool { return l.id == id })
			case 4:
				now += time.Duration(rapid.IntRange(0, 8000).Draw(t, "pause")) * time.Millisecond
				var want []int64
				slices.SortStableFunc(model, func(a, b life) int { return cmp.Or(cmp.Compare(a.over, b.over), cmp.Compare(a.arrived, b.arrived)) })
				for len(model) > 0 && model[0].over <= now {
					want = append(want, model[0].id)
					model = model[1:]
				}
				require.Equal(t, want, tr.Expire(now))
			}
		}
	})
}
