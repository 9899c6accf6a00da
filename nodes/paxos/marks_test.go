package paxos

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMarksListsEveryMarkThatIsMade compares the list with the source text.
func TestMarksListsEveryMarkThatIsMade(t *testing.T) {
	defined := regexp.MustCompile(`(?m)^\t(mark[A-Z]\w*)\s+= "([^"]+)"$`)
	used := regexp.MustCompile(`nodes\.(?:Sometimes|Reachable|Always|Unreachable)\([^\n]*?(mark[A-Z]\w*|"[^"]*")\)`)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	names := map[string]string{}
	made := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range defined.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = m[2]
		}
		for _, m := range used.FindAllStringSubmatch(string(text), -1) {
			require.False(t, strings.HasPrefix(m[1], `"`), "%s: a mark must be one of the constants: %s", file, m[1])
			made[m[1]] = true
		}
	}
	var want []string
	for constant, name := range names {
		require.True(t, made[constant], "%s is never made", constant)
		want = append(want, name)
	}
	slices.Sort(want)
	require.Equal(t, want, Marks())
	require.Len(t, made, len(want))
}

func TestEveryBugHasAHistoryAndItsOwnSwitch(t *testing.T) {
	require.GreaterOrEqual(t, len(Bugs()), 16)
	seen := map[Quirks]string{{}: "no quirk"}
	for _, b := range Bugs() {
		require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, b.Name)
		require.NotEmpty(t, b.Source, b.Name)
		require.NotEmpty(t, b.What, b.Name)
		require.NotEmpty(t, b.Breaks, b.Name)
		require.Empty(t, seen[b.Quirks()], "%s: same switch as another", b.Name)
		seen[b.Quirks()] = b.Name
		same, ok := BugNamed(b.Name)
		require.True(t, ok)
		require.Equal(t, b.Source, same.Source)
	}
	_, ok := BugNamed("no-such-bug")
	require.False(t, ok)
}
