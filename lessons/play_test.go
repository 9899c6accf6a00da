package lessons_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/lessons"
	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/trace"
)

// clumsy is a step that somebody may try who plays without a plan.
func clumsy(chance *rand.Rand, v *stage.View) string {
	m := v.Machines[chance.IntN(len(v.Machines))].ID
	o := v.Machines[chance.IntN(len(v.Machines))].ID
	if len(v.Pending) > 0 && chance.IntN(3) > 0 {
		w := v.Pending[chance.IntN(len(v.Pending))]
		return w.Step([]string{"take", "take", "take", "lose", "double", "delay 80ms"}[chance.IntN(6)])
	}
	steps := []string{"next", fmt.Sprintf("until %dms", v.Now/1e6+20), fmt.Sprintf("skew %s -50ms", m), fmt.Sprintf("cut %s %s", m, o), fmt.Sprintf("heal %s %s", m, o)}
	for _, w := range v.Pending {
		if w.Frame {
			steps = append(steps, w.Step("break"))
		}
	}
	for _, verb := range []string{"crash", "kill", "start", "pause", "resume", "fail-sync"} {
		steps = append(steps, fmt.Sprintf("%s %s", verb, m))
	}
	return steps[chance.IntN(len(steps))]
}

// Whatever is tried, in whichever lesson: a step happens or is refused, and those that have happened come to the same
// state again.
func TestHoweverALessonIsPlayedItIsPlayedAgain(t *testing.T) {
	for _, l := range lessons.All() {
		for i := range l.Scene.Variants {
			v := &l.Scene.Variants[i]
			t.Run(l.Dir+"/"+v.Name, func(t *testing.T) {
				for seed := range uint64(6) {
					chance := rand.New(rand.NewPCG(seed, uint64(l.Number)))
					s, err := stage.Play(l.Scene, v, seed, nil)
					require.NoError(t, err)
					var done []string
					for range 80 {
						step := clumsy(chance, s.View())
						if err := s.Do(step); err == nil {
							done = append(done, step)
						} else {
							require.ErrorIs(t, err, stage.ErrNoStep, step)
						}
					}
					again, err := stage.Play(l.Scene, v, seed, done)
					require.NoError(t, err)
					require.Equal(t, s.View(), again.View())
				}
			})
		}
	}
}

// What a connection carries can be taken, delayed, or break the connection; it is said what it is, and drawn when it comes.
func TestAFrameComesInOrderOrBreaksItsConnection(t *testing.T) {
	l, err := lessons.Numbered(14)
	require.NoError(t, err)
	v, err := l.Scene.Variant(stage.Fixed)
	require.NoError(t, err)
	s, err := stage.Play(l.Scene, v, l.Scene.Seed, []string{"until 250ms"})
	require.NoError(t, err)
	frame := func(what string) *stage.Waiting {
		for range 400 {
			list := s.View().Pending
			if i := slices.IndexFunc(list, func(w stage.Waiting) bool { return w.Frame && strings.HasPrefix(w.What, what) }); i >= 0 {
				return &list[i]
			}
			require.NoError(t, s.Do("next"))
		}
		require.Fail(t, "nobody says "+what)
		return nil
	}
	for _, verb := range []string{"lose", "double"} {
		require.ErrorIs(t, s.Do(frame("PROPOSAL").Step(verb)), stage.ErrNoStep)
	}
	w := frame("PROPOSAL")
	require.NoError(t, s.Do(w.Step("take")))
	require.Contains(t, told(s, w.Node), "gets "+w.What+" from "+string(w.From))
	w = frame("ACK")
	require.NoError(t, s.Do(w.Step("break")))
	require.Contains(t, told(s, w.Node), "connection with "+string(w.From)+" has ended: connection reset")
	require.NotContains(t, told(s, w.Node), "gets "+w.What+" from "+string(w.From))
	for _, e := range s.Events() {
		require.NotEqual(t, trace.Received, e.Kind, "a story is told without them")
	}
}

// told is what the view tells of a machine.
func told(s *stage.Session, id nodes.ID) (list []string) {
	for _, e := range s.View().Events {
		if e.Node == string(id) {
			list = append(list, strings.TrimPrefix(e.What, ": "))
		}
	}
	return list
}
