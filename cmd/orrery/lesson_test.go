package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// student is a command whose badges are in a directory of the test's own.
func student(t *testing.T) (w *world, badges string) {
	badges = filepath.Join(t.TempDir(), "config", "lessons.json")
	t.Setenv("ORRERY_LESSONS", badges)
	return newWorld(), badges
}

func TestALessonPassedIsABadge(t *testing.T) {
	w, badges := student(t)
	mine := filepath.Join(t.TempDir(), "mine")
	code, out, _ := w.orrery(t, "lesson 9 --start "+mine)
	require.Equal(t, exitHeld, code)
	require.Contains(t, out, "orrery lesson 9 --check "+mine)
	code, _, said := w.orrery(t, "lesson 9 --start "+mine)
	require.Equal(t, exitUnable, code)
	require.Contains(t, said, "something in it already")

	code, out, _ = w.orrery(t, "lesson 9 --check "+mine)
	require.Equal(t, exitViolated, code, "the skeleton is wrong")
	require.Contains(t, out, "violated at seed")
	require.NoFileExists(t, badges)

	_, solution, _ := w.orrery(t, "lesson 9 --reveal")
	require.NoError(t, os.WriteFile(filepath.Join(mine, "fix.go"), []byte(solution), 0o600))
	code, out, _ = w.orrery(t, "lesson 9 --check "+mine)
	require.Equal(t, exitHeld, code, out)
	require.Contains(t, out, "★ keeper of promises")
	_, out, _ = w.orrery(t, "lesson")
	require.Contains(t, out, "★  9  The forgotten promise")

	require.NoError(t, os.WriteFile(filepath.Join(mine, "fix.go"), []byte("package mine\n\nvar x int = true\n"), 0o600))
	code, _, said = w.orrery(t, "lesson 9 --check "+mine)
	require.Equal(t, exitUnable, code)
	require.Contains(t, said, "it does not compile")
}

func TestALessonWithoutATerminalPrintsItsQuestionsAndGradesAnswers(t *testing.T) {
	w, _ := student(t)
	code, out, _ := w.orrery(t, "lesson 9")
	require.Equal(t, exitHeld, code)
	parts := []string{"Story", "Hypothesis", "Predict", "a) ", "Answer with --answers", "Run", "VIOLATION of agreement", "Break", "Fix", "Prove", "What you learned"}
	for _, part := range parts {
		at := strings.Index(out, part)
		require.GreaterOrEqual(t, at, 0, "%s", part)
		out = out[at:]
	}
	_, out, _ = w.orrery(t, "lesson 9 --answers b,b,a")
	require.Contains(t, out, "2 of 3 predicted.")
	require.Contains(t, out, "a: Not so: c is right.")
}

func TestALessonRefusesWhatIsNoLesson(t *testing.T) {
	w, _ := student(t)
	for line, says := range map[string]string{
		"lesson 0":                    "there is no lesson 0",
		"lesson nine":                 "want the number of a lesson",
		"lesson 9 8":                  "one argument too many",
		"lesson --check mine":         "--check wants the number of a lesson",
		"lesson 9 --answers b":        "there are 3 questions",
		"lesson 9 --answers b,b,z":    "want a letter from a to c",
		"lesson 9 --check nowhere":    "no such file",
		"lesson 9 --play nowhere.txt": "there is no such file",
		"lesson 9 --check=":           "--check: want a path",
	} {
		code, _, said := w.orrery(t, line)
		require.Equal(t, exitUnable, code, line)
		require.Contains(t, said, says, line)
	}
}

func TestReplayPlaysWhatALessonsPageHasSaved(t *testing.T) {
	w, _ := student(t)
	saved := "../../lessons/page/testdata/saved.json"
	code, out, _ := w.orrery(t, "replay "+saved)
	require.Equal(t, exitViolated, code)
	require.Contains(t, out, "violated after")
	require.Contains(t, out, "same hash")
	code, out, _ = w.orrery(t, "replay --json "+saved)
	require.Equal(t, exitViolated, code)
	var r playedPlan
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Equal(t, "agreement", r.Property)
	require.Equal(t, r.Expected, r.Hash)
	code, out, _ = w.orrery(t, "lesson 9 --play "+saved)
	require.Equal(t, exitViolated, code)
	require.Contains(t, out, "VIOLATION of agreement")

	text, err := os.ReadFile(saved)
	require.NoError(t, err)
	other := filepath.Join(t.TempDir(), "other.json")
	require.NoError(t, os.WriteFile(other, []byte(strings.Replace(string(text), `"hash": "`, `"hash": "0`, 1)), 0o600))
	code, out, _ = w.orrery(t, "replay "+other)
	require.Equal(t, exitUnknown, code)
	require.Contains(t, out, "ANOTHER RUN")
	require.NoError(t, os.WriteFile(other, []byte(strings.Replace(string(text), `"crash a2"`, `"crash a7"`, 1)), 0o600))
	code, _, said := w.orrery(t, "replay "+other)
	require.Equal(t, exitUnable, code)
	require.Contains(t, said, "there is no machine a7")
}

func TestTheLessonsAreObjectsForPrograms(t *testing.T) {
	w, _ := student(t)
	_, out, _ := w.orrery(t, "lesson --json")
	for line := range strings.Lines(out) {
		var l struct {
			Number int
			Track  string
			Proof  uint64
		}
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		require.Positive(t, l.Number)
		require.NotEmpty(t, l.Track)
		require.Positive(t, l.Proof)
	}
}
