package smallscope_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/smallscope"
)

// jugs are two jugs, which hold 3 and 5: the puzzle of measuring 4.
type jugs struct{ small, large int8 }

type pour string

func (p pour) String() string { return string(p) }

func jugsModel(forbidden int8) *smallscope.Model[jugs, pour] {
	return &smallscope.Model[jugs, pour]{
		Next: func(s *jugs, visit func(pour, *jugs)) {
			into, out := min(s.small, 5-s.large), min(s.large, 3-s.small)
			for _, x := range []struct {
				p pour
				s jugs
			}{
				{"fill small", jugs{3, s.large}}, {"fill large", jugs{s.small, 5}}, {"empty small", jugs{0, s.large}}, {"empty large", jugs{s.small, 0}},
				{"small into large", jugs{s.small - into, s.large + into}}, {"large into small", jugs{s.small + out, s.large - out}},
			} {
				visit(x.p, &x.s)
			}
		},
		Key: func(s *jugs) [2]uint64 { return [2]uint64{uint64(s.small), uint64(s.large)} },
		Check: func(s *jugs) (string, error) {
			if s.large == forbidden {
				return "amount", errors.New("it is there")
			}
			return "", nil
		},
	}
}

func ExampleModel() {
	r := jugsModel(4).Search(context.Background(), smallscope.Bounds{}, nil)
	fmt.Println(r.Violation.Schedule)
	// Output:
	// fill large
	// large into small
	// empty small
	// large into small
	// fill large
	// large into small
}

func TestModelFindsAShortestWay(t *testing.T) {
	m := jugsModel(4)
	r := m.Search(context.Background(), smallscope.Bounds{}, nil)
	require.Equal(t, 6, r.Depth)
	require.Len(t, r.Violation.Schedule, 6)
	v, err := m.Replay(r.Violation.Schedule)
	require.NoError(t, err)
	require.Equal(t, r.Violation, v)
	v, err = m.Replay(r.Violation.Schedule[:5])
	require.NoError(t, err)
	require.Nil(t, v)
	_, err = m.Replay(smallscope.Schedule{"drink"})
	require.ErrorIs(t, err, smallscope.ErrNoStep)
}

func TestModelIsExhausted(t *testing.T) {
	r := jugsModel(6).Search(context.Background(), smallscope.Bounds{}, nil)
	require.True(t, r.Exhausted)
	require.EqualValues(t, 16, r.States, "of the 24 pairs those in which a jug is full or empty")
	require.EqualValues(t, 16*6, r.Transitions)
}

func TestModelKeepsToItsBounds(t *testing.T) {
	r := jugsModel(4).Search(context.Background(), smallscope.Bounds{Depth: 5}, nil)
	require.Nil(t, r.Violation)
	require.False(t, r.Exhausted)
	require.Equal(t, 5, r.Depth)
	r = jugsModel(6).Search(context.Background(), smallscope.Bounds{States: 9}, nil)
	require.False(t, r.Exhausted)
	require.Less(t, r.States, uint64(16))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.False(t, jugsModel(6).Search(ctx, smallscope.Bounds{}, nil).Exhausted)
}

func TestWalkIsAFunctionOfItsSeed(t *testing.T) {
	walk := func(seed uint64) uint64 {
		n, err := jugsModel(4).Walk(rand.New(rand.NewPCG(seed, 0)), 20, 100_000)
		require.NoError(t, err)
		require.GreaterOrEqual(t, n, uint64(6))
		return n
	}
	require.Equal(t, walk(1), walk(1))
	require.NotEqual(t, walk(1), walk(2))
	_, err := jugsModel(6).Walk(rand.New(rand.NewPCG(1, 0)), 20, 1000)
	require.ErrorIs(t, err, smallscope.ErrNoViolation)
}
