package lessons_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/lessons"
	"orrery/lessons/stage"
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
