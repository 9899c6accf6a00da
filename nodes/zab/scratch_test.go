package zab

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A queue loses its first element and nothing else, short or long, and what it was before is not held on to.
func TestAQueueBehindItsFirst(t *testing.T) {
	for _, n := range []int{1, 2, 16, 17, 40} {
		queue := make([]*int, n)
		for i := range queue {
			queue[i] = &i
		}
		whole := queue
		for i := range n - 1 {
			queue = behindFirst(queue)
			require.Len(t, queue, n-1-i)
			require.Equal(t, i+1, *queue[0])
			require.Equal(t, n-1, *queue[len(queue)-1])
		}
		require.Empty(t, behindFirst(queue))
		if n <= 16 {
			for _, p := range whole {
				require.Nil(t, p, "of %d", n)
			}
		}
	}
}

// What was taken from a stage is empty when it is posted again, and two that are under way are two.
func TestWhatIsPostedAgainIsNew(t *testing.T) {
	var s spare[commitStep]
	a, b := s.next(commitStep{gen: 1, goOn: true}), s.next(commitStep{gen: 2})
	require.NotSame(t, a, b)
	require.Equal(t, commitStep{gen: 1, goOn: true}, *a)
	s.over(a)
	require.Equal(t, commitStep{}, *a)
	c := s.next(commitStep{gen: 3})
	require.Same(t, a, c)
	require.Equal(t, commitStep{gen: 3}, *c)
	require.Equal(t, commitStep{gen: 2}, *b)
}
