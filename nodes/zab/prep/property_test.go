package prep_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes/zab/tree"
)

// TestAnswersAndTreeAreThoseOfASimpleModel compares with a map from paths that
// executes one request after the other. rapid shrinks what it finds.
func TestAnswersAndTreeAreThoseOfASimpleModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newChaos(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }, tree.Quirks{})
		if broken := x.run(rapid.IntRange(1, 80).Draw(t, "steps")); broken != "" {
			t.Fatal(broken)
		}
	})
}

// hunt plays schedules until one breaks, and says how many it took.
func hunt(quirks tree.Quirks, schedules int) (n int, broken string) {
	for n = range schedules {
		if broken := newChaos(seeded(uint64(n)), quirks).run(120); broken != "" {
			return n + 1, broken
		}
	}
	return schedules, ""
}

// TestReplayOverAFuzzySnapshotIsTheTreeItself also plays what the model checks.
func TestReplayOverAFuzzySnapshotIsTheTreeItself(t *testing.T) {
	schedules := 2000
	if testing.Short() {
		schedules = 300
	}
	n, broken := hunt(tree.Quirks{}, schedules)
	require.Empty(t, broken, "schedule %d", n)
}

// TestEveryQuirkBites shows that the properties are not empty words: with any one historical defect,
// schedules like those that the correct tree survives break it.
func TestEveryQuirkBites(t *testing.T) {
	for _, b := range tree.Bugs() {
		n, broken := hunt(b.Quirks(), 20_000)
		if broken == "" {
			t.Errorf("%s: survives %d schedules", b.Name, n)
			continue
		}
		t.Logf("%-24s schedule %5d: %.150s", b.Name, n, strings.ReplaceAll(broken, "\n", ""))
	}
}
