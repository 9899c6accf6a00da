package scenarios

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The page that lists what is held against Kafka names rules that there are, and defects that can be planted.
func TestThePageOfInvariantsNamesWhatThereIs(t *testing.T) {
	page, err := os.ReadFile("../docs/kafka/invariants.md")
	require.NoError(t, err)
	var source strings.Builder
	for _, pattern := range []string{"kafka*.go", "../nodes/kafka/*/*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, f := range files {
			text, err := os.ReadFile(f)
			require.NoError(t, err)
			source.Write(text)
		}
	}
	all := source.String()
	quoted, rows := regexp.MustCompile("`([^`]+)`"), 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if !strings.HasPrefix(line, "| S") {
			continue
		}
		rows++
		for _, m := range quoted.FindAllStringSubmatch(cells[3], -1) {
			require.True(t, strings.Contains(all, `"`+m[1]+`"`), "a rule: %s", m[1])
		}
		for _, name := range strings.FieldsFunc(quoted.ReplaceAllString(cells[4], ""), func(r rune) bool { return strings.ContainsRune(" ,;", r) }) {
			require.True(t, slices.ContainsFunc(All(), func(s *Scenario) bool {
				_, err := s.BugNamed(name)
				return err == nil
			}), "a defect: %s", name)
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[4], -1) {
			require.True(t, strings.Contains(all, "func "+m[1]+"("), "a test: %s", m[1])
		}
	}
	require.Equal(t, 17, rows)
}
