package learner_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/lessons/learner"
)

// mine writes a learner's package: a text of the lesson's directory, changed.
func mine(t *testing.T, from string, change func(string) string) string {
	text, err := os.ReadFile(filepath.Join("..", "09-forgotten-promise", from))
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "teller.go"), []byte(change(string(text))), 0o600))
	return dir
}

func same(s string) string { return s }

func check(t *testing.T, dir string) (*learner.Report, error) {
	return learner.Check(t.Context(), learner.Request{Lesson: 9, Dir: dir, Limit: 4 * time.Second})
}

func TestTheSolutionPassesAndTheSkeletonDoesNot(t *testing.T) {
	// A minute, since the machine may have other things to do: the run takes about a second.
	r, err := learner.Check(t.Context(), learner.Request{Lesson: 9, Dir: mine(t, "fix/solution/solution.go", same), Limit: time.Minute})
	require.NoError(t, err)
	require.True(t, r.Passed(), r.String())
	require.Contains(t, r.String(), "passed: 2000 seeds")
	r, err = check(t, mine(t, "fix/fix.go", same))
	require.NoError(t, err)
	require.False(t, r.Passed())
	require.Contains(t, r.String(), "violated at seed 75 of 2000: agreement")
}

func TestWhatCannotBeRunIsNotJudged(t *testing.T) {
	for name, c := range map[string]struct{ dir, says string }{
		"no such directory": {filepath.Join(t.TempDir(), "nowhere"), "no such file"},
		"no Go files":       {t.TempDir(), "has no Go files"},
		"does not compile":  {mine(t, "fix/fix.go", func(s string) string { return s + "\nvar x int = \"y\"\n" }), "does not compile"},
		"a program":         {mine(t, "fix/fix.go", func(string) string { return "package main\n\nfunc main() {}\n" }), "is a program"},
		"a panic":           {mine(t, "fix/fix.go", func(string) string { return panics }), "a learner's panic"},
		"a loop":            {mine(t, "fix/fix.go", func(string) string { return loops }), "loop without end"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := learner.Check(t.Context(), learner.Request{Lesson: 9, Dir: c.dir, Limit: time.Second})
			require.ErrorIs(t, err, learner.ErrNotRun)
			require.ErrorContains(t, err, c.says)
		})
	}
	_, err := learner.Module(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "--module DIR")
}

const panics = `package mine

import forgotten "orrery/lessons/09-forgotten-promise"

func New() forgotten.Teller { panic("a learner's panic") }
`

const loops = `package mine

import forgotten "orrery/lessons/09-forgotten-promise"

func New() forgotten.Teller {
	for {
	}
}
`
