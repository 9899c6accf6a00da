package lessons_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/lessons"
	"orrery/scenarios"
)

// mostLines is a README.md that fits onto a screen.
const mostLines = 60

func TestEveryLessonIsWhole(t *testing.T) {
	numbers := map[int]string{}
	dirs := map[string]bool{}
	for _, l := range lessons.All() {
		require.Empty(t, numbers[l.Number], "lesson %d is there twice", l.Number)
		numbers[l.Number], dirs[l.Dir] = l.Dir, true
		t.Run(l.Dir, func(t *testing.T) {
			require.NotEmpty(t, l.Title)
			require.NotEmpty(t, l.Badge)
			require.Positive(t, l.Minutes)
			require.NotNil(t, l.Scene, "package scenes does not list it")
			require.Equal(t, l.Number, l.Scene.Number)
			require.NotNil(t, l.Scene.Codec)
			require.Positive(t, l.Within)
			require.Positive(t, l.Proof)
			require.FileExists(t, filepath.Join(l.Dir, "lesson_test.go"))
			readme, err := l.Text("README.md")
			require.NoError(t, err)
			require.LessOrEqual(t, strings.Count(readme, "\n"), mostLines)
			for _, name := range lessons.Sections() {
				part, err := l.Section(name)
				require.NoError(t, err)
				require.NotEmpty(t, part, name)
			}
			quiz, err := l.Quiz()
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(quiz), 2)
			hints, err := l.Hints()
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(hints), 2)
			fixIsSmall(t, l)
			museum(t, l)
		})
	}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() && e.Name()[0] >= '0' && e.Name()[0] <= '9' {
			require.True(t, dirs[e.Name()], "%s is not in the table", e.Name())
		}
	}
}

// fixIsSmall: both packages export New and are in their places, and what the solution has more of is a few lines.
func fixIsSmall(t *testing.T, l *lessons.Lesson) {
	skeleton, err := l.Text("fix/fix.go")
	require.NoError(t, err)
	require.Contains(t, skeleton, "Your lines here")
	solution, err := l.Text("fix/solution/solution.go")
	require.NoError(t, err)
	for _, text := range []string{skeleton, solution} {
		f, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
		require.NoError(t, err)
		require.NotNil(t, f.Scope.Lookup("New"))
	}
	require.LessOrEqual(t, code(solution)-code(skeleton), 15, "lines that the learner must write")
}

// code counts the lines that are neither empty nor a comment.
func code(text string) (n int) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			n++
		}
	}
	return n
}

// museum: the defect of the full protocol is one that there is, and that a learner who plants it sees. Only of dueling proposers
// there is none: nothing is wrong with them, but how long they wait.
func museum(t *testing.T, l *lessons.Lesson) {
	if l.Number == 7 {
		require.Empty(t, l.Museum)
		return
	}
	name, bug, _ := strings.Cut(l.Museum, " ")
	s, err := scenarios.Named(name)
	require.NoError(t, err)
	b, err := s.BugNamed(bug)
	require.NoError(t, err)
	require.NotEmpty(t, b.Seeds, "no seed is known to show %s", l.Museum)
	readme, err := l.Text("README.md")
	require.NoError(t, err)
	require.Contains(t, readme, "orrery run "+name+" --bug "+bug)
}

func TestQuizzesThatAreNoneAreRefusedWithTheLine(t *testing.T) {
	for text, says := range map[string]string{
		"":                                  "there is no question",
		"* a\n":                             "1: want a question first",
		"? q\n* a\n* b\n":                   "3: the question has a right choice already",
		"? q\n* a\n- b\n":                   "why",
		"? q\n- a\n- b\n! w\n":              "one of them right",
		"? q\n* a\n- b\n! w\n\nand so on\n": "6: want a line",
	} {
		_, err := lessons.ParseQuiz(text)
		require.ErrorContains(t, err, says, "%q", text)
	}
	quiz, err := lessons.ParseQuiz("? what\n  then\n- a\n* b\n  c\n! d\n")
	require.NoError(t, err)
	require.Equal(t, []lessons.Question{{Text: "what then", Choices: []string{"a", "b c"}, Right: 1, Why: "d"}}, quiz)
}
