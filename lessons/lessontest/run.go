package lessontest

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/lessons"
	"orrery/lessons/learner"
	"orrery/lessons/stage"
)

// mostTime is how much CPU time a part of the test of a lesson may take. The race detector makes everything many times slower.
const mostTime = 10 * slower * time.Second

// Run tests a lesson. It is called from the lesson's own directory.
func Run(t *testing.T, number int) {
	l, err := lessons.Numbered(number)
	require.NoError(t, err)
	wrong, right := variant(t, l, stage.Broken), variant(t, l, stage.Fixed)

	timed(t, "the wrong variant fails on the pinned seed", func(t *testing.T) {
		r, err := l.Universe(wrong, l.Pinned, nil)
		require.NoError(t, err)
		require.Equal(t, checker.Violated, r.Verdict, "seed %d: %s", l.Pinned, r.Detail)
	})
	timed(t, "the wrong variant is caught within the published seeds", func(t *testing.T) {
		out, err := l.Prove(wrong, l.Within, nil)
		require.NoError(t, err)
		require.NotZero(t, out.Failed, "none of %d seeds violates anything", l.Within)
		t.Logf("seed %d of at most %d: %s: %s", out.Failed, l.Within, out.Property, out.Detail)
	})
	timed(t, "the right variant passes the published seeds", func(t *testing.T) {
		out, err := l.Prove(right, l.Proof, nil)
		require.NoError(t, err)
		require.Zero(t, out.Failed, "%s: %s", out.Property, out.Detail)
		require.Less(t, out.Vacuous, l.Proof/2, "in most seeds no fault bit")
	})
	timed(t, "the demonstration goes wrong with the wrong variant alone", func(t *testing.T) {
		s, err := stage.Play(l.Scene, wrong, l.Scene.Seed, stage.Lines(l.Scene.Demo))
		require.NoError(t, err)
		require.NotNil(t, s.Universe().Violation())
		s, _ = play(l.Scene, right, l.Scene.Seed, stage.Lines(l.Scene.Demo))
		require.Nil(t, s.Universe().Violation())
	})
	timed(t, "the story is what happens", func(t *testing.T) { stories(t, l) })
	if _, err := os.Stat("mine"); err == nil {
		timed(t, "the learner's variant passes", func(t *testing.T) {
			report, err := learner.Check(t.Context(), learner.Request{Lesson: number, Dir: "mine"})
			require.NoError(t, err)
			require.True(t, report.Passed(), report.String())
		})
	}
}

// timed is t.Run with the bound on CPU time.
func timed(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		before := used()
		f(t)
		require.Less(t, used()-before, mostTime, "a test of a lesson may not take longer")
	})
}

func variant(t *testing.T, l *lessons.Lesson, name string) *stage.Variant {
	v, err := l.Scene.Variant(name)
	require.NoError(t, err)
	return v
}

// play plays what can be played of the steps, and returns those that cannot.
func play(scene *stage.Scene, v *stage.Variant, seed uint64, steps []string) (s *stage.Session, not []string) {
	s, _ = stage.Play(scene, v, seed, nil)
	for _, line := range steps {
		if err := s.Do(line); err != nil {
			not = append(not, line)
		}
	}
	return s, not
}

// Replay makes a test of a plan that was saved from the page of a lesson: the same steps must come to the same end, to
// the last bit of the hash.
func Replay(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	p, err := stage.ReadPlan(data)
	require.NoError(t, err, path)
	l, err := lessons.Numbered(p.Lesson)
	require.NoError(t, err, path)
	s, err := p.Play(l.Scene)
	require.NoError(t, err, path)
	v := s.View()
	require.Equal(t, p.Expect, stage.Expected{Verdict: v.Verdict, Property: v.Property, Hash: v.Hash}, path)
}
